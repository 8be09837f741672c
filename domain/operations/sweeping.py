"""What falls due by time alone: members leave windows, and a fresh activation is looked over once more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.foundation.sweeps import Sweep
from domain.operations import judging, running
from domain.operations.conditions import compiler
from domain.profile import memberships

BATCH = 500


async def sweep() -> int:
    """Work off every due timer and recheck; answers how many."""
    done = 0
    while worked := await _timers():
        done += worked
    for row in await db.fetch("SELECT id FROM operations.segment WHERE recheck_at <= $1", clock.now()):
        done += await _recheck(row["id"])
    return done


async def next_due() -> datetime | None:
    """The earliest timer or recheck."""
    return await db.value(
        """SELECT least((SELECT min(due_at) FROM operations.timer),
            (SELECT min(recheck_at) FROM operations.segment WHERE recheck_at IS NOT NULL))"""
    )


async def _timers() -> int:
    """One batch. Members that others hold are left for the next second."""
    due = await db.fetch(
        "SELECT subject, member FROM operations.timer WHERE due_at <= $1 ORDER BY due_at, subject, member LIMIT $2",
        clock.now(), BATCH,
    )  # fmt: skip
    if not due:
        return 0
    async with db.transaction():
        held = await _hold({row["member"] for row in due})
        done = 0
        for subject in sorted({row["subject"] for row in due}):
            roots = [row["member"] for row in due if row["subject"] == subject and row["member"] in held]
            segment = await running.find(subject) if roots else None
            if segment is not None:
                done += await judging.catch_up(segment, roots)
            elif roots:
                await judging.set_timers(subject, dict.fromkeys(roots))
                done += len(roots)
    return done


async def _hold(members: set[UUID]) -> set[UUID]:
    rows = await db.fetch(
        "SELECT id FROM profile.member WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
        sorted(members),
    )
    return {row["id"] for row in rows}


async def _recheck(segment_id: UUID) -> int:
    """Judge everybody once more, for what was drained while the segment came into force."""
    async with db.transaction():
        due = await db.run(
            "UPDATE operations.segment SET recheck_at = NULL WHERE id = $1 AND recheck_at <= $2",
            segment_id, clock.now(),
        )  # fmt: skip
        segment = await running.find(segment_id) if due else None
        differing = await _differing(segment) if segment is not None else []
    if segment is not None:
        for start in range(0, len(differing), BATCH):
            await _judge_again(segment_id, differing[start : start + BATCH])
    return due


async def _judge_again(segment_id: UUID, roots: Sequence[UUID]) -> None:
    async with db.transaction():
        await db.fetch(
            "SELECT FROM profile.member WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", list(roots)
        )
        segment = await running.find(segment_id)
        if segment is not None:
            await judging.judge(segment, roots, cause="recheck")


async def _differing(segment: running.Running) -> list[UUID]:
    statement = compiler.members_at(segment.condition, clock.now())
    async with db.over_everybody():
        holding = {row["root"] for row in await db.fetch(statement.sql, *statement.args)}
    return sorted(holding ^ await memberships.all_inside(segment.id))


SWEEP = Sweep(name="operations.timers", run=sweep, next_due=next_due)
RECHECK_AFTER = timedelta(seconds=5)
