"""Judging: does a segment's condition hold for these roots, and when may that change by time alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.operations import changes
from domain.operations.conditions import compiler
from domain.operations.conditions.tree import Condition
from domain.operations.running import Running
from domain.profile import memberships
from domain.profile.interactions import Fact


@dataclass(frozen=True)
class Judged:
    """Whether the condition holds for a root at an instant, and the earliest instant at which it may flip."""

    root: UUID
    holds: bool
    flip_at: datetime | None


async def evaluate(condition: Condition, asked: Mapping[UUID, datetime]) -> list[Judged]:
    """Each root at its own instant; ids that are no living root are left out."""
    statement = compiler.single(condition, list(asked), list(asked.values()))
    return [Judged(**row) for row in await db.fetch(statement.sql, *statement.args)]


async def judge(segment: Running, roots: Sequence[UUID], *, cause: str, fact: Fact | None = None) -> None:
    """Bring the membership of roots that the caller holds up to now.

    What was due before is worked off first, each at its own instant; then they are judged as of now.
    """
    await catch_up(segment, roots)
    now = clock.now()
    await _step(segment, dict.fromkeys(roots, now), cause, fact)


async def catch_up(segment: Running, roots: Sequence[UUID]) -> int:
    """Work off the due timers of roots that the caller holds: each change carries the instant at which it was due."""
    now = clock.now()
    due = {
        row["member"]: row["due_at"]
        for row in await db.fetch(
            "SELECT member, due_at FROM operations.timer WHERE subject = $1 AND member = ANY($2) AND due_at <= $3",
            segment.id, list(roots), now,
        )
    }  # fmt: skip
    done = len(due)
    while due:
        flips = await _step(segment, due, "timer", None)
        due = {root: at for root, at in flips.items() if at <= now}
    return done


async def set_timers(subject: UUID, flips: Mapping[UUID, datetime | None]) -> None:
    """One timer a root, or none."""
    none = [root for root, at in flips.items() if at is None]
    some = {root: at for root, at in flips.items() if at is not None}
    if none:
        await db.run("DELETE FROM operations.timer WHERE subject = $1 AND member = ANY($2)", subject, none)
    if some:
        await db.run(
            """INSERT INTO operations.timer (subject, member, due_at)
            SELECT $1, t.member, t.due_at FROM unnest($2::uuid[], $3::timestamptz[]) AS t(member, due_at)
            ON CONFLICT (subject, member) DO UPDATE SET due_at = excluded.due_at""",
            subject, list(some), list(some.values()),
        )  # fmt: skip


async def _step(
    segment: Running, asked: dict[UUID, datetime], cause: str, fact: Fact | None
) -> dict[UUID, datetime]:
    """Judge once; answers the next flips."""
    judged = {each.root: each for each in await evaluate(segment.condition, asked)}
    inside = await memberships.inside(segment.id, list(asked))
    holding = {root for root, each in judged.items() if each.holds}
    await changes.apply(
        segment.id, segment.key, segment.version, cause=cause, fact=fact,
        entered=[(root, at) for root, at in asked.items() if root in holding - inside],
        exited=[(root, at) for root, at in asked.items() if root in inside - holding],
    )  # fmt: skip
    flips = {root: judged[root].flip_at if root in judged else None for root in asked}
    await set_timers(segment.id, flips)
    return {root: at for root, at in flips.items() if at is not None}
