"""Does this hold for these facts? The operators, the null rule and the number rule, once for all areas.

A missing fact makes a comparison false unless ``or_missing``. Numbers compare as Decimal, and only with numbers.
The functions ``operations.number``, ``instant``, ``same`` and ``holds`` say the same in SQL; a test holds them together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain import clock

MISSING = object()


class Operator(StrEnum):
    EQ = "EQ"
    NE = "NE"
    LT = "LT"
    LTE = "LTE"
    GT = "GT"
    GTE = "GTE"
    IN = "IN"
    NOT_IN = "NOT_IN"
    CONTAINS = "CONTAINS"
    NOT_CONTAINS = "NOT_CONTAINS"
    STARTS = "STARTS"
    ENDS = "ENDS"
    MATCHES = "MATCHES"
    BEFORE = "BEFORE"
    AFTER = "AFTER"
    WITHIN_LAST = "WITHIN_LAST"
    NOT_WITHIN_LAST = "NOT_WITHIN_LAST"
    EXISTS = "EXISTS"
    MISSING = "MISSING"


_NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?"
)


def number(value: Any) -> Decimal | None:
    """The value as an exact number; None for what is no number (booleans are none)."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    return None


def instant(value: Any) -> datetime | None:
    """The value as a point in time: ISO 8601 text, a date alone is its midnight, without an offset it is UTC."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:  # the 30th of February, the year 0
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def at_path(facts: Any, path: str) -> Any:
    """What stands at a dotted path, or MISSING."""
    for part in path.split("."):
        if isinstance(facts, dict) and part in facts:
            facts = facts[part]
        elif isinstance(facts, list) and part.isascii() and part.isdigit() and int(part) < len(facts):
            facts = facts[int(part)]
        else:
            return MISSING
    return MISSING if facts is None else facts


def holds(
    fact: Any, op: Operator, wanted: Any = None, *, or_missing: bool = False, now: datetime | None = None
) -> bool:
    """Whether ``fact op wanted`` holds; a type mismatch is false.

    For WITHIN_LAST and NOT_WITHIN_LAST ``wanted`` is a timedelta: ``now - wanted < fact <= now``.
    """
    if op is Operator.EXISTS:
        return fact is not MISSING and fact is not None
    if op is Operator.MISSING:
        return fact is MISSING or fact is None
    if fact is MISSING or fact is None:
        return or_missing
    if op in (Operator.WITHIN_LAST, Operator.NOT_WITHIN_LAST):
        at = instant(fact)
        return at is not None and is_within(at, wanted, now or clock.now()) is (op is Operator.WITHIN_LAST)
    return _COMPARE[op](fact, wanted)


def is_within(at: datetime, length: timedelta, now: datetime) -> bool:
    """Whether ``now - length < at <= now``: it ends exactly ``length`` after ``at``."""
    return at <= now < at + length if at.year < 9000 else False


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float | Decimal) or isinstance(right, int | float | Decimal):
        one, other = _numbers(left, right)
        return one is not None and one == other
    return bool(left == right)


def _numbers(left: Any, right: Any) -> tuple[Decimal | None, Decimal | None]:
    one, other = number(left), number(right)
    return (None, None) if one is None or other is None else (one, other)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        one, other = _numbers(left, right)
        if one is not None:
            return test(one, other)
        if isinstance(left, datetime) and isinstance(right, datetime):
            return test(left, right)
        if isinstance(left, str) and isinstance(right, str) and number(right) is None:
            return test(left, right)
        return False

    return compare


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, list):
        return any(_same(item, right) for item in left)
    return isinstance(left, str) and isinstance(right, str) and right in left


def _one_of(left: Any, right: Any) -> bool:
    return isinstance(right, list | tuple) and any(_same(left, item) for item in right)


def _matches(left: Any, right: Any) -> bool:
    return isinstance(left, str) and re.fullmatch(right, left, re.DOTALL | re.ASCII) is not None


def _beside(test: Callable[[datetime, datetime], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        one, other = instant(left), instant(right)
        return one is not None and other is not None and test(one, other)

    return compare


_COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: _same,
    Operator.NE: lambda left, right: not _same(left, right),
    Operator.LT: _ordered(lambda left, right: left < right),
    Operator.LTE: _ordered(lambda left, right: left <= right),
    Operator.GT: _ordered(lambda left, right: left > right),
    Operator.GTE: _ordered(lambda left, right: left >= right),
    Operator.IN: _one_of,
    Operator.NOT_IN: lambda left, right: isinstance(right, list | tuple) and not _one_of(left, right),
    Operator.CONTAINS: _contains,
    Operator.NOT_CONTAINS: lambda left, right: isinstance(left, list | str) and not _contains(left, right),
    Operator.STARTS: lambda left, right: (
        isinstance(left, str) and isinstance(right, str) and left.startswith(right)
    ),
    Operator.ENDS: lambda left, right: (
        isinstance(left, str) and isinstance(right, str) and left.endswith(right)
    ),
    Operator.MATCHES: _matches,
    Operator.BEFORE: _beside(lambda left, right: left < right),
    Operator.AFTER: _beside(lambda left, right: left > right),
}
