"""Reversing by hand: all or nothing, once, and forced into debt."""

from decimal import Decimal
from uuid import UUID

import pytest

from domain import db, wiring
from domain.access import approvals
from domain.access.approvals import Approval
from domain.actor import SYSTEM
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.points import balances, health, ledger, operating, reversals
from domain.points.errors import AlreadyReversed, NothingToReverse, PointsAlreadySpent
from domain.points.ledger import Cause
from tests import make


@pytest.fixture(autouse=True)
async def healthy():
    wiring.start()
    await operating.set_approval(make.staff("admin"), "REVERSE", None)
    yield
    assert await health.violations() == []


async def give(member: UUID, amount: int) -> UUID:
    return (await ledger.earn(SYSTEM, member, "POINTS", amount, Cause("TEST", ids.new()))).journal


async def spend(member: UUID, amount: int) -> UUID:
    return (await ledger.spend(SYSTEM, member, {"POINTS": amount}, Cause("TEST", ids.new()))).journal


async def net(member: UUID) -> int:
    return (await balances.of_wallet(member, "POINTS")).net


async def reverse(journal: UUID, **more):
    return await reversals.reverse(make.staff("operator"), journal, reason="a mistake", **more)


async def test_what_is_spent_is_not_reversed_unless_forced() -> None:
    member = await make.member_id()
    earned = await give(member, 100)
    await spend(member, 100)
    with pytest.raises(PointsAlreadySpent) as refused:
        await reverse(earned)
    assert refused.value.missing == 100
    assert await net(member) == 0
    await reverse(earned, is_forced=True)
    assert await net(member) == -100
    with pytest.raises(AlreadyReversed):
        await reverse(earned)


async def test_a_dry_run_changes_nothing() -> None:
    member = await make.member_id()
    earned = await give(member, 100)
    tried = await reverse(earned, is_dry=True)
    assert [balance.net for balance in tried.balances] == [0]
    assert await net(member) == 100
    assert await db.value("SELECT count(*) FROM points.journal WHERE reverses = $1", earned) == 0


async def test_parts_are_reversed_until_nothing_is_left() -> None:
    member = await make.member_id()
    earned = await give(member, 100)
    await reverse(earned, amount=Decimal(30))
    assert await net(member) == 70
    await reverse(earned, amount=Decimal(1_000))  # cut to what is left
    assert await net(member) == 0
    with pytest.raises(AlreadyReversed):
        await reverse(earned, amount=Decimal(1))
    for wrong in (Decimal(0), Decimal(-1)):
        with pytest.raises(InvalidInput):
            await reverse(await give(member, 5), amount=wrong)


async def test_a_spend_is_reversed_into_its_lots() -> None:
    member = await make.member_id()
    await give(member, 100)
    spent = await spend(member, 40)
    done = await reverse(spent, at_occurred_time=True)
    assert await net(member) == 100
    assert await db.value("SELECT kind FROM points.journal WHERE id = $1", done.journal) == "REVERSE"
    with pytest.raises(NothingToReverse):
        await reverse(done.journal)


async def test_a_second_person_signs_as_shipped() -> None:
    member = await make.member_id()
    earned = await give(member, 100)
    await operating.set_approval(make.staff("admin"), "REVERSE", Decimal(50))
    asked = await reverse(earned)
    assert isinstance(asked, Approval)
    assert await net(member) == 100
    await reverse(earned, amount=Decimal(50))
    assert await net(member) == 50
    assert "points.REVERSE" in approvals.commands
