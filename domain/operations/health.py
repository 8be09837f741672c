"""Whether the invariants of segments hold, on a sample, as counters that are 0 when all is well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from domain import clock, db
from domain.foundation import ids
from domain.operations import judging, running
from domain.profile import memberships

SEGMENTS = 20
MEMBERS = 500
LATE = timedelta(seconds=5)


@dataclass(frozen=True)
class Health:
    """``segment_drift``: sampled memberships that differ from the condition (O1). ``broken_histories``: entries and
    exits that do not alternate or do not end in the membership (O2). ``overdue_timers``: late by over 5 s (O3).
    ``broken_segments``: active ones whose condition cannot be read any more.
    """

    sampled_segments: int
    sampled_members: int
    segment_drift: int
    broken_histories: int
    overdue_timers: int
    broken_segments: int


async def check() -> Health:
    """The present counters, over a random sample of segments and members."""
    known = await running.refresh()
    sampled = sorted(known.segments)
    start = ids.named(clock.now().isoformat()).int % max(1, len(sampled))
    sampled = [*sampled[start:], *sampled[:start]][:SEGMENTS]
    roots = await _some_roots()
    drift = 0
    for segment_id in sampled:
        drift += await _drift(known.segments[segment_id], roots)
    overdue = await db.value("SELECT count(*) FROM operations.timer WHERE due_at < $1", clock.now() - LATE)
    return Health(
        len(sampled), len(roots), drift, await _broken_histories(sampled), overdue, len(known.broken)
    )


async def _some_roots() -> list[UUID]:
    """Roots without pending interactions and due timers: for the others the answer may be on its way."""
    rows = await db.fetch(
        """SELECT m.id FROM profile.member AS m
        WHERE m.id = m.root AND m.status <> 'ERASED'
        AND NOT EXISTS (SELECT FROM profile.pending AS p JOIN profile.member AS w ON w.id = p.member WHERE w.root = m.id)
        AND EXISTS (SELECT FROM profile.interaction AS i JOIN profile.member AS w ON w.id = i.member WHERE w.root = m.id)
        AND NOT EXISTS (SELECT FROM operations.timer AS t WHERE t.member = m.id AND t.due_at <= $2)
        ORDER BY md5(m.id::text || $3) LIMIT $1""",
        MEMBERS, clock.now(), clock.now().isoformat(),
    )  # fmt: skip
    return [row["id"] for row in rows]


async def _drift(segment: running.Running, roots: list[UUID]) -> int:
    inside = await memberships.inside(segment.id, roots)
    judged = await judging.evaluate(segment.condition, dict.fromkeys(roots, clock.now()))
    return sum(each.holds != (each.root in inside) for each in judged)


async def _broken_histories(segments: list[UUID]) -> int:
    return await db.value(
        """WITH steps AS (
            SELECT segment, member, change, seq, lag(change) OVER w AS before,
                row_number() OVER (PARTITION BY segment, member ORDER BY seq DESC) = 1 AS is_last
            FROM operations.segment_change WHERE segment = ANY($1)
            WINDOW w AS (PARTITION BY segment, member ORDER BY seq)
        ), open AS (
            SELECT DISTINCT s.segment, m.root AS member FROM profile.segment_membership AS s
            JOIN profile.member AS m ON m.id = s.member WHERE s.segment = ANY($1) AND s.until_at IS NULL
        )
        SELECT (SELECT count(*) FROM steps WHERE change = coalesce(before, 'EXITED'))
            + (SELECT count(*) FROM (SELECT segment, member FROM steps WHERE is_last AND change = 'ENTERED') AS l
                FULL JOIN open USING (segment, member) WHERE l IS NULL OR open IS NULL)""",
        segments,
    )
