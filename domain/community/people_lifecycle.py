"""What becomes of ties, bookmarks and standings when members merge, part, ask, or leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import db
from domain.community import heat, stats
from domain.foundation.lifecycle import Lifecycle, Merged

#: Whose a row is.
_OWN = {
    "member_standing": "member",
    "follow": "member",
    "block": "member",
    "mute": "member",
    "bookmark": "member",
}


async def on_merge(merged: Merged) -> None:
    """Nothing moves: rows are read over the root. One person follows another once, nobody himself or whom he blocks,
    and keeps a post once; blocks and mutes of oneself mean nothing."""
    follows = await db.fetch(
        """WITH mine AS (SELECT id FROM profile.member WHERE root = $1), tie AS (
            SELECT f.id, m.root AS one, o.root AS other, row_number() OVER (PARTITION BY m.root, o.root
                ORDER BY f.member = ANY($2) OR f.followed = ANY($2), f.created_at, f.id) AS n
            FROM community.follow AS f JOIN profile.member AS m ON m.id = f.member
            JOIN profile.member AS o ON o.id = f.followed
            WHERE f.voided_by IS NULL AND (f.member IN (SELECT id FROM mine) OR f.followed IN (SELECT id FROM mine)))
        UPDATE community.follow AS f SET voided_by = $3 FROM tie WHERE f.id = tie.id
        AND (tie.n > 1 OR tie.one = tie.other OR community.are_apart(tie.one, tie.other)) RETURNING f.followed""",
        merged.winner, list(merged.moved), merged.id,
    )  # fmt: skip
    await stats.add((row["followed"], "followers", -1) for row in follows)
    kept = await db.fetch(
        """UPDATE community.bookmark AS b SET voided_by = $3 WHERE b.voided_by IS NULL AND b.member = ANY($2)
        AND EXISTS (SELECT FROM community.bookmark AS w JOIN profile.member AS m ON m.id = w.member
            WHERE w.post = b.post AND w.voided_by IS NULL AND m.root = $1 AND m.id <> ALL($2)) RETURNING b.post""",
        merged.winner, list(merged.moved), merged.id,
    )  # fmt: skip
    await stats.add((row["post"], "bookmarks", -1) for row in kept)
    await heat.note_joining(merged)


async def on_undo(merged: Merged) -> None:
    """What the merge had voided counts again."""
    follows = await db.fetch(
        "UPDATE community.follow SET voided_by = NULL WHERE voided_by = $1 RETURNING followed", merged.id
    )
    await stats.add((row["followed"], "followers", 1) for row in follows)
    kept = await db.fetch(
        "UPDATE community.bookmark SET voided_by = NULL WHERE voided_by = $1 RETURNING post", merged.id
    )
    await stats.add((row["post"], "bookmarks", 1) for row in kept)
    await heat.note_joining(merged)


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Whom these members follow, block and mute, what they keep, and how they stand."""
    for table, column in [*_OWN.items(), ("member_stat", "member")]:
        for row in await db.fetch(f"SELECT * FROM community.{table} WHERE {column} = ANY($1)", members):
            yield f"community.{table}", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """All of it goes, from both sides; the counts of others follow."""
    follows = await db.fetch(
        "DELETE FROM community.follow WHERE member = ANY($1) OR followed = ANY($1) RETURNING followed, voided_by",
        members,
    )
    await stats.add((row["followed"], "followers", -1) for row in follows if row["voided_by"] is None)
    kept = await db.fetch(
        "DELETE FROM community.bookmark WHERE member = ANY($1) RETURNING post, voided_by", members
    )
    await stats.add((row["post"], "bookmarks", -1) for row in kept if row["voided_by"] is None)
    blocks = await db.run("DELETE FROM community.block WHERE member = ANY($1) OR blocked = ANY($1)", members)
    mutes = await db.run(
        "DELETE FROM community.mute WHERE member = ANY($1) OR (kind = 'MEMBER' AND value = ANY($2))",
        members, [str(member) for member in members],
    )  # fmt: skip
    standings = await db.run("DELETE FROM community.member_standing WHERE member = ANY($1)", members)
    counted = await db.value("SELECT count(*) FROM community.member_stat WHERE member = ANY($1)", members)
    return {
        "community.follow": (len(follows), 0, 0),
        "community.bookmark": (len(kept), 0, 0),
        "community.block": (blocks, 0, 0),
        "community.mute": (mutes, 0, 0),
        "community.member_standing": (standings, 0, 0),
        "community.member_stat": (0, 0, counted),
    }


LIFECYCLE = Lifecycle(
    area="community",
    covers=frozenset(
        {f"{table}.{column}" for table, column in _OWN.items()}
        | {"follow.followed", "block.blocked", "member_stat.member"}
    ),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
