"""The hot feeds: pages of one generation, so that nothing repeats and nothing is lost while posts move.

The first page makes or reuses (30 s) the 500 hottest of its scope; later pages read that generation, less what can no
longer be seen. One that is gone, or read to its end, goes on by (hot, id).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.community import circles, feed, heat, mutes, viewers
from domain.community.viewers import Viewer
from domain.foundation.pages import Page

MOST = 500
MOST_PINNED = 3
REUSED_FOR, KEPT_FOR = timedelta(seconds=30), timedelta(minutes=15)
EVERYWHERE = "EVERYWHERE"
#: The place of a post behind the generation.
BEYOND = -2
#: Posts ``p`` with their rank ``r`` and circle ``rc`` that a scope is made of: one circle, or everything public.
_IN_SCOPE = """CASE WHEN {circle}::uuid IS NULL THEN p.circle IS NULL OR rc.visibility = 'PUBLIC'
    ELSE r.circle = {circle} END"""

#: Authors whom a moderator keeps out of what is hot, found and suggested (LIMIT), for posts ``p`` at the instant ``{at}``.
LIMITED = """EXISTS (SELECT FROM profile.member AS la JOIN profile.member AS lo ON lo.root = la.root
    JOIN community.sanction AS ls ON ls.member = lo.id WHERE la.id = p.author AND ls.kind IN ('LIMIT', 'SHADOW')
    AND ls.ended_at IS NULL AND ls.starts_at <= {at} AND (ls.until IS NULL OR ls.until > {at})
    AND (ls.circle IS NULL OR ls.circle = p.circle))"""
_SHOWN = f"""p.is_visible AND p.is_listed AND {viewers.SEES_POST} AND NOT {{muted}}
    AND NOT EXISTS (SELECT FROM community.post_mark AS pm WHERE pm.post = p.id AND pm.pinned_until > $5
        AND pm.pin_scope = $6) AND NOT {LIMITED.format(at="$5")}"""


async def everywhere(viewer: Viewer, page: Page, parts: Collection[str] = feed.ALL) -> list[db.Row]:
    """One page of what is hot in public, the site's pinned posts first; see :func:`key`."""
    return await _page(viewer, None, page, parts)


async def of_circle(
    viewer: Viewer, circle_id: UUID, page: Page, parts: Collection[str] = feed.ALL
) -> list[db.Row]:
    """One page of what is hot in a circle, its pinned posts first; NOT_FOUND where the viewer may not enter."""
    await circles.must_enter(viewer, circle_id)
    return await _page(viewer, circle_id, page, parts)


def key(row: db.Row) -> tuple[Any, ...]:
    """Where a row stands: (its number among the pinned, or -1; generation; place in it, or -1; hot; id)."""
    return (row["pin"], row["generation"], row["place"], repr(row["hot"]), row["id"])


async def _page(viewer: Viewer, circle: UUID | None, page: Page, parts: Collection[str]) -> list[db.Row]:
    rows: list[db.Row] = []
    most, place = page.limit + 1, -1
    bound: tuple[float, UUID] | None = None
    if page.after is None or page.after[0] >= 0:
        rows = (await pinned(viewer, circle, parts))[0 if page.after is None else page.after[0] + 1 :]
        snapshot = await _made(circle)
    else:
        _, generation, place, hot, last = page.after
        bound = float(hot), last
        snapshot = await _kept(circle, generation)
    if place != BEYOND and snapshot is not None:
        ids = snapshot["ids"]
        while len(rows) < most and place + 1 < len(ids):
            part = ids[place + 1 : place + 1 + most]
            rows += await _of(viewer, circle, part, snapshot["generation"], place + 1, parts)
            place += len(part)
        bound = (snapshot["last_hot"], ids[-1]) if ids else None
    if len(rows) < most and bound is not None:
        rows += await _beyond(viewer, circle, snapshot, bound, most - len(rows), parts)
    return rows[:most]


async def pinned(viewer: Viewer, circle: UUID | None, parts: Collection[str] = feed.ALL) -> list[db.Row]:
    """The posts at the top of a circle, or of the site: at most three, the last pinned first."""
    return await db.fetch(
        f"""{feed.select(parts, "row_number() OVER (ORDER BY pm.pinned_until DESC, p.id) - 1 AS pin",
            "0::bigint AS generation", "-1 AS place", "0::double precision AS hot")}
        JOIN community.post_mark AS pm ON pm.post = p.id
        WHERE pm.pinned_until > $4 AND pm.pin_scope = $5 AND ($6::uuid IS NULL OR p.circle = $6)
        AND p.is_visible AND p.is_listed AND {viewers.SEES_POST} ORDER BY pin LIMIT {MOST_PINNED}""",
        *viewer.args, clock.now(), "SITE" if circle is None else "CIRCLE", circle,
    )  # fmt: skip


async def _made(circle: UUID | None) -> db.Row:
    """A generation that is at most 30 s old. For a new one, what was noted a moment ago is weighed first."""
    scope, now = _scope(circle), clock.now()
    latest = await db.one(
        "SELECT * FROM community.feed_snapshot WHERE scope = $1 ORDER BY generation DESC LIMIT 1", scope
    )
    if latest is not None and now - REUSED_FOR < latest["made_at"] <= now:
        return latest
    await heat.work_off()
    async with db.transaction():
        await db.run(
            "DELETE FROM community.feed_snapshot WHERE scope = $1 AND made_at <= $2", scope, now - KEPT_FOR
        )
        made = await db.one(
            f"""INSERT INTO community.feed_snapshot (scope, generation, ids, last_hot, made_at)
            SELECT $1, $2, coalesce(array_agg(s.post ORDER BY s.hot DESC, s.post), '{{}}'), min(s.hot), $3 FROM (
                SELECT r.post, r.hot FROM community.post_rank AS r JOIN community.post AS p ON p.id = r.post
                LEFT JOIN community.circle AS rc ON rc.id = p.circle
                WHERE {_IN_SCOPE.format(circle="$4")} AND p.is_listed AND NOT {LIMITED.format(at="$3")}
                ORDER BY r.hot DESC, r.post LIMIT {MOST}) AS s
            ON CONFLICT (scope, generation) DO UPDATE SET scope = excluded.scope RETURNING *""",
            scope, 1 if latest is None else latest["generation"] + 1, now, circle,
        )  # fmt: skip
    assert made is not None
    return made


async def _kept(circle: UUID | None, generation: int) -> db.Row | None:
    return await db.one(
        "SELECT * FROM community.feed_snapshot WHERE scope = $1 AND generation = $2 AND made_at > $3",
        _scope(circle), generation, clock.now() - KEPT_FOR,
    )  # fmt: skip


async def _of(
    viewer: Viewer,
    circle: UUID | None,
    posts: Sequence[UUID],
    generation: int,
    first: int,
    parts: Collection[str],
) -> list[db.Row]:
    return await db.fetch(
        f"""{feed.select(parts, "-1 AS pin", "$7::bigint AS generation", "$8::int + g.n::int - 1 AS place", "r.hot")}
        JOIN unnest($4::uuid[]) WITH ORDINALITY AS g(id, n) ON g.id = p.id
        JOIN community.post_rank AS r ON r.post = p.id
        WHERE {_SHOWN.format(muted=_muted(circle))} ORDER BY g.n""",
        *viewer.args, list(posts), clock.now(), _pin_scope(circle), generation, first,
    )  # fmt: skip


async def _beyond(
    viewer: Viewer,
    circle: UUID | None,
    snapshot: db.Row | None,
    bound: tuple[float, UUID],
    most: int,
    parts: Collection[str],
) -> list[db.Row]:
    """What is less hot than the bound and was not in the generation."""
    return await db.fetch(
        f"""{feed.select(parts, "-1 AS pin", "$7::bigint AS generation", f"{BEYOND} AS place", "r.hot")}
        JOIN community.post_rank AS r ON r.post = p.id LEFT JOIN community.circle AS rc ON rc.id = p.circle
        WHERE {_SHOWN.format(muted=_muted(circle))} AND NOT p.id = ANY($4::uuid[]) AND {_IN_SCOPE.format(circle="$8")}
        AND (r.hot < $9 OR (r.hot = $9 AND r.post > $10)) ORDER BY r.hot DESC, r.post LIMIT $11""",
        *viewer.args, [] if snapshot is None else snapshot["ids"], clock.now(), _pin_scope(circle),
        0 if snapshot is None else snapshot["generation"], circle, *bound, most,
    )  # fmt: skip


def _scope(circle: UUID | None) -> str:
    return EVERYWHERE if circle is None else str(circle)


def _muted(circle: UUID | None) -> str:
    return mutes.MUTED_IN_FEEDS if circle is None else mutes.MUTED_IN_CIRCLE


def _pin_scope(circle: UUID | None) -> str:
    return "SITE" if circle is None else "CIRCLE"
