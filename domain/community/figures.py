"""Figures of the community for moderators and analysts. All count what everybody may see, and people by their root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import db
from domain.community import stats
from domain.community.viewers import Viewer
from domain.errors import BadInput
from domain.foundation.pages import Page


@dataclass(frozen=True)
class Scope:
    """What is counted: of one circle, of one import source, published in [since, until)."""

    circle: UUID | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def args(self) -> tuple[Any, ...]:
        return self.circle, self.source, self.since, self.until


_SCOPE = """($1::uuid IS NULL OR p.circle = $1) AND ($2::text IS NULL OR {row}.source = $2)
    AND ($3::timestamptz IS NULL OR {row}.published_at >= $3) AND ($4::timestamptz IS NULL OR {row}.published_at < $4)"""
_POSTS = f"SELECT p.* FROM community.post AS p WHERE p.is_visible AND {_SCOPE.format(row='p')}"
_COMMENTS = f"""SELECT c.*, p.circle FROM community.comment AS c JOIN community.post AS p ON p.id = c.post
    WHERE c.is_visible AND p.is_visible AND {_SCOPE.format(row="c")}"""


@dataclass(frozen=True)
class Totals:
    """How much there is; ``score_sum`` is likes minus dislikes of posts and answers."""

    posts: int
    comments: int
    answers: int
    score_sum: int
    posts_by_kind: list[tuple[str, int]]
    by_source_type: list[tuple[str, int]]
    reactions_by_kind: list[tuple[str, int]]
    accepted_count: int
    unanswered_count: int
    locked_count: int
    authorless_count: int
    authorless_comment_count: int
    author_count: int
    commenter_count: int


async def totals(scope: Scope) -> Totals:
    """The totals of a scope, in three statements."""
    row = await db.one(
        f"""WITH p AS MATERIALIZED ({_POSTS}), c AS MATERIALIZED ({_COMMENTS}) SELECT
            (SELECT count(*) FROM p) AS posts,
            (SELECT count(*) FROM c WHERE kind = 'COMMENT') AS comments,
            (SELECT count(*) FROM c WHERE kind = 'ANSWER') AS answers,
            (SELECT coalesce(sum(CASE r.kind WHEN 'LIKE' THEN 1 ELSE -1 END), 0) FROM community.reaction AS r
             WHERE r.voided_by IS NULL AND r.target IN (SELECT id FROM p UNION ALL SELECT id FROM c WHERE kind = 'ANSWER'))
                AS score_sum,
            (SELECT count(*) FROM p WHERE accepted_comment IS NOT NULL) AS accepted_count,
            (SELECT count(*) FROM p WHERE kind = 'QUESTION' AND NOT EXISTS (SELECT FROM community.comment AS x
             WHERE x.post = p.id AND x.kind = 'ANSWER' AND x.is_visible)) AS unanswered_count,
            (SELECT count(*) FROM p WHERE locked_by IS NOT NULL) AS locked_count,
            (SELECT count(*) FROM (SELECT FROM p WHERE author IS NULL
             UNION ALL SELECT FROM c WHERE author IS NULL AND kind = 'ANSWER') AS a) AS authorless_count,
            (SELECT count(*) FROM c WHERE author IS NULL AND kind = 'COMMENT') AS authorless_comment_count,
            (SELECT count(DISTINCT m.root) FROM (SELECT author FROM p UNION ALL SELECT author FROM c WHERE kind = 'ANSWER')
             AS a JOIN profile.member AS m ON m.id = a.author) AS author_count,
            (SELECT count(DISTINCT m.root) FROM c JOIN profile.member AS m ON m.id = c.author WHERE c.kind = 'COMMENT')
                AS commenter_count""",
        *scope.args,
    )
    assert row is not None
    by_kind = await db.fetch(
        f"""WITH p AS ({_POSTS}), c AS ({_COMMENTS})
        SELECT 'kind' AS what, kind AS name, count(*) AS n FROM p GROUP BY kind
        UNION ALL SELECT 'source_type', source_type, count(*) FROM (
            SELECT source_type FROM p UNION ALL SELECT source_type FROM c) AS t
        WHERE source_type IS NOT NULL GROUP BY source_type ORDER BY 1, 3 DESC, 2""",
        *scope.args,
    )
    return Totals(
        **row,
        posts_by_kind=[(r["name"], r["n"]) for r in by_kind if r["what"] == "kind"],
        by_source_type=[(r["name"], r["n"]) for r in by_kind if r["what"] == "source_type"],
        reactions_by_kind=await _reactions(scope),
    )


async def contents(
    viewer: Viewer, scope: Scope, kinds: Sequence[str], order: str, page: Page, author: UUID | None = None
) -> list[db.Row]:
    """One page of the posts, answers and comments together that the viewer may see, as staff list them.

    SCORE is likes minus dislikes, COMMENTS the comments directly under it; equal ones oldest first. NEWEST by time.
    """
    rank, feed_seq = page.after or (None, None)
    key = {"SCORE": "score", "COMMENTS": "comments", "NEWEST": "-feed_seq"}[order]
    by = "feed_seq DESC" if order == "NEWEST" else f"{key} DESC, feed_seq"
    after = (
        "feed_seq < $8"
        if order == "NEWEST"
        else f"({key} < $7::bigint OR ({key} = $7::bigint AND feed_seq > $8))"
    )
    return await db.fetch(
        f"""SELECT *, {key} AS rank FROM (
            SELECT 'POST' AS content, p.id, p.id AS post, p.author, p.title, p.feed_seq, p.published_at, p.source,
                p.external_id, {_score()} AS score,
                coalesce(s.root_comments, 0) + coalesce(d.root_comments, 0) AS comments
            FROM ({_POSTS}) AS p {stats.POST_COUNTS}
            WHERE $10 OR p.circle = ANY($11) OR community.can_see($12::uuid, p.id)
            UNION ALL
            SELECT c.kind, c.id, c.post, c.author, q.title, c.feed_seq, c.published_at, c.source,
                c.external_id, {_score()} AS score,
                (SELECT count(*) FROM community.comment AS x WHERE x.parent = c.id AND x.is_visible) AS comments
            FROM ({_COMMENTS}) AS c JOIN community.post AS q ON q.id = c.post {stats.COMMENT_COUNTS}
            WHERE $10 OR c.circle = ANY($11) OR (SELECT community.can_see_comment($12::uuid, o)
                FROM community.comment AS o WHERE o.id = c.id)
        ) AS t WHERE content = ANY($5) AND ($8::bigint IS NULL OR {after}) AND ($7::bigint IS NULL OR true)
        AND ($6::uuid IS NULL OR author = ANY(ARRAY(SELECT id FROM profile.member
            WHERE root = (SELECT root FROM profile.member WHERE id = $6))))
        ORDER BY {by} LIMIT $9""",
        *scope.args, list(kinds), author, rank, feed_seq, page.limit + 1, viewer.sees_all, list(viewer.circles),
        viewer.member,
    )  # fmt: skip


async def active_contributors(scope: Scope, unit: str, zone: str) -> list[db.Row]:
    """For each period with any: how many people published a post, an answer or a comment in it.

    Periods begin at local midnight of ``zone``; ``unit`` is day, week, month or year. Raises BAD_INPUT.
    """
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, LookupError):
        raise BadInput(f"{zone!r} is no IANA time zone.") from None
    return await db.fetch(
        f"""SELECT date_trunc($5, t.published_at, $6) AS start, count(DISTINCT m.root) AS people FROM (
            SELECT author, published_at FROM ({_POSTS}) AS p UNION ALL SELECT author, published_at FROM ({_COMMENTS}) AS c
        ) AS t JOIN profile.member AS m ON m.id = t.author GROUP BY 1 ORDER BY 1""",
        *scope.args, unit, zone,
    )  # fmt: skip


async def _reactions(scope: Scope) -> list[tuple[str, int]]:
    rows = await db.fetch(
        f"""SELECT r.kind, count(*) AS n FROM community.reaction AS r WHERE r.voided_by IS NULL AND r.target IN (
            SELECT id FROM ({_POSTS}) AS p UNION ALL SELECT id FROM ({_COMMENTS}) AS c)
        GROUP BY r.kind ORDER BY count(*) DESC, r.kind""",
        *scope.args,
    )
    return [(row["kind"], row["n"]) for row in rows]


def _score() -> str:
    return "(coalesce(s.likes, 0) + coalesce(d.likes, 0) - coalesce(s.dislikes, 0) - coalesce(d.dislikes, 0))::bigint"


def local(at: datetime, zone: str) -> datetime:
    """The instant as the clocks of a zone show it."""
    return at.astimezone(ZoneInfo(zone))
