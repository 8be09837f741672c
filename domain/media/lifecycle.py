"""What media do when members merge, part, ask for their data, or leave.

An upload stays with the member that made it; ``root`` says which person that is now, so the undo is exact.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import db
from domain.foundation.lifecycle import Lifecycle, Merged
from domain.media import purging


async def on_merge(merged: Merged) -> None:
    """Uploads of the merged members are the winner's."""
    await db.run("UPDATE media.asset SET root = $2 WHERE member = ANY($1)", list(merged.moved), merged.winner)


async def on_undo(merged: Merged) -> None:
    """Uploads of the parted members are the loser's again."""
    await db.run("UPDATE media.asset SET root = $2 WHERE member = ANY($1)", list(merged.moved), merged.loser)


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """What these members uploaded, with the places that they let us keep."""
    for row in await db.fetch(
        """SELECT a.id, a.state, a.mime, a.bytes, a.sha256, a.width, a.height, a.created_at, p.latitude, p.longitude
        FROM media.asset AS a LEFT JOIN media.asset_place AS p ON p.asset = a.id WHERE a.member = ANY($1) ORDER BY a.id""",
        members,
    ):
        yield "asset", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """Everything uploaded goes at once; the objects go with the next sweep."""
    return {"media.asset": (0, await purging.purge_of(members), 0)}


LIFECYCLE = Lifecycle(
    area="media",
    covers=frozenset({"asset.member", "asset.root"}),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
