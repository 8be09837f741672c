"""Routing: reports and items without a queue get the first enabled one that takes them.

What finds none waits outside and is matched again only when queues change.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.community.desk import queues, report_log, report_steps
from domain.community.desk.queues import Queue
from domain.community.desk_tables import ReportState
from domain.foundation.sweeps import Sweep

BATCH = 100

_REPORTS = """SELECT r.*, community.circle_of(r.subject_kind, r.subject) AS circle FROM community.report AS r
    WHERE r.state = 'OPEN' AND r.queue IS NULL AND r.routed IS DISTINCT FROM $1
    ORDER BY r.created_at LIMIT $2 FOR UPDATE OF r SKIP LOCKED"""
_ITEMS = """SELECT i.id, i.subject_kind, community.circle_of(i.subject_kind, i.subject) AS circle,
        ARRAY(SELECT DISTINCT r.category FROM community.report AS r WHERE r.item = i.id AND r.outcome IS NULL) AS categories
    FROM community.review_item AS i
    WHERE i.state = 'PENDING' AND i.queue IS NULL AND i.routed IS DISTINCT FROM $1
    ORDER BY i.opened_at LIMIT $2 FOR UPDATE OF i SKIP LOCKED"""


async def route() -> int:
    """Match one batch of each; answers how many were looked at. Others' batches are skipped, so several may run at once."""
    async with db.transaction():
        generation, enabled = await queues.generation(), await queues.listed(only_enabled=True)
        items = await db.fetch(_ITEMS, generation, BATCH)
        for row in items:
            found = _first(enabled, row["subject_kind"], row["categories"], row["circle"])
            if found is not None:
                await report_steps.place(row["id"], found)
        await _looked("review_item", [row["id"] for row in items], generation)
    async with db.transaction():
        reports = await db.fetch(_REPORTS, generation, BATCH)
        for row in reports:
            found = _first(enabled, row["subject_kind"], [row["category"]], row["circle"])
            if found is not None:
                await report_log.step(SYSTEM, row, ReportState.QUEUED, "ROUTED", queue=found.id)
        await _looked("report", [row["id"] for row in reports], generation)
    return len(items) + len(reports)


def _first(
    enabled: Sequence[Queue], kind: str, categories: Sequence[str], circle: UUID | None
) -> Queue | None:
    return next((queue for queue in enabled if queue.match.takes(kind, categories, circle)), None)


async def _looked(table: str, looked: list[UUID], generation: int) -> None:
    await db.run(f"UPDATE community.{table} SET routed = $2 WHERE id = ANY($1)", looked, generation)


async def _next_due() -> datetime | None:
    generation = await queues.generation()
    waits = await db.value(
        """SELECT EXISTS (SELECT FROM community.report WHERE state = 'OPEN' AND queue IS NULL
            AND routed IS DISTINCT FROM $1)
        OR EXISTS (SELECT FROM community.review_item WHERE state = 'PENDING' AND queue IS NULL
            AND routed IS DISTINCT FROM $1)""",
        generation,
    )
    return clock.now() if waits else None


SWEEP = Sweep("community.routing", route, _next_due, every_seconds=60)
