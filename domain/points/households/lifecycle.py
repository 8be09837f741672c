"""Households when members merge, part again, ask for their data, or leave.

A place keeps the member that it was made for and is read over the root. Who stands in two of them after a merge keeps the
one in which they have been for longer; the other is set aside, and the undo brings it back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.foundation.lifecycle import Lifecycle, Merged
from domain.points.households.tables import PlaceState

_TABLES = ("household_member", "household_draw")
#: What stands in for an invitation when nobody is left who could be joined.
_NOBODY_LEFT = """UPDATE points.household_member AS p SET state = 'WITHDRAWN', ended_at = $2
    WHERE p.state = 'INVITED' AND p.household = ANY($1) AND NOT EXISTS (SELECT FROM points.household_member AS q
        WHERE q.household = p.household AND q.state IN ('JOINED', 'MERGED'))"""


async def on_merge(merged: Merged) -> None:
    """Nobody is in two households, nor twice in one. Locks the households after the accounts."""
    rows = await _places(merged.winner, [PlaceState.JOINED])
    if len(rows) > 1:
        await db.run(
            "UPDATE points.household_member SET state = 'MERGED', merge = $2 WHERE id = ANY($1)",
            [row["id"] for row in rows[1:]], merged.id,
        )  # fmt: skip


async def on_undo(merged: Merged) -> None:
    """What was set aside stands again, unless its person has joined another household since."""
    for root in (merged.winner, merged.loser):
        rows = await _places(root, [PlaceState.JOINED, PlaceState.MERGED])
        back = [row for row in rows if row["merge"] == merged.id and row["state"] == PlaceState.MERGED]
        is_free = all(row["state"] != PlaceState.JOINED for row in rows)
        for row in back:
            await db.run(
                "UPDATE points.household_member SET state = $2, merge = NULL, ended_at = $3 WHERE id = $1",
                row["id"], PlaceState.JOINED if is_free else PlaceState.LEFT, None if is_free else clock.now(),
            )  # fmt: skip
            is_free = False


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The person's own places and what they took; not who else is there."""
    for table in _TABLES:
        for row in await db.fetch(f"SELECT * FROM points.{table} WHERE member = ANY($1)", members):
            yield f"points.{table}", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """The places go; what was taken of others' points stays theirs to see, by a member nobody knows any more."""
    rows = await db.fetch(
        "DELETE FROM points.household_member WHERE member = ANY($1) RETURNING household", members
    )
    await db.run(_NOBODY_LEFT, [row["household"] for row in rows], clock.now())
    kept = await db.value("SELECT count(*) FROM points.household_draw WHERE member = ANY($1)", members)
    return {"points.household_member": (len(rows), 0, 0), "points.household_draw": (0, 0, kept)}


async def _places(root: UUID, states: list[PlaceState]) -> list[db.Row]:
    """A person's places, the longest first, with their households locked by id."""
    of_root = """FROM points.household_member AS p JOIN profile.member AS m ON m.id = p.member
        WHERE m.root = $1 AND p.state = ANY($2)"""
    found = await db.fetch(f"SELECT DISTINCT p.household {of_root}", root, states)
    await db.fetch(
        "SELECT id FROM points.household WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
        [row["household"] for row in found],
    )
    return await db.fetch(f"SELECT p.* {of_root} ORDER BY p.joined_at, p.id", root, states)


LIFECYCLE = Lifecycle(
    area="points",
    covers=frozenset(f"{table}.member" for table in _TABLES),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
