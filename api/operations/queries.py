"""Queries and subscriptions of operations."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.fields import arg, query, subscription
from api.operations.inputs import ConditionInput, SegmentFilter, as_json
from api.operations.types import (
    At,
    OperationsHealth,
    OperationsHome,
    Segment,
    SegmentChange,
    SegmentExplanation,
    SegmentOverlap,
    SegmentPreview,
)
from api.paging import After, Connection, First
from api.permissions import can
from api.profile.types import Member
from api.streams import follow
from domain.operations import health, home, looking, segments

READS_SEGMENTS = can("operator", "analyst", "approver")


@strawberry.type
class OperationsQuery:
    @query("The home of membership operations: what needs a person now.", who=READS_SEGMENTS)
    async def operations_home(self) -> OperationsHome:
        found = await home.home()
        return OperationsHome(
            pending_count=found.lag.pending,
            oldest_pending_seconds=found.lag.oldest_seconds,
            set_aside_count=found.lag.set_aside,
            waiting_approvals=found.waiting_approvals,
            overdue_timers=found.overdue_timers,
            segments=[Segment.of(row) for row in found.segments],
            broken_segments=[Segment.of(row) for row in found.broken],
        )

    @query("A segment by its id.", who=READS_SEGMENTS)
    async def segment(self, id: Annotated[UUID, arg("The segment's id.")]) -> Segment | None:
        return Segment.of(await segments.by_id(id))

    @query("Segments, the last saved first.", who=READS_SEGMENTS)
    async def segments(
        self,
        filter: Annotated[SegmentFilter | None, arg("Which segments; absent: all.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Segment]:
        page = paging.page(first, after)
        wanted = segments.Filter(**vars(filter)) if filter else None
        rows = await segments.listed(page, wanted)
        return paging.connection(
            rows, page, key=lambda row: (row["saved_at"], row["id"]), nodes=[Segment.of(row) for row in rows]
        )

    @query("Who meets a condition now: the exact count, and some of them.", who=READS_SEGMENTS)
    async def preview_segment(
        self,
        info: Info,
        condition: Annotated[ConditionInput, arg("The condition.")],
        overlap_with: Annotated[list[UUID] | None, arg("Segments to compare with, at most 20.")] = None,
        sample: Annotated[int, arg("How many members to show, 0 to 100.")] = 10,
    ) -> SegmentPreview:
        found = await looking.preview(as_json(condition), overlap_with=overlap_with or (), sample=sample)
        shown = await Member.load(found.sample, info.context)
        others = await Segment.load(list(found.overlap), info.context)
        return SegmentPreview(
            count=found.count,
            sample=[shown[each] for each in found.sample],
            overlap=[SegmentOverlap(segment=others[each], count=n) for each, n in found.overlap.items()],
            evaluated_at=found.evaluated_at,
        )

    @query("Why a member is in a segment, or is not.", who=READS_SEGMENTS)
    async def explain_segment(
        self,
        segment_id: Annotated[UUID, arg("The segment.")],
        member_id: Annotated[UUID, arg("The member; a merged one answers for its root.")],
        at: At = None,
    ) -> SegmentExplanation:
        return SegmentExplanation.of(await looking.explain(segment_id, member_id, at))

    @query("Entries and exits, newest first.", who=READS_SEGMENTS)
    async def segment_changes(
        self,
        segment_id: Annotated[UUID | None, arg("Of one segment.")] = None,
        member_id: Annotated[UUID | None, arg("Of one member.")] = None,
        since: Annotated[datetime | None, arg("From then on (inclusive).")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[SegmentChange]:
        page = paging.page(first, after)
        rows = await looking.changes(page, segment_id=segment_id, member_id=member_id, since=since)
        return paging.connection(
            rows, page, key=lambda row: (row["at"], row["seq"]), nodes=[SegmentChange.of(row) for row in rows]
        )

    @query("Whether the invariants of operations hold (reads much: not for polling).", who=READS_SEGMENTS)
    async def operations_health(self) -> OperationsHealth:
        return OperationsHealth(**vars(await health.check()))


@strawberry.type
class OperationsSubscription:
    @subscription("Every entry into and exit from a segment.", who=READS_SEGMENTS)
    async def segment_changed(
        self, segment_id: Annotated[UUID, arg("The segment.")]
    ) -> AsyncGenerator[SegmentChange, None]:
        await segments.by_id(segment_id)
        async for row in follow(lambda since: looking.recorded_since(segment_id, since)):
            yield SegmentChange.of(row)
