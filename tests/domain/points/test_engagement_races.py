"""Gifts, check-ins and missions at the same time, committed for real; each race has a control without the lock that must go wrong."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from uuid import UUID

import pytest

from domain import db, stepping, wiring
from domain.actor import Actor
from domain.foundation import ids
from domain.points import balances, books, check_ins, gifts, health, missions
from domain.profile import drain, members
from tests import make
from tests.domain.points.test_missions import mark, mission
from tests.everything.scenarios.people import with_points

pytestmark = pytest.mark.commits


@pytest.fixture(autouse=True)
def registered():
    wiring.start()


async def outcome(call) -> str:
    try:
        await db.attempt(call)
    except Exception as problem:
        return type(problem).__name__
    return "OK"


async def two(amount: int = 100) -> tuple[Actor, Actor]:
    async with db.transaction():
        return await with_points(amount), await make.member_actor()


async def test_a_gift_is_accepted_once_however_often_it_is_tapped() -> None:
    giver, friend = await two()
    gift = await gifts.offer(giver, friend.member_id, "POINTS", Decimal(40))
    taps = [outcome(lambda: gifts.accept(friend, gift.id)) for _ in range(6)]
    taps += [outcome(lambda: gifts.decline(friend, gift.id)) for _ in range(2)]
    done = await asyncio.gather(*taps)
    assert sorted(done) == ["IllegalTransition"] * 7 + ["OK"]
    found = (await gifts.one(gift.id)).state
    left = [(await balances.of_wallet(each.member_id, "POINTS")).available for each in (giver, friend)]
    assert (found, left) in [("ACCEPTED", [60, 40]), ("DECLINED", [100, 0])]
    assert [c for c in await health.check() if not c.holds] == []


async def test_without_locks_the_same_gift_collides(monkeypatch) -> None:
    monkeypatch.setattr(books, "_LOCKED", books._LOCKED.replace("FOR NO KEY UPDATE OF a", ""))
    (giver, _), (friend, _) = await two(), await two()
    gift = await gifts.offer(giver, friend.member_id, "POINTS", Decimal(40))
    both, real = asyncio.Barrier(2), gifts._locked

    async def together(*args):
        found = await real(*args)
        await asyncio.wait_for(both.wait(), 30)
        return found

    async def unconditional(*args) -> None: ...

    monkeypatch.setattr(gifts, "_locked", together)
    monkeypatch.setattr(gifts, "_turn", unconditional)
    done = await asyncio.gather(*(outcome(lambda: gifts.accept(friend, gift.id)) for _ in range(2)))
    assert sorted(done) == ["AlreadyPosted", "OK"]  # only the business key stands in the way


async def test_gifts_at_once_stay_within_what_there_is() -> None:
    giver, friend = await two(100)
    offers = (outcome(lambda: gifts.offer(giver, friend.member_id, "POINTS", Decimal(30))) for _ in range(8))
    assert sorted(await asyncio.gather(*offers)) == ["InsufficientPoints"] * 5 + ["OK"] * 3


async def test_two_who_give_to_each_other_at_once_do_not_block_each_other() -> None:
    one, other = await two()
    first = await gifts.offer(one, other.member_id, "POINTS", Decimal(50))
    await gifts.accept(other, first.id)
    there = await gifts.offer(one, other.member_id, "POINTS", Decimal(20))
    back = await gifts.offer(other, one.member_id, "POINTS", Decimal(30))
    done = await asyncio.gather(
        outcome(lambda: gifts.accept(other, there.id)), outcome(lambda: gifts.accept(one, back.id))
    )
    assert done == ["OK", "OK"]
    left = [(await balances.of_wallet(each.member_id, "POINTS")).available for each in (one, other)]
    assert left == [60, 40]


async def test_a_day_is_checked_in_once_however_often_it_is_tapped() -> None:
    async with db.transaction():
        me = await make.member_actor()
    done = await asyncio.gather(*(outcome(lambda: check_ins.check_in(me)) for _ in range(8)))
    assert sorted(done) == ["AlreadyCheckedIn"] * 7 + ["OK"]
    assert await db.value("SELECT count(*) FROM points.check_in WHERE member = $1", me.member_id) == 1


async def test_without_the_lock_the_same_day_collides(monkeypatch) -> None:
    async with db.transaction():
        me = await make.member_actor()
    both, real = asyncio.Barrier(2), members.must_be_active

    async def together(actor: Actor):
        found = await real(actor)
        await asyncio.wait_for(both.wait(), 30)
        return found

    async def unlocked(*given):
        return list(given)

    monkeypatch.setattr(members, "must_be_active", together)
    monkeypatch.setattr(members, "lock", unlocked)
    done = await asyncio.gather(*(outcome(lambda: check_ins.check_in(me)) for _ in range(2)))
    assert sorted(done) == ["OK", "UniqueViolationError"]  # only the constraint stands in the way


async def done_once() -> tuple[Actor, UUID]:
    """A member with a completed round, whose reward waits."""
    async with db.transaction():
        me, of = await make.member_actor(), await mission(
            code=f"race-{ids.new()}", target=1, steps=[], rewards=[{"wallet": "POINTS", "points": 10}]
        )  # fmt: skip
        await mark(me.member_id, 1)
    await stepping.settle()
    return me, of.id


async def test_a_reward_is_claimed_once_however_often_it_is_tapped() -> None:
    me, of = await done_once()
    done = await asyncio.gather(*(outcome(lambda: missions.claim(me, of)) for _ in range(6)))
    assert sorted(done) == ["NothingToClaim"] * 5 + ["OK"]
    assert (await balances.of_wallet(me.member_id, "POINTS")).available == 10


async def test_without_the_lock_the_same_claim_collides(monkeypatch) -> None:
    me, of = await done_once()
    both, real = asyncio.Barrier(2), missions.one

    async def together(mission_id: UUID):
        found = await real(mission_id)
        await asyncio.wait_for(both.wait(), 30)
        return found

    async def unlocked(*given):
        return list(given)

    monkeypatch.setattr(missions, "one", together)
    monkeypatch.setattr(members, "lock", unlocked)
    done = await asyncio.gather(*(outcome(lambda: missions.claim(me, of)) for _ in range(2)))
    assert sorted(done) == ["OK", "UniqueViolationError"]  # only the constraint stands in the way


async def test_facts_of_one_day_drained_at_once_are_paid_once() -> None:
    async with db.transaction():
        who = await make.member_id()
        await mission(code=f"race-{ids.new()}")
        for hour in range(8):
            await mark(who, 1, hour)
    await asyncio.gather(*(drain.drain(wiring.reactions) for _ in range(4)))
    await stepping.settle()
    assert (await balances.of_wallet(who, "POINTS")).available == 200
