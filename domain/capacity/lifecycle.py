"""Capacity's part in a merge, its undo, an export and an erasure."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import db
from domain.foundation.lifecycle import Lifecycle, Merged


async def on_merge(merged: Merged) -> None:
    """Nothing moves: a hold is found by the record that owns it, or over the root."""


async def on_undo(merged: Merged) -> None:
    """Nothing moved."""


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Every hold of these members."""
    for row in await db.fetch("SELECT * FROM capacity.hold WHERE member = ANY($1)", members):
        yield "capacity.hold", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """Holds stay, because the counters are their sums; they hold no personal data beside the member's id."""
    kept = await db.value("SELECT count(*) FROM capacity.hold WHERE member = ANY($1)", members)
    return {"capacity.hold": (0, 0, kept)}


LIFECYCLE = Lifecycle(
    area="capacity",
    covers=frozenset({"hold.member"}),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
