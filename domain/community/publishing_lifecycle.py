"""What becomes of votes, mentions, tips and unpublished posts when members merge, part, ask, or leave.

It runs before the community's own life cycle, which takes the names off posts and comments.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.community import due, review_items
from domain.community.tables import TargetKind
from domain.foundation.lifecycle import Lifecycle, Merged

_COLUMNS = (("poll_vote", "member"), ("mention", "member"), ("tip", "member"), ("tip", "author"))


async def on_merge(merged: Merged) -> None:
    """Nothing moves; of two votes of one person in a poll the winner's counts."""
    await db.run(
        """UPDATE community.poll_vote AS v SET voided_by = $3 WHERE v.voided_by IS NULL AND v.member = ANY($2)
        AND EXISTS (SELECT FROM community.poll_vote AS w JOIN profile.member AS m ON m.id = w.member
            WHERE w.poll = v.poll AND w.voided_by IS NULL AND m.root = $1 AND w.member <> ALL($2))""",
        merged.winner, list(merged.moved), merged.id,
    )  # fmt: skip


async def on_undo(merged: Merged) -> None:
    """The votes that the merge had voided count again."""
    await db.run("UPDATE community.poll_vote SET voided_by = NULL WHERE voided_by = $1", merged.id)


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The votes, the tips given and received, where others named these members, and their former texts."""
    for table, column in _COLUMNS:
        for row in await db.fetch(f"SELECT * FROM community.{table} WHERE {column} = ANY($1)", members):
            yield f"community.{table}", dict(row)
    for table in ("post", "comment"):
        for row in await db.fetch(
            f"""SELECT r.* FROM community.{table}_revision AS r JOIN community.{table} AS t ON t.id = r.{table}
            WHERE t.author = ANY($1)""",
            members,
        ):
            yield f"community.{table}_revision", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """What was never published goes, with all former texts; votes and tips stay counted without a name."""
    report = {}
    wiped = 0
    for kind in TargetKind:
        wiped += await _wipe_unpublished(kind, members)
        table = kind.lower()
        gone = await db.run(
            f"""DELETE FROM community.{table}_revision WHERE {table} IN (
                SELECT id FROM community.{table} WHERE author = ANY($1))""",
            members,
        )
        report[f"community.{table}_revision"] = (gone, 0, 0)
    report["community.unpublished"] = (wiped, 0, 0)
    gone = await db.run("DELETE FROM community.mention WHERE member = ANY($1)", members)
    report["community.mention"] = (gone, 0, 0)
    kept = await db.run("UPDATE community.poll_vote SET member = NULL WHERE member = ANY($1)", members)
    report["community.poll_vote"] = (0, kept, 0)
    kept = await db.run("UPDATE community.tip SET member = NULL WHERE member = ANY($1)", members)
    kept += await db.run("UPDATE community.tip SET author = NULL WHERE author = ANY($1)", members)
    report["community.tip"] = (0, kept, 0)
    return report


async def _wipe_unpublished(kind: TargetKind, members: list[UUID]) -> int:
    """Drafts and texts that wait are nobody's to publish any more."""
    table = kind.lower()
    title = "title = NULL, " if kind is TargetKind.POST else ""
    rows = await db.fetch(
        f"""UPDATE community.{table} SET {title}body = '', folded_hash = NULL, stage = 'REJECTED',
            deleted_at = coalesce(deleted_at, $2), purged_at = $2
        WHERE author = ANY($1) AND stage <> 'PUBLISHED' RETURNING id""",
        members, clock.now(),
    )  # fmt: skip
    for row in rows:
        await due.wipe(kind, row["id"])
        await review_items.withdraw(kind, row["id"])
    return len(rows)


LIFECYCLE = Lifecycle(
    area="community",
    covers=frozenset(f"{table}.{column}" for table, column in _COLUMNS),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
