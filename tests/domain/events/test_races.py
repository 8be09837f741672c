"""Many members at once: exactly the places there are, and no points taken from those who got none."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from domain import clock, db, wiring
from domain.events import cancelling, due, occurrences, paying
from domain.events.errors import (
    AlreadyRegistered,
    CancellationBlocked,
    DuplicateReference,
    EventFull,
    PaymentTooLate,
)
from tests.domain.events import setting as s

wiring.start()

pytestmark = [pytest.mark.commits, pytest.mark.xdist_group("races")]


async def _outcomes(*tries) -> Counter:
    found = await asyncio.gather(*(db.attempt(one) for one in tries), return_exceptions=True)
    return Counter(type(each).__name__ if isinstance(each, Exception) else "done" for each in found)


async def test_two_at_once_on_the_last_place() -> None:
    occurrence = await s.published(s.tier(points=10), capacity=1)
    people = [await s.member(10) for _ in range(2)]
    found = await _outcomes(*(lambda who=who: s.register(who, occurrence) for who in people))
    assert found == {"done": 1, EventFull.__name__: 1}
    assert sorted([await s.points_of(who) for who in people]) == [0, 10]
    assert await s.is_sound()


async def test_fifty_at_once_on_ten_places() -> None:
    occurrence = await s.published(s.tier(points=10), capacity=10)
    people = [await s.member(10) for _ in range(50)]
    found = await _outcomes(*(lambda who=who: s.register(who, occurrence) for who in people))
    assert found == {"done": 10, EventFull.__name__: 40}
    assert sum([await s.points_of(who) for who in people]) == 400
    assert await s.counters(occurrence) == (10, 0, 0)
    assert await s.is_sound()


async def test_one_member_at_once_from_many_devices() -> None:
    occurrence = await s.published(s.tier(points=10), s.tier("Other", points=10))
    actor = await s.member(100)
    tries = [lambda number=turn % 2 + 1: s.register(actor, occurrence, number) for turn in range(10)]
    assert await _outcomes(*tries) == {"done": 1, AlreadyRegistered.__name__: 9}
    assert await s.points_of(actor) == 90
    assert await s.is_sound()


async def test_cancelling_at_once_refunds_once() -> None:
    occurrence = await s.published(s.tier(points=10))
    actor = await s.member(10)
    made = await s.register(actor, occurrence)
    found = await _outcomes(*(lambda: cancelling.cancel(actor, made) for _ in range(8)))
    assert found == {"done": 1, CancellationBlocked.__name__: 7}
    assert await s.points_of(actor) == 10
    assert await s.is_sound()


async def test_registering_while_the_event_is_called_off_leaves_nobody_behind() -> None:
    occurrence = await s.published(s.tier(points=10), capacity=30)
    people = [await s.member(10) for _ in range(20)]
    tries = [lambda who=who: s.register(who, occurrence) for who in people]
    tries.insert(10, lambda: occurrences.call_off(s.operator(), occurrence, reason="storm"))
    found = await _outcomes(*tries)
    assert set(found) <= {"done", "NotEligible", "EventFull"}
    await asyncio.gather(*(due.settle_called_off() for _ in range(3)))
    assert sum([await s.points_of(who) for who in people]) == 200
    assert await s.counters(occurrence) == (0, 0, 0)
    assert await s.is_sound()


async def test_a_late_payment_without_a_place_is_owed_back() -> None:
    occurrence = await s.published(s.tier(points=10, cash=300), capacity=1)
    late, quick = await s.member(10), await s.member(10)
    made = await s.register(late, occurrence)
    clock.shift(timedelta(minutes=20))
    await due.expire_payments()
    await s.register(quick, occurrence)
    before = await s.snapshot()
    with pytest.raises(PaymentTooLate):
        await paying.record(s.operator(), made, 300, "bank-1")
    assert await s.snapshot() == before
    owed = await db.fetch(
        "SELECT registration, amount, reference FROM events.refund_due WHERE registration = $1", made
    )
    assert [tuple(row) for row in owed] == [(made, 300, "bank-1")]
    with pytest.raises(DuplicateReference):
        await paying.record(s.operator(), made, 300, "bank-1")
