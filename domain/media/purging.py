"""Media that go: orphans after 48 h, what a holder gives up, what leavers uploaded; objects 30 days after that.

A purge takes effect at once for readers. The row stays, without content, so that a known hash can still be found.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog

from domain import clock, db
from domain.foundation.sweeps import Sweep
from domain.media import rules, store

log = structlog.get_logger()


async def purge(holders: Sequence[UUID]) -> int:
    """These holders are gone for good: so is what they showed. Joins the caller's transaction."""
    return await db.run(
        """UPDATE media.asset SET state = 'PURGED', purged_at = $2, due_at = $2::timestamptz + $3::interval
        WHERE holder = ANY($1) AND state <> 'PURGED'""",
        list(holders), clock.now(), rules.OBJECTS_KEPT,
    )  # fmt: skip


async def purge_of(members: Sequence[UUID]) -> int:
    """Everything that these members uploaded goes, and its objects with the next sweep; those of an upload under way five
    minutes later, so that nothing that is still being written outlives them."""
    await db.run(
        "DELETE FROM media.asset_place WHERE asset IN (SELECT id FROM media.asset WHERE member = ANY($1))",
        list(members),
    )
    return await db.run(
        """UPDATE media.asset SET state = 'PURGED', purged_at = coalesce(purged_at, $2), phash = NULL,
            due_at = CASE WHEN state IN ('INIT', 'UPLOADED') THEN $2::timestamptz + $3::interval ELSE $2 END,
            sha256 = repeat('0', 64), reason = NULL
        WHERE member = ANY($1) AND NOT (state = 'PURGED' AND are_objects_gone AND phash IS NULL)""",
        list(members), clock.now(), rules.TICKET_FOR,
    )  # fmt: skip


async def work_off() -> int:
    """Purge orphans, and remove the objects whose time is over; answers how many assets."""
    now = clock.now()
    done = await db.run(
        """UPDATE media.asset SET state = 'PURGED', purged_at = $1, due_at = $1
        WHERE holder IS NULL AND state IN ('INIT', 'PROCESSED', 'APPROVED', 'REJECTED') AND due_at <= $1""",
        now,
    )
    for row in await db.fetch(
        """SELECT id FROM media.asset WHERE state = 'PURGED' AND NOT are_objects_gone AND due_at <= $1
        ORDER BY due_at LIMIT 100""",
        now,
    ):
        await store.remove(row["id"])
        await db.run("DELETE FROM media.asset_place WHERE asset = $1", row["id"])
        done += await db.run(
            """UPDATE media.asset SET are_objects_gone = true, due_at = NULL, renditions = '[]'
            WHERE id = $1 AND state = 'PURGED'""",
            row["id"],
        )  # fmt: skip
    return done


async def next_due() -> datetime | None:
    """When the next asset is to go."""
    return await db.value(
        """SELECT min(due_at) FROM media.asset WHERE (holder IS NULL AND state IN ('INIT', 'PROCESSED', 'APPROVED', 'REJECTED'))
            OR (state = 'PURGED' AND NOT are_objects_gone)"""
    )


SWEEP = Sweep("media.purging", work_off, next_due, every_seconds=5)
