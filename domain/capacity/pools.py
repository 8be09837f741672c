"""Pools: made, measured, resized and reopened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import SYSTEM, Actor
from domain.capacity import rules
from domain.capacity.errors import PoolInUse
from domain.capacity.rules import Numbers
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids

MOST = 1_000_000

# Holds that are over count as free for whoever reads; writers wait until they are ended.
_NUMBERS = """
WITH over AS (
    SELECT l.pool, sum(l.quantity) FILTER (WHERE h.state = 'HELD') AS held,
        sum(l.quantity) FILTER (WHERE h.state = 'PENDING') AS pending
    FROM capacity.hold AS h JOIN capacity.hold_line AS l ON l.hold = h.id
    WHERE h.state IN ('HELD', 'PENDING') AND h.expires_at <= $2 GROUP BY l.pool
)
SELECT p.id, p.size, p.taken, (p.pending - coalesce(o.pending, 0))::int AS pending,
    (p.held - coalesce(o.held, 0))::int AS held, p.waiting, p.closed_at IS NOT NULL AS is_closed
FROM capacity.pool AS p LEFT JOIN over AS o ON o.pool = p.id WHERE p.id = ANY($1)
"""


async def make(
    scope_kind: str,
    scope_id: UUID,
    *,
    size: int | None,
    starts_at: datetime | None = None,
    closes_when_full: bool = False,
    frees_on_exit: bool = False,
) -> UUID:
    """A new pool in the caller's transaction; ``size`` None is unlimited. One of size 0 may close at once."""
    _check(size)
    pool_id = ids.new()
    is_closed = closes_when_full and rules.is_full(size, 0, 0)
    await db.run(
        """INSERT INTO capacity.pool (id, scope_kind, scope_id, starts_at, size, taken, pending, held, waiting,
            closes_when_full, closed_at, frees_on_exit, mode) VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, $6, $7, $8, 'COUNTER')""",
        pool_id, scope_kind, scope_id, starts_at, size, closes_when_full, clock.now() if is_closed else None,
        frees_on_exit,
    )  # fmt: skip
    if is_closed:
        await note_closed(pool_id)
    return pool_id


async def numbers(pool_ids: Sequence[UUID]) -> dict[UUID, Numbers]:
    """How these pools stand now (one statement)."""
    rows = await db.fetch(_NUMBERS, list(pool_ids), clock.now())
    return {row["id"]: Numbers(**row) for row in rows}


async def by_id(pool_id: UUID) -> db.Row:
    """A pool's row, or NOT_FOUND."""
    row = await db.one("SELECT * FROM capacity.pool WHERE id = $1", pool_id)
    if row is None:
        raise NotFound()
    return row


async def resize(actor: Actor, pool_id: UUID, size: int | None) -> None:
    """Give the pool another size (None: unlimited), or PoolInUse. A closed pool stays closed.

    Locks the pool by its one statement. The caller has checked whose pool it is.
    """
    _check(size)
    async with db.transaction():
        before = await by_id(pool_id)
        row = await db.one(
            """UPDATE capacity.pool SET size = $2::int, closed_at = coalesce(closed_at,
                CASE WHEN closes_when_full AND taken + pending >= $2::int THEN $3::timestamptz END)
            WHERE id = $1 AND ($2::int IS NULL OR taken + pending + held <= $2::int)
            RETURNING closed_at = $3 AS is_closed_now""",
            pool_id, size, clock.now(),
        )  # fmt: skip
        if row is None:
            full = await by_id(pool_id)
            raise PoolInUse(taken=full["taken"], pending=full["pending"], held=full["held"])
        if row["is_closed_now"]:
            await note_closed(pool_id)
        await audit.append(
            actor, "capacity.pool.resized", "POOL", pool_id, facts={"from": before["size"], "to": size}
        )


async def reopen(actor: Actor, pool_id: UUID) -> bool:
    """Open a pool that closed when it was full; answers whether it was closed. It closes again when full again."""
    async with db.transaction():
        opened = await db.run(
            "UPDATE capacity.pool SET closed_at = NULL WHERE id = $1 AND closed_at IS NOT NULL", pool_id
        )
        if opened:
            await audit.append(actor, "capacity.pool.reopened", "POOL", pool_id)
        return opened > 0


async def close(pool_ids: Sequence[UUID]) -> None:
    """Give nothing away any more, in order of ids (the occasion is called off)."""
    for pool_id in sorted(pool_ids):
        await db.run(
            "UPDATE capacity.pool SET closed_at = coalesce(closed_at, $2) WHERE id = $1", pool_id, clock.now()
        )


async def note_closed(pool_id: UUID) -> None:
    """Put into the audit log that a pool closed because it was full."""
    await audit.append(SYSTEM, "capacity.pool.closed", "POOL", pool_id)


def _check(size: int | None) -> None:
    if size is not None and not 0 <= size <= MOST:
        raise InvalidInput.at("size", f"A pool has 0 to {MOST} places.")
