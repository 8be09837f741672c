"""Hashtags (话题) of posts."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import clock, db
from domain.community import rules
from domain.foundation import ids


async def put(post_id: UUID, names: Sequence[str]) -> None:
    """Give a post exactly these hashtags, in this order."""
    folded = list(dict.fromkeys(rules.hashtag(name) for name in names))
    await db.run("DELETE FROM community.post_hashtag WHERE post = $1", post_id)
    if not folded:
        return
    known = await make(folded)
    await db.run(
        "INSERT INTO community.post_hashtag (id, post, hashtag, position) "
        "SELECT i, $2, h, n FROM unnest($1::uuid[], $3::uuid[]) WITH ORDINALITY AS g(i, h, n)",
        [ids.new() for _ in folded], post_id, [known[name] for name in folded],
    )  # fmt: skip


async def of(post_id: UUID) -> list[str]:
    """A post's hashtags, in their order."""
    rows = await db.fetch(
        """SELECT h.name FROM community.post_hashtag AS ph JOIN community.hashtag AS h ON h.id = ph.hashtag
        WHERE ph.post = $1 ORDER BY ph.position""",
        post_id,
    )
    return [row["name"] for row in rows]


async def make(folded: Sequence[str]) -> dict[str, UUID]:
    """The ids of hashtags by their folded names; missing ones are made."""
    await db.run(
        "INSERT INTO community.hashtag (id, name, created_at) "
        "SELECT i, n, $3 FROM unnest($1::uuid[], $2::text[]) AS g(i, n) ORDER BY n ON CONFLICT (name) DO NOTHING",
        [ids.new() for _ in folded], list(folded), clock.now(),
    )  # fmt: skip
    rows = await db.fetch("SELECT id, name FROM community.hashtag WHERE name = ANY($1)", list(folded))
    return {row["name"]: row["id"] for row in rows}


async def most_used(limit: int) -> list[db.Row]:
    """Hashtags by the number of visible posts under them; equal ones by name."""
    return await db.fetch(
        """SELECT h.name, count(*) AS posts FROM community.hashtag AS h
        JOIN community.post_hashtag AS ph ON ph.hashtag = h.id JOIN community.post AS p ON p.id = ph.post
        WHERE p.is_visible GROUP BY h.name ORDER BY count(*) DESC, h.name LIMIT $1""",
        limit,
    )
