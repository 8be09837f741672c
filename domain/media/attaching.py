"""Assets and what shows them. Every function joins the caller's transaction; the caller holds its record's lock."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import clock, db
from domain.errors import InvalidInput, Problem
from domain.media import rules
from domain.media.errors import MediaNotReady
from domain.media.tables import AssetState

#: States in which an asset may be shown by a holder (which waits while one is only UPLOADED).
_READY = (AssetState.UPLOADED, AssetState.PROCESSED, AssetState.APPROVED)
_COLUMNS = "id, root, state, mime, bytes, width, height, duration_ms, renditions, is_known_bad, holder_kind, holder, withheld_at"


async def attach(root: UUID, media: Sequence[UUID], kind: str, holder: UUID, path: str = "mediaIds") -> None:
    """Let a holder show these uploads of a person, in this order, and no others.

    One asset has one holder. Refuses InvalidInput for an upload that is not the person's, is shown elsewhere or was
    rejected (none is told from another), and MediaNotReady for one that is not confirmed. What the holder showed before
    and shows no longer becomes an orphan.
    """
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM media.asset WHERE id = ANY($1) AND root = $2 ORDER BY id FOR UPDATE",
        list(media),
        root,
    )
    found = {row["id"]: row for row in rows}
    problems = [
        Problem(f"{path}.{index}", "Not an upload of yours that can be shown here.")
        for index, each in enumerate(media)
        if each in media[:index] or not _is_free(found.get(each), holder)
    ]
    if problems:
        raise InvalidInput(problems)
    if waiting := [each for each in media if found[each]["state"] == AssetState.INIT]:
        raise MediaNotReady(waiting)
    await db.run(
        """UPDATE media.asset SET holder = NULL, holder_kind = NULL, position = NULL,
            due_at = CASE WHEN state = 'UPLOADED' THEN due_at ELSE $3::timestamptz END
        WHERE holder = $1 AND NOT id = ANY($2)""",
        holder, list(media), clock.now() + rules.ORPHAN_AFTER,
    )  # fmt: skip
    await db.run(
        """UPDATE media.asset AS a SET holder = $1, holder_kind = $2, position = g.position,
            due_at = CASE WHEN state = 'UPLOADED' THEN due_at END
        FROM unnest($3::uuid[]) WITH ORDINALITY AS g(id, position) WHERE a.id = g.id""",
        holder, kind, list(media),
    )  # fmt: skip


async def withhold(holders: Sequence[UUID]) -> int:
    """Nobody is served what these holders show, from now on (a link that is known stays cached for 60 s at most)."""
    return await db.run(
        "UPDATE media.asset SET withheld_at = $2 WHERE holder = ANY($1) AND withheld_at IS NULL",
        list(holders),
        clock.now(),
    )


async def expose(holders: Sequence[UUID]) -> int:
    """What these holders show is served again."""
    return await db.run(
        "UPDATE media.asset SET withheld_at = NULL WHERE holder = ANY($1) AND withheld_at IS NOT NULL",
        list(holders),
    )


async def of_holders(holders: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    """What each holder shows, in its order."""
    found: dict[UUID, list[db.Row]] = {holder: [] for holder in holders}
    for row in await db.fetch(
        f"SELECT {_COLUMNS} FROM media.asset WHERE holder = ANY($1) ORDER BY holder, position", list(holders)
    ):
        found[row["holder"]].append(row)
    return found


async def by_ids(media: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Assets by id."""
    rows = await db.fetch(f"SELECT {_COLUMNS} FROM media.asset WHERE id = ANY($1)", list(media))
    return {row["id"]: row for row in rows}


def _is_free(row: db.Row | None, holder: UUID) -> bool:
    if row is None or row["holder"] not in (None, holder):
        return False
    return row["state"] == AssetState.INIT or row["state"] in _READY
