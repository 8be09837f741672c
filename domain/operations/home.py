"""The home of membership operations: what needs a person now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from domain import clock, db
from domain.access.rules import ApprovalState
from domain.operations import running, segments
from domain.profile import drain

SHOWN = 50


@dataclass(frozen=True)
class Home:
    """``segments`` are the active ones, the last saved first; ``broken`` those whose condition cannot be read any more."""

    lag: drain.Lag
    waiting_approvals: int
    overdue_timers: int
    segments: list[db.Row]
    broken: list[db.Row]


async def home() -> Home:
    """In a fixed number of statements."""
    known = await running.refresh()
    now = clock.now()
    counts = await db.one(
        """SELECT (SELECT count(*) FROM access.approval WHERE state = $1) AS approvals,
            (SELECT count(*) FROM operations.timer WHERE due_at < $2) AS timers""",
        ApprovalState.REQUESTED.value, now - timedelta(seconds=5),
    )  # fmt: skip
    assert counts is not None
    rows = await db.fetch(
        f"SELECT {segments.COLUMNS} FROM operations.segment AS s WHERE s.state = 'ACTIVE' "
        "ORDER BY s.saved_at DESC, s.id DESC LIMIT $1",
        SHOWN,
    )
    broken = await segments.by_ids(sorted(known.broken))
    return Home(await drain.lag(), counts["approvals"], counts["timers"], rows, list(broken.values()))
