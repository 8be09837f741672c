"""What a pool has left: the order of the states, several pools, two views."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db
from domain.capacity import pools, rules
from domain.capacity.rules import AvailabilityState, Numbers, State, View
from tests.domain.capacity.conftest import left, pool, soon, take


def numbers(size, taken=0, pending=0, held=0, waiting=0, is_closed=False) -> Numbers:
    return Numbers(UUID(int=1), size, taken, pending, held, waiting, is_closed)


@pytest.mark.parametrize(
    ("given", "state", "available"),
    [
        (numbers(5, is_closed=True), "SOLD_OUT", 0),
        (numbers(None, is_closed=True), "SOLD_OUT", 0),
        (numbers(None, taken=9), "AVAILABLE", None),
        (numbers(0), "SOLD_OUT", 0),
        (numbers(2, taken=2), "SOLD_OUT", 0),
        (numbers(2, taken=1, pending=1), "PENDING", 0),
        (numbers(2, taken=1, waiting=1), "PENDING", 0),
        (numbers(3, taken=1, pending=1, held=1), "IN_CHECKOUT", 0),
        (numbers(3, taken=1, pending=1), "AVAILABLE", 1),
    ],
)
def test_the_first_that_leaves_nothing_names_the_state(given, state, available) -> None:
    assert rules.availability(given) == rules.Availability(AvailabilityState(state), available)


def test_only_the_promotion_sees_the_places_of_those_who_wait() -> None:
    waited_for = numbers(1, waiting=1)
    assert rules.availability(waited_for, View.PUBLIC).available == 0
    assert rules.availability(waited_for, View.PROMOTION).available == 1


def test_of_several_pools_the_worst_state_then_the_smallest_number_counts() -> None:
    assert rules.combined([numbers(2), numbers(1)]).available == 1
    assert rules.combined([numbers(2), numbers(0)]) == rules.Availability(AvailabilityState.SOLD_OUT, 0)
    assert rules.combined([numbers(None), numbers(4)]).available == 4
    assert rules.combined([numbers(2, held=2), numbers(2, pending=2)]).state == "PENDING"
    assert rules.combined([]).available is None


async def test_a_pool_of_two_that_is_taken_twice_is_sold_out_until_it_grows() -> None:
    places = await pool(2)
    await take(places)
    await take(places)
    assert await left(places) == ("SOLD_OUT", 0)
    async with db.transaction():
        await db.run("UPDATE capacity.pool SET size = 3 WHERE id = $1", places)
    assert await left(places) == ("AVAILABLE", 1)
    await take(places)
    assert await left(places) == ("SOLD_OUT", 0)


async def test_a_checkout_that_is_over_reads_as_free_before_anybody_ended_it() -> None:
    places = await pool(3)
    await take(places)
    await take(places, state=State.PENDING)
    await take(places, state=State.HELD, expires_at=soon(10))
    assert await left(places) == ("IN_CHECKOUT", 0)
    clock.shift(timedelta(minutes=10))
    assert await left(places) == ("AVAILABLE", 1)


async def test_a_tier_draws_on_all_its_pools() -> None:
    small, large = await pool(1), await pool(2)
    assert await left(small, large) == ("AVAILABLE", 1)
    await take(small, large)
    assert await left(small, large) == ("SOLD_OUT", 0)
    assert await left(large) == ("AVAILABLE", 1)


async def test_numbers_of_many_pools_are_one_statement() -> None:
    many = [await pool(size) for size in range(5)]
    seen: list[str] = []
    token = db.recorder.set(seen)
    try:
        assert len(await pools.numbers(many)) == 5
        await asyncio.sleep(0)  # the driver tells of statements a turn later
    finally:
        db.recorder.reset(token)
    assert len(seen) == 1
