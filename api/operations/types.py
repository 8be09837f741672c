"""What operations answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.context import Context
from api.fields import Json, Node, arg, enum, field
from api.loaders import load
from api.operations.inputs import Direction, SegmentKind, SegmentState
from api.paging import After, Connection, First
from api.profile.types import Member
from domain import clock
from domain.actor import Actor
from domain.operations import looking, segments
from domain.profile import members, memberships

At = Annotated[datetime | None, arg("At which instant; absent: now.")]

HistoryMode = enum(
    looking.HistoryMode,
    "Which history to ask.",
    AS_KNOWN="As it was known at that time.",
    REPLAY="As it should have been by all that is known today.",
)


def may_read(actor: Actor) -> bool:
    """Segments are for membership operations and those who read profiles."""
    return actor.has("operator", "analyst", "approver")


@strawberry.type(description="A set of members (人群).")
class Segment(Node):
    key: str = field("Its name for programs.")
    name: str = field("Its name for people.")
    kind: SegmentKind = field("How it comes by its members.")
    state: SegmentState = field("Where it stands.")
    purpose: str = field("What it is for.")
    version: int = field("The newest saved version.")
    active_version: int | None = field("The version in force; null if none ever was.")
    condition: Json | None = field(
        "The newest saved condition, in the words of ConditionInput; null for a static one."
    )
    activated_at: datetime | None = field("When the version in force was activated.")
    computed_at: datetime = field("The instant that `size` is of.")

    @field("How many members are in it.")
    async def size(self, info: Info) -> int:
        return await load(info, "segment.size", self.id, memberships.sizes, 0)

    @field("Who is in it (or was), the latest first.")
    async def members(
        self, info: Info, at: At = None, first: First = 20, after: After = None
    ) -> Connection[Member]:
        page = paging.page(first, after)
        rows = await looking.members_of(self.id, page, at)
        found = await Member.load([row["member"] for row in rows], info.context)
        return paging.connection(
            rows, page, key=lambda row: (row["since_at"], row["id"]),
            nodes=[found[row["member"]] for row in rows],
        )  # fmt: skip

    @field("Whether a member is in it (or was).")
    async def is_member(
        self,
        member_id: Annotated[UUID, arg("The member.")],
        at: At = None,
        mode: Annotated[HistoryMode, arg("Which history to ask.")] = looking.HistoryMode.AS_KNOWN,
    ) -> bool:
        return await looking.is_member(self.id, member_id, at, mode)

    @classmethod
    def of(cls, row: Any) -> Segment:
        names = ("id", "key", "name", "purpose", "version", "active_version", "condition", "activated_at")
        return cls(
            **{name: row[name] for name in names},
            kind=SegmentKind(row["kind"]),
            state=SegmentState(row["state"]),
            computed_at=clock.now(),
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Segment]:
        if not may_read(context.actor):
            return {}
        return {asked: cls.of(row) for asked, row in (await segments.by_ids(ids)).items()}


@strawberry.type(description="A member entered or left a segment.")
class SegmentChange:
    row: strawberry.Private[Any]
    id: UUID = field("The change's id.")
    change: Direction = field("Which way.")
    at: datetime = field("The exact instant: for an exit from a window, when it was due.")
    cause: str = field(
        "interaction:ID, timer, activation, recheck, hand, archive, merge:ID, parting:ID or erasure."
    )
    version: int = field("The segment's version at that time.")

    @field("The segment.")
    async def segment(self, info: Info) -> Segment:
        return Segment.of(await load(info, "segment", self.row["segment"], segments.by_ids))

    @field("The member; merged ones answer their root.")
    async def member(self, info: Info) -> Member:
        return Member.of(await load(info, "member", self.row["member"], members.by_ids))

    @classmethod
    def of(cls, row: Any) -> SegmentChange:
        return cls(
            row=row,
            id=row["id"],
            change=Direction(row["change"]),
            at=row["at"],
            cause=row["cause"],
            version=row["version"],
        )


@strawberry.type(description="How many of the previewed members are in another segment.")
class SegmentOverlap:
    segment: Segment = field("The other segment.")
    count: int = field("How many are in both.")


@strawberry.type(description="Who meets a condition now. The count is exact.")
class SegmentPreview:
    count: int = field("How many.")
    sample: list[Member] = field("Some of them.")
    overlap: list[SegmentOverlap] = field("How many of them are in the segments asked for.")
    evaluated_at: datetime = field("The instant it is of.")


@strawberry.type(description="A part of a condition, for one member.")
class ExplainedNode:
    path: str = field("Where it stands in the condition; empty for the whole.")
    kind: str = field("Which kind of condition it is.")
    truth: bool = field("Whether it holds.")
    facts: Json | None = field("What it was decided by; null for parts that combine others.")
    next_flip_at: datetime | None = field(
        "The earliest instant at which it may change without new interactions."
    )


@strawberry.type(description="Why a member is in a segment, or is not.")
class SegmentExplanation:
    is_member: bool = field("Whether the condition holds.")
    nodes: list[ExplainedNode] = field("Every part, the whole first; empty for a static segment.")
    next_flip_at: datetime | None = field(
        "The earliest instant at which the answer may change by time alone."
    )

    @classmethod
    def of(cls, found: looking.Explanation) -> SegmentExplanation:
        return cls(
            is_member=found.is_member,
            nodes=[ExplainedNode(**vars(node)) for node in found.nodes],
            next_flip_at=found.next_flip_at,
        )


@strawberry.type(description="What needs a person now.")
class OperationsHome:
    pending_count: int = field("Interactions that wait for the drain.")
    oldest_pending_seconds: int = field("The age of the oldest of them, in seconds.")
    set_aside_count: int = field("Dead letters: what could not be taken or worked off.")
    waiting_approvals: int = field("Requests that wait for a second person.")
    overdue_timers: int = field("Exits that are late by more than 5 s.")
    segments: list[Segment] = field("Active segments, the last saved first; up to 50.")
    broken_segments: list[Segment] = field("Active segments whose condition names something that is no more.")


@strawberry.type(
    description="Whether the invariants of operations hold, on a sample; every count but the first two is 0 when all is well."
)
class OperationsHealth:
    sampled_segments: int = field("Segments looked at.")
    sampled_members: int = field("Members looked at.")
    segment_drift: int = field("Memberships that differ from the condition.")
    broken_histories: int = field("Entries and exits that do not alternate, or do not end in the membership.")
    overdue_timers: int = field("Timers late by more than 5 s.")
    broken_segments: int = field("Active segments whose condition cannot be read any more.")
