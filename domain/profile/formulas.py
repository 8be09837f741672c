"""What a computed trait is computed by: a function over a member's interactions of one kind. Pure.

Numbers are Decimal; a row that lacks the property, or whose value is no number where one is needed, is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain import conditions
from domain.conditions import MISSING, Operator
from domain.errors import InvalidInput

LONGEST_WINDOW = timedelta(days=3660)
DAY = timedelta(days=1)
MOST_VALUES = 100


class Function(StrEnum):
    COUNT = "COUNT"
    SUM = "SUM"
    AVG = "AVG"
    MIN = "MIN"
    MAX = "MAX"
    MOST_FREQUENT = "MOST_FREQUENT"
    FIRST = "FIRST"
    LAST = "LAST"
    UNIQUE_LIST = "UNIQUE_LIST"
    UNIQUE_COUNT = "UNIQUE_COUNT"
    DAYS_SINCE = "DAYS_SINCE"


@dataclass(frozen=True)
class Where:
    """A test of one property."""

    path: str
    op: Operator
    value: Any = None


@dataclass(frozen=True)
class Formula:
    """``path`` is the property (dotted); ``window`` looks only that far back; ``where`` must all hold."""

    function: Function
    kind: str
    path: str | None = None
    where: tuple[Where, ...] = ()
    window: timedelta | None = None

    @property
    def is_decided_by_one(self) -> bool:
        """Whether the value and its next change follow from the first or the last row that counts."""
        if self.function is Function.DAYS_SINCE:
            return True
        return self.function in (Function.FIRST, Function.LAST) and self.window is None

    def decides(self, fact: Fact, now: datetime) -> bool:
        """Whether a row is one that such a formula may be decided by."""
        if not _counts(self, fact, now):
            return False
        return (
            self.function is Function.DAYS_SINCE
            or conditions.at_path(fact[1], self.path or "") is not MISSING
        )


#: (when it happened, its properties), oldest first.
Fact = tuple[datetime, dict[str, Any]]


def evaluate(formula: Formula, facts: Sequence[Fact], now: datetime) -> tuple[Any, datetime | None]:
    """The value at ``now`` (None: no value) and the next instant at which time alone may change it."""
    kept = [fact for fact in facts if fact[0] <= now and _counts(formula, fact, now)]
    if formula.function is Function.DAYS_SINCE:
        if not kept:
            return None, None
        days = (now - kept[-1][0]) // DAY
        due = kept[-1][0] + (days + 1) * DAY
        return days, min(due, kept[-1][0] + formula.window) if formula.window else due
    leaves = kept[0][0] + formula.window if kept and formula.window else None
    return _value(formula, kept), leaves


def read(data: Any, path: str = "formula") -> Formula:
    """The formula in its JSON form, or InvalidInput with the path of what is wrong."""
    if not isinstance(data, dict):
        raise InvalidInput.at(path, "This must be an object.")
    function = _named(Function, data.get("function"), f"{path}.function")
    kind = data.get("kind")
    if not isinstance(kind, str) or not 1 <= len(kind) <= 200:
        raise InvalidInput.at(f"{path}.kind", "Name the kind of interaction.")
    property_ = data.get("property")
    if property_ is not None and (not isinstance(property_, str) or not 1 <= len(property_) <= 200):
        raise InvalidInput.at(f"{path}.property", "Name a property.")
    if property_ is None and function not in (Function.COUNT, Function.DAYS_SINCE):
        raise InvalidInput.at(f"{path}.property", "This function needs a property.")
    return Formula(
        function=function,
        kind=kind if "." in kind else f"app.{kind}",
        path=property_,
        where=tuple(_where(each, f"{path}.where.{n}") for n, each in enumerate(_list(data, "where", path))),
        window=_window(data.get("windowSeconds"), f"{path}.windowSeconds"),
    )


def _counts(formula: Formula, fact: Fact, now: datetime) -> bool:
    if formula.window is not None and not conditions.is_within(fact[0], formula.window, now):
        return False
    return all(
        conditions.holds(conditions.at_path(fact[1], w.path), w.op, w.value, now=now) for w in formula.where
    )


def _value(formula: Formula, kept: Sequence[Fact]) -> Any:
    if formula.function is Function.COUNT:
        return len(kept)
    found = [conditions.at_path(facts, formula.path or "") for _, facts in kept]
    values = [value for value in found if value is not MISSING]
    if formula.function in (Function.SUM, Function.AVG, Function.MIN, Function.MAX):
        return _of_numbers(formula.function, [n for n in map(conditions.number, values) if n is not None])
    if formula.function in (Function.FIRST, Function.LAST):
        return values[0 if formula.function is Function.FIRST else -1] if values else None
    texts = [_text(value) for value in values]
    if formula.function is Function.UNIQUE_COUNT:
        return len(set(texts))
    if formula.function is Function.UNIQUE_LIST:
        return sorted(set(texts))[:MOST_VALUES] or None
    return _most_frequent(texts)


def _of_numbers(function: Function, numbers: list[Decimal]) -> Any:
    """An integer where the number is one, else its exact decimal text; an average has 6 places, half to even."""
    if function is Function.SUM:
        return _exact(sum(numbers, Decimal(0)))
    if not numbers:
        return None
    if function is Function.AVG:
        return _exact((sum(numbers, Decimal(0)) / len(numbers)).quantize(Decimal("0.000001")))
    return _exact(min(numbers) if function is Function.MIN else max(numbers))


def _exact(number: Decimal) -> int | str:
    return int(number) if number == number.to_integral_value() else format(number.normalize(), "f")


def _most_frequent(texts: list[str]) -> str | None:
    """At least two occurrences; of equally frequent ones the first in Unicode order."""
    counted = Counter(texts)
    best = min(counted, key=lambda text: (-counted[text], text), default=None)
    return best if best is not None and counted[best] > 1 else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    number = None if isinstance(value, str) else conditions.number(value)
    return str(_exact(number)) if number is not None else str(value)


def _where(data: Any, path: str) -> Where:
    if not isinstance(data, dict) or not isinstance(data.get("path"), str):
        raise InvalidInput.at(path, "Use {path, op, value}.")
    op = _named(Operator, data.get("op"), f"{path}.op")
    if op in (Operator.WITHIN_LAST, Operator.NOT_WITHIN_LAST):
        raise InvalidInput.at(f"{path}.op", "Use windowSeconds to look back.")
    return Where(data["path"], op, data.get("value"))


def _list(data: dict[str, Any], name: str, path: str) -> list[Any]:
    given = data.get(name) or []
    if not isinstance(given, list) or len(given) > 10:
        raise InvalidInput.at(f"{path}.{name}", "This is a list of at most 10.")
    return given


def _window(seconds: Any, path: str) -> timedelta | None:
    if seconds is None:
        return None
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int)
        or not 1 <= seconds <= LONGEST_WINDOW.total_seconds()
    ):
        raise InvalidInput.at(path, "Use whole seconds, up to ten years.")
    return timedelta(seconds=seconds)


def _named(kind: Any, given: Any, path: str) -> Any:
    if not isinstance(given, str) or given.upper() not in kind.__members__:
        raise InvalidInput.at(path, f"Use one of {', '.join(kind.__members__)}.")
    return kind(given.upper())
