"""``domain/conditions.py`` in SQL: one comparison of a jsonb expression with a wanted value.

The wanted value is known here, so each operator becomes the plainest SQL that means the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from domain import conditions, db

#: Binds a value and answers its placeholder with a cast.
Bind = Callable[[Any, str], str]

_SIGN = {"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "BEFORE": "<", "AFTER": ">"}


def holds(fact: str, op: str, wanted: Any, bind: Bind, *, or_missing: bool = False) -> str:
    """SQL for ``conditions.holds``; never null. Not for operators that look at the time."""
    is_missing = f"({fact} IS NULL OR {fact} = 'null')"
    if op == "MISSING":
        return is_missing
    if op == "EXISTS":
        return f"NOT {is_missing}"
    return f"CASE WHEN {is_missing} THEN {_bool(or_missing)} ELSE {_compare(fact, op, wanted, bind)} END"


def micros(length: timedelta, bind: Bind) -> str:
    """An exact interval without a day part, so that no zone bends it."""
    return f"({bind(length // timedelta(microseconds=1), 'bigint')} * interval '1 microsecond')"


def _compare(fact: str, op: str, wanted: Any, bind: Bind) -> str:
    if op in ("EQ", "NE"):
        return ("NOT " if op == "NE" else "") + _same(fact, wanted, bind)
    if op in ("LT", "LTE", "GT", "GTE"):
        return _ordered(fact, _SIGN[op], wanted, bind)
    if op in ("BEFORE", "AFTER"):
        at = bind(conditions.instant(wanted), "timestamptz")
        return f"coalesce(operations.instant({fact}) {_SIGN[op]} {at}, false)"
    if op in ("IN", "NOT_IN"):
        return ("NOT " if op == "NOT_IN" else "") + _one_of(fact, wanted, bind)
    if op == "CONTAINS":
        return _contains(fact, wanted, bind)
    if op == "NOT_CONTAINS":
        return f"(jsonb_typeof({fact}) IN ('array', 'string') AND NOT {_contains(fact, wanted, bind)})"
    return _of_text(fact, op, wanted, bind)


def _same(fact: str, wanted: Any, bind: Bind) -> str:
    if isinstance(wanted, bool) or (isinstance(wanted, str) and conditions.number(wanted) is None):
        return f"({fact} = {bind(db.json(wanted), 'jsonb')})"
    number = bind(conditions.number(wanted), "numeric")
    if isinstance(wanted, str):  # a number in a text equals a number, but a text only as it is written
        text = bind(db.json(wanted), "jsonb")
        return (
            f"(CASE WHEN jsonb_typeof({fact}) = 'number' THEN operations.number({fact}) = {number} "
            f"ELSE {fact} = {text} END)"
        )
    return f"coalesce(operations.number({fact}) = {number}, false)"


def _one_of(fact: str, wanted: tuple[Any, ...], bind: Bind) -> str:
    as_written = [db.json(each) for each in wanted if isinstance(each, bool | str)]
    numbers = [conditions.number(each) for each in wanted if not isinstance(each, bool | str)]
    in_texts = [conditions.number(each) for each in wanted if isinstance(each, str)]
    return (
        f"({fact} = ANY({bind(as_written, 'jsonb[]')}) "
        f"OR coalesce(operations.number({fact}) = ANY({bind(numbers, 'numeric[]')}), false) "
        f"OR (jsonb_typeof({fact}) = 'number' AND operations.number({fact}) = "
        f"ANY({bind([each for each in in_texts if each is not None], 'numeric[]')})))"
    )


def _ordered(fact: str, sign: str, wanted: Any, bind: Bind) -> str:
    number = conditions.number(wanted)
    if number is not None:
        return f"coalesce(operations.number({fact}) {sign} {bind(number, 'numeric')}, false)"
    return f"(jsonb_typeof({fact}) = 'string' AND ({fact} #>> '{{}}') COLLATE \"C\" {sign} {bind(wanted, 'text')})"


def _contains(fact: str, wanted: Any, bind: Bind) -> str:
    inside = f"EXISTS (SELECT FROM jsonb_array_elements({fact}) AS e(v) WHERE {_same('e.v', wanted, bind)})"
    part = f"strpos({fact} #>> '{{}}', {bind(wanted, 'text')}) > 0" if isinstance(wanted, str) else "false"
    return f"(CASE jsonb_typeof({fact}) WHEN 'array' THEN {inside} WHEN 'string' THEN {part} ELSE false END)"


def _of_text(fact: str, op: str, wanted: str, bind: Bind) -> str:
    text = f"({fact} #>> '{{}}')"
    if op == "STARTS":
        test = f"starts_with({text}, {bind(wanted, 'text')})"
    elif op == "ENDS":
        test = f"right({text}, {len(wanted)}) = {bind(wanted, 'text')}"
    else:
        digits = re.sub(r"\\(.)", lambda found: "[0-9]" if found[1] == "d" else found[0], wanted)
        test = f"{text} ~ {bind(f'^(?:{digits})$', 'text')}"
    return f"(jsonb_typeof({fact}) = 'string' AND {test})"


def _bool(value: bool) -> str:
    return "true" if value else "false"
