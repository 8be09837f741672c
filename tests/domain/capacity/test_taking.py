"""Taking, moving on, giving back, and what a pool does when it is full."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock, db
from domain.capacity import expiry, pools, rules, taking
from domain.capacity.errors import PoolFull, PoolInUse
from domain.capacity.rules import Purpose, State, View
from domain.errors import IllegalTransition, InvalidInput, NotFound
from domain.foundation import ids
from tests.domain.capacity.conftest import HOST, counters, is_healthy, left, pool, soon, take


async def test_taking_from_a_full_pool_takes_from_none() -> None:
    large, small = await pool(5), await pool(1)
    await take(small)
    with pytest.raises(PoolFull):
        await take(large, small)
    assert await counters(large) == (0, 0, 0)
    assert await counters(small) == (1, 0, 0)
    assert await is_healthy()


async def test_a_party_is_taken_at_once_or_not_at_all() -> None:
    places = await pool(3)
    await take(places, quantity=2)
    with pytest.raises(PoolFull):
        await take(places, quantity=2)
    assert await counters(places) == (2, 0, 0)
    await take(places, quantity=1)
    assert await left(places) == ("SOLD_OUT", 0)


async def test_the_public_leaves_the_places_of_those_who_wait() -> None:
    places = await pool(1)
    await db.run("UPDATE capacity.pool SET waiting = 1 WHERE id = $1", places)
    with pytest.raises(PoolFull):
        await take(places)
    await take(places, view=View.PROMOTION)
    assert await counters(places) == (1, 0, 0)


@pytest.mark.parametrize("source", list(State))
@pytest.mark.parametrize("target", [State.HELD, State.PENDING, State.TAKEN, State.RELEASED, State.EXPIRED])
async def test_every_edge_of_a_hold(source: State, target: State) -> None:
    places = await pool(9)
    hold = await take(places, quantity=2, state=source if source in rules.COUNTERS else State.HELD)
    if source not in rules.COUNTERS:
        await taking.release(hold, source)
    before = await counters(places)
    if target in rules.COUNTERS:
        if target in rules.EDGES[source]:
            await taking.move(hold, target)
        else:
            with pytest.raises(IllegalTransition) as refused:
                async with db.transaction():
                    await taking.move(hold, target)
            assert refused.value.allowed == sorted(rules.EDGES[source])
    else:
        assert await taking.release(hold, target) is (target in rules.EDGES[source])
    if target in rules.EDGES[source]:
        expected = tuple(2 if target is state else 0 for state in (State.TAKEN, State.PENDING, State.HELD))
        assert await counters(places) == expected
    else:
        assert await counters(places) == before
    assert await is_healthy()


async def test_giving_back_twice_gives_back_once() -> None:
    places = await pool(2)
    hold = await take(places, quantity=2)
    assert await taking.release(hold) is True
    assert await taking.release(hold) is False
    assert await counters(places) == (0, 0, 0)


async def test_a_party_can_become_smaller() -> None:
    one, other = await pool(3), await pool(5)
    hold = await take(one, other, quantity=3)
    await taking.give_back(hold, 2)
    assert await counters(one) == await counters(other) == (1, 0, 0)
    assert await taking.lines_of(hold) == {one: 1, other: 1}
    assert await is_healthy()


async def test_the_taker_ends_checkouts_that_are_over_but_not_what_a_record_owns() -> None:
    places = await pool(2)
    checkout = await take(places, state=State.HELD, expires_at=soon(10))
    registration = await take(places, state=State.PENDING, expires_at=soon(10))
    clock.shift(timedelta(minutes=11))
    await take(places)
    assert (await taking.by_id(checkout))["state"] == "EXPIRED"
    assert (await taking.by_id(registration))["state"] == "PENDING"
    with pytest.raises(PoolFull):
        await take(places)
    assert await is_healthy()


async def test_ones_own_checkout_does_not_stand_in_the_way() -> None:
    places = await pool(1)
    mine = await take(places, state=State.HELD, expires_at=soon(10))
    again = await take(places, state=State.HELD, expires_at=soon(10), instead_of=[mine])
    assert (await taking.by_id(mine))["state"] == "RELEASED"
    assert (await taking.by_id(again))["state"] == "HELD"
    assert await counters(places) == (0, 0, 1)


async def test_the_sweep_ends_what_is_over_and_nothing_else() -> None:
    places = await pool(3)
    first = await take(places, state=State.HELD, expires_at=soon(5))
    second = await take(places, state=State.HELD, expires_at=soon(15))
    assert await expiry.next_due() == (await taking.by_id(first))["expires_at"]
    clock.shift(timedelta(minutes=5))
    assert await expiry.sweep() == 1
    assert await expiry.sweep() == 0
    assert await expiry.next_due() == (await taking.by_id(second))["expires_at"]
    assert await counters(places) == (0, 0, 1)
    assert await is_healthy()


async def test_a_moved_hold_changes_hands() -> None:
    places = await pool(1)
    hold = await take(places, state=State.HELD, expires_at=soon(10))
    registration = ids.new()
    await taking.move(hold, State.TAKEN, purpose=Purpose.REGISTRATION, subject=("REGISTRATION", registration))
    row = await taking.by_id(hold)
    assert (row["purpose"], row["subject_kind"], row["subject_id"], row["expires_at"]) == (
        "REGISTRATION", "REGISTRATION", registration, None,
    )  # fmt: skip


async def test_a_pool_can_only_become_as_small_as_what_is_given_away() -> None:
    places = await pool(5)
    await take(places, quantity=2)
    await take(places, state=State.PENDING)
    await take(places, state=State.HELD, expires_at=soon())
    with pytest.raises(PoolInUse) as refused:
        await pools.resize(HOST, places, 3)
    assert (refused.value.taken, refused.value.pending, refused.value.held) == (2, 1, 1)
    assert (await pools.by_id(places))["size"] == 5
    await pools.resize(HOST, places, 4)
    await pools.resize(HOST, places, None)
    assert await left(places) == ("AVAILABLE", None)


async def test_sizes_that_cannot_be() -> None:
    places = await pool(5)
    for size in (-1, pools.MOST + 1):
        with pytest.raises(InvalidInput):
            await pools.resize(HOST, places, size)
    with pytest.raises(NotFound):
        await pools.resize(HOST, ids.new(), 5)


async def test_a_pool_that_closes_when_full_stays_closed_until_staff_reopen_it() -> None:
    places = await pool(2, closes_when_full=True)
    hold = await take(places)
    await take(places)
    assert await _audited("capacity.pool.closed", places) == 1
    await taking.release(hold)
    assert await left(places) == ("SOLD_OUT", 0)
    with pytest.raises(PoolFull):
        await take(places)
    await pools.resize(HOST, places, 9)
    assert await left(places) == ("SOLD_OUT", 0)
    assert await pools.reopen(HOST, places) is True
    assert await pools.reopen(HOST, places) is False
    assert await left(places) == ("AVAILABLE", 8)
    assert await _audited("capacity.pool.reopened", places) == 1


async def test_a_checkout_alone_does_not_close_a_pool_but_its_purchase_does() -> None:
    places = await pool(1, closes_when_full=True)
    hold = await take(places, state=State.HELD, expires_at=soon())
    assert (await pools.by_id(places))["closed_at"] is None
    await taking.move(hold, State.TAKEN)
    assert (await pools.by_id(places))["closed_at"] is not None
    assert await _audited("capacity.pool.closed", places) == 1


async def test_an_empty_pool_that_closes_when_full_is_closed_from_the_start() -> None:
    places = await pool(0, closes_when_full=True)
    assert await left(places) == ("SOLD_OUT", 0)
    assert await _audited("capacity.pool.closed", places) == 1


async def _audited(action: str, subject) -> int:
    return await db.value(
        "SELECT count(*) FROM access.audit_entry WHERE action = $1 AND subject = $2", action, subject
    )
