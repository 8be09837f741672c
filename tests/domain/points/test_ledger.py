"""Every move of the ledger, with exact figures."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import balances, health, holds, ledger, sweeps
from domain.points.errors import (
    AccountFrozen,
    AlreadyPosted,
    AlreadyReversed,
    HoldExceeded,
    HoldNotOpen,
    InsufficientPoints,
    ReferenceTaken,
    WalletNotSpendable,
)
from domain.points.ledger import Cause
from tests import make

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
async def healthy():
    yield
    assert [c for c in await health.check() if not c.holds] == []


async def parts(member: UUID, wallet: str = "POINTS") -> tuple[int, int, int, int]:
    found = await balances.of_wallet(member, wallet)
    return found.pending, found.available, found.held, found.debt


async def give(member: UUID, amount: int, **more) -> UUID:
    return (await ledger.earn(SYSTEM, member, "POINTS", amount, Cause("TEST", ids.new()), **more)).journal


async def spend(member: UUID, amount: int, **more):
    return await ledger.spend(SYSTEM, member, {"POINTS": amount}, Cause("TEST", ids.new()), **more)


async def rows_of(journal: UUID) -> list[tuple[str, str, int]]:
    found = await db.fetch("SELECT * FROM points.entry WHERE journal = $1 ORDER BY seq", journal)
    return [(row["source_part"], row["target_part"], row["amount"]) for row in found]


async def pass_time(by: timedelta) -> None:
    clock.shift(clock._offset + by)


@pytest.fixture(autouse=True)
def clock_back():
    yield
    clock.shift(timedelta(0))


async def test_earning_makes_points_available_at_once() -> None:
    member = await make.member_id()
    journal = await give(member, 150)
    assert await parts(member) == (0, 150, 0, 0)
    assert await rows_of(journal) == [("ISSUED", "AVAILABLE", 150)]


async def test_pending_points_activate_when_their_time_comes() -> None:
    member = await make.member_id()
    await give(member, 40, activates_at=clock.now() + DAY)
    assert await parts(member) == (40, 0, 0, 0)
    with pytest.raises(InsufficientPoints):
        await spend(member, 40)
    await pass_time(DAY)
    assert await parts(member) == (0, 40, 0, 0)
    assert await sweeps.settle_due() == 1
    assert await parts(member) == (0, 40, 0, 0)
    await spend(member, 40)
    assert await parts(member) == (0, 0, 0, 0)


async def test_spending_without_points_changes_nothing() -> None:
    member = await make.member_id()
    await give(member, 30)
    with pytest.raises(InsufficientPoints) as refused:
        await spend(member, 31)
    assert (refused.value.balance, refused.value.price, refused.value.missing) == (30, 31, 1)
    assert await db.value("SELECT count(*) FROM points.journal") == 1
    assert await parts(member) == (0, 30, 0, 0)


async def test_lots_are_spent_by_expiry_and_what_never_expires_is_spent_last() -> None:
    member = await make.member_id()
    await give(member, 100)
    await give(member, 100, expires_at=clock.now() + 30 * DAY)
    await spend(member, 100)
    assert await balances.expiring(member, "POINTS") == [(None, 100)]


async def test_spending_up_to_takes_what_there_is() -> None:
    member = await make.member_id()
    assert (await spend(member, 10, is_up_to=True)).journal is None
    await give(member, 7)
    assert (await spend(member, 10, is_up_to=True)).moved == {"POINTS": 7}
    assert await parts(member) == (0, 0, 0, 0)


@pytest.mark.parametrize("is_by_hand", [False, True])
async def test_an_account_that_cannot_be_settled_holds_up_no_other(is_by_hand: bool) -> None:
    people = [await make.member_id() for _ in range(3)]
    for member in people:
        await give(member, 100, expires_at=clock.now() + DAY)
    keep = "UPDATE points.account SET available = $2 WHERE member = $1"
    await db.run(keep, people[1], 99)  # its lots do not add up
    await pass_time(DAY)
    if is_by_hand:
        found = await sweeps.sweep()
        assert (found.expired_lots, found.expired, found.accounts) == (2, {"POINTS": 200}, 2)
    else:
        assert await sweeps.settle_due() == 2
    assert await db.value("SELECT count(*) FROM points.journal WHERE kind = 'EXPIRE'") == 2
    assert await sweeps.settle_due() == 0  # it waits
    await db.run(keep, people[1], 100)
    await pass_time(DAY)
    assert await sweeps.settle_due() == 1
    assert await db.value("SELECT count(*) FROM points.journal WHERE kind = 'EXPIRE'") == 3


async def test_an_expiry_posts_once_and_exactly_at_its_moment() -> None:
    member = await make.member_id()
    until = clock.now() + DAY
    await give(member, 100, expires_at=until)
    await give(member, 50, expires_at=until + DAY)
    assert (await balances.of_wallet(member, "POINTS", until)).available == 50
    await pass_time(DAY)
    assert await parts(member) == (0, 50, 0, 0)
    assert await sweeps.settle_due() == 1
    assert await sweeps.settle_due() == 0
    assert await db.value("SELECT count(*) FROM points.journal WHERE kind = 'EXPIRE'") == 1
    assert await db.value("SELECT occurred_at FROM points.journal WHERE kind = 'EXPIRE'") == until


async def test_points_that_expired_long_ago_expire_as_they_come() -> None:
    member = await make.member_id()
    now = clock.now()
    await give(member, 150, at=now - 3 * DAY, expires_at=now - DAY)
    assert await parts(member) == (0, 0, 0, 0)
    assert await db.value("SELECT sum(amount) FROM points.entry WHERE target_part = 'EXPIRED'") == 150


async def test_the_schedule_of_expiry_sums_to_what_is_available() -> None:
    member = await make.member_id()
    now = clock.now()
    for amount, days in ((100, 60), (200, 180), (50, None)):
        await give(member, amount, expires_at=now + days * DAY if days else None)
    found = await balances.expiring(member, "POINTS")
    assert [amount for _, amount in found] == [100, 200, 50]
    assert sum(a for _, a in await balances.expiring(member, "POINTS", now + 90 * DAY)) == 100
    assert sum(a for _, a in await balances.expiring(member, "POINTS", now + 200 * DAY)) == 300


async def test_a_hold_keeps_its_lots_and_capturing_a_part_returns_the_rest() -> None:
    member = await make.member_id()
    await give(member, 100)
    held = await holds.hold(SYSTEM, member, {"POINTS": 60}, source="TEST", source_id=1, expires_at=None)
    assert await parts(member) == (0, 40, 60, 0)
    done = await holds.capture(SYSTEM, held.id, {"POINTS": 45})
    assert done.state == "PARTIALLY_CAPTURED"
    assert await parts(member) == (0, 55, 0, 0)
    again = await holds.capture(SYSTEM, held.id, {"POINTS": 45})
    assert again.state == "PARTIALLY_CAPTURED"
    with pytest.raises(HoldNotOpen):
        await holds.capture(SYSTEM, held.id, {"POINTS": 44})
    with pytest.raises(HoldNotOpen):
        await holds.void(SYSTEM, held.id)
    assert await parts(member) == (0, 55, 0, 0)


async def test_more_than_is_held_is_not_captured() -> None:
    member = await make.member_id()
    await give(member, 100)
    held = await holds.hold(SYSTEM, member, {"POINTS": 60}, source="TEST", source_id=1, expires_at=None)
    with pytest.raises(HoldExceeded) as refused:
        await holds.capture(SYSTEM, held.id, {"POINTS": 61})
    assert (refused.value.held, refused.value.asked) == (60, 61)
    assert await parts(member) == (0, 40, 60, 0)


async def test_holds_end_one_after_the_other() -> None:
    """10 without end, 11, 12 and 13 for 1, 2 and 3 s, of 100."""
    member = await make.member_id()
    await give(member, 100)
    now = clock.now()
    made = [
        await holds.hold(
            SYSTEM, member, {"POINTS": 10 + n}, source="TEST", source_id=n,
            expires_at=now + timedelta(seconds=n) if n else None,
        )
        for n in range(4)
    ]  # fmt: skip
    seen = [(await parts(member))[2]]
    for second in (1, 2, 3):
        clock.shift(timedelta(seconds=second) + (now - clock.now()) + clock._offset)
        seen.append((await parts(member))[2])
    assert seen == [46, 35, 23, 10]
    for held in made[1:]:
        with pytest.raises(HoldNotOpen) as refused:
            await holds.capture(SYSTEM, held.id)
        assert refused.value.state == "EXPIRED"
    assert (await holds.capture(SYSTEM, made[0].id)).state == "CAPTURED"
    await sweeps.settle_due()
    assert await parts(member) == (0, 90, 0, 0)


async def test_holds_cannot_keep_more_than_there_is() -> None:
    member = await make.member_id()
    await give(member, 5_000)
    for n in range(5):
        await holds.hold(SYSTEM, member, {"POINTS": 1_000}, source="TEST", source_id=n, expires_at=None)
    with pytest.raises(InsufficientPoints):
        await holds.hold(SYSTEM, member, {"POINTS": 1_000}, source="TEST", source_id=6, expires_at=None)


async def test_the_same_cause_holds_once() -> None:
    member = await make.member_id()
    await give(member, 50)
    first = await holds.hold(SYSTEM, member, {"POINTS": 50}, source="TEST", source_id=1, expires_at=None)
    again = await holds.hold(SYSTEM, member, {"POINTS": 50}, source="TEST", source_id=1, expires_at=None)
    assert again.id == first.id
    assert await parts(member) == (0, 0, 50, 0)


async def test_held_points_do_not_expire_but_do_after_a_void() -> None:
    member = await make.member_id()
    await give(member, 100, expires_at=clock.now() + DAY)
    held = await holds.hold(SYSTEM, member, {"POINTS": 60}, source="TEST", source_id=1, expires_at=None)
    await pass_time(2 * DAY)
    assert await parts(member) == (0, 0, 60, 0)
    await holds.void(SYSTEM, held.id)
    assert await parts(member) == (0, 0, 0, 0)
    assert await db.value("SELECT sum(amount) FROM points.entry WHERE target_part = 'EXPIRED'") == 100
    assert (await holds.void(SYSTEM, held.id)).state == "VOIDED"


async def test_a_refund_returns_into_the_same_lots() -> None:
    member = await make.member_id()
    soon = clock.now() + 30 * DAY
    await give(member, 200, expires_at=soon)
    await give(member, 800)
    spent = await spend(member, 300)
    await ledger.refund(SYSTEM, spent.journal, Cause("TEST", "r1"), {"POINTS": 60})
    assert await balances.expiring(member, "POINTS") == [(None, 760)]
    await ledger.refund(SYSTEM, spent.journal, Cause("TEST", "r2"))
    assert await balances.expiring(member, "POINTS") == [(soon, 200), (None, 800)]
    with pytest.raises(AlreadyReversed):
        await ledger.refund(SYSTEM, spent.journal, Cause("TEST", "r3"))


async def test_a_refund_into_an_expired_lot_expires_again_as_two_entries() -> None:
    member = await make.member_id()
    await give(member, 100, expires_at=clock.now() + DAY)
    held = await holds.hold(SYSTEM, member, {"POINTS": 100}, source="TEST", source_id=1, expires_at=None)
    await holds.capture(SYSTEM, held.id)
    await pass_time(2 * DAY)
    posted = await holds.refund(SYSTEM, held.id)
    assert await rows_of(posted.journal) == [("REDEEMED", "AVAILABLE", 100)]
    assert await parts(member) == (0, 0, 0, 0)


async def test_a_claw_back_takes_the_own_remainder_then_others_then_debt() -> None:
    member = await make.member_id()
    await give(member, 30)
    journal = await give(member, 150)
    await spend(member, 100)
    posted = await ledger.claw_back(SYSTEM, member, "POINTS", 150, Cause("TEST", "c"), of=[journal])
    assert await rows_of(posted.journal) == [("AVAILABLE", "CLAWED_BACK", 80), ("DEBT", "CLAWED_BACK", 70)]
    assert await parts(member) == (0, 0, 0, 70)
    earned = await give(member, 100)
    assert await rows_of(earned) == [("ISSUED", "DEBT", 70), ("ISSUED", "AVAILABLE", 30)]
    assert await parts(member) == (0, 30, 0, 0)


async def test_a_claw_back_within_the_balance_waives_the_rest() -> None:
    member = await make.member_id()
    journal = await give(member, 150)
    await spend(member, 100)
    posted = await ledger.claw_back(
        SYSTEM, member, "POINTS", 150, Cause("TEST", "c"), of=[journal], policy="WITHIN_BALANCE"
    )
    assert posted.waived == {"POINTS": 100}
    assert await parts(member) == (0, 0, 0, 0)


async def test_a_claw_back_takes_the_pending_lot_first() -> None:
    member = await make.member_id()
    await give(member, 30)
    journal = await give(member, 50, activates_at=clock.now() + DAY)
    await ledger.claw_back(SYSTEM, member, "POINTS", 50, Cause("TEST", "c"), of=[journal])
    assert await parts(member) == (0, 30, 0, 0)
    await pass_time(DAY)
    assert await parts(member) == (0, 30, 0, 0)


async def test_growth_has_no_lots_and_cannot_be_spent() -> None:
    member = await make.member_id()
    await ledger.earn(SYSTEM, member, "GROWTH", 5, Cause("TEST", 1), activates_at=clock.now() + DAY)
    assert await parts(member, "GROWTH") == (0, 5, 0, 0)
    with pytest.raises(WalletNotSpendable):
        await ledger.spend(SYSTEM, member, {"GROWTH": 1}, Cause("TEST", 2))
    with pytest.raises(WalletNotSpendable):
        await holds.hold(SYSTEM, member, {"GROWTH": 1}, source="TEST", source_id=1, expires_at=None)


async def test_frozen_points_are_not_spent_but_open_holds_may_be_captured() -> None:
    member = await make.member_id()
    await give(member, 100)
    held = await holds.hold(SYSTEM, member, {"POINTS": 10}, source="TEST", source_id=1, expires_at=None)
    await ledger.freeze(SYSTEM, member, "POINTS", until=clock.now() + DAY)
    with pytest.raises(AccountFrozen):
        await spend(member, 1)
    await give(member, 1)
    await holds.capture(SYSTEM, held.id)
    await pass_time(DAY)
    await spend(member, 91)


async def test_a_business_key_posts_once_for_ever() -> None:
    member = await make.member_id()
    cause = Cause("ORDER", "A-1")
    await ledger.earn(SYSTEM, member, "POINTS", 10, cause)
    with pytest.raises(AlreadyPosted):
        await ledger.earn(SYSTEM, member, "POINTS", 10, cause)
    assert await parts(member) == (0, 10, 0, 0)


async def test_a_reference_is_used_once() -> None:
    member = await make.member_id()
    await give(member, 100)
    first = await ledger.spend(SYSTEM, member, {"POINTS": 1}, Cause("TEST", 1, reference="R"))
    with pytest.raises(ReferenceTaken) as refused:
        await ledger.spend(SYSTEM, member, {"POINTS": 1}, Cause("TEST", 2, reference="R"))
    assert refused.value.journal == first.journal
    assert await parts(member) == (0, 99, 0, 0)


async def test_adjusting_below_the_balance_is_refused() -> None:
    member = await make.member_id()
    await ledger.adjust(SYSTEM, member, "POINTS", 30, Cause("TEST", 1))
    await ledger.adjust(SYSTEM, member, "POINTS", -10, Cause("TEST", 2))
    with pytest.raises(InsufficientPoints):
        await ledger.adjust(SYSTEM, member, "POINTS", -21, Cause("TEST", 3))
    assert await parts(member) == (0, 20, 0, 0)


async def test_entries_are_only_ever_added() -> None:
    member = await make.member_id()
    await give(member, 30)
    for statement in (
        "UPDATE points.entry SET amount = 31",
        "DELETE FROM points.entry",
        "DELETE FROM points.journal",
    ):
        with pytest.raises(Exception, match="append-only"):
            async with db.transaction():
                await db.run(statement)


async def test_a_past_balance_is_exact() -> None:
    member = await make.member_id()
    now = clock.now()
    await give(member, 100, at=now - 10 * DAY, expires_at=now - 2 * DAY)
    await give(member, 5, at=now - 5 * DAY)
    found = [(await balances.at_past(member, "POINTS", now - n * DAY)).available for n in (11, 9, 4, 1, 0)]
    assert found == [0, 100, 105, 5, 5]


async def test_each_journal_leaves_one_interaction() -> None:
    member = await make.member_id()
    await give(member, 30)
    await spend(member, 10)
    rows = await db.fetch(
        "SELECT kind, properties FROM profile.interaction WHERE member = $1 ORDER BY id", member
    )
    assert [(r["kind"], r["properties"]["effects"]) for r in rows] == [
        ("points.entry.earned", {"POINTS": "30"}),
        ("points.entry.spent", {"POINTS": "-10"}),
    ]


async def test_a_spend_takes_few_statements() -> None:
    member = await make.member_id()
    await give(member, 30)
    seen: list[str] = []
    token = db.recorder.set(seen)
    try:
        await spend(member, 10)
    finally:
        db.recorder.reset(token)
    asked = [s for s in seen if not s.startswith(("SAVEPOINT", "RELEASE"))]
    assert len(asked) == 4, asked
