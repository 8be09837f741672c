"""Many at once, committed for real; each race has a control without the lock that must go wrong."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain import clock, db, idempotency
from domain.actor import SYSTEM, Actor
from domain.errors import Conflict
from domain.foundation import ids
from domain.points import balances, books, health, holds, ledger, sweeps
from domain.points.errors import HoldNotOpen, InsufficientPoints
from domain.points.ledger import Cause
from tests import make

pytestmark = pytest.mark.commits


@pytest.fixture
def unlocked(monkeypatch):
    """The control: accounts are read without their lock."""
    monkeypatch.setattr(books, "_LOCKED", books._LOCKED.replace("FOR NO KEY UPDATE OF a", ""))


async def rich(amount: int = 100) -> UUID:
    async with db.transaction():
        member = await make.member_id()
        await ledger.earn(SYSTEM, member, "POINTS", amount, Cause("TEST", ids.new()))
    return member


async def spend(member: UUID, amount: int) -> str:
    """OK, or the name of what stopped it; a while passes between reading and writing, so that all meet."""

    async def call() -> None:
        async with db.transaction():
            book, (account,) = await ledger.opened(member, ["POINTS"], {"POINTS": amount})
            await asyncio.sleep(0.01)
            from domain.points import moves
            from domain.points.tables import JournalKind

            journal = book.begin(Cause("TEST", ids.new()).journal(SYSTEM, JournalKind.SPEND, book.now))
            moves.spend(book, account, journal, amount)
            await ledger.closed(book, SYSTEM, Cause("TEST", 1), journal, {"POINTS": amount})

    try:
        await db.attempt(call)
    except Exception as problem:
        return type(problem).__name__
    return "OK"


async def spend_plainly(member: UUID, amount: int) -> str:
    try:
        await db.attempt(lambda: ledger.spend(SYSTEM, member, {"POINTS": amount}, Cause("TEST", ids.new())))
    except InsufficientPoints:
        return "InsufficientPoints"
    return "OK"


async def sound() -> bool:
    return all(found.holds for found in await health.check())


async def test_sixteen_spends_of_one_wallet_take_what_there_is() -> None:
    member = await rich(100)
    done = await asyncio.gather(*(spend_plainly(member, 10) for _ in range(16)))
    assert sorted(done) == ["InsufficientPoints"] * 6 + ["OK"] * 10
    assert (await balances.of_wallet(member, "POINTS")).available == 0
    assert await sound()


async def test_without_the_lock_the_same_spends_collide(unlocked) -> None:
    member = await rich(100)
    done = await asyncio.gather(*(spend(member, 10) for _ in range(16)))
    assert sorted(done) != ["InsufficientPoints"] * 6 + ["OK"] * 10
    assert "UniqueViolationError" in done  # only the entries' numbers stand in the way


async def test_one_key_thirty_two_times_posts_once() -> None:
    member = await rich(100)
    assert await _thirty_two(member, "k") == 1
    assert (await balances.of_wallet(member, "POINTS")).available == 90


async def test_a_call_that_looked_before_the_first_one_ended_posts_nothing_more(monkeypatch) -> None:
    member = await rich(100)
    monkeypatch.setattr(
        idempotency, "_LOCKED", idempotency._LOCKED.replace("k.key = $4", "k.key = $4 || '?'")
    )
    assert await _thirty_two(member, "k") == 1
    assert (await balances.of_wallet(member, "POINTS")).available == 90
    assert await sound()


async def test_without_a_key_the_same_call_posts_each_time() -> None:
    member = await rich(1_000)
    assert await _thirty_two(member, None) == 32
    assert (await balances.of_wallet(member, "POINTS")).available == 680


async def _thirty_two(member: UUID, key: str | None) -> int:
    actor: Actor = make.staff("operator")

    async def once() -> None:
        async def call() -> str:
            return str((await ledger.spend(actor, member, {"POINTS": 10}, ledger.by_staff("once"))).journal)

        async def load(kept: str) -> str:
            return kept

        try:
            await idempotency.once(actor, "spend", key, {"amount": 10}, call, store=str, load=load)
        except Conflict:
            return

    await asyncio.gather(*(once() for _ in range(32)))
    return await db.value("SELECT count(*) FROM points.journal WHERE kind = 'SPEND'")


async def test_a_capture_against_the_time_out_has_one_winner() -> None:
    outcomes = set()
    for offset in (-3, -1, 0, 1, 3):
        member = await rich(100)
        until = clock.now() + timedelta(milliseconds=60)
        held = await holds.hold(
            SYSTEM, member, {"POINTS": 100}, source="TEST", source_id=member, expires_at=until
        )
        wait = max(0.0, (until - clock.now()).total_seconds() + offset / 1_000)

        async def capture(hold: UUID = held.id, wait: float = wait) -> str:
            await asyncio.sleep(wait)
            try:
                return (await db.attempt(lambda: holds.capture(SYSTEM, hold))).state
            except HoldNotOpen as refused:
                return f"not {refused.state}"

        async def sweep(wait: float = wait, until: datetime = until) -> None:
            await asyncio.sleep(wait)
            while clock.now() < until:
                await asyncio.sleep(0.001)
            await sweeps.settle_due()

        state, _ = await asyncio.gather(capture(), sweep())
        await sweeps.settle_due()
        left = (await balances.of_wallet(member, "POINTS")).available
        assert (state, left) in {("CAPTURED", 0), ("not EXPIRED", 100)}
        outcomes.add(state)
        assert await db.value("SELECT count(*) FROM points.journal WHERE source = 'HOLD' AND source_id = $1 "
                              "AND kind IN ('CAPTURE', 'VOID')", str(held.id)) == 1  # fmt: skip
    assert await sound()


async def test_two_captures_without_the_lock_do_not_both_pass_in_peace(unlocked, monkeypatch) -> None:
    member = await rich(100)
    held = await holds.hold(SYSTEM, member, {"POINTS": 100}, source="TEST", source_id=1, expires_at=None)
    seen: list[str] = []

    async def resolve(call) -> None:
        try:
            seen.append((await call).state)
        except Exception as problem:
            seen.append(type(problem).__name__)

    real, both = books.load_legs, asyncio.Barrier(2)

    async def slow(*args, **kwargs) -> None:
        await real(*args, **kwargs)
        await asyncio.wait_for(both.wait(), 30)  # neither writes before both have read

    monkeypatch.setattr(books, "load_legs", slow)
    monkeypatch.setattr(db, "one", _without_lock(db.one))
    await asyncio.gather(resolve(holds.capture(SYSTEM, held.id)), resolve(holds.void(SYSTEM, held.id)))
    assert "UniqueViolationError" in seen


def _without_lock(call):
    async def run(sql: str, *args):
        return await call(sql.replace("FOR NO KEY UPDATE", ""), *args)

    return run


async def test_a_merge_does_not_lose_what_is_earned_meanwhile() -> None:
    from domain import wiring
    from domain.profile import merges

    wiring.start()
    first, second = await rich(10), await rich(10)

    async def earn(member: UUID) -> None:
        for _ in range(5):
            await db.attempt(lambda: ledger.earn(SYSTEM, member, "POINTS", 1, Cause("TEST", ids.new())))

    await asyncio.gather(
        earn(first), earn(second), merges.merge_two(make.staff("admin"), first, second, "one person")
    )
    assert (await balances.of_wallet(first, "POINTS")).available == 30
    assert await sound()
