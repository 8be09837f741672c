"""What becomes of exports and erasures themselves when members merge, part, ask for their data, or leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import db
from domain.foundation.lifecycle import Lifecycle, Merged
from domain.profile import exports


async def on_merge(merged: Merged) -> None:
    """Nothing moves: jobs are read over the root."""


async def on_undo(merged: Merged) -> None:
    """Nothing moved."""


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """What was asked for, and when."""
    for table in ("export_job", "erasure"):
        for row in await db.fetch(f"SELECT * FROM profile.{table} WHERE member = ANY($1)", members):
            yield f"profile.{table}", {name: value for name, value in row.items() if name != "sealed"}


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """Files end; the record of the erasure itself is kept, without its free text."""
    ended = await exports.end_all_of(members)
    kept = await db.run("UPDATE profile.erasure SET reason = NULL WHERE member = ANY($1)", members)
    return {"profile.export_job": (0, ended, 0), "profile.erasure": (0, 0, kept)}


LIFECYCLE = Lifecycle(
    area="profile",
    covers=frozenset({"export_job.member", "erasure.member"}),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
