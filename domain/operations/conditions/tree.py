"""The immutable tree that a condition is. Durations are exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from domain.conditions import Operator


class TraitOperator(StrEnum):
    """What can be asked of a trait: every operator, and three that need its history or the member's calendar."""

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
    EXISTS = "EXISTS"
    MISSING = "MISSING"
    BEFORE = "BEFORE"
    AFTER = "AFTER"
    WITHIN_LAST = "WITHIN_LAST"
    NOT_WITHIN_LAST = "NOT_WITHIN_LAST"
    ANNIVERSARY = "ANNIVERSARY"
    HELD_FOR = "HELD_FOR"
    CHANGED_IN = "CHANGED_IN"


class CountOperator(StrEnum):
    """How a count is compared."""

    EQ = "EQ"
    NE = "NE"
    LT = "LT"
    LTE = "LTE"
    GT = "GT"
    GTE = "GTE"


@dataclass(frozen=True)
class All:
    """True when every part is; true without parts."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Any_:
    """True when some part is; false without parts."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    part: Condition


@dataclass(frozen=True)
class Everyone:
    """True."""


@dataclass(frozen=True)
class Trait:
    """``value`` is a scalar, a tuple of scalars (IN) or the days ahead (ANNIVERSARY)."""

    name: str
    op: TraitOperator
    value: Any = None
    duration: timedelta | None = None
    or_missing: bool = False


@dataclass(frozen=True)
class Tag:
    """The member carries the tag now; ``value`` None means any."""

    key: str
    value: str | None = None


@dataclass(frozen=True)
class Filter:
    """A property of the interaction, by its dotted path."""

    path: str
    op: Operator
    value: Any = None


@dataclass(frozen=True)
class Event:
    """Interactions of a kind (a trailing ``*`` is a prefix) with ``now - last < occurred_at <= now``, counted.

    ``last`` None means ever.
    """

    kind: str
    where: tuple[Filter, ...] = ()
    op: CountOperator = CountOperator.GTE
    n: int = 1
    last: timedelta | None = None

    @property
    def prefix(self) -> str | None:
        return self.kind[:-1] if self.kind.endswith("*") else None


Leaf: TypeAlias = Event | Trait | Tag
Condition: TypeAlias = All | Any_ | Not | Everyone | Event | Trait | Tag


def leaves(condition: Condition, path: str = "") -> Iterator[tuple[str, Leaf]]:
    """The leaves with their paths, in the order in which they are written."""
    for at, node in nodes(condition, path):
        if isinstance(node, Event | Trait | Tag):
            yield at, node


def nodes(condition: Condition, path: str = "") -> Iterator[tuple[str, Condition]]:
    """Every node with its dotted path, parents first; the root's path is empty."""
    yield path, condition
    start = f"{path}." if path else ""
    if isinstance(condition, All | Any_):
        name = "all" if isinstance(condition, All) else "any"
        for number, part in enumerate(condition.parts):
            yield from nodes(part, f"{start}{name}.{number}")
    elif isinstance(condition, Not):
        yield from nodes(condition.part, f"{start}not")


def of_a_stranger(condition: Condition) -> bool:
    """Whether the condition holds for a member of whom nothing is known: such a segment must look at every newcomer."""
    match condition:
        case All(parts):
            return all(of_a_stranger(part) for part in parts)
        case Any_(parts):
            return any(of_a_stranger(part) for part in parts)
        case Not(part):
            return not of_a_stranger(part)
        case Everyone():
            return True
        case Event():
            return compare_count(0, condition.op, condition.n)
        case Trait():
            return condition.or_missing or condition.op is TraitOperator.MISSING
        case Tag():
            return False


def compare_count(count: int, op: CountOperator, n: int) -> bool:
    """``count op n``."""
    return {
        CountOperator.EQ: count == n,
        CountOperator.NE: count != n,
        CountOperator.LT: count < n,
        CountOperator.LTE: count <= n,
        CountOperator.GT: count > n,
        CountOperator.GTE: count >= n,
    }[op]
