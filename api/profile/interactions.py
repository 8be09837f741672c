"""Interactions, their kinds, and the portrait that ends with the last of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.access.types import Source
from api.context import Context
from api.fields import Json, Node, field
from api.loaders import load
from api.profile.enums import InteractionClass
from api.profile.parts import (
    Aggregate,
    ConsentState,
    Identity,
    Relation,
    SegmentMembership,
    StageMembership,
    TagAssignment,
    TraitValue,
)
from api.profile.types import Member, record_loaded, root_loaded
from domain.profile import catalogue, portrait, timeline


@strawberry.type(description="A recorded fact.")
class Interaction(Node):
    row: strawberry.Private[Any]
    message_id: str = field("The key that keeps it from being stored twice.")
    kind: str = field("What happened, dotted.")
    class_: InteractionClass = field("How it came about.", name="class")
    occurred_at: datetime = field("When it happened.")
    received_at: datetime = field("When it was recorded.")
    touchpoint: str | None = field("What the person did it on.")
    subject_kind: str | None = field("What it is about.")
    subject_id: UUID | None = field("The subject's id: a UUID, or another area's or system's own text.")
    properties: Json = field("Its facts.")
    context: Json = field("What the reporting software told about itself.")

    @field("The kind's title in the language of the request.")
    def title(self, info: Info) -> str:
        kind = catalogue.find(self.kind)
        if kind is None:
            return self.kind
        return kind.en if info.context.language == "en" else kind.zh

    @field("Who reported it; null for what we recorded ourselves, and for readers who may not know sources.")
    async def source(self, info: Info) -> Source | None:
        return await source_of(info, self.row["source"])

    @field("The person it belongs to now; null when nobody is known.")
    async def member(self, info: Info) -> Member | None:
        return await root_loaded(info, self.row["root"])

    @field("The member that it was written with, merged or not; null when nobody was known.")
    async def origin_member(self, info: Info) -> Member | None:
        return await record_loaded(info, self.row["member"]) if self.row["member"] else None

    @field("The interaction that undid it.")
    async def compensated_by(self, info: Info) -> Interaction | None:
        if self.row["compensated_by"] is None:
            return None
        row = await load(info, "interaction", self.row["compensated_by"], timeline.by_ids)
        return Interaction.of(row) if row else None

    @classmethod
    def of(cls, row: Any) -> Interaction:
        return cls(
            id=row["id"],
            row=row,
            message_id=row["message_id"],
            kind=row["kind"],
            class_=InteractionClass(row["class"]),
            occurred_at=row["occurred_at"],
            received_at=row["received_at"],
            touchpoint=row["touchpoint"],
            subject_kind=row["subject_kind"],
            subject_id=row["subject_id"],
            properties=row["properties"],
            context=row["context"],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Interaction]:
        rows = await timeline.by_ids(ids)
        own = context.actor.member_id
        return {
            each: cls.of(row)
            for each, row in rows.items()
            if context.actor.is_staff or (own is not None and row["root"] == own)
        }


@strawberry.type(description="A kind of interaction.")
class InteractionKind:
    name: str = field("The dotted name.")
    title: str = field("The title in the language of the request.")
    area: str = field("The area that declares it.")
    is_personal: bool = field("Whether its properties name a person.")
    properties_schema: Json = field("JSON Schema of the properties; empty: not restricted.")


@strawberry.type(description="The portrait (画像): all that is known of a person, on one page.")
class Portrait:
    member: Member = field("The person.")
    identities: list[Identity] = field("What names the person; masked.")
    traits: list[TraitValue] = field("Traits.")
    tags: list[TagAssignment] = field("Tags in force on the person, their vehicles and their stores.")
    stages: list[StageMembership] = field("The stage in each dimension.")
    segments: list[SegmentMembership] = field("Segments the person is in.")
    relations: list[Relation] = field("Ties in force: person, car, store.")
    consents: list[ConsentState] = field("What the person answered to each purpose of consent.")
    aggregates: list[Aggregate] = field("How often each kind of interaction happened.")
    latest: list[Interaction] = field("The last 20 interactions.")
    parts: Json = field("What other areas add, by name (points, services and so on).")

    @classmethod
    def of(cls, found: portrait.Portrait) -> Portrait:
        return cls(
            member=Member.of(found.member),
            identities=[Identity.of(row, is_own=False) for row in found.identities],
            traits=[TraitValue.of(trait) for trait in found.traits],
            tags=[TagAssignment.of(row) for row in found.tags],
            stages=[StageMembership.of(row) for row in found.stages],
            segments=[SegmentMembership.of(row) for row in found.segments],
            relations=[Relation.of(row) for row in found.relations],
            consents=[ConsentState.of(row) for row in found.consents],
            aggregates=[Aggregate.of(each) for each in found.aggregates],
            latest=[Interaction.of(row) for row in found.latest],
            parts=found.parts,
        )


async def source_of(info: Info, named: UUID | str | None) -> Source | None:
    """The source of a write key; imports leave their own name there, which is none."""
    try:
        source_id = UUID(str(named))
    except ValueError:
        return None
    return await load(info, "source", source_id, lambda ids: Source.load(ids, info.context))
