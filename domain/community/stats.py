"""Exact counters that take no lock on the way in: changes are added as rows, readings add them, a sweep folds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.foundation.sweeps import Sweep

FOLDED_AT_ONCE = 5_000

#: Counters of a post or a comment as JSON-free columns: `l`, `d`, ... are joined by the read modules.
POST_FIELDS = ("likes", "dislikes", "comments", "root_comments", "answers", "views", "bookmarks")
COMMENT_FIELDS = {"comment_likes": "likes", "comment_dislikes": "dislikes", "replies": "replies"}
MEMBER_FIELDS = ("followers",)

POST_COUNTS = """LEFT JOIN community.post_stat AS s ON s.post = p.id
    LEFT JOIN LATERAL (SELECT sum(x.d) FILTER (WHERE x.field = 'likes') AS likes,
        sum(x.d) FILTER (WHERE x.field = 'dislikes') AS dislikes,
        sum(x.d) FILTER (WHERE x.field = 'comments') AS comments,
        sum(x.d) FILTER (WHERE x.field = 'root_comments') AS root_comments,
        sum(x.d) FILTER (WHERE x.field = 'answers') AS answers,
        sum(x.d) FILTER (WHERE x.field = 'views') AS views,
        sum(x.d) FILTER (WHERE x.field = 'bookmarks') AS bookmarks
        FROM community.stat_delta AS x WHERE x.target = p.id) AS d ON true"""
POST_COUNT_COLUMNS = ", ".join(
    f"(coalesce(s.{name}, 0) + coalesce(d.{name}, 0))::int8 AS {name}" for name in POST_FIELDS
)
COMMENT_COUNTS = """LEFT JOIN community.comment_stat AS s ON s.comment = c.id
    LEFT JOIN LATERAL (SELECT sum(x.d) FILTER (WHERE x.field = 'comment_likes') AS likes,
        sum(x.d) FILTER (WHERE x.field = 'comment_dislikes') AS dislikes,
        sum(x.d) FILTER (WHERE x.field = 'replies') AS replies
        FROM community.stat_delta AS x WHERE x.target = c.id) AS d ON true"""
COMMENT_COUNT_COLUMNS = ", ".join(
    f"(coalesce(s.{name}, 0) + coalesce(d.{name}, 0))::int8 AS {name}" for name in COMMENT_FIELDS.values()
)

#: How many people follow one (an array `me.ids` of the member ids of the person).
FOLLOWER_COUNT = """(
    coalesce((SELECT sum(s.followers) FROM community.member_stat AS s WHERE s.member = ANY(me.ids)), 0)
    + coalesce((SELECT sum(x.d) FROM community.stat_delta AS x
        WHERE x.target = ANY(me.ids) AND x.field = 'followers'), 0))::int8"""

Change = tuple[UUID, str, int]


async def add(changes: Iterable[Change]) -> None:
    """Note changes as (target, field, by how much), in the transaction that causes them."""
    summed: Counter[tuple[UUID, str]] = Counter()
    for target, field, d in changes:
        summed[target, field] += d
    rows = [(target, field, d) for (target, field), d in summed.items() if d]
    if rows:
        await db.run(
            "INSERT INTO community.stat_delta (target, field, d) "
            "SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[])",
            [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows],
        )  # fmt: skip


async def fold() -> int:
    """Move noted changes into the counters; answers how many rows were folded.

    Rows that another process folds are skipped; a reading sees each change once, whenever it looks.
    """
    async with db.transaction():
        taken = await db.fetch(
            """WITH taken AS (
                DELETE FROM community.stat_delta WHERE id IN (
                    SELECT id FROM community.stat_delta ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
                RETURNING target, field, d
            ) SELECT target, field, sum(d)::bigint AS d, count(*) AS n FROM taken GROUP BY target, field
            ORDER BY target, field""",
            FOLDED_AT_ONCE,
        )
        await _into("post_stat", "post", taken, {name: name for name in POST_FIELDS})
        await _into("comment_stat", "comment", taken, COMMENT_FIELDS)
        await _into("member_stat", "member", taken, {name: name for name in MEMBER_FIELDS})
    return sum(row["n"] for row in taken)


async def recount_post(post: UUID) -> dict[str, int]:
    """A post's counters from the rows themselves (for checks)."""
    row = await db.one(
        """SELECT
        (SELECT count(*) FROM community.reaction WHERE target = $1 AND kind = 'LIKE' AND voided_by IS NULL) AS likes,
        (SELECT count(*) FROM community.reaction WHERE target = $1 AND kind = 'DISLIKE' AND voided_by IS NULL)
            AS dislikes,
        (SELECT count(*) FROM community.comment WHERE post = $1 AND is_visible) AS comments,
        (SELECT count(*) FROM community.comment WHERE post = $1 AND is_visible AND root IS NULL AND kind = 'COMMENT')
            AS root_comments,
        (SELECT count(*) FROM community.comment WHERE post = $1 AND is_visible AND kind = 'ANSWER') AS answers,
        (SELECT count(*) FROM community.bookmark WHERE post = $1 AND voided_by IS NULL) AS bookmarks""",
        post,
    )
    assert row is not None
    return dict(row)


async def _into(table: str, key: str, taken: list[db.Row], fields: dict[str, str]) -> None:
    by_target: dict[UUID, dict[str, int]] = {}
    for row in taken:
        if row["field"] in fields:
            by_target.setdefault(row["target"], {})[fields[row["field"]]] = row["d"]
    if not by_target:
        return
    names = list(fields.values())
    arrays = ", ".join(f"${number}::bigint[]" for number in range(2, len(names) + 2))
    # Ordered by target, so that two foldings never wait for each other in a circle.
    await db.run(
        f"""INSERT INTO community.{table} ({key}, {", ".join(names)})
        SELECT * FROM unnest($1::uuid[], {arrays}) ORDER BY 1
        ON CONFLICT ({key}) DO UPDATE SET {", ".join(f"{n} = {table}.{n} + excluded.{n}" for n in names)}""",
        list(by_target), *([counts.get(name, 0) for counts in by_target.values()] for name in names),
    )  # fmt: skip


async def _next_due() -> datetime | None:
    return clock.now() if await db.value("SELECT EXISTS (SELECT FROM community.stat_delta)") else None


FOLD = Sweep(name="community.fold", run=fold, next_due=_next_due)
