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

STAFF = make.staff("admin")


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


async def in_debt(member: UUID, debt: int) -> None:
    """So much was taken back of what the member has spent."""
    journal = await give(member, debt)
    await ledger.spend(SYSTEM, member, {"POINTS": debt}, Cause("TEST", ids.new()))
    await ledger.claw_back(SYSTEM, member, "POINTS", debt, Cause("TEST", ids.new()), of=[journal])


async def lots_of(member: UUID) -> list[tuple[int, int, str]]:
    rows = await db.fetch(
        "SELECT l.original, l.remaining, l.state FROM points.lot AS l JOIN points.account AS a ON a.id = l.account "
        "WHERE a.member = $1 ORDER BY l.original, l.id",
        member,
    )
    return [tuple(row) for row in rows]


async def two(**lots: list[int]) -> tuple[UUID, UUID]:
    """A winner and a loser with lots of these sizes; the older member wins."""
    found = [await make.member_id(), await make.member_id()]
    for member, amounts in zip(found, lots.values(), strict=True):
        for amount in amounts:
            await give(member, amount)
    return found[0], found[1]


async def test_a_debt_that_a_merge_paid_is_owed_again_after_its_undo() -> None:
    winner, loser = await two(winner=[30, 70], loser=[])
    await in_debt(loser, 50)
    merge = await merges.merge_two(STAFF, winner, loser, "one person", winner=winner)
    assert await parts(winner) == (0, 50, 0, 0)
    assert (await merges.undo(STAFF, merge, "they are two")).waived == ()
    assert (await parts(winner), await parts(loser)) == ((0, 100, 0, 0), (0, 0, 0, 50))
    assert await lots_of(winner) == [(30, 30, "ACTIVE"), (70, 70, "ACTIVE")]
    await give(loser, 60)
    assert await parts(loser) == (0, 10, 0, 0)


async def test_points_that_paid_the_winners_debt_go_back_and_the_winner_owes_again() -> None:
    winner, loser = await two(winner=[], loser=[20, 50])
    await in_debt(winner, 40)
    merge = await merges.merge_two(STAFF, winner, loser, "one person", winner=winner)
    assert await parts(winner) == (0, 30, 0, 0)
    await give(winner, 5)
    await ledger.spend(SYSTEM, winner, {"POINTS": 10}, Cause("TEST", 9))
    parted = await merges.undo(STAFF, merge, "they are two")
    assert [int(each.amount) for each in parted.waived] == [10]  # of the older lots, which are the loser's
    assert (await parts(winner), await parts(loser)) == ((0, 0, 0, 35), (0, 60, 0, 0))
    assert await lots_of(loser) == [(20, 20, "ACTIVE"), (50, 40, "ACTIVE")]


async def test_what_paid_a_debt_and_has_ended_since_ends_again_and_nothing_is_made() -> None:
    winner, loser = await two(winner=[], loser=[])
    await give(loser, 50, expires_at=clock.now() + timedelta(days=1))
    await in_debt(winner, 30)
    merge = await merges.merge_two(STAFF, winner, loser, "one person", winner=winner)
    clock.shift(timedelta(days=2))
    await merges.undo(STAFF, merge, "they are two")
    clock.shift(timedelta(0))
    assert (await parts(winner), await parts(loser)) == ((0, 0, 0, 30), (0, 0, 0, 0))
    assert await db.value("SELECT sum(amount)::int FROM points.entry WHERE target_part = 'EXPIRED'") == 50


async def test_what_is_left_of_a_debt_that_went_over_goes_back_and_not_more() -> None:
    winner, loser = await two(winner=[20], loser=[])
    await in_debt(loser, 50)
    merge = await merges.merge_two(STAFF, winner, loser, "one person", winner=winner)
    assert await parts(winner) == (0, 0, 0, 30)
    await give(winner, 10)
    await merges.undo(STAFF, merge, "they are two")
    assert (await parts(winner), await parts(loser)) == ((0, 20, 0, 0), (0, 0, 0, 40))


async def test_growth_that_paid_a_debt_goes_back_too() -> None:
    winner, loser = await two(winner=[], loser=[])
    for member, amount in ((winner, 5), (loser, 8)):
        await ledger.earn(SYSTEM, member, "GROWTH", amount, Cause("TEST", member))
    await ledger.claw_back(SYSTEM, winner, "GROWTH", 9, Cause("TEST", 1))
    merge = await merges.merge_two(STAFF, winner, loser, "one person", winner=winner)
    assert (await balances.of_wallet(winner, "GROWTH")).net == 4
    assert (await merges.undo(STAFF, merge, "they are two")).waived == ()
    found = [await balances.of_wallet(member, "GROWTH") for member in (winner, loser)]
    assert [(each.available, each.debt) for each in found] == [(0, 4), (8, 0)]


async def test_what_came_back_to_a_lot_since_is_no_negative_waiver() -> None:
    winner, loser = await two(winner=[], loser=[20, 30])
    spent = await ledger.spend(SYSTEM, loser, {"POINTS": 15}, Cause("TEST", 1))
    merge = await merges.merge_two(STAFF, winner, loser, "one person", winner=winner)
    await ledger.refund(SYSTEM, spent.journal, Cause("TEST", 2))
    await ledger.spend(SYSTEM, winner, {"POINTS": 5}, Cause("TEST", 3))
    parted = await merges.undo(STAFF, merge, "they are two")
    assert parted.waived == ()
    assert (await parts(winner), await parts(loser)) == ((0, 0, 0, 0), (0, 45, 0, 0))


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
