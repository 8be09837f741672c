"""How often people may act, by how far they are trusted. What was refused was never stored, so it consumes nothing.

A day is the 24 hours until now, so the answer says exactly when there is room again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.community import configuration, content_rules
from domain.community.authors import Author
from domain.errors import RateLimited

DAY = timedelta(days=1)


class Act(StrEnum):
    POSTS = "posts"
    COMMENTS = "comments"
    LIKES = "likes"
    REPORTS = "reports"
    BOOKMARKS = "bookmarks"
    EDITS = "edits"
    FOLLOWS = "follows"


#: What is counted as interactions; posts and comments are counted as they were sent off, waiting ones too.
_KINDS = {
    Act.LIKES: ["community.reaction.set"],
    Act.REPORTS: ["community.report.filed"],
    Act.BOOKMARKS: ["community.post.bookmarked"],
    Act.EDITS: [
        "community.post.edited", "community.post.edit_held", "community.comment.edited",
        "community.comment.edit_held",
    ],
    Act.FOLLOWS: ["community.member.followed"],
}  # fmt: skip
_INTERVALS = {Act.POSTS: "rates.post.interval_seconds", Act.COMMENTS: "rates.comment.interval_seconds"}
_FIRST_DAY = {Act.POSTS: "rates.first_day.posts", Act.COMMENTS: "rates.first_day.comments"}


async def must_allow(author: Author, act: Act) -> None:
    """Raise RATE_LIMITED when the author did this too lately or too often; staff may always."""
    keys = ["rates.enabled", f"rates.{act}.per_day"]
    keys += [table[act] for table in (_INTERVALS, _FIRST_DAY) if act in table]
    said = await configuration.values(*keys)
    if author.is_staff or not said["rates.enabled"]:
        return
    now = clock.now()
    done = await _done(author.root, act, now - DAY)
    limits = [*_limits(author, act, said, done, now)]
    if limits:
        limit, reset_at = max(limits, key=lambda found: found[1])
        raise _limited(limit, reset_at, now)


async def must_allow_content(author: Author, title: str | None, body: str) -> None:
    """Raise RATE_LIMITED for a newcomer's text with more links than newcomers may set."""
    said = await configuration.values("rates.enabled", "rates.newcomer.links")
    if author.level > 0 or author.is_staff or not said["rates.enabled"]:
        return
    if content_rules.links(title, body) > said["rates.newcomer.links"]:
        raise RateLimited(int(DAY.total_seconds()), said["rates.newcomer.links"])


async def must_not_talk_alone(author: Author, post: UUID) -> None:
    """Raise RATE_LIMITED when the last comments of a post, all of a day, are the author's own."""
    said = await configuration.values("rates.enabled", "rates.comments_in_a_row")
    limit, now = said["rates.comments_in_a_row"], clock.now()
    if author.is_staff or not said["rates.enabled"] or not limit:
        return
    last = await db.fetch(
        """SELECT community.is_same_person(c.author, $2) AS is_own, c.created_at FROM community.comment AS c
        WHERE c.post = $1 AND c.deleted_at IS NULL AND c.stage <> 'REJECTED' AND c.created_at > $3
        ORDER BY c.created_at DESC LIMIT $4""",
        post, author.root, now - DAY, limit,
    )  # fmt: skip
    if len(last) == limit and all(row["is_own"] for row in last):
        raise _limited(limit, last[-1]["created_at"] + DAY, now)


def _limits(
    author: Author, act: Act, said: dict[str, Any], done: Sequence[datetime], now: datetime
) -> list[tuple[int, datetime]]:
    """What is exceeded: each limit with the instant from which there is room again. ``done`` is newest first."""
    found = []
    if act in _INTERVALS and done:
        seconds = configuration.at_level(said[_INTERVALS[act]], author.level)
        found.append((1, done[0] + timedelta(seconds=seconds)))
    limit = configuration.at_level(said[f"rates.{act}.per_day"], author.level)
    if len(done) >= limit:
        found.append((limit, done[limit - 1] + DAY if limit else now + DAY))
    if act in _FIRST_DAY and now < author.joined_at + DAY and len(done) >= said[_FIRST_DAY[act]]:
        found.append((said[_FIRST_DAY[act]], author.joined_at + DAY))
    return [(limit, at) for limit, at in found if at > now]


def _limited(limit: int, reset_at: datetime, now: datetime) -> RateLimited:
    return RateLimited(max(1, math.ceil((reset_at - now).total_seconds())), limit, 0, reset_at)


async def _done(root: UUID, act: Act, since: datetime) -> list[datetime]:
    """When the person did it since then, newest first."""
    mine = "ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1))"
    if act is Act.POSTS:
        sql = f"SELECT submitted_at AS at FROM community.post WHERE author = {mine} AND submitted_at > $2"
    elif act is Act.COMMENTS:
        sql = f"""SELECT created_at AS at FROM community.comment
            WHERE author = {mine} AND created_at > $2 AND source IS NULL"""
    else:
        sql = f"""SELECT occurred_at AS at FROM profile.interaction
            WHERE member = {mine} AND kind = ANY($3) AND occurred_at > $2"""
    rows = await db.fetch(
        f"{sql} ORDER BY at DESC LIMIT 2000",
        root,
        since,
        *([_KINDS[act]] if act in _KINDS else []),
    )
    return [row["at"] for row in rows]
