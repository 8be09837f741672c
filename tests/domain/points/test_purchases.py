"""Purchases and their refunds: earned at once, paid with points, taken back to the last point, once."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from domain import clock, db, stepping
from domain.actor import SYSTEM
from domain.errors import InvalidInput, NotFound
from domain.points import health, holds, ledger, purchases, refunds, wallets
from domain.points.errors import (
    HoldExceeded,
    HoldNotOpen,
    InsufficientPoints,
    NothingToReverse,
    ReferenceTaken,
)
from domain.points.ledger import Cause
from domain.points.policy_rules import Policy
from domain.points.refunds import Refunded
from tests import make
from tests.domain.points.buying import buy, give, open_lots, order, parts, rule


@pytest.fixture(autouse=True)
async def healthy():
    from domain import wiring

    wiring.start()
    await db.run(
        "INSERT INTO access.approval_threshold (action, above, is_enabled) VALUES ('points.SET_POLICY', 0, false), "
        "('points.REVERSE', 0, false)"
    )
    yield
    clock.shift(timedelta(0))
    assert await health.violations() == []


async def refund(name: str = "o-1", refund_id: str = "r-1", **more) -> Refunded:
    return await refunds.refund(make.staff("operator"), name, refund_id, **more)


async def policy(**said) -> None:
    await wallets.set_policy(SYSTEM, "POINTS", Policy({"immediate": True}, {"never": True}, **said))


async def counted() -> tuple[int, ...]:
    """How many rows of everything that a purchase or refund writes."""
    row = await db.one(
        """SELECT (SELECT count(*) FROM points.journal), (SELECT count(*) FROM points.purchase),
        (SELECT count(*) FROM points.purchase_refund), (SELECT count(*) FROM points.earn_decision),
        (SELECT count(*) FROM profile.interaction), (SELECT sum(refunded) FROM points.purchase)"""
    )
    return tuple(row)


async def test_a_purchase_earns_in_its_own_transaction_and_once() -> None:
    await rule(150)
    member = await make.member_id()
    done = await buy(member, 6_000, 4_000)
    assert await parts(member) == (0, 150, 0, 0)
    assert [(d["outcome"], d["granted"]) for d in done.decisions] == [("AWARDED", {"POINTS": 150})]
    assert len(done.journals) == 1
    before = await counted()
    await stepping.settle()
    assert await parts(member) == (0, 150, 0, 0)
    assert (await counted())[:4] == before[:4]


@pytest.mark.parametrize(
    "kinds",
    [
        ["points.purchase.recorded"],
        ["commerce.order.paid"],
        ["commerce.order.paid", "points.purchase.recorded"],
    ],
)
async def test_a_rule_may_name_an_order_by_either_kind_and_it_earns_once(kinds: list[str]) -> None:
    await rule(150, kinds=kinds)
    member = await make.member_id()
    await buy(member)
    await stepping.settle()
    assert await parts(member) == (0, 150, 0, 0)


async def test_lines_that_earned_more_are_taken_back_by_what_they_earned() -> None:
    each = {"wallet": "POINTS", "points": 1, "per": {"minor_units": 100, "currency": "CNY"}}
    await rule(
        effects=[
            {"per_amount": each},
            {"multiply": {"factor": "3", "lines": {"skus": ["sku-1"]}}},
            {"fixed": {"wallet": "POINTS", "points": 40, "lines": {"skus": ["sku-1"]}}},
        ]
    )
    member = await make.member_id()
    await buy(member, 6_000, 4_000)
    assert await parts(member) == (0, 60 + 120 + 40, 0, 0)
    assert (await refund(lines=[("sku-0", 3_000)])).clawed_back == {"POINTS": 30}
    assert (await refund(refund_id="r-2", lines=[("sku-1", 1_000)])).clawed_back == {"POINTS": 40}
    assert (await refund(refund_id="r-3")).clawed_back == {"POINTS": 150}


async def test_the_same_order_again_changes_nothing_and_another_one_of_its_id_is_refused() -> None:
    await rule(150)
    member = await make.member_id()
    one = order(10_000)
    first = await purchases.record(SYSTEM, member, one)
    before = await counted()
    again = await purchases.record(SYSTEM, member, one)
    assert (again.purchase, again.journals) == (first.purchase, first.journals)
    with pytest.raises(ReferenceTaken) as refused:
        await purchases.record(SYSTEM, member, order(9_999))
    assert refused.value.journal == first.journals[0]
    with pytest.raises(ReferenceTaken):
        await purchases.record(SYSTEM, await make.member_id(), one)
    assert await counted() == before
    elsewhere = await purchases.record(SYSTEM, member, one, source="another shop")
    assert elsewhere.purchase != first.purchase
    assert (await counted())[1] == before[1] + 1


async def test_a_full_refund_takes_everything_back_once() -> None:
    await rule(150)
    member = await make.member_id()
    await buy(member)
    done = await refund()
    assert (done.clawed_back, done.waived) == ({"POINTS": 150}, {})
    assert await parts(member) == (0, 0, 0, 0)
    before = await counted()
    again = await refund()
    assert (again.journals, again.clawed_back) == (done.journals, done.clawed_back)
    with pytest.raises(NothingToReverse):
        await refund(refund_id="r-2")
    assert await counted() == before
    with pytest.raises(NotFound):
        await refund("o-2")


@pytest.mark.parametrize(
    ("how", "waived", "left"),
    [
        ({"refund_policy": "ALLOW_NEGATIVE"}, 0, (0, 0, 0, 100)),
        ({"refund_policy": "ALLOW_NEGATIVE", "debt_limit": 60}, 40, (0, 0, 0, 60)),
        ({"refund_policy": "WITHIN_BALANCE"}, 100, (0, 0, 0, 0)),
        ({"refund_policy": "ONLY_PENDING"}, 150, (0, 50, 0, 0)),
    ],
)
async def test_what_is_spent_is_owed_or_waived_as_the_policy_says(how, waived, left) -> None:
    await policy(**how)
    await rule(150)
    member = await make.member_id()
    await buy(member)
    await ledger.spend(SYSTEM, member, {"POINTS": 100}, Cause("TEST", 1))
    done = await refund()
    assert done.clawed_back.get("POINTS", 0) == 150 - waived
    assert done.waived.get("POINTS", 0) == waived
    assert await parts(member) == left
    assert (await refund()).waived == done.waived


async def test_pending_points_are_taken_back_before_available_ones() -> None:
    await wallets.set_policy(
        SYSTEM, "POINTS", Policy({"after": {"value": 7, "unit": "DAY"}}, {"never": True}, "ONLY_PENDING")
    )
    await rule(150)
    member = await make.member_id()
    await give(member, 30, activates_at=clock.now())
    await buy(member, 100, 100)
    done = await refund(lines=[("sku-0", 100)])
    assert (done.clawed_back, done.waived) == ({"POINTS": 75}, {})
    assert await parts(member) == (75, 30, 0, 0)


async def test_points_paid_come_back_into_their_lots_in_the_same_proportion() -> None:
    member = await make.member_id()
    soon = clock.now() + timedelta(days=9)
    await give(member, 200, expires_at=soon)
    await give(member, 800)
    bought = await buy(member, 6_000, 4_000, cash=7_000, points=300)
    assert await parts(member) == (0, 700, 0, 0)
    assert await open_lots() == [(800, 700, "ACTIVE")]
    done = await refund(lines=[("sku-1", 4_000)])
    assert done.returned == {"POINTS": 120}
    assert await open_lots() == [(200, 20, "ACTIVE"), (800, 800, "ACTIVE")]
    assert (await refund(refund_id="r-2")).returned == {"POINTS": 180}
    assert await open_lots() == [(200, 200, "ACTIVE"), (800, 800, "ACTIVE")]
    assert await db.value("SELECT expires_at FROM points.lot WHERE original = 200") == soon
    assert len(bought.journals) == 1


async def test_a_hold_is_taken_for_an_order() -> None:
    member, other = await make.member_id(), await make.member_id()
    for each in (member, other):
        await give(each, 100)
    held = await holds.hold(SYSTEM, member, {"POINTS": 60}, source="CART", source_id=1, expires_at=None)
    with pytest.raises(InvalidInput):
        await buy(other, hold=held.id)
    with pytest.raises(HoldExceeded):
        await buy(member, hold=held.id, points=61)
    assert await parts(member) == (0, 40, 60, 0)
    await buy(member, hold=held.id, points=50)
    assert await parts(member) == (0, 50, 0, 0)
    with pytest.raises(HoldNotOpen) as refused:
        await buy(member, name="o-2", hold=held.id)
    assert refused.value.state == "PARTIALLY_CAPTURED"
    assert await db.value("SELECT count(*) FROM points.purchase") == 1
    assert (await refund()).returned == {"POINTS": 50}
    assert await parts(member) == (0, 100, 0, 0)


async def test_an_order_that_cannot_be_paid_is_not_noted() -> None:
    await rule(150)
    member = await make.member_id()
    await give(member, 10)
    before = await counted()
    with pytest.raises(InsufficientPoints):
        await buy(member, points=11, cash=9_000)
    for wrong in (
        order(100, cash=101),
        order(100, name=" "),
        order(100, paid_at=clock.now() + timedelta(days=1)),
    ):
        with pytest.raises(InvalidInput):
            await purchases.record(SYSTEM, member, wrong)
    assert await counted() == before


async def test_a_dry_run_says_what_would_be_and_changes_nothing() -> None:
    await rule(150)
    member = await make.member_id()
    await give(member, 30)
    before = await counted()
    tried = await purchases.record(SYSTEM, member, order(100, cash=80, points=20), is_dry=True)
    assert (tried.purchase, tried.journals) == (None, [])
    assert [d["granted"] for d in tried.decisions] == [{"POINTS": 150}]
    assert tried.balances[0].available == 160
    assert await counted() == before
    await buy(member, 100, cash=80, points=20)
    before = await counted()
    back = await refund(amount=50, is_dry=True)
    assert (back.clawed_back, back.returned, back.journals) == ({"POINTS": 75}, {"POINTS": 10}, [])
    assert back.balances[0].available == 95
    assert await counted() == before


async def test_what_staff_took_back_is_not_taken_back_again() -> None:
    from domain.points import reversals

    await rule(150)
    member = await make.member_id()
    (earned,) = (await buy(member)).journals
    await reversals.reverse(make.staff("operator"), earned, reason="wrong", amount=None)
    done = await refund()
    assert (done.clawed_back, done.waived, done.journals) == ({}, {}, [])
    assert await parts(member) == (0, 0, 0, 0)


async def test_each_posting_of_a_refund_reverses_the_award_it_takes_back() -> None:
    await rule(100)
    await rule(11)
    await rule(7, "GROWTH")
    member = await make.member_id()
    done = await buy(member, 100, 200)
    for number, amount in enumerate((50, 100, 150)):
        await refund(refund_id=f"r-{number}", amount=amount)
    rows = await db.fetch(
        """SELECT j.reverses, sum(e.amount)::int AS amount FROM points.journal AS j
        JOIN points.entry AS e ON e.journal = j.id WHERE j.kind = 'CLAW_BACK' GROUP BY j.reverses"""
    )
    assert {row["reverses"] for row in rows} == set(done.journals)
    assert sorted(row["amount"] for row in rows) == [7, 11, 100]
    assert await db.value("SELECT count(*) FROM points.journal WHERE is_full") == 3


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"lines": [("sku-9", 1)]}, "lines.0.sku"),
        ({"lines": [("sku-0", 6_001)]}, "lines.0.amount"),
        ({"lines": [("sku-0", 6_000), ("sku-0", 1)]}, "lines.1.amount"),
        ({"amount": 10_001}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": 1, "lines": [("sku-0", 1)]}, "amount"),
        ({"amount": 1, "currencies": ["EUR"]}, "amount.currency"),
    ],
)
async def test_a_refund_of_more_than_there_is_changes_nothing(said, path) -> None:
    await rule(150)
    member = await make.member_id()
    await buy(member, 6_000, 4_000)
    before = await counted()
    with pytest.raises(InvalidInput) as refused:
        await refund(**said)
    assert [problem.path for problem in refused.value.problems] == [path]
    assert await counted() == before


@pytest.mark.parametrize("seed", range(6))
async def test_partial_refunds_in_any_order_bring_balances_and_lots_back(seed: int) -> None:
    dice = random.Random(seed)
    await rule(dice.randint(1, 200))
    await rule(dice.randint(1, 200))
    member = await make.member_id()
    for amount in (70, 110, 40):
        await give(member, amount, expires_at=clock.now() + timedelta(days=amount))
    before = (await parts(member), await open_lots())
    amounts = [dice.randint(1, 300) for _ in range(4)]
    await buy(member, *amounts, cash=max(0, sum(amounts) - 100), points=100)
    left, number = list(amounts), 0
    while any(left):
        n = dice.choice([n for n, each in enumerate(left) if each])
        part = dice.randint(1, left[n])
        left[n] -= part
        number += 1
        await refund(refund_id=f"r-{number}", lines=[(f"sku-{n}", part)])
        await refund(refund_id=f"r-{dice.randint(1, number)}")  # known already
    assert (await parts(member), await open_lots()) == before


async def test_an_order_of_nothing_is_refunded_whole() -> None:
    await rule(5)
    member = await make.member_id()
    await buy(member, 0)
    assert await parts(member) == (0, 5, 0, 0)
    await refund()
    assert await parts(member) == (0, 0, 0, 0)
    with pytest.raises(NothingToReverse):
        await refund(refund_id="r-2")


async def test_a_purchase_follows_its_member_through_a_merge_and_back() -> None:
    from domain.profile import merges

    await rule(150)
    first, second = await make.member_id(), await make.member_id()
    await buy(first, 100, name="first")
    await buy(second, 100, name="second")
    merge = await merges.merge_two(make.staff("admin"), first, second, "one person")
    await refund("first", amount=50)
    await refund("second", amount=50)
    assert await parts(first) == (0, 150, 0, 0)
    await merges.undo(make.staff("admin"), merge, "they are two")
    assert [await parts(each) for each in (first, second)] == [(0, 75, 0, 0)] * 2
    await refund("first", "r-2")
    await refund("second", "r-2")
    assert [await parts(each) for each in (first, second)] == [(0, 0, 0, 0)] * 2


async def test_a_member_takes_the_own_purchases_along_and_they_outlive_the_name() -> None:
    from domain.points import lifecycle

    await rule(150)
    member = await make.member_id()
    await buy(member, 60, 40)
    await refund(amount=50)
    await refunds.wait(
        "shop", "later", "r-9", member, {"interaction": str(member), "properties": {}}, clock.now()
    )
    names = [name async for name, _ in lifecycle.export([member])]
    counts = {
        name: names.count(f"points.{name}") for name in ("purchase", "purchase_line", "purchase_refund")
    }
    assert counts == {"purchase": 1, "purchase_line": 2, "purchase_refund": 1}
    assert names.count("points.refund_waiting") == 1
    done = await lifecycle.erase([member])
    assert (done["points.purchase"], done["points.refund_waiting"]) == ((0, 0, 1), (1, 0, 0))
    assert await db.value("SELECT count(*) FROM points.refund_waiting") == 0
    assert (await refund(refund_id="r-2")).clawed_back == {"POINTS": 75}  # the sums go on
