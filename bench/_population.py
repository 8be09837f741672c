"""A whole brand's people with a year of interactions, written set by set and indexed afterwards.

Rows lie on the disk as they arrived: month by month in their partitions, those of one person far from each other. They
are what the drain would leave: totals stand beside them, nothing is pending.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.foundation import ids
from domain.profile import partitions

KINDS = 10
YEAR = timedelta(days=365)
#: So many rows are written by one statement.
BATCH = 1_000_000


async def of(people: int, rows: int) -> list[UUID]:
    """So many members with so many interactions each; made once for each size, and kept."""
    await db.run("CREATE SCHEMA IF NOT EXISTS bench")
    await db.run(
        """CREATE TABLE IF NOT EXISTS bench.population (people int, rows int, number int, member uuid,
            PRIMARY KEY (people, rows, number))"""
    )
    known = await _known(people, rows)
    if known:
        return known
    now = clock.now()
    async with db.transaction():
        for days in range(365, -1, -30):
            await partitions.ensure(now - timedelta(days=days))
        await db.run("SET LOCAL maintenance_work_mem = '512MB'")
        await db.run("SET LOCAL session_replication_role = replica")  # each key is right by construction
        await db.run(
            "INSERT INTO bench.population SELECT $1, $2, n - 1, i FROM unnest($3::uuid[]) WITH ORDINALITY AS m(i, n)",
            people, rows, [ids.new() for _ in range(people)],
        )  # fmt: skip
        await _members(people, rows, now)
        async with _without_indexes("interaction"):
            for start in range(0, people * rows, BATCH):
                await _interactions(people, rows, now, start, min(start + BATCH, people * rows) - 1)
        await _totals(people, rows, now)
    for table in ("member", "identity", "interaction", "total"):
        await db.run(f"VACUUM (ANALYZE) profile.{table}")
    return await _known(people, rows)


async def _known(people: int, rows: int) -> list[UUID]:
    found = await db.fetch(
        "SELECT member FROM bench.population WHERE people = $1 AND rows = $2 ORDER BY number", people, rows
    )
    return [row["member"] for row in found]


async def _members(people: int, rows: int, now: datetime) -> None:
    await db.run(
        """INSERT INTO profile.member (id, root, kind, status, zone, locale, joined_at, first_seen_at, last_seen_at, version)
        SELECT member, member, 'MEMBER', 'ACTIVE', 'Asia/Shanghai', 'zh-CN', $3, $3, $4, 1
        FROM bench.population WHERE people = $1 AND rows = $2 ORDER BY number""",
        people, rows, now - YEAR, now,
    )  # fmt: skip
    await db.run(
        """INSERT INTO profile.identity (id, type, value_norm, member, is_verified, first_seen_at, last_seen_at)
        SELECT gen_random_uuid(), 'user_id', 'bench-' || member, member, true, $3, $4
        FROM bench.population WHERE people = $1 AND rows = $2 ORDER BY number""",
        people, rows, now - YEAR, now,
    )  # fmt: skip


async def _interactions(people: int, rows: int, now: datetime, first: int, last: int) -> None:
    """Rows number ``first`` to ``last`` of the year: each person in turn, so often as there are rows of one."""
    await db.run(
        """INSERT INTO profile.interaction (id, origin, message_id, member, kind, class, occurred_at, received_at,
            touchpoint, actor_kind, properties)
        SELECT (lpad(to_hex($3::bigint + n), 16, '0') || substr(md5(n::text), 1, 16))::uuid, 'REPORTED',
            'bench-' || $3::bigint || '-' || n, p.member, 'app.bench_' || n / $1::int % $4::int, 'REPORTED', t.at, t.at, 'ios', 'SYSTEM',
            '{"page": "home"}'
        FROM generate_series($5::bigint, $6::bigint) AS n
        CROSS JOIN LATERAL (SELECT $7::timestamptz + n * ($8::interval / ($1::int::bigint * $2::int)) AS at) AS t
        JOIN bench.population AS p ON p.people = $1::int AND p.rows = $2::int AND p.number = n % $1::int""",
        people, rows, int(now.timestamp() * 1_000_000), KINDS, first, last, now - YEAR, YEAR,
    )  # fmt: skip


async def _totals(people: int, rows: int, now: datetime) -> None:
    """What the drain would have counted: the kinds take turns."""
    await db.run(
        """INSERT INTO profile.total (member, kind, count, first_at, last_at)
        SELECT p.member, 'app.bench_' || k, (p.rows - k + $3::int - 1) / $3,
            $4::timestamptz + (k::bigint * p.people + p.number) * s.step,
            $4::timestamptz + ((((p.rows - 1 - k) / $3) * $3 + k)::bigint * p.people + p.number) * s.step
        FROM bench.population AS p CROSS JOIN generate_series(0, $3::int - 1) AS k
        CROSS JOIN LATERAL (SELECT $5::interval / (p.people::bigint * p.rows) AS step) AS s
        WHERE p.people = $1 AND p.rows = $2 AND k < p.rows ORDER BY p.number, k""",
        people, rows, KINDS, now - YEAR, YEAR,
    )  # fmt: skip


@asynccontextmanager
async def _without_indexes(table: str) -> AsyncIterator[None]:
    """Inside, the table has no indexes but its key; the transaction that rolls back never dropped them."""
    found = await db.fetch(
        """SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'profile' AND tablename = $1
        AND indexname <> $1 || '_pkey'""",
        table,
    )
    for index in found:
        await db.run(f"DROP INDEX profile.{index['indexname']}")
    yield
    for index in found:
        await db.run(index["indexdef"].replace(" ON ONLY ", " ON "))
