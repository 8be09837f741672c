"""What the search against the model found: points of people who were merged, and part again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import health, holds, ledger, reversals
from domain.points.errors import AlreadyReversed, NothingToReverse
from domain.points.ledger import Cause
from domain.profile import merges
from tests import make
from tests.domain.points.buying import buy, give, parts, rule
from tests.domain.points.test_merging import merged
from tests.everything.scenarios.people import without_a_second_person

STAFF = make.staff("operator")


@pytest.fixture(autouse=True)
async def healthy():
    wiring.start()
    yield
    clock.shift(timedelta(0))
    assert await health.violations() == []


async def spend(member, amount: int):
    return (await ledger.spend(SYSTEM, member, {"POINTS": amount}, Cause("TEST", ids.new()))).journal


async def test_what_was_spent_to_the_last_point_before_a_merge_can_be_refunded_after_it() -> None:
    first, second = await make.member_id(), await make.member_id()
    soon = clock.now() + timedelta(days=3)
    spent = {}
    for member in (first, second):
        await give(member, 10, expires_at=soon)
        spent[member] = await spend(member, 10)
    _, winner, loser = await merged(first, second)
    await ledger.refund(SYSTEM, spent[loser], Cause("TEST", 1), {"POINTS": 4})
    await ledger.refund(SYSTEM, spent[loser], Cause("TEST", 2))
    assert await parts(winner) == (0, 10, 0, 0)
    clock.shift(timedelta(days=3, seconds=5))
    assert await parts(winner) == (0, 0, 0, 0)  # it kept its end


async def test_what_one_spent_of_the_others_lot_comes_back_to_the_one_who_spent_it() -> None:
    first, second = await make.member_id(), await make.member_id()
    soon = clock.now() + timedelta(days=3)
    await give(first, 10, expires_at=soon)
    await give(second, 10, expires_at=soon)
    merge, winner, loser = await merged(first, second)
    spent = await spend(winner, 14)
    await merges.undo(STAFF, merge, "they are two")
    assert ((await parts(winner))[1], (await parts(loser))[1]) in [(0, 6), (6, 0)]
    before = {each: (await parts(each))[1] for each in (winner, loser)}
    await ledger.refund(SYSTEM, spent, Cause("TEST", 1), {"POINTS": 5})
    await ledger.refund(SYSTEM, spent, Cause("TEST", 2))
    assert (await parts(winner))[1] == before[winner] + 14
    assert (await parts(loser))[1] == before[loser]
    clock.shift(timedelta(days=3, seconds=5))
    assert await parts(winner) == await parts(loser) == (0, 0, 0, 0)


async def test_what_came_back_while_two_were_one_person_does_not_come_back_again() -> None:
    first, second = await make.member_id(), await make.member_id()
    await give(second, 30)
    spent = await spend(second, 20)
    merge = await merges.merge_two(STAFF, first, second, "one person", winner=first)
    await ledger.refund(SYSTEM, spent, Cause("TEST", 1), {"POINTS": 12})
    await merges.undo(STAFF, merge, "they are two")
    together = [await parts(member) for member in (first, second)]
    assert sum(available for _, available, _, _ in together) == 22
    rest = await ledger.refund(SYSTEM, spent, Cause("TEST", 2))
    assert rest.moved == {"POINTS": 8}
    assert (await parts(second))[1] == together[1][1] + 8
    with pytest.raises(AlreadyReversed):
        await ledger.refund(SYSTEM, spent, Cause("TEST", 3))


@pytest.mark.parametrize("more", [0, 5])
async def test_a_hold_of_lots_of_both_stays_with_what_it_keeps(more: int) -> None:
    first, second = await make.member_id(), await make.member_id()
    soon = clock.now() + timedelta(days=3)
    await give(first, 10, expires_at=soon)
    await give(second, 10 + more, expires_at=soon + timedelta(days=1))
    merge, winner, loser = await merged(first, second)
    held = await holds.hold(SYSTEM, winner, {"POINTS": 20}, source="TEST", source_id=1, expires_at=None)
    parted = await merges.undo(STAFF, merge, "they are two")
    assert sum(int(each.amount) for each in parted.waived) in (10, 15)
    assert (await parts(winner))[2] == 20
    assert (await parts(loser))[2] == 0
    assert (await parts(winner))[1] + (await parts(loser))[1] == more
    assert (await holds.capture(SYSTEM, held.id)).state == "CAPTURED"
    assert await parts(winner) == (0, (await parts(winner))[1], 0, 0)


async def test_each_has_the_room_under_a_cap_again_that_each_had_left() -> None:
    cap = {"per": "MEMBER", "window": "DAY", "measure": "POINTS", "limit": 80, "on_excess": "CUT", "mode": "GROSS",
           "group": None}  # fmt: skip
    await rule(70, caps=[cap])
    first, second = await make.member_id(), await make.member_id()
    await buy(first, 100, name="o-1")
    merge, *_ = await merged(first, second)
    await merges.undo(STAFF, merge, "they are two")
    await buy(first, 100, name="o-2")
    await buy(second, 100, name="o-3")
    assert (await parts(first), await parts(second)) == ((0, 80, 0, 0), (0, 70, 0, 0))


async def test_an_award_that_was_cancelled_in_time_cannot_be_taken_back_once_more() -> None:
    await without_a_second_person(reversals.REVERSE)
    member = await make.member_id()
    await give(member, 30)
    soon = clock.now() + timedelta(hours=1)
    award = await give(member, 10, waits=True, cancel_at=soon)
    clock.shift(timedelta(hours=1, seconds=5))
    await ledger.spend(SYSTEM, member, {"POINTS": 1}, Cause("TEST", 1))  # posts what is due first
    with pytest.raises(NothingToReverse):
        await reversals.reverse(STAFF, award, reason="wrong", is_forced=True)
    assert await parts(member) == (0, 29, 0, 0)
