"""Reading posts: by id, and the feeds, newest first by ``feed_seq``.

One statement a page, whatever it shows: ``parts`` says which joins are needed, so that a page pays for what it asks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from domain import clock, db
from domain.community import circles, mutes, people, stats, viewers
from domain.community.viewers import Viewer
from domain.errors import NotFound
from domain.foundation.pages import Page

#: The parts of a post that cost a join or a sub-query.
AUTHOR, CIRCLE, COUNTS, VIEWER, HASHTAGS = "author", "circle", "counts", "viewer", "hashtags"
RANKING = "ranking"
ALL = frozenset({AUTHOR, CIRCLE, COUNTS, VIEWER, HASHTAGS, RANKING})

#: Of the home feed: how much one source gives at a time, from how many sources, and how far back it goes.
PULLED = 20
SOURCES = 2_000
HOME_SPAN = timedelta(days=30)

_OWN = """p.id, p.author, p.circle, p.kind, p.title, p.body, p.body_format, p.stage, p.published_at, p.feed_seq,
    p.edited_at, p.version, p.accepted_comment, p.locked_by IS NOT NULL AS is_locked, p.external_id, p.source,
    p.scheduled_at, p.ip_region, p.ai_declared, p.ai_suspected, p.vehicle, p.event_id,
    CASE WHEN p.removed_by IS NOT NULL THEN 'REMOVED' WHEN p.deleted_at IS NOT NULL THEN 'DELETED'
         WHEN p.hidden_by IS NOT NULL THEN 'HIDDEN' ELSE p.stage END AS state"""
_COLUMNS = {
    AUTHOR: "a.id AS author_id, a.number AS author_number, a.display_name AS author_name, a.avatar AS author_avatar",
    CIRCLE: """k.slug AS circle_slug, k.name AS circle_name, k.kind AS circle_kind, k.visibility AS circle_visibility,
        k.join_policy AS circle_join_policy, k.posting AS circle_posting, k.approval AS circle_approval,
        k.auto_rule AS circle_auto_rule, k.version AS circle_version, k.created_at AS circle_created_at""",
    COUNTS: stats.POST_COUNT_COLUMNS,
    VIEWER: f"""EXISTS (SELECT FROM community.reaction AS r WHERE r.target = p.id AND r.kind = 'LIKE'
        AND r.member = ANY(me.ids)) AS has_liked, p.author = ANY(me.ids) AS is_own,
        EXISTS (SELECT FROM community.bookmark AS b WHERE b.post = p.id AND b.member = ANY(me.ids)
            AND b.voided_by IS NULL) AS has_bookmarked, {mutes.MUTED} AS is_muted""",
    HASHTAGS: """ARRAY(SELECT h.name FROM community.post_hashtag AS ph JOIN community.hashtag AS h ON h.id = ph.hashtag
        WHERE ph.post = p.id ORDER BY ph.position) AS hashtags""",
    RANKING: """(SELECT r.hot FROM community.post_rank AS r WHERE r.post = p.id) AS hot_score,
        (SELECT coalesce(jsonb_agg(h), '[]') FROM (
            SELECT x.act, sum(x.engagers)::int AS people, sum(x.heat)::int AS heat FROM community.heat_part AS x
            WHERE x.post = p.id GROUP BY x.act ORDER BY sum(x.heat) DESC, x.act) AS h) AS heat_parts""",
}
_JOINS = {
    AUTHOR: """LEFT JOIN profile.member AS w ON w.id = p.author
        LEFT JOIN profile.member AS a ON a.id = w.root""",
    CIRCLE: "LEFT JOIN community.circle AS k ON k.id = p.circle",
    COUNTS: stats.POST_COUNTS,
    VIEWER: """CROSS JOIN (SELECT ARRAY(SELECT id FROM profile.member
        WHERE root = (SELECT root FROM profile.member WHERE id = $1)) AS ids) AS me""",
}


async def by_ids(viewer: Viewer, ids: Sequence[UUID], parts: Collection[str] = ALL) -> dict[UUID, db.Row]:
    """Those of the posts that the viewer may see, in any state."""
    rows = await db.fetch(
        f"{select(parts)} WHERE p.id = ANY($4) AND {viewers.SEES_POST}", *viewer.args, list(ids)
    )
    return {row["id"]: row for row in rows}


async def by_id(viewer: Viewer, post_id: UUID, parts: Collection[str] = ALL) -> db.Row:
    """The post, or NOT_FOUND: absent and not visible are the same."""
    found = await by_ids(viewer, [post_id], parts)
    if post_id not in found:
        raise NotFound()
    return found[post_id]


async def circle_feed(
    viewer: Viewer, circle_id: UUID, page: Page, parts: Collection[str] = ALL
) -> list[db.Row]:
    """One page of a circle, newest first; NOT_FOUND for a circle whose contents the viewer may not see."""
    rows = await db.fetch(
        f"""{select(parts)} WHERE p.circle = $4 AND p.is_visible AND p.is_listed
        AND ($5::bigint IS NULL OR p.feed_seq < $5) AND {viewers.SEES_POST} AND NOT {mutes.MUTED_IN_CIRCLE}
        ORDER BY p.feed_seq DESC LIMIT $6""",
        *viewer.args, circle_id, _key(page), page.limit + 1,
    )  # fmt: skip
    if not rows:  # nothing there, or nothing that this viewer may know of
        await circles.must_enter(viewer, circle_id)
    return rows


async def member_feed(
    viewer: Viewer, member_id: UUID, page: Page, kind: str | None = None, parts: Collection[str] = ALL
) -> list[db.Row]:
    """One page of what a person published, newest first, muted or not; NOT_FOUND for who cannot be seen."""
    rows = await db.fetch(
        f"""{select(parts)} WHERE p.author = ANY(ARRAY(SELECT id FROM profile.member
            WHERE root = (SELECT root FROM profile.member WHERE id = $4)))
        AND p.is_visible AND p.is_listed AND ($5::text IS NULL OR p.kind = $5)
        AND ($6::bigint IS NULL OR p.feed_seq < $6) AND {viewers.SEES_POST}
        ORDER BY p.feed_seq DESC LIMIT $7""",
        *viewer.args, member_id, kind, _key(page), page.limit + 1,
    )  # fmt: skip
    if not rows and not await people.is_seen(viewer, member_id):
        raise NotFound()
    return rows


async def home_feed(viewer: Viewer, page: Page, parts: Collection[str] = ALL) -> list[db.Row]:
    """One page of what the people followed and the circles joined published in 30 days, newest first.

    Each source gives at most :data:`PULLED` posts at a time. What one of them may still hold begins where its last one
    stands, so nothing below the highest such place is taken; then, and when much of it cannot be seen, there is a next
    round.
    """
    found: list[db.Row] = []
    before, floor = _key(page), clock.now() - HOME_SPAN
    while len(found) <= page.limit:
        rows = await db.fetch(_HOME.format(select=select(parts)), *viewer.args, before, floor, page.limit + 1)
        found += [row for row in rows if row["id"] is not None]
        if not rows or rows[-1]["is_last"]:
            break
        before = rows[-1]["place"]
    return found[: page.limit + 1]


_HOME = f"""WITH me AS (
    SELECT id FROM profile.member WHERE root = (SELECT root FROM profile.member WHERE id = $1)
), source AS MATERIALIZED (
    SELECT author, circle FROM (
        SELECT o.id AS author, NULL::uuid AS circle, f.created_at FROM community.follow AS f
        JOIN profile.member AS w ON w.id = f.followed JOIN profile.member AS o ON o.root = w.root
        WHERE f.member IN (SELECT id FROM me) AND f.voided_by IS NULL
        UNION ALL
        SELECT DISTINCT ON (c.circle) NULL, c.circle, c.created_at FROM community.circle_member AS c
        WHERE c.member IN (SELECT id FROM me) AND c.state = 'ACTIVE'
    ) AS s ORDER BY created_at DESC LIMIT {SOURCES}
), given AS MATERIALIZED (
    SELECT q.* FROM source CROSS JOIN LATERAL (
        SELECT p.id, p.feed_seq, row_number() OVER (ORDER BY p.feed_seq DESC) AS n FROM community.post AS p
        WHERE p.author = source.author AND p.is_visible AND p.is_listed
        AND ($4::bigint IS NULL OR p.feed_seq < $4) AND p.feed_seq >= community.feed_floor($5)
        ORDER BY p.feed_seq DESC LIMIT {PULLED}) AS q WHERE source.author IS NOT NULL
    UNION ALL
    SELECT q.* FROM source CROSS JOIN LATERAL (
        SELECT p.id, p.feed_seq, row_number() OVER (ORDER BY p.feed_seq DESC) AS n FROM community.post AS p
        WHERE p.circle = source.circle AND p.is_visible AND p.is_listed
        AND ($4::bigint IS NULL OR p.feed_seq < $4) AND p.feed_seq >= community.feed_floor($5)
        ORDER BY p.feed_seq DESC LIMIT {PULLED}) AS q WHERE source.circle IS NOT NULL
), whole AS (
    SELECT max(feed_seq) FILTER (WHERE n = {PULLED}) AS down_to FROM given
), pulled AS MATERIALIZED (
    SELECT DISTINCT g.id, g.feed_seq FROM given AS g CROSS JOIN whole
    WHERE g.feed_seq >= coalesce(whole.down_to, 0) ORDER BY g.feed_seq DESC LIMIT $6
)
SELECT pulled.feed_seq AS place, shown.*,
    (SELECT down_to IS NULL FROM whole) AND (SELECT count(*) FROM pulled) < $6 AS is_last
FROM pulled LEFT JOIN LATERAL ({{select}} WHERE p.id = pulled.id AND {viewers.SEES_POST}
    AND NOT {mutes.MUTED_IN_FEEDS.replace("{", "{{").replace("}", "}}")}) AS shown ON true
ORDER BY pulled.feed_seq DESC"""


def _key(page: Page) -> int | None:
    return None if page.after is None else page.after[0]


def select(parts: Collection[str], *more: str) -> str:
    """The reading statement of posts ``p`` with these parts (and columns of what the caller joins), up to its WHERE."""
    wanted = [part for part in _COLUMNS if part in parts]
    columns = ", ".join([_OWN, *(_COLUMNS[part] for part in wanted), *more])
    joins = " ".join(_JOINS[part] for part in wanted if part in _JOINS)
    return f"SELECT {columns} FROM community.post AS p {joins}"
