"""Spends against a sweep and against a merge, committed for real; each control without the locks must go wrong."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import balances, books, health, ledger, settling, sweeps
from domain.points.ledger import Cause
from domain.profile import merges
from tests import make
from tests.domain.points.buying import give

pytestmark = pytest.mark.commits


@pytest.fixture(autouse=True)
def registered():
    wiring.start()
    yield
    clock.shift(timedelta(0))


def unlock(monkeypatch) -> None:
    """The control: accounts are read without their lock, and nobody writes before both have read."""
    both, met = asyncio.Barrier(2), set()
    real = books.settle

    async def together(book) -> None:
        await real(book)
        if asyncio.current_task() not in met:
            met.add(asyncio.current_task())
            await asyncio.wait_for(both.wait(), 30)

    expire = settling._expire

    async def expire_together(accounts, now) -> settling.Settled:
        await asyncio.wait_for(both.wait(), 30)
        return await expire(accounts, now)

    for module in (books, settling):
        monkeypatch.setattr(module, "_LOCKED", _unlocked(module._LOCKED))
    monkeypatch.setattr(books, "settle", together)
    monkeypatch.setattr(settling, "_expire", expire_together)


def _unlocked(sql: str) -> str:
    return sql.replace("FOR NO KEY UPDATE OF a", "").replace("SKIP LOCKED", "")


async def outcome(call) -> str:
    try:
        await db.attempt(call)
    except Exception as problem:
        return type(problem).__name__
    return "OK"


async def spend(member: UUID, amount: int) -> str:
    cause = Cause("TEST", ids.new())
    return await outcome(lambda: ledger.spend(SYSTEM, member, {"POINTS": amount}, cause))


async def with_due() -> UUID:
    """Somebody with 50 points, and 100 whose end nobody has posted yet."""
    async with db.transaction():
        member = await make.member_id()
        await give(member, 50)
        await give(member, 100, expires_at=clock.now() + timedelta(hours=1))
    clock.shift(timedelta(hours=2))
    return member


async def expired() -> list[int]:
    rows = await db.fetch("SELECT amount FROM points.entry WHERE target_part = 'EXPIRED'")
    return [row["amount"] for row in rows]


async def test_sweeps_and_spends_at_once_let_a_lot_expire_once() -> None:
    member = await with_due()
    done = await asyncio.gather(
        *(spend(member, 10) for _ in range(8)), *(sweeps.settle_due() for _ in range(3))
    )
    assert sorted(done[:8]) == ["InsufficientPoints"] * 3 + ["OK"] * 5
    assert await expired() == [100]
    assert await health.violations() == []


async def test_without_the_locks_a_sweep_and_a_spend_collide(monkeypatch) -> None:
    member = await with_due()
    account = await db.value("SELECT id FROM points.account WHERE member = $1", member)
    unlock(monkeypatch)
    done = await asyncio.gather(spend(member, 10), outcome(lambda: settling.settle([account])))
    assert sorted(done) in (
        ["AlreadyPosted", "OK"],
        ["OK", "UniqueViolationError"],
        ["CheckViolationError", "OK"],
    )  # only keys, and that nothing moves no points, stand in the way


async def two() -> tuple[UUID, UUID]:
    async with db.transaction():
        first, second = await make.member_id(), await make.member_id()
        await give(first, 50)
        await give(second, 50)
    return first, second


async def test_a_merge_and_spends_of_both_at_once_lose_and_double_nothing() -> None:
    first, second = await two()
    spends = [spend(member, 10) for _ in range(7) for member in (first, second)]
    merge = outcome(lambda: merges.merge_two(make.staff("admin"), first, second, "one person"))
    merged, *done = await asyncio.gather(merge, *spends)
    assert (merged, set(done)) == ("OK", {"OK", "InsufficientPoints"})
    assert done.count("OK") == 10
    assert (await balances.of_wallet(first, "POINTS")).available == 0
    assert await health.violations() == []


async def test_without_the_locks_a_merge_and_a_spend_collide(monkeypatch) -> None:
    first, second = await two()
    unlock(monkeypatch)
    merge = outcome(lambda: merges.merge_two(make.staff("admin"), first, second, "one", winner=first))
    done = await asyncio.gather(merge, spend(second, 10))
    assert sorted(done) == ["OK", "UniqueViolationError"]  # only the entries' numbers stand in the way
