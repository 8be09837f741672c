"""Points when members merge and part again."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import balances, health, holds, ledger
from domain.points.ledger import Cause
from domain.profile import merges
from tests import make


@pytest.fixture(autouse=True)
async def healthy():
    wiring.start()
    yield
    assert [c for c in await health.check() if not c.holds] == []


async def parts(member: UUID) -> tuple[int, int, int, int]:
    found = await balances.of_wallet(member, "POINTS")
    return found.pending, found.available, found.held, found.debt


async def give(member: UUID, amount: int, **more) -> UUID:
    return (await ledger.earn(SYSTEM, member, "POINTS", amount, Cause("TEST", ids.new()), **more)).journal


async def merged(*members: UUID) -> tuple[UUID, UUID, UUID]:
    merge = await merges.merge_two(make.staff("admin"), *members, "the same person")
    row = await db.one("SELECT winner, loser FROM profile.merge WHERE id = $1", merge)
    return merge, row["winner"], row["loser"]


async def test_a_merge_moves_everything_and_its_undo_gives_it_back() -> None:
    first, second = await make.member_id(), await make.member_id()
    soon = clock.now() + timedelta(days=3)
    for member in (first, second):
        await give(member, 100, expires_at=soon)
        await give(member, 40, activates_at=soon)
        await holds.hold(SYSTEM, member, {"POINTS": 30}, source="TEST", source_id=member, expires_at=None)
    merge, winner, loser = await merged(first, second)
    assert await parts(first) == await parts(second) == (80, 140, 60, 0)
    held = await holds.by_cause("TEST", loser)
    await merges.undo(make.staff("admin"), merge, "they are two")
    assert await parts(winner) == await parts(loser) == (40, 70, 30, 0)
    assert (await holds.capture(SYSTEM, held.id)).state == "CAPTURED"
    assert await parts(loser) == (40, 70, 0, 0)


async def test_debt_is_paid_by_a_merge() -> None:
    first, second = await make.member_id(), await make.member_id()
    journal = await give(first, 50)
    await ledger.spend(SYSTEM, first, {"POINTS": 50}, Cause("TEST", 1))
    await ledger.claw_back(SYSTEM, first, "POINTS", 50, Cause("TEST", 2), of=[journal])
    await give(second, 70)
    await merged(first, second)
    assert await parts(first) == (0, 20, 0, 0)


async def test_what_was_spent_since_a_merge_is_waived_when_it_is_undone() -> None:
    first, second = await make.member_id(), await make.member_id()
    for member in (first, second):
        await give(member, 100)
    merge, winner, loser = await merged(first, second)
    await ledger.spend(SYSTEM, winner, {"POINTS": 130}, Cause("TEST", 1))
    await merges.undo(make.staff("admin"), merge, "they are two")
    assert (await parts(winner))[1] + (await parts(loser))[1] == 70
    facts = await db.value("SELECT facts FROM points.journal WHERE source = 'UNMERGE'")
    assert facts is None or facts["waived"]["POINTS"] == 100 - (await parts(loser))[1]


async def test_growth_is_moved_too() -> None:
    first, second = await make.member_id(), await make.member_id()
    for member in (first, second):
        await ledger.earn(SYSTEM, member, "GROWTH", 5, Cause("TEST", member))
    merge, *_ = await merged(first, second)
    assert (await balances.of_wallet(first, "GROWTH")).available == 10
    await merges.undo(make.staff("admin"), merge, "they are two")
    assert [(await balances.of_wallet(m, "GROWTH")).available for m in (first, second)] == [5, 5]


async def test_what_is_earned_after_a_merge_goes_to_the_root() -> None:
    first, second = await make.member_id(), await make.member_id()
    await give(first, 1)
    await give(second, 1)
    _, _, loser = await merged(first, second)
    await give(loser, 5)
    assert await parts(first) == (0, 7, 0, 0)
