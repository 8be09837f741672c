"""Entering and leaving: membership, its history and the interaction, in one transaction, exactly once each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain import db
from domain.actor import SYSTEM, Actor
from domain.foundation import ids
from domain.operations import kinds
from domain.operations.tables import Direction
from domain.profile import interactions, memberships
from domain.profile.interactions import Fact

Moment = tuple[UUID, datetime]


async def apply(
    segment: UUID,
    key: str,
    version: int,
    *,
    entered: Sequence[Moment],
    exited: Sequence[Moment],
    cause: str,
    actor: Actor = SYSTEM,
    fact: Fact | None = None,
    flags: Sequence[str] = (),
) -> None:
    """Let roots enter and leave, each at its own instant; the caller holds them and has seen where they stand."""
    if exited:
        await memberships.close(segment, exited)
    if entered:
        await memberships.open(segment, version, entered, cause)
    for direction, kind, moved in (
        (Direction.EXITED, kinds.SEGMENT_EXITED, exited),
        (Direction.ENTERED, kinds.SEGMENT_ENTERED, entered),
    ):
        if not moved:
            continue
        changes = await write(segment, version, direction, moved, cause)
        entries = [
            interactions.Entry(
                kind, ("SEGMENT", segment), once=change, member=root, at=at, actor_kind=actor.kind,
                actor_id=actor.id, cause=fact,
                properties={"segment": segment, "key": key, "version": version, "at": at},
            )
            for (root, at), change in zip(moved, changes, strict=True)
        ]  # fmt: skip
        await interactions.record_many(entries, flags=flags, touchpoint=actor.touchpoint)


async def write(
    segment: UUID, version: int, direction: Direction, moved: Sequence[Moment], cause: str
) -> list[UUID]:
    """Add rows to the history; their ids follow from the segment, the root and the number of its change."""
    before = {
        row["member"]: row["n"]
        for row in await db.fetch(
            "SELECT member, count(*) AS n FROM operations.segment_change WHERE segment = $1 AND member = ANY($2) "
            "GROUP BY member",
            segment, [root for root, _ in moved],
        )
    }  # fmt: skip
    number: Counter[UUID] = Counter(before)
    changes = []
    for root, _ in moved:
        changes.append(ids.named("segment change", segment, root, number[root]))
        number[root] += 1
    await db.run(
        """INSERT INTO operations.segment_change (id, segment, member, change, at, cause, version)
        SELECT c.id, $1, c.member, $5, c.at, $6, $7 FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[])
            WITH ORDINALITY AS c(id, member, at, place) ORDER BY c.place""",
        segment, changes, [root for root, _ in moved], [at for _, at in moved], direction.value, cause, version,
    )  # fmt: skip
    return changes
