"""Whether a rule's condition holds for a fact and the person, and which leaf says no. Pure: what is needed is loaded before.

What is missing compares false, so ``not`` of a comparison with nothing is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from domain.conditions import MISSING, Operator, at_path, holds
from domain.points import baskets
from domain.points.arithmetic import property_of
from domain.points.baskets import Basket
from domain.profile.interactions import Fact

#: The comparisons that a rule may use.
OPERATORS = ("EQ", "NE", "LT", "LTE", "GT", "GTE", "IN", "EXISTS")
LEAVES = (
    "hasTag", "inSegment", "tierAtLeast", "isOwner", "ownsModel", "trait", "property", "touchpoint", "enrolledForDays",
    "basketAtLeast",
)  # fmt: skip
#: The traits that garage writes.
MODELS, VEHICLES = "vehicle.models", "vehicle.count"

Reason = dict[str, Any]


@dataclass(frozen=True)
class Needs:
    """What a condition asks the profile and points for."""

    traits: frozenset[str] = frozenset()
    segments: frozenset[UUID] = frozenset()
    tags: bool = False
    tiers: bool = False
    enrolment: bool = False

    def __or__(self, other: Needs) -> Needs:
        return Needs(
            self.traits | other.traits, self.segments | other.segments, self.tags or other.tags,
            self.tiers or other.tiers, self.enrolment or other.enrolment,
        )  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What is known about the person when a fact is judged. ``tags`` holds ``key`` and ``key:value`` of each."""

    traits: dict[str, Any] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    segments: frozenset[UUID] = frozenset()
    tier: str | None = None
    reached: frozenset[str] = frozenset()  # the codes of the tiers up to the person's own
    joined_on: date | None = None
    today: date = date.min


def leaves(condition: dict[str, Any] | None) -> Iterator[tuple[str, Any]]:
    """Every leaf of a condition."""
    for name, said in (condition or {}).items():
        if name in ("all", "any"):
            for each in said:
                yield from leaves(each)
        elif name == "not":
            yield from leaves(said)
        else:
            yield name, said


def needs(conditions: Iterable[dict[str, Any] | None]) -> Needs:
    """What these conditions ask for."""
    found = Needs()
    for condition in conditions:
        for name, said in leaves(condition):
            found |= _need(name, said)
    return found


def unmet(condition: dict[str, Any] | None, fact: Fact, basket: Basket | None, seen: Seen) -> list[Reason]:
    """Why the condition does not hold; empty when it does."""
    if not condition:
        return []
    ((name, said),) = condition.items()
    if name == "all":
        return [reason for each in said for reason in unmet(each, fact, basket, seen)]
    if name == "any":
        found = [unmet(each, fact, basket, seen) for each in said]
        return [] if any(not each for each in found) else [reason for each in found for reason in each]
    if name == "not":
        return [] if unmet(said, fact, basket, seen) else [{"code": "CONDITION_NOT_MET"}]
    return [] if (reason := _leaf(name, said, fact, basket, seen)) is None else [reason]


def _need(name: str, said: Any) -> Needs:
    if name in ("isOwner", "ownsModel"):
        return Needs(traits=frozenset({VEHICLES if name == "isOwner" else MODELS}))
    if name == "trait":
        return Needs(traits=frozenset({said["key"].split(".", 1)[0], said["key"]}))
    if name == "tierAtLeast":
        return Needs(tiers=True)
    if name == "inSegment":
        return Needs(segments=frozenset({UUID(said)}))
    return Needs(tags=name == "hasTag", enrolment=name == "enrolledForDays")


def _leaf(name: str, said: Any, fact: Fact, basket: Basket | None, seen: Seen) -> Reason | None:
    if name in ("property", "touchpoint", "basketAtLeast"):
        return _of_fact(name, said, fact, basket)
    if name == "hasTag":
        return None if said in seen.tags else {"code": "TAG_MISSING", "required": said}
    if name == "inSegment":
        return None if UUID(said) in seen.segments else {"code": "NOT_IN_SEGMENT", "required": said}
    if name == "enrolledForDays":
        return _enrolled(said, seen)
    if name == "tierAtLeast":
        return _tier(said, seen)
    if name == "isOwner":
        owns = holds(seen.traits.get(VEHICLES, MISSING), Operator.GT, 0)
        return None if owns is said else {"code": "NOT_OWNER" if said else "IS_OWNER"}
    if name == "ownsModel":
        models = seen.traits.get(MODELS, MISSING)
        there = holds(models, Operator.CONTAINS, said) if isinstance(models, list) else models == said
        return None if there else {"code": "MODEL_NOT_OWNED", "required": said, **_actual(models)}
    value = _trait(seen.traits, said["key"])
    return _compared("TRAIT_NOT_MET", said["key"], value, said)


def _of_fact(name: str, said: Any, fact: Fact, basket: Basket | None) -> Reason | None:
    if name == "property":
        return _compared("CONDITION_NOT_MET", said["path"], property_of(fact, said["path"]), said)
    if name == "touchpoint":
        met = fact.touchpoint == said
        return None if met else {"code": "WRONG_TOUCHPOINT", "required": said, **_actual(fact.touchpoint)}
    required = baskets.money(said)
    currency = said.get("currency") or baskets.CURRENCY
    if (
        basket is not None
        and basket.currency == currency
        and required is not None
        and basket.cash >= required
    ):
        return None
    paid = {} if basket is None else {"actual": {"minor_units": basket.cash, "currency": basket.currency}}
    return {"code": "BASKET_TOO_SMALL", "required": {"minor_units": required, "currency": currency}, **paid}


def _compared(code: str, name: str, value: Any, said: dict[str, Any]) -> Reason | None:
    wanted = said.get("value")
    if said["op"] == Operator.EXISTS and wanted is False:
        met = value is MISSING
    else:
        met = holds(value, Operator(said["op"]), wanted)
    return (
        None if met else {"code": code, "name": name, "op": said["op"], "required": wanted, **_actual(value)}
    )


def _tier(said: str, seen: Seen) -> Reason | None:
    met = said in seen.reached
    return None if met else {"code": "TIER_TOO_LOW", "required": said, **_actual(seen.tier)}


def _enrolled(days: int, seen: Seen) -> Reason | None:
    if seen.joined_on is None:
        return {"code": "NOT_ENROLLED", "required": days}
    since = (seen.today - seen.joined_on).days
    return None if since >= days else {"code": "ENROLLED_TOO_SHORT", "required": days, "actual": since}


def _trait(traits: dict[str, Any], key: str) -> Any:
    """A trait by its name; a dotted name may also lead into one that is an object."""
    if key in traits:
        return MISSING if traits[key] is None else traits[key]
    return at_path(traits, key)


def _actual(value: Any) -> Reason:
    return {} if value is MISSING or value is None else {"actual": value}
