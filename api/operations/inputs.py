"""Conditions as they are written in GraphQL. The domain reads the same words from JSON."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types.unset import UNSET

from api.fields import Duration, Input, Json, enum, field
from api.profile.enums import TagSubject
from domain import conditions
from domain.operations import tables
from domain.operations.conditions import tree
from domain.profile import tags

_COMPARISONS = {
    "EQ": "Equal.",
    "NE": "Not equal.",
    "LT": "Less than.",
    "LTE": "At most.",
    "GT": "More than.",
    "GTE": "At least.",
}
_OPERATORS = {
    **_COMPARISONS,
    "IN": "One of `values`.",
    "NOT_IN": "None of `values`.",
    "CONTAINS": "A text with this part, or a list with this item.",
    "NOT_CONTAINS": "A text without this part, or a list without this item.",
    "STARTS": "A text that begins so.",
    "ENDS": "A text that ends so.",
    "MATCHES": "The whole text matches the pattern.",
    "BEFORE": "A time before this one.",
    "AFTER": "A time after this one.",
    "WITHIN_LAST": "A time within `duration` back from now; for traits.",
    "NOT_WITHIN_LAST": "A time that is not within `duration` back from now; for traits.",
    "EXISTS": "There is a value.",
    "MISSING": "There is no value.",
}
Operator = enum(conditions.Operator, "How a fact is compared.", **_OPERATORS)
TraitOperator = enum(
    tree.TraitOperator,
    "How a trait is compared.",
    **{name: text.replace("; for traits", "") for name, text in _OPERATORS.items()},
    ANNIVERSARY="A date whose anniversary is at most `value` days ahead, in the member's zone.",
    HELD_FOR="It has been `value` for at least `duration`.",
    CHANGED_IN="It changed within `duration` back from now.",
)
CountOperator = enum(tree.CountOperator, "How a count is compared.", **_COMPARISONS)
SegmentKind = enum(
    tables.SegmentKind,
    "How a segment comes by its members.",
    DYNAMIC="They follow from its condition at every instant.",
    STATIC="They are put in and taken out by hand.",
    SNAPSHOT="Who met the condition when it was activated.",
)
SegmentState = enum(
    tables.SegmentState,
    "Where a segment stands.",
    DRAFT="Saved, never in force.",
    ACTIVE="In force.",
    PAUSED="Nobody enters or leaves.",
    ARCHIVED="Over; everybody has left.",
)
Direction = enum(
    tables.Direction, "Which way a member went.", ENTERED="Into the segment.", EXITED="Out of the segment."
)


@strawberry.input(description="A comparison with a count.")
class CountInput:
    op: CountOperator = field("How to compare.")
    n: int = field("With which number; EQ 0 means never.")


@strawberry.input(one_of=True, description="Which stretch of time counts.")
class WindowInput:
    last: Duration | None = field(
        "Back from now: P7D counts until exactly 604,800 s after it happened.", default=UNSET
    )
    ever: bool | None = field("True: all the time.", default=UNSET)


@strawberry.input(description="A comparison of a property of the interaction.")
class PropertyFilterInput:
    path: str = field("The property, dotted: `order.amount`.")
    op: Operator = field("How to compare; a missing property is false.")
    value: Json | None = field("With what.", default=UNSET)
    values: list[Json] | None = field("With which ones, for IN and NOT_IN.", default=UNSET)


@strawberry.input(description="How often something happened.")
class EventConditionInput:
    kind: str = field("The kind of interaction; a trailing * is a prefix; without a dot a reported one.")
    where: list[PropertyFilterInput] | None = field("All of these must hold for it to count.", default=UNSET)
    count: CountInput | None = field("How often; absent: at least once.", default=UNSET)
    window: WindowInput | None = field("When; absent: ever.", default=UNSET)


@strawberry.input(description="A comparison of a trait.")
class TraitConditionInput:
    name: str = field("The trait.")
    op: TraitOperator = field("How to compare; text never equals a number of another form.")
    value: Json | None = field("With what.", default=UNSET)
    values: list[Json] | None = field("With which ones, for IN and NOT_IN.", default=UNSET)
    duration: Duration | None = field("For the operators that look back.", default=UNSET)
    or_missing: bool = field("Whether a member without this trait meets it.", default=False)


@strawberry.input(description="A tag in force.")
class TagConditionInput:
    key: str = field("The tag's key.")
    value: str | None = field("Its value; absent: any.", default=UNSET)
    subject: TagSubject = field("Whose tag; MEMBER here.", default=tags.TagSubject.MEMBER)


@strawberry.input(
    one_of=True, description="Which members. Exactly one field; conditions nest at most 8 deep."
)
class ConditionInput:
    all: list[ConditionInput] | None = field("Every one of them; true when empty.", default=UNSET)
    any: list[ConditionInput] | None = field("At least one of them; false when empty.", default=UNSET)
    not_: ConditionInput | None = field("Not this one.", default=UNSET, name="not")
    everyone: bool | None = field("True: every member and visitor.", default=UNSET)
    trait: TraitConditionInput | None = field("A trait.", default=UNSET)
    tag: TagConditionInput | None = field("A tag.", default=UNSET)
    event: EventConditionInput | None = field("What was done, and how often.", default=UNSET)


@strawberry.input(description="A segment to make, or its next version.")
class SaveSegmentInput(Input):
    id: UUID | None = field("The segment to revise; absent: a new one.", default=None)
    key: str = field("Its name for programs: a-z, 0-9, - and _.")
    name: str = field("Its name for people.")
    kind: SegmentKind = field("How it comes by its members; it stays so.", default=tables.SegmentKind.DYNAMIC)
    condition: ConditionInput | None = field("Who is in it; absent for a static one.", default=None)
    purpose: str = field("What it is for.", default="")
    expected_version: int | None = field("The version that was read; needed for a revision.", default=None)


@strawberry.input(description="A segment to bring into force.")
class ActivateSegmentInput(Input):
    id: UUID = field("The segment.")
    include_existing: bool = field(
        "Whether journeys may start for those who are in it from the start.", default=False
    )
    dry_run: bool = field("Only say how many would enter and leave.", default=False)


@strawberry.input(description="A segment to pause.")
class PauseSegmentInput(Input):
    id: UUID = field("The segment.")


@strawberry.input(description="A segment to end.")
class ArchiveSegmentInput(Input):
    id: UUID = field("The segment.")


@strawberry.input(description="Members to put into a static segment.")
class AddToSegmentInput(Input):
    id: UUID = field("The segment.")
    member_ids: list[UUID] = field("1 to 1,000 members.")


@strawberry.input(description="Members to take out of a static segment.")
class RemoveFromSegmentInput(Input):
    id: UUID = field("The segment.")
    member_ids: list[UUID] = field("1 to 1,000 members.")


@strawberry.input(description="Which segments.")
class SegmentFilter:
    states: list[SegmentState] | None = field("In one of these states.", default=None)
    kinds: list[SegmentKind] | None = field("Of one of these kinds.", default=None)
    text: str | None = field("The beginning of a key, or a part of a name.", default=None)


def as_json(given: Any) -> Any:
    """An input as the JSON that the domain reads: absent fields left out, enums as their names."""
    if dataclasses.is_dataclass(given) and not isinstance(given, type):
        return {
            _camel(each.name): as_json(getattr(given, each.name))
            for each in dataclasses.fields(given)
            if getattr(given, each.name) is not UNSET and getattr(given, each.name) is not None
        }
    if isinstance(given, Enum):
        return given.value
    if isinstance(given, list):
        return [as_json(each) for each in given]
    return given.isoformat() if isinstance(given, datetime) else given


def _camel(name: str) -> str:
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(part.title() for part in rest)
