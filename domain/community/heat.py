"""The heat of posts: what each person other than the author did, weighed once.

Triggers note (post, person) whenever somebody acts, and (post, nobody) for anonymous imported acts; here the notes are
worked off: the person's part of the heat is judged again, and the post's rank follows. A note is locked until its cause
is committed, and is passed over so long. A rank stands exactly while its
post is visible (a trigger). Nothing is recomputed by the time that passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.community import configuration, heat_rules, standings
from domain.community.heat_rules import Act
from domain.foundation.lifecycle import Merged
from domain.foundation.sweeps import Sweep

#: Stands for all anonymous acts on a post.
NOBODY = UUID(int=0)
AT_ONCE = 500

_ACTS = f"""SELECT n.post, n.person, a.root = n.person AS is_own, ARRAY_REMOVE(ARRAY[
        CASE WHEN EXISTS (SELECT FROM community.reaction AS r WHERE r.target = n.post AND r.member = ANY(m.ids)
            AND r.kind = 'LIKE' AND r.voided_by IS NULL) THEN '{Act.LIKE}' END,
        CASE WHEN EXISTS (SELECT FROM community.reaction AS r WHERE r.target = n.post AND r.member = ANY(m.ids)
            AND r.kind = 'DISLIKE' AND r.voided_by IS NULL) THEN '{Act.DISLIKE}' END,
        CASE WHEN EXISTS (SELECT FROM community.comment AS c WHERE c.post = n.post AND c.author = ANY(m.ids)
            AND c.is_visible) THEN '{Act.COMMENT}' END,
        CASE WHEN EXISTS (SELECT FROM community.bookmark AS b WHERE b.post = n.post AND b.member = ANY(m.ids)
            AND b.voided_by IS NULL) THEN '{Act.BOOKMARK}' END,
        CASE WHEN EXISTS (SELECT FROM community.tip AS t WHERE t.post = n.post AND t.member = ANY(m.ids)
            AND t.reversed_by IS NULL) THEN '{Act.TIP}' END], NULL) AS acts,
    EXISTS (SELECT FROM community.sanction AS s WHERE s.member = ANY(m.ids) AND s.kind IN ('LIMIT', 'SHADOW')
        AND s.ended_at IS NULL AND s.starts_at <= $3 AND (s.until IS NULL OR s.until > $3)
        AND (s.circle IS NULL OR s.circle = p.circle)) AS is_limited
    FROM unnest($1::uuid[], $2::uuid[]) AS n(post, person) JOIN community.post AS p ON p.id = n.post
    LEFT JOIN profile.member AS a ON a.id = p.author
    CROSS JOIN LATERAL (SELECT ARRAY(SELECT id FROM profile.member WHERE root = n.person) AS ids) AS m"""

_ANONYMOUS = """SELECT n.post, count(*) FILTER (WHERE r.kind = 'LIKE') AS likes,
    count(*) FILTER (WHERE r.kind = 'DISLIKE') AS dislikes
    FROM unnest($1::uuid[]) AS n(post) LEFT JOIN community.reaction AS r
        ON r.target = n.post AND r.member IS NULL AND r.voided_by IS NULL GROUP BY n.post"""


async def work_off() -> int:
    """Judge what is noted, oldest first; answers how many notes. One process at a time: a lock of the transaction."""
    async with db.transaction():
        if not await db.value("SELECT pg_try_advisory_xact_lock(hashtextextended('community/heat', 0))"):
            return 0
        notes = await db.fetch(
            """DELETE FROM community.heat_due WHERE (post, person) IN (
                SELECT post, person FROM community.heat_due ORDER BY at, post, person LIMIT $1
                FOR UPDATE SKIP LOCKED)
            RETURNING post, person""",
            AT_ONCE,
        )
        if not notes:
            return 0
        people = sorted((row["post"], row["person"]) for row in notes if row["person"] != NOBODY)
        parts = await _of_people(people) + await _of_nobody(
            sorted(row["post"] for row in notes if row["person"] == NOBODY)
        )
        await db.run_many(
            """INSERT INTO community.heat_part (post, person, act, heat, engagers) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (post, person) DO UPDATE SET act = excluded.act, heat = excluded.heat, engagers = excluded.engagers""",
            [part for part in parts if part[2] is not None],
        )
        await db.run_many(
            "DELETE FROM community.heat_part WHERE post = $1 AND person = $2",
            [part[:2] for part in parts if part[2] is None],
        )
        await db.run(
            """UPDATE community.post_rank AS r SET heat = s.heat, engagers = s.engagers,
                hot = community.hot(s.heat, r.published_at)
            FROM (SELECT g.post, coalesce(sum(x.heat), 0)::int AS heat, coalesce(sum(x.engagers), 0)::int AS engagers
                FROM unnest($1::uuid[]) AS g(post) LEFT JOIN community.heat_part AS x ON x.post = g.post
                GROUP BY g.post) AS s
            WHERE r.post = s.post AND (r.heat, r.engagers) IS DISTINCT FROM (s.heat, s.engagers)""",
            sorted({row["post"] for row in notes}),
        )
        return len(notes)


async def next_due() -> datetime | None:
    """When something was noted."""
    return await db.value("SELECT min(at) FROM community.heat_due")


async def note_voice(member: UUID) -> int:
    """A person's standing changed: what he did to posts is weighed anew. Joins the caller's transaction."""
    return await db.run(
        """INSERT INTO community.heat_due (post, person, at) SELECT x.post, x.person, $2 FROM community.heat_part AS x
        WHERE x.person = (SELECT root FROM profile.member WHERE id = $1) ON CONFLICT (post, person) DO UPDATE SET at = excluded.at""",
        member, clock.now(),
    )  # fmt: skip


async def note_joining(merged: Merged) -> None:
    """Two people are one, or two again: what both did is weighed anew for each. Joins the caller's transaction."""
    await db.run(
        """INSERT INTO community.heat_due (post, person, at) SELECT DISTINCT x.post, g.person, $2::timestamptz
        FROM community.heat_part AS x CROSS JOIN unnest($1::uuid[]) AS g(person) WHERE x.person = ANY($1)
        ON CONFLICT (post, person) DO UPDATE SET at = excluded.at""",
        [merged.winner, merged.loser], clock.now(),
    )  # fmt: skip


async def _of_people(notes: Sequence[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID, str | None, int, int]]:
    if not notes:
        return []
    weights = await configuration.value("hot.weights")
    rows = await db.fetch(_ACTS, [post for post, _ in notes], [person for _, person in notes], clock.now())
    known = await standings.of_many(sorted({person for _, person in notes}))
    found: list[tuple[UUID, UUID, str | None, int, int]] = []
    for row in rows:
        act = None if row["is_own"] else heat_rules.weightiest(set(row["acts"]), weights)
        standing = known.get(row["person"])
        if act is None or standing is None:
            found.append((row["post"], row["person"], None, 0, 0))
            continue
        is_heard = standing.trust_level > 0 and not row["is_limited"]
        heat = heat_rules.tenths(act, weights, is_heard=is_heard, is_owner=standing.is_owner)
        engages = int(not row["is_limited"] and act != Act.DISLIKE)
        found.append((row["post"], row["person"], act, heat, engages))
    return found


async def _of_nobody(posts: Sequence[UUID]) -> list[tuple[UUID, UUID, str | None, int, int]]:
    """Anonymous imported likes weigh like those of anybody; nobody knows how many people they are of."""
    if not posts:
        return []
    weights = await configuration.value("hot.weights")
    return [
        (
            row["post"], NOBODY, Act.LIKE.value if row["likes"] or row["dislikes"] else None,
            row["likes"] * weights["like"] + row["dislikes"] * weights["dislike"], row["likes"],
        )
        for row in await db.fetch(_ANONYMOUS, list(posts))
    ]  # fmt: skip


SWEEP = Sweep("community.heat", work_off, next_due)
