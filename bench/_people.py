"""People with interactions, for the benchmarks of the profile: written set by set, as the drain would leave them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from domain import clock, db
from domain.actor import Actor, ActorKind
from domain.foundation import ids
from domain.profile import identities, members
from domain.profile.identities import Named

STAFF = Actor(kind=ActorKind.STAFF, id=ids.named("bench staff"), roles=frozenset({"operator"}))
KINDS = 10


async def person(rows: int) -> UUID:
    """A member with an identity, traits and so many interactions over a year, all drained."""
    async with db.transaction():
        member = await members.add(seen_at=clock.now() - timedelta(days=365))
        await identities.attach(member, [Named(1, "user_id", f"bench-{member}")])
        await _interactions([member], rows)
    return member


async def crowd(people: int, rows: int) -> list[UUID]:
    """Many such members, with fewer statements."""
    made = [ids.new() for _ in range(people)]
    async with db.transaction():
        await db.run(
            """INSERT INTO profile.member (id, root, kind, status, zone, locale, joined_at, first_seen_at, last_seen_at,
                version) SELECT i, i, 'MEMBER', 'ACTIVE', 'Asia/Shanghai', 'zh-CN', $2, $2, $2, 1
            FROM unnest($1::uuid[]) AS i""",
            made, clock.now() - timedelta(days=365),
        )  # fmt: skip
        await db.run(
            """INSERT INTO profile.identity (id, type, value_norm, member, is_verified, first_seen_at, last_seen_at)
            SELECT gen_random_uuid(), 'user_id', 'bench-' || i, i, true, $2, $2 FROM unnest($1::uuid[]) AS i""",
            made, clock.now(),
        )  # fmt: skip
        if rows:
            await _interactions(made, rows)
    return made


async def median(call: Callable[[], Awaitable[object]], rounds: int) -> float:
    """Seconds of one call, the median of so many."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        await call()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


async def _interactions(people: list[UUID], rows: int) -> None:
    await db.run(
        """INSERT INTO profile.interaction (id, origin, message_id, member, kind, class, occurred_at, received_at,
            touchpoint, actor_kind, properties)
        SELECT gen_random_uuid(), 'REPORTED', m || ':' || n, m, 'app.bench_' || n % $4, 'REPORTED',
            $3::timestamptz - n * (interval '365 days' / $2), $3, 'ios', 'SYSTEM', '{"page": "home"}'
        FROM unnest($1::uuid[]) AS m, generate_series(1, $2::int) AS n""",
        people, rows, clock.now(), KINDS,
    )  # fmt: skip
    await db.run(
        """INSERT INTO profile.total (member, kind, count, first_at, last_at)
        SELECT member, kind, count(*), min(occurred_at), max(occurred_at) FROM profile.interaction
        WHERE member = ANY($1) GROUP BY member, kind""",
        people,
    )


async def analyse() -> None:
    """What autovacuum would have told the planner by now."""
    for table in ("member", "identity", "interaction", "total"):
        await db.run(f"ANALYZE profile.{table}")
