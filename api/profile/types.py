"""The member, as they are and as they were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.context import Context
from api.fields import Node, arg, field
from api.loaders import load
from api.profile.enums import MemberKind, MemberStatus, RelationTarget, TagSubject
from api.profile.parts import (
    Aggregate,
    Badge,
    ConsentState,
    Identity,
    Relation,
    SegmentMembership,
    StageMembership,
    TagAssignment,
    TraitValue,
)
from domain.points import badges
from domain.profile import (
    aggregates,
    consents,
    history,
    identities,
    members,
    memberships,
    relations,
    tags,
    traits,
)

Names = Annotated[list[str] | None, arg("Only these; absent: all.")]


@strawberry.type(description="A person as of an instant.")
class MemberSnapshot:
    found: strawberry.Private[history.Snapshot]
    at: datetime = field("The instant.")
    traits: list[TraitValue] = field("Traits as they were; `sinceAt` is the time of the fact.")
    tags: list[TagAssignment] = field("Tags that were in force, on the person and what was tied to them.")
    stages: list[StageMembership] = field("The stage in each dimension.")

    @field("The member that stood for the person then; it may be merged by now.")
    async def root(self, info: Info) -> Member:
        return Member.of(await load(info, "member.record", self.found.root, members.records))

    @field("Segments that the person was in; only staff see them.")
    async def segments(self, info: Info) -> list[SegmentMembership]:
        return _segments(info, self.found.segments)

    @classmethod
    def of(cls, found: history.Snapshot) -> MemberSnapshot:
        return cls(
            found=found,
            at=found.at,
            traits=[TraitValue.of(trait) for trait in found.traits],
            tags=[TagAssignment.of(row) for row in found.tags],
            stages=[StageMembership.of(row) for row in found.stages],
        )


@strawberry.type(
    description="A person as far as we know: visitor or member. Lists of a merged one are its root's."
)
class Member(Node):
    root_id: strawberry.Private[UUID]
    kind: MemberKind = field("Whether the person has joined.")
    status: MemberStatus = field("Where the member stands.")
    number: str | None = field("The member number.")
    display_name: str | None = field("The name shown to others.")
    joined_at: datetime | None = field("When the person became a member.")
    first_seen_at: datetime = field("When the person was seen first.")
    last_seen_at: datetime = field("When the person was seen last.")
    zone: str = field("The person's time zone (IANA).")
    version: int = field("Rises with every change of the record.")

    @field("The member that stands for this person: itself unless it is merged.")
    async def root(self, info: Info) -> Member:
        if self.root_id == self.id:
            return self
        return Member.of(await load(info, "member.record", self.root_id, members.records))

    @field("The values that name this person; masked for staff.")
    async def identities(self, info: Info) -> list[Identity]:
        is_own = info.context.actor.member_id == self.root_id
        found = await load(info, "member.identities", self.root_id, identities.of_roots)
        return [Identity.of(row, is_own=is_own) for row in found]

    @field("Traits, by name.")
    async def traits(self, info: Info, names: Names = None) -> list[TraitValue]:
        found = await load(
            info, f"member.traits {names}", self.root_id, lambda ids: traits.of_roots(ids, names)
        )
        return [TraitValue.of(trait) for trait in found]

    @field("Tags in force on the person, and on the vehicles and stores tied to them.")
    async def tags(
        self,
        info: Info,
        subject: Annotated[TagSubject | None, arg("Only tags on these; absent: on all.")] = None,
    ) -> list[TagAssignment]:
        found = await load(
            info, f"member.tags {subject}", self.root_id, lambda ids: tags.of_roots(ids, subject)
        )
        return [TagAssignment.of(row) for row in found]

    @field("The stage (环节) that the person is in, of each dimension.")
    async def stages(self, info: Info) -> list[StageMembership]:
        found = await load(info, "member.stages", self.root_id, memberships.stages_of_roots)
        return [StageMembership.of(row) for row in found]

    @field("Segments that the person is in, the longest first; only staff see them.")
    async def segments(self, info: Info) -> list[SegmentMembership]:
        return _segments(info, await load(info, "member.segments", self.root_id, memberships.of_roots))

    @field("Ties in force to vehicles, stores and people.")
    async def relations(
        self,
        info: Info,
        target_kind: Annotated[RelationTarget | None, arg("Only ties to these; absent: all.")] = None,
        at: Annotated[datetime | None, arg("As of this instant; absent: now.")] = None,
    ) -> list[Relation]:
        found = await load(
            info,
            f"member.relations {target_kind} {at}",
            self.root_id,
            lambda ids: relations.of_roots(ids, target_kind, at),
        )
        return [Relation.of(row) for row in found]

    @field("What the person answered to each purpose of consent.")
    async def consents(self, info: Info) -> list[ConsentState]:
        found = await load(info, "member.consents", self.root_id, consents.of_roots)
        return [ConsentState.of(row) for row in found or []]

    @field("Badges of missions that stand, the newest first.")
    async def badges(self, info: Info) -> list[Badge]:
        found = await load(info, "member.badges", self.root_id, badges.of_roots)
        return [Badge.of(each) for each in found]

    @field("How often each kind of interaction happened.")
    async def aggregates(
        self, info: Info, kinds: Annotated[list[str], arg("The kinds asked for.")]
    ) -> list[Aggregate]:
        found = await load(
            info, f"member.aggregates {kinds}", self.root_id, lambda ids: aggregates.of_roots(ids, kinds)
        )
        return [Aggregate.of(counted) for counted in found]

    @field("The person as of an instant: by when things happened, whenever they were learned.")
    async def at(self, info: Info, time: Annotated[datetime, arg("The instant.")]) -> MemberSnapshot:
        return MemberSnapshot.of(
            await load(info, f"member.at {time}", self.id, lambda ids: history.snapshots(ids, time))
        )

    @classmethod
    def of(cls, row: Any) -> Member:
        return cls(
            id=row["id"],
            root_id=row["root"],
            kind=MemberKind(row["kind"]),
            status=MemberStatus(row["status"]),
            number=row["number"],
            display_name=row["display_name"],
            joined_at=row["joined_at"],
            first_seen_at=row["first_seen_at"],
            last_seen_at=row["last_seen_at"],
            zone=row["zone"],
            version=row["version"],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Member]:
        if not context.actor.is_staff:
            own = context.actor.member_id
            ids = [each for each in ids if each == own]
        return {asked: cls.of(row) for asked, row in (await members.by_ids(ids)).items()}


async def root_loaded(info: Info, member_id: UUID | None) -> Member | None:
    """The root that stands for a member id; null when nobody is known."""
    if member_id is None:
        return None
    row = await load(info, "member", member_id, members.by_ids)
    return Member.of(row) if row else None


async def record_loaded(info: Info, member_id: UUID) -> Member:
    """The member of an id itself, merged or not."""
    return Member.of(await load(info, "member.record", member_id, members.records))


def _segments(info: Info, rows: Sequence[Any]) -> list[SegmentMembership]:
    return [SegmentMembership.of(row) for row in rows] if info.context.actor.is_staff else []
