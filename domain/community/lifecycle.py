"""What becomes of a person's posts, comments, likes and circles when members merge, part, ask, or leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import db
from domain.community import reactions, stats
from domain.community.tables import ReactionKind, TargetKind
from domain.foundation.lifecycle import Lifecycle, Merged

_COLUMNS = {"post": "author", "comment": "author", "reaction": "member", "circle_member": "member"}


async def on_merge(merged: Merged) -> None:
    """Nothing moves: rows are read over the root. One person keeps one reaction, and none to himself."""
    voided = await db.fetch(
        """WITH winners AS (SELECT id FROM profile.member WHERE root = $1 AND id <> ALL($2))
        UPDATE community.reaction AS r SET voided_by = $3 WHERE r.voided_by IS NULL AND (
            (r.member = ANY($2) AND EXISTS (SELECT FROM community.reaction AS w
                WHERE w.target = r.target AND w.voided_by IS NULL AND w.member IN (SELECT id FROM winners)))
            OR (r.member = ANY($2) AND r.target IN (
                SELECT id FROM community.post WHERE author IN (SELECT id FROM winners)
                UNION ALL SELECT id FROM community.comment WHERE author IN (SELECT id FROM winners)))
            OR (r.member IN (SELECT id FROM winners) AND r.target IN (
                SELECT id FROM community.post WHERE author = ANY($2)
                UNION ALL SELECT id FROM community.comment WHERE author = ANY($2))))
        RETURNING r.target_kind, r.target, r.kind""",
        merged.winner, list(merged.moved), merged.id,
    )  # fmt: skip
    await _count(voided, -1)


async def on_undo(merged: Merged) -> None:
    """The reactions that the merge had voided count again."""
    back = await db.fetch(
        "UPDATE community.reaction SET voided_by = NULL WHERE voided_by = $1 RETURNING target_kind, target, kind",
        merged.id,
    )
    await _count(back, 1)


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Everything these members wrote, liked and joined."""
    for table, column in _COLUMNS.items():
        for row in await db.fetch(f"SELECT * FROM community.{table} WHERE {column} = ANY($1)", members):
            yield f"community.{table}", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """Posts and comments stay as those of a closed account, likes stay counted; memberships of circles go."""
    report = {}
    for table in ("post", "comment"):
        kept = await db.run(f"UPDATE community.{table} SET author = NULL WHERE author = ANY($1)", members)
        report[f"community.{table}"] = (0, kept, 0)
    kept = await db.run("UPDATE community.reaction SET member = NULL WHERE member = ANY($1)", members)
    report["community.reaction"] = (0, kept, 0)
    gone = await db.run("DELETE FROM community.circle_member WHERE member = ANY($1)", members)
    report["community.circle_member"] = (gone, 0, 0)
    return report


async def _count(rows: list[db.Row], d: int) -> None:
    await stats.add(
        (row["target"], reactions.FIELDS[TargetKind(row["target_kind"]), ReactionKind(row["kind"])], d)
        for row in rows
    )


LIFECYCLE = Lifecycle(
    area="community",
    covers=frozenset(f"{table}.{column}" for table, column in _COLUMNS.items()),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
