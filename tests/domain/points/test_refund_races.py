"""Refunds, spends and sweeps at once, committed for real; the control without locks must go wrong."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain import clock, db, idempotency
from domain.actor import SYSTEM
from domain.errors import Conflict
from domain.points import balances, books, health, ledger, purchases, refunds, sweeps
from domain.points.errors import InsufficientPoints, ReferenceTaken
from domain.points.ledger import Cause
from tests import make
from tests.domain.points.buying import buy, give, order, parts, rule

pytestmark = pytest.mark.commits


@pytest.fixture(autouse=True)
def registered():
    from domain import wiring

    wiring.start()


async def bought(points: int = 150) -> UUID:
    async with db.transaction():
        await rule(points)
        member = await make.member_id()
        await buy(member, 6_000, 4_000)
    return member


async def refund(refund_id: str, **more) -> str:
    try:
        done = await db.attempt(lambda: refunds.refund(SYSTEM, "o-1", refund_id, **more))
    except Exception as problem:
        return type(problem).__name__
    return str(done.clawed_back.get("POINTS", 0))


async def sound() -> bool:
    return await health.violations() == []


async def test_one_refund_told_many_times_at_once_is_one() -> None:
    member = await bought()
    assert await asyncio.gather(*(refund("r-1") for _ in range(8))) == ["150"] * 8
    assert await db.value("SELECT count(*) FROM points.purchase_refund") == 1
    assert await parts(member) == (0, 0, 0, 0)
    assert await sound()


async def test_two_refunds_of_everything_at_once_take_it_once() -> None:
    member = await bought()
    done = await asyncio.gather(*(refund(f"r-{n}") for n in range(6)))
    assert sorted(done) == ["150", *["NothingToReverse"] * 5]
    assert await parts(member) == (0, 0, 0, 0)
    assert await sound()


async def test_many_parts_at_once_add_up_to_the_whole() -> None:
    member = await bought(151)
    done = await asyncio.gather(*(refund(f"r-{n}", amount=1_000) for n in range(10)))
    assert sum(int(each) for each in done) == 151
    assert await parts(member) == (0, 0, 0, 0)
    assert await sound()


async def test_two_refunds_of_more_than_half_at_once_have_one_winner() -> None:
    member = await bought()
    done = await asyncio.gather(*(refund(f"r-{n}", amount=7_000) for n in range(2)))
    assert sorted(done) == ["105", "InvalidInput"]
    assert await parts(member) == (0, 45, 0, 0)


async def test_without_the_locks_two_refunds_collide(monkeypatch) -> None:
    await bought()
    both = asyncio.Barrier(2)
    real = refunds._case

    async def slow(*args):
        case = await real(*args)
        await asyncio.wait_for(both.wait(), 30)  # neither writes before both have read
        return case

    monkeypatch.setattr(refunds, "_case", slow)
    monkeypatch.setattr(refunds, "_LOCKED", refunds._LOCKED.replace("FOR NO KEY UPDATE", ""))
    monkeypatch.setattr(books, "_LOCKED", books._LOCKED.replace("FOR NO KEY UPDATE OF a", ""))

    async def root_of(member: UUID) -> UUID:
        return member

    monkeypatch.setattr(purchases, "locked_root", root_of)
    done = await asyncio.gather(refund("r-1", amount=7_000), refund("r-2", amount=7_000))
    assert sorted(done) != ["105", "InvalidInput"]
    assert "UniqueViolationError" in done  # only the entries' numbers stand in the way


async def test_one_order_told_many_times_at_once_is_one() -> None:
    async with db.transaction():
        await rule(150)
        first, second = await make.member_id(), await make.member_id()
    one = order(10_000)

    async def record(member: UUID, what) -> str:
        try:
            await db.attempt(lambda: purchases.record(SYSTEM, member, what))
        except ReferenceTaken:
            return "ReferenceTaken"
        return "OK"

    done = await asyncio.gather(*(record(first, one) for _ in range(6)))
    assert done == ["OK"] * 6
    assert await parts(first) == (0, 150, 0, 0)
    two = [(first, order(1, name="o-2")), (second, order(2, name="o-2"))]
    done = await asyncio.gather(*(record(member, what) for member, what in two))
    assert sorted(done) == ["OK", "ReferenceTaken"]
    assert sum([(await parts(each))[1] for each in (first, second)]) == 300
    assert await sound()


async def test_a_sweep_against_a_spend_has_one_winner() -> None:
    seen = set()
    for offset in (-3, -1, 0, 1, 3):
        async with db.transaction():
            member = await make.member_id()
            until = clock.now() + timedelta(milliseconds=80)
            await give(member, 100, expires_at=until)
        wait = max(0.0, (until - clock.now()).total_seconds() + offset / 1_000)

        async def spend(member: UUID = member, wait: float = wait) -> str:
            await asyncio.sleep(wait)
            try:
                await db.attempt(
                    lambda: ledger.spend(SYSTEM, member, {"POINTS": 100}, Cause("TEST", str(member)))
                )
            except InsufficientPoints:
                return "expired"
            return "spent"

        async def sweep(wait: float = wait, until: datetime = until) -> None:
            await asyncio.sleep(wait)
            while clock.now() < until:
                await asyncio.sleep(0.001)
            await sweeps.settle_due()

        outcome, _ = await asyncio.gather(spend(), sweep())
        await sweeps.settle_due()
        found = await balances.of_wallet(member, "POINTS")
        assert (found.available, found.debt) == (0, 0)
        kinds = await db.fetch(
            """SELECT j.kind FROM points.journal AS j JOIN points.entry AS e ON e.journal = j.id
            JOIN points.account AS a ON a.id = e.account WHERE a.member = $1 AND j.kind IN ('SPEND', 'EXPIRE')""",
            member,
        )
        assert [row["kind"] for row in kinds] == [{"spent": "SPEND", "expired": "EXPIRE"}[outcome]]
        seen.add(outcome)
    assert seen
    assert await sound()


async def test_a_refund_under_one_key_thirty_two_times_is_posted_once() -> None:
    member = await bought()
    actor = make.staff("operator")

    async def once() -> str:
        async def call() -> dict:
            return (await refunds.refund(actor, "o-1", "r-1", amount=5_000)).clawed_back

        async def load(kept: dict) -> dict:
            return kept

        try:
            done = await idempotency.once(
                actor, "refundPurchase", "k", {"amount": 5_000}, call, store=lambda x: x, load=load
            )
        except Conflict:
            return "CONFLICT"
        return str(done["POINTS"])

    done = await asyncio.gather(*(once() for _ in range(32)))
    assert set(done) <= {"75", "CONFLICT"}
    assert "75" in done
    assert await parts(member) == (0, 75, 0, 0)
    assert await db.value("SELECT count(*) FROM points.journal WHERE kind = 'CLAW_BACK'") == 1
