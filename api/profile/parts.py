"""What a profile is made of: identities, traits, tags, stages, segments, ties, consents and counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import Json, arg, field
from api.loaders import load
from api.paging import page
from api.profile.enums import (
    ConsentChoice,
    ConsentStatus,
    RelationRole,
    RelationTarget,
    TagOrigin,
    TagSubject,
    TraitOrigin,
)
from domain.operations import segments
from domain.points import badges
from domain.profile import aggregates, catalogue, identities
from domain.profile import traits as traits_

if TYPE_CHECKING:
    from api.operations.types import Segment


@strawberry.type(description="A value that names a member.")
class Identity:
    type: str = field("Its type, such as phone or anonymous_id.")
    value: str = field("Its value; masked unless it is the reader's own.")
    is_verified: bool = field("Whether the member proved it.")
    first_seen_at: datetime = field("When it was seen first.")
    last_seen_at: datetime = field("When it was seen last.")
    bare: strawberry.Private[str]

    @field("Whether the value is one of those that name nobody (any more); never an importer's external id.")
    async def is_blocked(self, info: Info) -> bool:
        if self.type.startswith("user_id:"):
            return False
        return (await load(info, "identity.rules", "", _rules)).is_blocked(self.bare)

    @classmethod
    def of(cls, row: Any, *, is_own: bool) -> Identity:
        value = row["value_norm"]
        return cls(
            type=row["type"],
            value=value if is_own else identities.mask(row["type"], value),
            is_verified=row["is_verified"],
            first_seen_at=row["first_seen_at"],
            last_seen_at=row["last_seen_at"],
            bare=value,
        )


@strawberry.type(description="A trait as it stands.")
class TraitValue:
    name: str = field("The trait's name.")
    value: Json = field("Its value.")
    at: datetime = field("The time of the fact that set it.")
    since_at: datetime = field("Since when the value is unchanged.")
    origin: TraitOrigin = field("Where the value comes from.")

    @classmethod
    def of(cls, trait: traits_.Trait) -> TraitValue:
        return cls(**{**vars(trait), "origin": TraitOrigin(trait.origin)})


@strawberry.type(description="A badge (徽章) that the person earned by a mission.")
class Badge:
    name: str = field("Its name.")
    mission: str = field("The code of the mission that gives it.")
    times: int = field("How many rounds earned it.")
    first_at: datetime = field("When it was earned first.")
    last_at: datetime = field("When it was earned last.")

    @classmethod
    def of(cls, found: badges.Badge) -> Badge:
        return cls(**vars(found))


@strawberry.type(description="A tag in force.")
class TagAssignment:
    subject_kind: TagSubject = field("What it is on: the person, or a vehicle or store of theirs.")
    subject_id: UUID = field("The person's, vehicle's or store's id.")
    key: str = field("The tag's key.")
    value: str = field("Its value; empty for a plain tag.")
    origin: TagOrigin = field("Who assigned it.")
    valid_from: datetime = field("Since when.")
    valid_to: datetime | None = field("Until when (exclusive); null: until it is removed.")

    @classmethod
    def of(cls, row: Any) -> TagAssignment:
        return cls(
            subject_kind=TagSubject(row["subject_kind"]),
            subject_id=row["subject_id"],
            key=row["key"],
            value=row["value"],
            origin=TagOrigin(row["origin"]),
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
        )


@strawberry.type(description="A segment that a person is in.")
class SegmentMembership:
    row: strawberry.Private[Any]
    since_at: datetime = field("Since when.")

    @field("The segment; null for readers who may not know segments.")
    async def segment(self, info: Info) -> Annotated[Segment, strawberry.lazy("api.operations.types")] | None:
        from api.operations.types import Segment, may_read

        if not may_read(info.context.actor):
            return None
        return Segment.of(await load(info, "segment", self.row["segment"], segments.by_ids))

    @classmethod
    def of(cls, row: Any) -> SegmentMembership:
        return cls(row=row, since_at=row["since_at"])


@strawberry.type(description="The stage (环节) that a person is in, of one dimension.")
class StageMembership:
    dimension: str = field("The dimension, such as PURCHASE or MEMBERSHIP.")
    stage: str = field("The stage.")
    since_at: datetime = field("Since when.")

    @classmethod
    def of(cls, row: Any) -> StageMembership:
        return cls(dimension=row["dimension"], stage=row["stage"], since_at=row["since_at"])


@strawberry.type(description="A tie to a vehicle, a store or another person.")
class Relation:
    id: UUID = field("The tie's id.")
    target_kind: RelationTarget = field("What it is to.")
    target_id: UUID = field("The vehicle's, store's or member's id.")
    role: RelationRole = field("What the person is to the vehicle, or the store or other person to them.")
    valid_from: datetime = field("Since when.")
    valid_to: datetime | None = field("Until when (exclusive); null while it holds.")

    @classmethod
    def of(cls, row: Any) -> Relation:
        return cls(
            id=row["id"],
            target_kind=RelationTarget(row["target_kind"]),
            target_id=row["target_id"],
            role=RelationRole(row["role"]),
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
        )


@strawberry.type(description="How often a kind of interaction happened, all merged members together.")
class Aggregate:
    kind: str = field("The kind.")
    count: int = field("How often; compensated interactions do not count.")
    first_at: datetime | None = field("The first time.")
    last_at: datetime | None = field("The last time.")
    sum: Decimal | None = field(
        "What the amounts add up to: points of the wallet POINTS, money in minor units of its currency, or the `revenue`, "
        "`value` or `amount` of what an app reports (the first that is a number); null when no interaction had one."
    )
    root_id: strawberry.Private[UUID]

    @field(
        "The values that a property had most often, the most frequent first; none of what names a person or is an id."
    )
    async def top_values(
        self,
        info: Info,
        property: Annotated[str, arg("The property's name.")],
        first: Annotated[int, arg("How many, 1 to 100.")] = 10,
    ) -> list[InteractionCount]:
        limit = page(first, None).limit
        kind = catalogue.find(self.kind)
        if kind is None or (kind.is_staff_only and not info.context.actor.is_staff):
            return []
        found = await load(
            info,
            f"aggregate.values {limit} {property}",
            (self.root_id, self.kind),
            lambda asked: aggregates.values_of(asked, property, limit),
        )
        return [InteractionCount(value=value, count=count) for value, count in found]

    @classmethod
    def of(cls, counted: aggregates.Aggregate) -> Aggregate:
        return cls(
            kind=counted.kind,
            count=counted.count,
            first_at=counted.first_at,
            last_at=counted.last_at,
            sum=counted.sum,
            root_id=counted.root,
        )


@strawberry.type(description="What a person answered to a purpose (on a channel), as it stands.")
class ConsentState:
    purpose: str = field("The purpose's name.")
    channel: str | None = field("Only for this channel; null: for all.")
    state: ConsentStatus = field("What was answered.")
    choice: ConsentChoice | None = field("What was chosen in the dialogue.")
    policy_version: str | None = field("The version of the policy that was shown.")
    scopes: list[str] = field("The parts that were selected.")
    at: datetime = field("When it was answered.")
    expires_at: datetime | None = field("Until when; null: until it is withdrawn.")

    @classmethod
    def of(cls, row: Any) -> ConsentState:
        plain = {name: value for name, value in row.items() if name != "root"}
        choice = ConsentChoice(row["choice"]) if row["choice"] else None
        return cls(**{**plain, "state": ConsentStatus(row["state"]), "choice": choice})


@strawberry.type(description="How often something happened.")
class InteractionCount:
    value: str | None = field("The kind, or the property's value; null for facts without it.")
    count: int = field("How many interactions that count.")


async def _rules(_: Sequence[str]) -> dict[str, identities.Rules]:
    return {"": await identities.rules()}
