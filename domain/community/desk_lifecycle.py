"""What becomes of reports, sanctions and strikes when members merge, part, ask, or leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import db
from domain.foundation.lifecycle import Lifecycle, Merged

_COLUMNS = {"report": "reporter", "reporter_mute": "member", "sanction": "member", "strike": "member"}


async def on_merge(merged: Merged) -> None:
    """Nothing moves: rows are read over the root, so the merged person has the sanctions and strikes of both."""


async def on_undo(merged: Merged) -> None:
    """Each has the own ones again with the own root."""


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """What these members reported, and what was laid on them; who decided it is not theirs to know."""
    for table, column in _COLUMNS.items():
        for row in await db.fetch(f"SELECT * FROM community.{table} WHERE {column} = ANY($1)", members):
            hidden = {"assignee", "staff"}
            yield f"community.{table}", {name: value for name, value in row.items() if name not in hidden}


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """Rows stay for the figures of moderation, with nobody's name and without the reporter's own words."""
    report = {}
    for table, column in _COLUMNS.items():
        words = ", note = NULL" if table == "report" else ""
        kept = await db.run(
            f"UPDATE community.{table} SET {column} = NULL{words} WHERE {column} = ANY($1)", members
        )
        report[f"community.{table}"] = (0, kept, 0)
    return report


LIFECYCLE = Lifecycle(
    area="community",
    covers=frozenset(f"{table}.{column}" for table, column in _COLUMNS.items()),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
