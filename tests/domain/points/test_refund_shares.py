"""Refunds concern everybody who earned by an order, and bring back what it took; whenever its awards are judged."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain import clock, db, stepping
from domain.actor import SYSTEM
from domain.foundation import importing
from domain.foundation.importing import Options, Report, Row
from domain.points import (
    balances,
    earning,
    health,
    purchase_import,
    purchase_rules,
    refund_targets,
    refunds,
)
from tests import make
from tests.domain.points.buying import buy, give, open_lots, parts, rule
from tests.domain.points.test_earning import REMOVED, RESTORED, compensated
from tests.domain.points.test_settlement import obeys_the_law as settles

ADVISOR = {"beneficiary": {"property": "external_id"}}  # the order is named after the advisor


@pytest.fixture(autouse=True)
async def healthy():
    from domain import wiring

    wiring.start()
    yield
    assert await health.violations() == []
    await settles("POINTS", "2026-01", f"{clock.now():%Y-%m}")


def deducts(points: int, **more: Any) -> dict[str, Any]:
    return {"effects": [{"deduct": {"wallet": "POINTS", "points": points}}], **more}


async def somebody() -> tuple[UUID, str]:
    """A member and the name by which a shop knows them."""
    member = await make.member_id()
    return member, await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", member)


async def net(member: UUID, wallet: str = "POINTS") -> int:
    found = await balances.of_wallet(member, wallet)
    return found.net if found else 0


async def refund(name: str, refund_id: str, **more: Any) -> refunds.Refunded:
    return await refunds.refund(make.staff("operator"), name, refund_id, **more)


async def test_others_give_back_and_deductions_come_back_into_their_lots() -> None:
    await rule(100)
    await rule(50, **ADVISOR)
    await rule(**deducts(30))
    await rule(**deducts(9, **ADVISOR))
    buyer, (advisor, name) = await make.member_id(), await somebody()
    soon = clock.now() + timedelta(days=9)
    await give(buyer, 20, expires_at=soon)
    await give(buyer, 80)
    await give(advisor, 5)
    await buy(buyer, 6_000, 4_000, name=name)
    await stepping.settle()
    assert (await parts(buyer), await parts(advisor)) == ((0, 170, 0, 0), (0, 46, 0, 0))
    line = await refund(name, "r-1", lines=[("sku-1", 4_000)])
    assert (line.clawed_back, line.restored, line.waived) == ({"POINTS": 40}, {"POINTS": 12}, {})
    (share,) = line.others
    assert (share.member, share.clawed_back, share.restored) == (advisor, {"POINTS": 20}, {"POINTS": 4})
    assert (await parts(buyer), await parts(advisor)) == ((0, 142, 0, 0), (0, 30, 0, 0))
    again = await refund(name, "r-1", lines=[("sku-1", 4_000)])
    assert replace(again, balances=line.balances) == line
    await refund(name, "r-2")
    assert (await parts(buyer), await parts(advisor)) == ((0, 100, 0, 0), (0, 5, 0, 0))
    assert await open_lots() == [(5, 5, "ACTIVE"), (20, 20, "ACTIVE"), (80, 80, "ACTIVE")]
    assert await db.value("SELECT expires_at FROM points.lot WHERE original = 20") == soon
    assert await db.value("SELECT sum(lifetime_earned)::int FROM points.account") == 105
    told = await db.fetch(
        """SELECT kind, count(*)::int FROM profile.interaction WHERE member = $1
        AND kind IN ('points.entry.clawed_back', 'points.entry.refunded') GROUP BY 1 ORDER BY 1""",
        advisor,
    )
    # one deduction and two refunds of each
    assert [tuple(row) for row in told] == [("points.entry.clawed_back", 3), ("points.entry.refunded", 2)]


async def test_a_deduction_that_became_debt_comes_back_as_far_as_it_was_taken() -> None:
    from domain.points import wallets
    from domain.points.policy_rules import Policy

    await db.run(
        "INSERT INTO access.approval_threshold (action, above, is_enabled) VALUES ('points.SET_POLICY', 0, false)"
    )
    await wallets.set_policy(SYSTEM, "POINTS", Policy({"immediate": True}, {"never": True}, debt_limit=20))
    await rule(**deducts(50))
    buyer = await make.member_id()
    await give(buyer, 10)
    await buy(buyer, name="o-1")
    assert await parts(buyer) == (0, 0, 0, 20)  # 20 of it waived
    assert (await refund("o-1", "r-1", amount=5_000)).restored == {"POINTS": 15}
    assert await parts(buyer) == (0, 0, 0, 5)
    assert (await refund("o-1", "r-2")).restored == {"POINTS": 15}
    assert (await parts(buyer), await open_lots()) == ((0, 10, 0, 0), [(10, 10, "ACTIVE")])


async def imported(name: str, buyer_name: str) -> None:
    """An order that is there, whose facts are not judged yet."""
    row = {
        "member": buyer_name,
        "external_id": name,
        "paid_at": "2026-03-01T00:00:00Z",
        "currency": "CNY",
        "cash": "100",
    }
    await importing.run(
        purchase_import.PURCHASES, iter([Row(2, row)]), Options(file="o.csv", apply_rules=True), Report()
    )


async def test_what_is_judged_after_a_refund_earns_for_what_was_kept() -> None:
    await rule(100)
    await rule(51, **ADVISOR)
    await rule(**deducts(30))
    await rule(3, hold_above=1)
    (buyer, buyer_name), (advisor, name) = await somebody(), await somebody()
    await give(buyer, 50)
    await imported(name, buyer_name)
    early = await refund(name, "r-1", amount=4_000)
    assert (early.clawed_back, early.restored, early.others) == ({}, {}, [])
    await stepping.settle()
    # 100 - 40 - (30 - 12); of the 3 that wait, one is gone; 51 - 20
    assert (await parts(buyer), await parts(advisor)) == ((2, 50 + 60 - 18, 0, 0), (0, 31, 0, 0))
    rows = await db.fetch("SELECT outcome, reasons FROM points.earn_decision")
    assert {(row["outcome"], row["reasons"][-1]["code"]) for row in rows} == {("AWARDED", "REFUNDED")}
    late = await refund(name, "r-2")
    assert (late.clawed_back, late.restored) == ({"POINTS": 62}, {"POINTS": 18})
    assert [(share.member, share.clawed_back) for share in late.others] == [(advisor, {"POINTS": 31})]
    assert (await parts(buyer), await parts(advisor)) == ((0, 50, 0, 0), (0, 0, 0, 0))


async def test_what_is_judged_after_a_refund_of_everything_earns_nothing() -> None:
    await rule(100, hold_above=1)
    await rule(50, **ADVISOR)
    (buyer, buyer_name), (advisor, name) = await somebody(), await somebody()
    await imported(name, buyer_name)
    await refund(name, "r-1")
    await stepping.settle()
    assert (await net(buyer), await net(advisor)) == (0, 0)
    assert await db.value("SELECT count(*) FROM points.journal") == 0
    assert await db.value("SELECT count(*) FROM points.earn_decision WHERE gate IS NOT NULL") == 0


async def test_an_undone_order_takes_what_refunds_left_and_its_restoration_brings_that_back() -> None:
    await rule(100)
    await rule(51, **ADVISOR)
    await rule(**deducts(30))
    buyer, (advisor, name) = await make.member_id(), await somebody()
    await give(buyer, 30)
    await buy(buyer, name=name)
    await stepping.settle()
    await refund(name, "r-1", amount=4_000)
    assert (await net(buyer), await net(advisor)) == (30 + 60 - 18, 31)
    fact = await db.value("SELECT interaction FROM points.purchase")
    removal = await compensated(fact, buyer, REMOVED)
    await stepping.settle()
    assert (await net(buyer), await net(advisor)) == (30, 0)
    await refund(name, "r-2", amount=1_000)  # nothing more is earned that could be taken
    assert (await net(buyer), await net(advisor)) == (30, 0)
    await compensated(removal, buyer, RESTORED)
    await stepping.settle()
    assert (await net(buyer), await net(advisor)) == (30 + 50 - 15, 51 - 25)
    await refund(name, "r-3")
    assert (await net(buyer), await net(advisor)) == (30, 0)


async def test_an_award_that_an_operator_cancelled_is_nothing_that_a_refund_takes_from_others() -> None:
    from domain.points import deciding

    await rule(100, hold_above=1)
    await rule(40)
    buyer = await make.member_id()
    await buy(buyer)
    held = await db.value("SELECT journal FROM points.earn_decision WHERE gate = 'HELD'")
    await deciding.decide(make.staff("operator"), held, "CANCEL", "fraud")
    assert (await refund("o-1", "r-1", amount=5_000)).clawed_back == {"POINTS": 20}
    assert (await refund("o-1", "r-2")).clawed_back == {"POINTS": 20}
    assert await parts(buyer) == (0, 0, 0, 0)


async def obeys_the_law(seed: int) -> None:
    """Any rules, orders, splits and moments of judging: the whole is back once, for everybody."""
    dice = random.Random(seed)
    for _ in range(dice.randint(2, 5)):
        said: dict[str, Any] = {}
        if dice.random() < 0.4:
            said = deducts(dice.randint(1, 60))
        elif dice.random() < 0.4:
            lines = {"skus": [f"sku-{dice.randint(0, 2)}"]}
            said["effects"] = [{"fixed": {"wallet": "POINTS", "points": dice.randint(1, 90), "lines": lines}}]
        if dice.random() < 0.4:
            said |= ADVISOR
        await rule(dice.randint(1, 90), **said)
    (buyer, buyer_name), (advisor, name) = await somebody(), await somebody()
    for who in (buyer, advisor):
        for days in (3, 30):
            await give(who, dice.randint(50, 400), expires_at=clock.now() + timedelta(days=days))
    before = (await parts(buyer), await parts(advisor), await open_lots())
    is_late = dice.random() < 0.5
    if is_late:
        await imported(name, buyer_name)
        amounts = [10_000]
    else:
        amounts = [dice.randint(1, 300) for _ in range(3)]
        await buy(buyer, *amounts, name=name)
    left, number = list(amounts), 0
    judged_at = dice.randint(0, 4)
    while any(left):
        if number == judged_at:
            await stepping.settle()
        number += 1
        n = dice.choice([n for n, each in enumerate(left) if each])
        part = min(left[n], max(1, dice.randint(left[n] // 3, left[n])))
        if is_late or dice.random() < 0.7:
            left[n] -= part
            await refund(name, f"r-{number}", lines=[(f"sku-{n}" if not is_late else "", part)])
        else:
            bought = purchase_rules.Bought(amounts, [a - b for a, b in zip(amounts, left, strict=True)])
            left = [a - b for a, b in zip(left, purchase_rules.spread(part, bought), strict=True)]
            await refund(name, f"r-{number}", amount=part)
    await stepping.settle()
    assert (await parts(buyer), await parts(advisor)) == before[:2], seed
    assert await open_lots() == before[2], seed


@pytest.mark.parametrize("seed", range(5))
async def test_any_order_and_split_adds_up_to_the_whole_once(seed: int) -> None:
    await obeys_the_law(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5, 300))
async def test_any_order_and_split_adds_up_to_the_whole_once_for_many_orders(seed: int) -> None:
    await obeys_the_law(seed)


@pytest.mark.parametrize("split", [(2_500, 2_500, 5_000), (5_000, 2_500, 2_500)])
async def test_it_is_the_same_whenever_the_awards_are_judged(split: tuple[int, ...]) -> None:
    """After each refund of a split everybody has the same, whether judged before all, or between any two of them."""
    await rule(77)
    await rule(33, **ADVISOR)
    await rule(**deducts(10))
    stories = []
    for judged_at in range(len(split) + 1):
        (buyer, buyer_name), (advisor, name) = await somebody(), await somebody()
        await imported(name, buyer_name)
        seen = []
        for number, amount in enumerate(split):
            if number == judged_at:
                await stepping.settle()
            await refund(name, f"r-{number}", amount=amount)
            seen.append((await net(buyer), await net(advisor)) if number >= judged_at else None)
        await stepping.settle()
        seen.append((await net(buyer), await net(advisor)))
        stories.append(seen)
    whole = stories[0]
    assert whole[-1] == (0, 0)
    assert all(
        each in (None, of_whole) for story in stories for each, of_whole in zip(story, whole, strict=True)
    )


@pytest.mark.commits
@pytest.mark.parametrize("is_locked", [True, False])
async def test_a_refund_and_the_award_of_another_at_once_see_one_another(
    is_locked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with db.transaction():
        await rule(100, **ADVISOR)
        buyer, (advisor, name) = await make.member_id(), await somebody()
        await buy(buyer, name=name)
    read = refund_targets.of
    has_read, may_post = asyncio.Event(), asyncio.Event()

    async def slow(interactions: Any) -> Any:
        found = await read(interactions)
        has_read.set()
        if not is_locked:
            await asyncio.wait_for(may_post.wait(), 20)
        return found

    monkeypatch.setattr(refund_targets, "of", slow)
    if not is_locked:
        monkeypatch.setattr(refund_targets, "_LOCK", "")
    judging = asyncio.create_task(earning.judge_due())
    await asyncio.wait_for(has_read.wait(), 20)
    await db.attempt(lambda: refunds.refund(SYSTEM, name, "r-1"))
    may_post.set()
    await judging
    assert await net(advisor) == (0 if is_locked else 100)  # without the lock neither sees the other
