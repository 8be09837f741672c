"""Static segments are filled by hand."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import IllegalTransition, InvalidInput, NotFound
from domain.operations import changes, segments
from domain.operations.errors import SegmentNotStatic
from domain.operations.tables import SegmentKind, SegmentState
from domain.profile import members, memberships

MOST = 1_000


async def add(actor: Actor, segment_id: UUID, member_ids: Sequence[UUID]) -> int:
    """Put members into a static segment; answers how many were outside until now."""
    async with db.transaction():
        segment, roots = await _held(segment_id, member_ids)
        outside = sorted(set(roots) - await memberships.inside(segment_id, roots))
        now = clock.now()
        await changes.apply(
            segment_id, segment["key"], segment["version"], cause="hand", actor=actor,
            entered=[(root, now) for root in outside], exited=[],
        )  # fmt: skip
        await _note(actor, "operations.segment.filled", segment_id, len(outside))
    return len(outside)


async def remove(actor: Actor, segment_id: UUID, member_ids: Sequence[UUID]) -> int:
    """Take members out of a static segment; answers how many were inside until now."""
    async with db.transaction():
        segment, roots = await _held(segment_id, member_ids)
        inside = sorted(await memberships.inside(segment_id, roots))
        now = clock.now()
        await changes.apply(
            segment_id, segment["key"], segment["version"], cause="hand", actor=actor,
            entered=[], exited=[(root, now) for root in inside],
        )  # fmt: skip
        await _note(actor, "operations.segment.emptied", segment_id, len(inside))
    return len(inside)


async def _held(segment_id: UUID, member_ids: Sequence[UUID]) -> tuple[db.Row, list[UUID]]:
    """The segment and the roots, held: roots first, then the record."""
    if not 1 <= len(member_ids) <= MOST:
        raise InvalidInput.at("memberIds", f"Name 1 to {MOST} members.")
    known = await db.fetch("SELECT id FROM profile.member WHERE id = ANY($1)", list(member_ids))
    if missing := set(member_ids).difference(row["id"] for row in known):
        raise InvalidInput.at("memberIds", f"No member has the id {min(map(str, missing))}.")
    roots = await members.lock(*member_ids)
    if not await db.value("SELECT true FROM operations.segment WHERE id = $1 FOR KEY SHARE", segment_id):
        raise NotFound()
    segment = await segments.by_id(segment_id)
    if segment["kind"] != SegmentKind.STATIC:
        raise SegmentNotStatic(segment["kind"])
    if segment["state"] != SegmentState.ACTIVE:
        raise IllegalTransition(segment["state"], SegmentState.ACTIVE.value, [])
    return segment, roots


async def _note(actor: Actor, action: str, segment_id: UUID, count: int) -> None:
    await audit.append(actor, action, "SEGMENT", segment_id, facts={"count": count})
