"""Reading posts: by id, and the feeds, newest first by ``feed_seq``.

One statement a page, whatever it shows: ``parts`` says which joins are needed, so that a page pays for what it asks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from domain import db
from domain.community import circles, stats, viewers
from domain.community.viewers import Viewer
from domain.errors import NotFound
from domain.foundation.pages import Page

#: The parts of a post that cost a join or a sub-query.
AUTHOR, CIRCLE, COUNTS, VIEWER, HASHTAGS = "author", "circle", "counts", "viewer", "hashtags"
ALL = frozenset({AUTHOR, CIRCLE, COUNTS, VIEWER, HASHTAGS})

_OWN = """p.id, p.author, p.circle, p.kind, p.title, p.body, p.body_format, p.stage, p.published_at, p.feed_seq,
    p.edited_at, p.version, p.accepted_comment, p.locked_by IS NOT NULL AS is_locked, p.external_id, p.source,
    CASE WHEN p.removed_by IS NOT NULL THEN 'REMOVED' WHEN p.deleted_at IS NOT NULL THEN 'DELETED'
         WHEN p.hidden_by IS NOT NULL THEN 'HIDDEN' ELSE p.stage END AS state"""
_COLUMNS = {
    AUTHOR: "a.id AS author_id, a.number AS author_number, a.display_name AS author_name, a.avatar AS author_avatar",
    CIRCLE: """k.slug AS circle_slug, k.name AS circle_name, k.kind AS circle_kind, k.visibility AS circle_visibility,
        k.join_policy AS circle_join_policy, k.posting AS circle_posting, k.version AS circle_version,
        k.created_at AS circle_created_at""",
    COUNTS: stats.POST_COUNT_COLUMNS,
    VIEWER: """EXISTS (SELECT FROM community.reaction AS r WHERE r.target = p.id AND r.kind = 'LIKE'
        AND r.member = ANY(me.ids)) AS has_liked, p.author = ANY(me.ids) AS is_own""",
    HASHTAGS: """ARRAY(SELECT h.name FROM community.post_hashtag AS ph JOIN community.hashtag AS h ON h.id = ph.hashtag
        WHERE ph.post = p.id ORDER BY ph.position) AS hashtags""",
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
        f"{_select(parts)} WHERE p.id = ANY($4) AND {viewers.SEES_POST}", *viewer.args, list(ids)
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
        f"""{_select(parts)} WHERE p.circle = $4 AND p.is_visible AND p.is_listed
        AND ($5::bigint IS NULL OR p.feed_seq < $5) AND {viewers.SEES_POST}
        ORDER BY p.feed_seq DESC LIMIT $6""",
        *viewer.args, circle_id, _key(page), page.limit + 1,
    )  # fmt: skip
    if not rows:  # nothing there, or nothing that this viewer may know of
        await circles.must_enter(viewer, circle_id)
    return rows


async def member_feed(
    viewer: Viewer, member_id: UUID, page: Page, kind: str | None = None, parts: Collection[str] = ALL
) -> list[db.Row]:
    """One page of what a person published, newest first; NOT_FOUND for an unknown member."""
    rows = await db.fetch(
        f"""{_select(parts)} WHERE p.author = ANY(ARRAY(SELECT id FROM profile.member
            WHERE root = (SELECT root FROM profile.member WHERE id = $4)))
        AND p.is_visible AND p.is_listed AND ($5::text IS NULL OR p.kind = $5)
        AND ($6::bigint IS NULL OR p.feed_seq < $6) AND {viewers.SEES_POST}
        ORDER BY p.feed_seq DESC LIMIT $7""",
        *viewer.args, member_id, kind, _key(page), page.limit + 1,
    )  # fmt: skip
    if not rows and not await db.value("SELECT EXISTS (SELECT FROM profile.member WHERE id = $1)", member_id):
        raise NotFound()
    return rows


async def home_feed(viewer: Viewer, page: Page, parts: Collection[str] = ALL) -> list[db.Row]:
    """One page of the circles that the person joined, newest first, pulled circle by circle and merged."""
    return await db.fetch(
        f"""WITH source AS (
            SELECT DISTINCT c.circle FROM community.circle_member AS c JOIN profile.member AS m ON m.id = c.member
            WHERE m.root = (SELECT root FROM profile.member WHERE id = $1) AND c.state = 'ACTIVE'
        ), pulled AS (
            SELECT q.id FROM source CROSS JOIN LATERAL (
                SELECT p.id, p.feed_seq FROM community.post AS p WHERE p.circle = source.circle
                AND p.is_visible AND p.is_listed AND ($4::bigint IS NULL OR p.feed_seq < $4)
                ORDER BY p.feed_seq DESC LIMIT $5) AS q
            ORDER BY q.feed_seq DESC LIMIT $5
        ) {_select(parts)} JOIN pulled ON pulled.id = p.id WHERE {viewers.SEES_POST} ORDER BY p.feed_seq DESC""",
        *viewer.args, _key(page), page.limit + 1,
    )  # fmt: skip


def _key(page: Page) -> int | None:
    return None if page.after is None else page.after[0]


def _select(parts: Collection[str]) -> str:
    wanted = [part for part in (AUTHOR, CIRCLE, COUNTS, VIEWER, HASHTAGS) if part in parts]
    columns = ", ".join([_OWN, *(_COLUMNS[part] for part in wanted)])
    joins = " ".join(_JOINS[part] for part in wanted if part in _JOINS)
    return f"SELECT {columns} FROM community.post AS p {joins}"
