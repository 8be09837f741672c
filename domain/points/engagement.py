"""What gifts, check-ins, missions and referrals register: their sweeps, and what happens when members merge or leave.

Their rows keep the member that they were written with and are read over the root, so a merge and its undo move nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import db
from domain.foundation.lifecycle import Lifecycle, Merged
from domain.foundation.sweeps import Sweep
from domain.points import gifts, mission_closing, referrals

_COLUMNS = (
    ("gift", "sender"),
    ("gift", "recipient"),
    ("check_in", "member"),
    ("referral_code", "member"),
    ("referral", "advocate"),
    ("referral", "friend"),
    ("follow_due", "member"),
    *(
        (table, "member")
        for table in (
            "mission_mark",
            "mission_day",
            "mission_progress",
            "mission_award",
            "mission_item",
            "badge_award",
        )
    ),
)
_DELETED = (
    "check_in", "referral_code", "mission_mark", "mission_day", "mission_progress", "mission_item", "badge_award",
    "follow_due",
)  # fmt: skip


async def on_merge(merged: Merged) -> None:
    """Nothing moves; the hold of an open gift follows its account."""


async def on_undo(merged: Merged) -> None:
    """Nothing was moved."""


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """All rows that name them; of a gift received, not who sent it."""
    for table, column in _COLUMNS:
        for row in await db.fetch(f"SELECT * FROM points.{table} WHERE {column} = ANY($1)", members):
            found = dict(row)
            for other in _others(table, column):
                found.pop(other, None)
            yield f"points.{table}", found


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """What concerns the other side of a gift stays, for a member nobody knows any more; the words go. Marks of days go."""
    deleted = {
        f"points.{table}": (await db.run(f"DELETE FROM points.{table} WHERE member = ANY($1)", members), 0, 0)
        for table in _DELETED
    }
    texts = await db.run(
        "UPDATE points.gift SET message = NULL WHERE message IS NOT NULL AND (sender = ANY($1) OR recipient = ANY($1))",
        members,
    )
    kept = await db.value(
        "SELECT count(*) FROM points.gift WHERE sender = ANY($1) OR recipient = ANY($1)", members
    )
    awards = await db.value("SELECT count(*) FROM points.mission_award WHERE member = ANY($1)", members)
    named = "SELECT count(*) FROM points.referral WHERE advocate = ANY($1) OR friend = ANY($1)"
    deleted["points.referral"] = (0, 0, await db.value(named, members))
    return {"points.gift": (0, texts, kept - texts), **deleted, "points.mission_award": (0, 0, awards)}


def _others(table: str, column: str) -> list[str]:
    return [other for of, other in _COLUMNS if of == table and other != column]


LIFECYCLE = Lifecycle(
    area="points",
    covers=frozenset(f"{table}.{column}" for table, column in _COLUMNS),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)

SWEEPS = [
    Sweep(gifts.SWEEP, gifts.expire_due, gifts.next_due),
    Sweep(mission_closing.SWEEP, mission_closing.close_due, mission_closing.next_due),
    Sweep(referrals.SWEEP, referrals.turn_due, referrals.next_due),
]
