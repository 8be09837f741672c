"""Reading comments: by id, a post's roots, and all that stands below one of them.

What one of two people who are apart wrote directly under the other is a gap to others: its place without its author and
its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain import db
from domain.community import mutes, stats, viewers
from domain.community.viewers import Viewer
from domain.errors import NotFound
from domain.foundation.pages import Page

_WILSON = (
    "community.wilson((coalesce(s.likes, 0) + coalesce(d.likes, 0))::bigint, "
    "(coalesce(s.dislikes, 0) + coalesce(d.dislikes, 0))::bigint)"
)
#: Orders of comments: the keyset's condition over (rank, feed_seq), and ORDER BY.
_ORDERS = {
    "TOP": ("(t.rank, t.feed_seq) < ($5::numeric, $6::bigint)", "t.rank DESC, t.feed_seq DESC"),
    "NEWEST": ("$5::numeric IS NULL AND t.feed_seq < $6::bigint", "t.feed_seq DESC"),
    "OLDEST": ("$5::numeric IS NULL AND t.feed_seq > $6::bigint", "t.feed_seq"),
}

_SELECT = f"""SELECT c.id, c.post, c.root, c.parent, CASE WHEN NOT gap.is_gap THEN c.author END AS author, c.kind,
    CASE WHEN gap.is_gap THEN '' ELSE c.body END AS body, gap.is_gap, {mutes.MUTED_COMMENT} AS is_muted, c.body_format, c.published_at, c.feed_seq,
    c.version, c.edited_at, c.locked_by IS NOT NULL AS is_locked, c.is_visible, c.external_id, c.source,
    CASE WHEN c.removed_by IS NOT NULL THEN 'REMOVED' WHEN c.deleted_at IS NOT NULL THEN 'DELETED'
         WHEN c.hidden_by IS NOT NULL THEN 'HIDDEN' ELSE c.stage END AS state,
    coalesce(p.accepted_comment = c.id, false) AS is_accepted, {stats.COMMENT_COUNT_COLUMNS}, {_WILSON} AS rank,
    a.id AS author_id, a.number AS author_number, a.display_name AS author_name, a.avatar AS author_avatar,
    EXISTS (SELECT FROM community.reaction AS r WHERE r.target = c.id AND r.kind = 'LIKE' AND r.member = ANY(me.ids))
        AS has_liked
FROM community.comment AS c JOIN community.post AS p ON p.id = c.post
CROSS JOIN LATERAL (SELECT NOT ($2::boolean OR coalesce(p.circle = ANY($3::uuid[]), false))
    AND community.is_gap($1::uuid, c) AS is_gap) AS gap
LEFT JOIN profile.member AS w ON w.id = c.author AND NOT gap.is_gap LEFT JOIN profile.member AS a ON a.id = w.root
CROSS JOIN (SELECT ARRAY(SELECT id FROM profile.member
    WHERE root = (SELECT root FROM profile.member WHERE id = $1)) AS ids) AS me
{stats.COMMENT_COUNTS}"""


async def by_ids(viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Those of the comments that the viewer may see, in any state."""
    rows = await db.fetch(
        f"{_SELECT} WHERE c.id = ANY($4) AND {viewers.SEES_COMMENT}", *viewer.args, list(ids)
    )
    return {row["id"]: row for row in rows}


async def by_id(viewer: Viewer, comment_id: UUID) -> db.Row:
    """The comment, or NOT_FOUND: absent and not visible are the same."""
    found = await by_ids(viewer, [comment_id])
    if comment_id not in found:
        raise NotFound()
    return found[comment_id]


async def roots(
    viewer: Viewer, posts: Sequence[UUID], page: Page, order: str = "TOP"
) -> dict[UUID, list[db.Row]]:
    """For each post one page of its visible root comments and answers (up to ``limit + 1``), in one statement."""
    return await _pages(viewer, posts, page, order, "c.post = t_of.id AND c.root IS NULL", "post")


async def replies(
    viewer: Viewer, root_ids: Sequence[UUID], page: Page, order: str = "OLDEST"
) -> dict[UUID, list[db.Row]]:
    """For each root one page of all that stands below it, flat, in one statement."""
    return await _pages(viewer, root_ids, page, order, "c.root = t_of.id", "root")


def key(row: db.Row, order: str) -> tuple[Any, ...]:
    """Where a comment stands in its order, for the cursor."""
    return (row["rank"] if order == "TOP" else None, row["feed_seq"])


async def _pages(
    viewer: Viewer, of: Sequence[UUID], page: Page, order: str, condition: str, column: str
) -> dict[UUID, list[db.Row]]:
    after, by = _ORDERS[order]
    rank, feed_seq = page.after or (None, None)
    rows = await db.fetch(
        f"""SELECT t.* FROM unnest($4::uuid[]) WITH ORDINALITY AS t_of(id, n) CROSS JOIN LATERAL (
            SELECT * FROM ({_SELECT} WHERE {condition} AND c.is_visible AND {viewers.SEES_COMMENT}) AS t
            WHERE $6::bigint IS NULL OR {after}
            ORDER BY {by} LIMIT $7) AS t ORDER BY t_of.n, {by}""",
        *viewer.args, list(of), rank, feed_seq, page.limit + 1,
    )  # fmt: skip
    found: dict[UUID, list[db.Row]] = {each: [] for each in of}
    for row in rows:
        found[row[column]].append(row)
    return found
