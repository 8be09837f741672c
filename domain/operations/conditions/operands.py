"""What may stand beside an operator: text where text is due, numbers where numbers are, nothing where nothing is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from domain import conditions
from domain.conditions import Operator
from domain.errors import Problem
from domain.operations.conditions import durations
from domain.operations.conditions.tree import Filter, TraitOperator

MOST_VALUES = 1_000
LONGEST_TEXT = 1_000
LONGEST_PATTERN = 100
MOST_DAYS_AHEAD = 366

_BARE = {"EXISTS", "MISSING"}
_LISTS = {"IN", "NOT_IN"}
_ORDERED = {"LT", "LTE", "GT", "GTE"}
_TEXTS = {"STARTS", "ENDS"}
_INSTANTS = {"BEFORE", "AFTER"}
_LENGTHS = {"WITHIN_LAST", "NOT_WITHIN_LAST", "CHANGED_IN"}
#: Where a text and a regular expression mean the same to Postgres and to Python.
_PATTERN = re.compile(
    r"(?:[^\\^$.|?*+()\[\]{}]|\\[\\^$.|?*+()\[\]{}/-]|\\d|\."
    r"|\[\^?(?:[^\\\[\]&~|^-]|[0-9A-Za-z]-[0-9A-Za-z])+\]"
    r"|\((?:\?:)?|\)|\||[?*+](?![?*+{])|\{[0-9]{1,2}(?:,(?:[0-9]{1,2})?)?\}(?![?*+{]))+"
)


def of_trait(op: TraitOperator, body: dict[str, Any]) -> tuple[Any, timedelta | None] | Problem:
    """The value and the duration of a trait's comparison."""
    duration = None
    if op in _LENGTHS or op is TraitOperator.HELD_FOR:
        duration = durations.read(body.get("duration"))
        if duration is None:
            return Problem("duration", "Write an exact length in ISO 8601 (P7D, PT36H), at most P36500D.")
    elif body.get("duration") is not None:
        return Problem("duration", f"{op} takes no duration.")
    if op is TraitOperator.ANNIVERSARY:
        value = body.get("value")
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_DAYS_AHEAD:
            return Problem("value", f"Write the days ahead, a whole number from 0 to {MOST_DAYS_AHEAD}.")
        return value, None
    read = _operand("EQ" if op is TraitOperator.HELD_FOR else op.value, body)
    return read if isinstance(read, Problem) else (read[0], duration)


def of_filter(body: dict[str, Any]) -> Filter | Problem:
    """A filter on a property of the interaction."""
    path, op = body.get("path"), body.get("op")
    if not isinstance(path, str) or not 1 <= len(path) <= 200 or not all(map(_is_step, path.split("."))):
        return Problem("path", "Write a dotted path of 1 to 200 characters, as in `order.amount`.")
    if op not in Operator.__members__ or op in _LENGTHS:
        able = [name for name in Operator.__members__ if name not in _LENGTHS]
        return Problem("op", f"“{op}” is no operator here; use one of: {', '.join(able)}.")
    read = _operand(str(op), body)
    return read if isinstance(read, Problem) else Filter(path, Operator(str(op)), read[0])


def _is_step(step: str) -> bool:
    """A name, or a place in a list written in plain digits."""
    if re.fullmatch(r"[\s+\-0-9]+", step):
        return bool(re.fullmatch(r"[0-9]{1,6}", step))
    return bool(step.strip())


def _operand(op: str, body: dict[str, Any]) -> tuple[Any] | Problem:
    value, values = body.get("value"), body.get("values")
    if op in _LISTS:
        if value is not None or not isinstance(values, list) or not 1 <= len(values) <= MOST_VALUES:
            return Problem("values", f"{op} takes `values`, 1 to {MOST_VALUES} of them.")
        if not all(_is_scalar(each) for each in values):
            return Problem("values", "Each is a text, a number, or true or false.")
        return (tuple(values),)
    if values is not None:
        return Problem("values", f"{op} takes one `value`.")
    if op in _BARE or op in _LENGTHS:
        return (None,) if value is None else Problem("value", f"{op} takes no value.")
    message = _problem(op, value)
    return Problem("value", message) if message else (value,)


def _problem(op: str, value: Any) -> str | None:
    if not _is_scalar(value):
        return "Write a text, a number, or true or false."
    if op in _ORDERED and conditions.number(value) is None and conditions.instant(value) is None:
        return "Write a number, or a time in ISO 8601."
    if op in _INSTANTS and conditions.instant(value) is None:
        return "Write a time in ISO 8601, as in 2026-01-31T08:00:00Z."
    if op in _TEXTS and not isinstance(value, str):
        return "Write a text."
    if op == "MATCHES" and not _is_pattern(value):
        return "Write a pattern of plain characters, . [a-z] \\d ( | ) ? * + {n,m}; it is matched with the whole text."
    return None


def _is_scalar(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT and "\x00" not in value
    return isinstance(value, int | float) and (isinstance(value, bool) or abs(value) < 10**30)


def _is_pattern(value: Any) -> bool:
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_PATTERN or value.count("{") > 2:
        return False
    if not _PATTERN.fullmatch(value):
        return False
    try:
        re.compile(value)
    except (re.error, OverflowError):
        return False
    return True
