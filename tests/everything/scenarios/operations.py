"""Segments: defining them leaves nothing, entering and leaving them does."""

from __future__ import annotations

from uuid import UUID

from domain.foundation import ids
from domain.operations import filling, segments
from domain.operations.tables import SegmentKind
from tests import make
from tests.domain.operations.conftest import did, event, segment
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody, leaves
from tests.everything.scenarios.people import OPERATOR


async def _saved(kind: SegmentKind = SegmentKind.DYNAMIC) -> UUID:
    condition = event() if kind is SegmentKind.DYNAMIC else None
    row = await segments.save(OPERATOR, key=f"s-{ids.new()}", name="Test", kind=kind, condition=condition)
    return row["id"]


@changes_nobody("saveSegment", CONFIGURES)
async def a_segment_is_saved() -> Call:
    return Call(OPERATOR, {"key": "active", "name": "Active", "condition": event()})


@leaves("activateSegment")
async def who_fits_already_enters() -> Call:
    one, saved = await make.member_id(), await _saved()
    await did(one)
    return Call(OPERATOR, {"id": str(saved), "includeExisting": True}, {one: "operations.segment.entered"})


@changes_nobody("pauseSegment", CONFIGURES)
async def a_segment_pauses() -> Call:
    return Call(OPERATOR, {"id": str(await segment(event()))})


@leaves("archiveSegment")
async def whoever_is_inside_leaves() -> Call:
    one = await make.member_id()
    await did(one)
    return Call(OPERATOR, {"id": str(await segment(event()))}, {one: "operations.segment.exited"})


@leaves("addToSegment")
async def a_member_is_put_in_by_hand() -> Call:
    one, static = await make.member_id(), await _saved(SegmentKind.STATIC)
    given = {"id": str(static), "memberIds": [str(one)]}
    return Call(OPERATOR, given, {one: "operations.segment.entered"})


@leaves("removeFromSegment")
async def a_member_is_taken_out_by_hand() -> Call:
    one, static = await make.member_id(), await _saved(SegmentKind.STATIC)
    await filling.add(OPERATOR, static, [one])
    given = {"id": str(static), "memberIds": [str(one)]}
    return Call(OPERATOR, given, {one: "operations.segment.exited"})
