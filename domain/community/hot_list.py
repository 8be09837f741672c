"""The hot list (热榜): what many people engage with just now. A moderator approves an entry before others see it.

Every five minutes the candidates (5 engagers or more) are scored by (engagers - 1)^2, halved every two hours of the post's
age; the best fifty above the threshold are listed. An approval lasts while its entry stays listed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.community import configuration, heat, heat_rules, hot, viewers
from domain.community.errors import AlreadyInState
from domain.community.viewers import Viewer
from domain.errors import NotFound
from domain.foundation.sweeps import Sweep

MOST = 50
EVERY = timedelta(minutes=5)
_CENT = Decimal("0.0001")


async def listed(viewer: Viewer, *, is_moderator: bool) -> list[db.Row]:
    """The entries, best first, of posts that the viewer may see; moderators see those that wait for approval too."""
    return await db.fetch(
        f"""SELECT h.* FROM community.hot_entry AS h JOIN community.post AS p ON p.id = h.post
        WHERE (h.approved_at IS NOT NULL OR $4) AND p.is_visible AND {viewers.SEES_POST}
        ORDER BY h.score DESC, h.post""",
        *viewer.args, is_moderator,
    )  # fmt: skip


async def approve(actor: Actor, post_id: UUID, reason: str | None = None) -> UUID:
    """Let everybody see a listed post in the hot list. Raises NOT_FOUND (also outside one's circles), AlreadyInState."""
    async with db.transaction():
        row = await db.one(
            f"""SELECT h.approved_at FROM community.hot_entry AS h JOIN community.post AS p ON p.id = h.post
            WHERE h.post = $4 AND ($2::boolean OR p.circle = ANY($3::uuid[])) AND {viewers.SEES_POST} FOR UPDATE OF h""",
            *viewers.of(actor).args, post_id,
        )  # fmt: skip
        if row is None:
            raise NotFound()
        if row["approved_at"] is not None:
            raise AlreadyInState("APPROVED")
        await db.run(
            "UPDATE community.hot_entry SET approved_at = $2, approved_by = $3 WHERE post = $1",
            post_id, clock.now(), actor.id,
        )  # fmt: skip
        await audit.append(
            actor, "community.hot_list.approved", "POST", post_id, text={"reason": reason} if reason else None
        )
    return post_id


async def work_off() -> int:
    """Score anew when five minutes are over; answers how many entries stand. Others wait for the lock's holder."""
    now = clock.now()
    async with db.transaction():
        if not await db.value("SELECT pg_try_advisory_xact_lock(hashtextextended('community/hot-list', 0))"):
            return 0
        scored = await db.value("SELECT max(scored_at) FROM community.hot_scoring")
        if scored is not None and scored > now - EVERY:
            return 0
        while await heat.work_off():
            pass
        await db.run("DELETE FROM community.hot_scoring")
        await db.run("INSERT INTO community.hot_scoring (scored_at) VALUES ($1)", now)
        entries = await _scored(now)
        await db.run(
            "DELETE FROM community.hot_entry WHERE NOT post = ANY($1)", [post for post, _, _ in entries]
        )
        await db.run_many(
            """INSERT INTO community.hot_entry (post, score, engagers, listed_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (post) DO UPDATE SET score = excluded.score, engagers = excluded.engagers""",
            [(*entry, now) for entry in entries],
        )
        return len(entries)


async def next_due() -> datetime | None:
    """Five minutes after the last scoring, while there is anything that is or may be listed."""
    scored = await db.value("SELECT max(scored_at) FROM community.hot_scoring")
    if scored is None:
        return None
    is_any = await db.value(
        """SELECT EXISTS (SELECT FROM community.hot_entry)
        OR EXISTS (SELECT FROM community.post_rank WHERE engagers > 1 AND published_at > $1)
        OR EXISTS (SELECT FROM community.heat_due)""",
        clock.now() - timedelta(days=3),
    )
    return scored + EVERY if is_any else None


async def _scored(now: datetime) -> list[tuple[UUID, Decimal, int]]:
    minimum = await configuration.value("hotlist.minimum")
    drop_below = Decimal(str(await configuration.value("hotlist.drop_below")))
    rows = await db.fetch(
        f"""SELECT r.post, r.engagers, r.published_at FROM community.post_rank AS r
        JOIN community.post AS p ON p.id = r.post LEFT JOIN community.circle AS c ON c.id = p.circle
        WHERE r.engagers > 1 AND r.engagers >= $2 AND r.published_at > $1::timestamptz - interval '3 days'
        AND p.is_listed AND (p.circle IS NULL OR c.visibility = 'PUBLIC') AND NOT {hot.LIMITED.format(at="$1")}
        AND NOT EXISTS (SELECT FROM community.post_revision AS v WHERE v.post = p.id AND v.state = 'PENDING')""",
        now, minimum,
    )  # fmt: skip
    found = [
        (
            row["post"],
            heat_rules.trend(row["engagers"], _hours(now - row["published_at"])).quantize(_CENT),
            row["engagers"],
        )
        for row in rows
    ]
    kept = [entry for entry in found if entry[1] >= drop_below]
    return sorted(kept, key=lambda entry: (-entry[1], entry[0]))[:MOST]


def _hours(age: timedelta) -> Decimal:
    return max(Decimal(0), Decimal(age // timedelta(seconds=1)) / 3600)


SWEEP = Sweep("community.hot_list", work_off, next_due, every_seconds=5)
