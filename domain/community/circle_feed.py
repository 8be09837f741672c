"""The feed of a circle in its three orders; what is pinned (置顶, three at most) comes first and does not repeat below."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from domain import db
from domain.community import circles, feed, hot, mutes, viewers
from domain.community.hot import MOST_PINNED
from domain.community.viewers import Viewer
from domain.foundation.pages import Page


async def newest(
    viewer: Viewer, circle_id: UUID, page: Page, parts: Collection[str] = feed.ALL
) -> list[db.Row]:
    """One page, newest first; NOT_FOUND where the viewer may not enter."""
    pinned = await hot.pinned(viewer, circle_id, parts)
    head, after = _begun(pinned, page)
    below = await feed.circle_feed(viewer, circle_id, Page(page.limit + MOST_PINNED, after), parts)
    return _joined(head, below, pinned, page)


async def featured(
    viewer: Viewer, circle_id: UUID, page: Page, parts: Collection[str] = feed.ALL
) -> list[db.Row]:
    """One page of what is excellent (精华), the last chosen first; NOT_FOUND where the viewer may not enter."""
    await circles.must_enter(viewer, circle_id)
    pinned = await hot.pinned(viewer, circle_id, parts)
    head, after = _begun(pinned, page)
    at, last = after or (None, None)
    below = await db.fetch(
        f"""{feed.select(parts, "pm.featured_at")} JOIN community.post_mark AS pm ON pm.post = p.id
        WHERE p.circle = $4 AND pm.featured_at IS NOT NULL AND p.is_visible AND p.is_listed AND {viewers.SEES_POST}
        AND NOT {mutes.MUTED_IN_CIRCLE} AND ($5::timestamptz IS NULL OR (pm.featured_at, p.id) < ($5, $6::uuid))
        ORDER BY pm.featured_at DESC, p.id DESC LIMIT $7""",
        *viewer.args, circle_id, at, last, page.limit + MOST_PINNED + 1,
    )  # fmt: skip
    return _joined(head, below, pinned, page)


def newest_key(row: db.Row) -> tuple[Any, ...]:
    """Where a row stands: (its number among the pinned, or -1; its place in feeds)."""
    return (row.get("pin", -1), row["feed_seq"])


def featured_key(row: db.Row) -> tuple[Any, ...]:
    """Where a row stands: (its number among the pinned, or -1; when it was chosen; id)."""
    return (row.get("pin", -1), row.get("featured_at"), row["id"])


def _begun(pinned: list[db.Row], page: Page) -> tuple[list[db.Row], tuple[Any, ...] | None]:
    """What is still to be shown of the pinned posts, and where the feed below them goes on."""
    if page.after is None:
        return pinned, None
    if page.after[0] >= 0:
        return pinned[page.after[0] + 1 :], None
    return [], page.after[1:]


def _joined(head: list[db.Row], below: list[db.Row], pinned: list[db.Row], page: Page) -> list[db.Row]:
    at_the_top = {row["id"] for row in pinned}
    return [*head, *(row for row in below if row["id"] not in at_the_top)][: page.limit + 1]
