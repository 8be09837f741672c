"""Working uploads off: renditions, hash, place; what looks like something known to be bad waits for a moderator."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

import structlog

from domain import clock, db
from domain.foundation import ids
from domain.foundation.sweeps import Sweep
from domain.media import rules, store
from domain.media.images import Blur, Picture, Unreadable, made_of
from domain.media.tables import AssetState

log = structlog.get_logger()

#: Makes number plates and faces unreadable; a brand sets one at start (docs/guides/ports.md). None: nothing is blurred.
blur: Blur | None = None


async def work_off() -> int:
    """Process what was uploaded, five at a time; answers how many. Two workers never hold the same one: a lease."""
    rows = await db.fetch(
        "SELECT id FROM media.asset WHERE state = 'UPLOADED' AND due_at <= $1 ORDER BY due_at LIMIT 5",
        clock.now(),
    )
    return sum([await process(row["id"]) for row in rows])


async def next_due() -> datetime | None:
    """When the next upload is to be processed."""
    return await db.value("SELECT min(due_at) FROM media.asset WHERE state = 'UPLOADED'")


async def process(asset: UUID) -> int:
    """One upload. A killed worker's is taken up when its lease ends; one that fails five times is rejected."""
    row = await db.one(
        """UPDATE media.asset SET due_at = $2::timestamptz + $3::interval, tries = tries + 1
        WHERE id = $1 AND state = 'UPLOADED' AND due_at <= $2 RETURNING *""",
        asset, clock.now(), rules.LEASE,
    )  # fmt: skip
    if row is None:
        return 0
    try:
        content = await store.read(asset, store.ORIGINAL)
        if content is None:
            raise Unreadable("gone")
        picture = await asyncio.to_thread(made_of, content, row["mime"], blur)
        for rendition in picture.renditions:
            await store.put(asset, rendition.name, rendition.content)
    except Unreadable as why:
        return await _reject(asset, str(why))
    except Exception:
        log.exception("a picture could not be processed", asset=str(asset))
        if row["tries"] >= rules.MOST_TRIES:
            return await _reject(asset, "failed")
        return 0
    return await _done(row, picture)


async def _done(row: db.Row, picture: Picture) -> int:
    async with db.transaction():
        known = await db.fetch("SELECT phash FROM media.known_media WHERE is_active")
        is_bad = any(rules.distance(picture.phash, each["phash"]) <= rules.SAME_PICTURE for each in known)
        kept = await db.one(
            """UPDATE media.asset SET state = $2, phash = $3, width = $4, height = $5, renditions = $6, is_known_bad = $7,
                due_at = CASE WHEN holder IS NULL THEN created_at + $8::interval END
            WHERE id = $1 AND state = 'UPLOADED' RETURNING id""",
            row["id"], (AssetState.PROCESSED if is_bad else AssetState.APPROVED).value, picture.phash,
            picture.width, picture.height,
            [{"name": r.name, "width": r.width, "height": r.height, "bytes": len(r.content)} for r in picture.renditions],
            is_bad, rules.ORPHAN_AFTER,
        )  # fmt: skip
        if kept is None:
            return 0
        if picture.place is not None and row["is_geo_kept"]:
            await db.run(
                "INSERT INTO media.asset_place (id, asset, latitude, longitude) VALUES ($1, $2, $3, $4)",
                ids.new(), row["id"], *picture.place,
            )  # fmt: skip
    return 1


async def _reject(asset: UUID, reason: str) -> int:
    return await db.run(
        "UPDATE media.asset SET state = 'REJECTED', reason = $2, due_at = $3 WHERE id = $1 AND state = 'UPLOADED'",
        asset, reason, clock.now() + rules.ORPHAN_AFTER,
    )  # fmt: skip


SWEEP = Sweep("media.processing", work_off, next_due)
