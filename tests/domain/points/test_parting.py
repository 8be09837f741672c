"""What the search against the model found: points of people who were merged, and part again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import health, ledger, reversals
from domain.points.errors import NothingToReverse
from domain.points.ledger import Cause
from tests import make
from tests.domain.points.buying import give, parts
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
