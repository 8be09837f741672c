"""Due rows that fail: each is left alone for a while, so that it never keeps the other rows of its sweep from their turn.

A sweep's query leaves out what :func:`waits` names, and its next due moment is put off by what :func:`join` finds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import structlog

from domain import clock, db
from domain.errors import Conflict
from domain.foundation import ids

log = structlog.get_logger("marque.points")

T = TypeVar("T")

_LONGEST = 500
_FORGOTTEN = timedelta(days=7)  # a row that is still due was tried again long before


def waits(sweep: str, subject: str) -> str:
    """SQL: whether the row that the expression ``subject`` names waits at ``$1`` (now) after a failure."""
    return f"""EXISTS (SELECT FROM points.setback AS b WHERE b.sweep = '{sweep}' AND b.subject = {subject}::text
        AND b.next_try_at > $1)"""


def join(sweep: str, subject: str) -> str:
    """SQL: joins ``b.next_try_at``, null for a row that never failed."""
    return f"LEFT JOIN points.setback AS b ON b.sweep = '{sweep}' AND b.subject = {subject}::text"


async def each(
    sweep: str, rows: Sequence[T], work: Callable[[T], Awaitable[object]], name: Callable[[T], object] = str
) -> int:
    """Work off due rows in their order, one transaction each; answers how many succeeded.

    A row that fails is logged and set back, longer each time. Only a database that does not answer ends the batch.
    """
    done = [str(name(row)) for row in rows if await _succeeds(sweep, row, work, name)]
    await _forget(sweep, done)
    return len(done)


async def together(
    sweep: str, rows: Sequence[UUID], work: Callable[[Sequence[UUID]], Awaitable[T]], size: int
) -> list[T]:
    """The same with so many rows a transaction; answers what each of these said.

    Where one fails, its rows are worked off one by one.
    """
    found: list[T] = []
    for start in range(0, len(rows), size):
        found += await _batch(sweep, rows[start : start + size], work)
    return found


async def _batch(sweep: str, rows: Sequence[UUID], work: Callable[[Sequence[UUID]], Awaitable[T]]) -> list[T]:
    try:
        found = [await db.attempt(lambda: work(rows))]
    except db.Unreachable:
        raise
    except Exception:
        said: dict[UUID, T] = {}

        async def alone(row: UUID) -> None:
            said[row] = await work([row])

        done = [row for row in rows if await _succeeds(sweep, row, alone)]
        await _forget(sweep, [str(row) for row in done])
        return [said[row] for row in done]
    await _forget(sweep, [str(row) for row in rows])
    return found


async def _succeeds(
    sweep: str, row: T, work: Callable[[T], Awaitable[object]], name: Callable[[T], object] = str
) -> bool:
    try:
        await db.attempt(lambda: work(row))
    except db.Unreachable:
        raise
    except Exception as failure:
        if not isinstance(failure, Conflict):  # somebody else works on it: nothing is wrong
            log.exception("a due row failed", sweep=sweep, subject=str(name(row)))
        await _set_back(sweep, str(name(row)), failure)
        return False
    return True


async def _forget(sweep: str, subjects: Sequence[str]) -> None:
    if subjects:
        await db.run("DELETE FROM points.setback WHERE sweep = $1 AND subject = ANY($2)", sweep, subjects)


async def _set_back(sweep: str, subject: str, failure: Exception) -> None:
    now = clock.now()
    await db.run(
        """INSERT INTO points.setback AS b (id, sweep, subject, tries, next_try_at, last_error)
        VALUES ($1, $2, $3, 1, $4::timestamptz + interval '2 seconds', $5)
        ON CONFLICT (sweep, subject) DO UPDATE SET tries = least(b.tries + 1, 1000), last_error = excluded.last_error,
            next_try_at = $4::timestamptz + interval '2 seconds' * power(4, least(b.tries, 8))""",
        ids.new(), sweep, subject, now, f"{type(failure).__name__}: {failure}"[:_LONGEST],
    )  # fmt: skip
    await db.run("DELETE FROM points.setback WHERE sweep = $1 AND next_try_at < $2", sweep, now - _FORGOTTEN)
