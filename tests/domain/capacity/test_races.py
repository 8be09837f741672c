"""Many at once (E2): what a pool gives away under any interleaving, and what happens without the condition."""

from __future__ import annotations

import asyncio

import pytest

from domain import clock, db
from domain.capacity.errors import PoolFull
from domain.capacity.rules import State
from domain.foundation import ids
from tests.domain.capacity.conftest import counters, is_healthy, pool, soon, take

pytestmark = [pytest.mark.commits, pytest.mark.xdist_group("races")]


async def _all(*tries) -> tuple[int, int]:
    """How many succeeded, and how many met a full pool."""
    found = await asyncio.gather(*tries, return_exceptions=True)
    full = [each for each in found if isinstance(each, PoolFull)]
    unexpected = [each for each in found if isinstance(each, BaseException) and each not in full]
    assert not unexpected, unexpected
    return len(found) - len(full), len(full)


async def test_fifty_at_once_get_exactly_the_ten_places() -> None:
    places = await pool(10)
    assert await _all(*(take(places) for _ in range(50))) == (10, 40)
    assert await counters(places) == (10, 0, 0)
    assert await is_healthy()


async def test_without_the_condition_more_are_sold_than_there_are() -> None:
    places = await pool(10)
    found = await asyncio.gather(*(_count_then_insert(places, 10) for _ in range(50)))
    assert sum(found) > 10


async def test_pools_taken_in_any_order_do_not_deadlock() -> None:
    one, other = await pool(10), await pool(12)
    tries = [take(*((one, other) if turn % 2 else (other, one))) for turn in range(30)]
    assert await _all(*tries) == (10, 20)
    assert await counters(one) == await counters(other) == (10, 0, 0)


async def test_a_checkout_that_is_over_is_given_to_one_of_many() -> None:
    places = await pool(1)
    await take(places, state=State.HELD, expires_at=soon(0))
    assert await _all(*(take(places) for _ in range(20))) == (1, 19)
    assert await counters(places) == (1, 0, 0)
    assert await is_healthy()


async def _count_then_insert(places, size: int) -> bool:
    """The control: count what is given away, then write it down; READ COMMITTED, no condition, no lock."""
    async with db.transaction():
        given = await db.value(
            "SELECT coalesce(sum(quantity), 0) FROM capacity.hold_line WHERE pool = $1", places
        )
        if given >= size:
            return False
        await asyncio.sleep(0.02)
        hold = ids.new()
        await db.run(
            """INSERT INTO capacity.hold (id, purpose, subject_kind, subject_id, state, held_at)
            VALUES ($1, 'REGISTRATION', 'TEST', $1, 'TAKEN', $2)""",
            hold, clock.now(),
        )  # fmt: skip
        await db.run(
            "INSERT INTO capacity.hold_line (id, hold, pool, quantity) VALUES ($1, $2, $3, 1)",
            ids.new(), hold, places,
        )  # fmt: skip
        return True
