"""Pictures known to be bad: by their perceptual hash, kept by moderators."""

from __future__ import annotations

from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.media import rules


async def mark(actor: Actor, asset: UUID, note: str, *, is_active: bool = True) -> UUID:
    """What looks like this picture is held from now on, or no longer; answers the mark. Locks: the mark's row.

    NOT_FOUND for an unknown asset; InvalidInput while it has no hash yet.
    """
    if not note.strip():
        raise InvalidInput.at("note", "Say why.")
    async with db.transaction():
        row = await db.one("SELECT phash FROM media.asset WHERE id = $1", asset)
        if row is None:
            raise NotFound()
        if row["phash"] is None:
            raise InvalidInput.at("mediaId", "This picture was not processed, or is gone: it has no hash.")
        found = await db.value(
            """INSERT INTO media.known_media (id, phash, note, is_active, version, created_at) VALUES ($1, $2, $3, $4, 1, $5)
            ON CONFLICT (phash) DO UPDATE SET note = excluded.note, is_active = excluded.is_active,
                version = media.known_media.version + 1 RETURNING id""",
            ids.new(), row["phash"], note, is_active, clock.now(),
        )  # fmt: skip
        await audit.append(
            actor,
            "media.known.marked",
            "known_media",
            found,
            facts={"asset": str(asset), "is_active": is_active},
        )
        return UUID(str(found))


async def listed(page: Page) -> list[db.Row]:
    """The marks, newest first; key of a page: (created_at, id)."""
    at, last = page.after or (None, None)
    return await db.fetch(
        """SELECT * FROM media.known_media WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid))
        ORDER BY created_at DESC, id DESC LIMIT $3""",
        at, last, page.limit + 1,
    )  # fmt: skip


async def holders_like(*, sha256: str | None = None, phash: int | None = None, most: int = 500) -> list[UUID]:
    """What shows the same file, or a picture that looks the same, newest first."""
    rows = await db.fetch(
        """SELECT holder FROM media.asset WHERE holder IS NOT NULL AND (sha256 = $1
            OR bit_count(((phash # $2::bigint)::bit(64))) <= $3) ORDER BY created_at DESC LIMIT $4""",
        sha256, phash, rules.SAME_PICTURE, most,
    )  # fmt: skip
    return list(dict.fromkeys(row["holder"] for row in rows))
