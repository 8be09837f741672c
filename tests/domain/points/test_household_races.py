"""A household's points spent at the same time, committed for real; the control without the locks must go wrong."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from domain import db, wiring
from domain.actor import SYSTEM, Actor
from domain.foundation import ids
from domain.points import balances, books, health, ledger
from domain.points.households import drawing, places
from domain.points.ledger import Cause
from domain.profile import merges
from tests import make
from tests.domain.points.test_households import home

pytestmark = pytest.mark.commits


@pytest.fixture(autouse=True)
def registered():
    wiring.start()


async def at_home(*points: int, limit: Decimal | None = None) -> list[Actor]:
    async with db.transaction():
        return await home(*points, limit=limit)


async def outcome(call) -> str:
    try:
        await db.attempt(call)
    except Exception as problem:
        return type(problem).__name__
    return "OK"


async def spending(who: Actor, amount: int) -> str:
    cause = Cause("TEST", ids.new())
    return await outcome(lambda: drawing.spend(SYSTEM, who.member_id, {"POINTS": amount}, cause))


async def has(*people: Actor) -> list[int]:
    return [(await balances.of_wallet(who.member_id, "POINTS")).available for who in people]


async def sound() -> bool:
    return await health.violations() == []


async def test_who_spends_at_once_takes_nothing_twice() -> None:
    mum, dad, child = await at_home(100, 0, 0)
    assert sorted(await asyncio.gather(spending(dad, 60), spending(child, 60))) == [
        "InsufficientPoints",
        "OK",
    ]
    assert await has(mum, dad, child) == [40, 0, 0]

    people = await at_home(50, 40, 30, 0)
    done = await asyncio.gather(*(spending(who, 25) for who in people for _ in range(2)))
    assert sorted(done) == ["InsufficientPoints"] * 4 + ["OK"] * 4
    assert sum(await has(*people)) == 20

    mum, child = await at_home(500, 0, limit=Decimal(100))
    done = await asyncio.gather(*(spending(child, 30) for _ in range(6)))
    assert sorted(done) == ["HouseholdLimitReached"] * 3 + ["OK"] * 3
    assert await has(mum) == [410]

    mum, dad = await at_home(0, 100)
    done = await asyncio.gather(spending(mum, 60), outcome(lambda: places.leave(dad)), spending(mum, 60))
    assert done[1] == "OK" and done.count("OK") <= 2
    assert await has(dad) == [100 - 60 * (done.count("OK") - 1)]
    assert await spending(mum, 1) == "InsufficientPoints"
    assert await sound()


async def test_without_the_locks_two_who_spend_the_same_lots_collide(monkeypatch) -> None:
    monkeypatch.setattr(books, "_LOCKED", books._LOCKED.replace("FOR NO KEY UPDATE OF a", ""))
    _, dad, child = await at_home(100, 0, 0)
    both, real = asyncio.Barrier(2), drawing._drawn

    async def together(*args, **more):
        found = await real(*args, **more)
        await asyncio.wait_for(both.wait(), 30)  # neither writes before both have read
        return found

    monkeypatch.setattr(drawing, "_drawn", together)
    done = await asyncio.gather(spending(dad, 60), spending(child, 60))
    assert sorted(done) == ["OK", "UniqueViolationError"]  # only the entries' numbers stand in the way


async def test_places_are_given_once_and_a_merge_loses_nothing() -> None:
    (mum,), (gran,) = await at_home(0), await at_home(0)
    async with db.transaction():
        friend = await make.member_actor()
        friends = [await make.member_id() for _ in range(9)]
    first = await places.invite(mum, friend.member_id)
    second = await places.invite(gran, friend.member_id)
    taps = (outcome(lambda each=each: places.accept(friend, each.id)) for each in (first, second) * 2)
    done = await asyncio.gather(*taps)
    assert done.count("OK") == 1 and set(done) <= {"OK", "AlreadyInHousehold", "IllegalTransition"}
    await places.leave(friend)
    done = await asyncio.gather(*(outcome(lambda each=each: places.invite(mum, each)) for each in friends))
    assert done.count("OK") == 7 and done.count("HouseholdFull") == 2

    mum, dad = await at_home(0, 80)
    posted = await drawing.spend(SYSTEM, mum.member_id, {"POINTS": 80}, Cause("TEST", ids.new()))
    done = await asyncio.gather(
        outcome(lambda: merges.merge_two(make.staff("admin"), dad.member_id, friends[0], "one person")),
        outcome(lambda: ledger.refund(SYSTEM, posted.journal, Cause("TEST", "back"))),
    )
    assert done == ["OK", "OK"]
    assert await has(dad) == [80]
    assert await sound()
