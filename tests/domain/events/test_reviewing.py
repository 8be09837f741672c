"""Approvals of registrations, cash paid outside, and what time alone does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock, db
from domain.errors import Forbidden, IllegalTransition, InvalidInput, NotFound
from domain.events import due, paying, reviewing, rules
from domain.events.errors import AmountMismatch, DuplicateReference
from domain.events.reviewing import ReviewDecision as Decision
from domain.events.rules import RegistrationState
from domain.foundation import ids
from tests import make
from tests.domain.events import setting as s


async def test_an_approved_registration_is_confirmed_and_paid() -> None:
    occurrence = await s.published(s.tier(points=30, needs_approval=True))
    actor = await s.member(50)
    made = await s.register(actor, occurrence)
    row = await s.registration(made)
    assert (row["state"], row["points_held"], row["points_paid"]) == ("PENDING_REVIEW", 30, 0)
    assert await s.counters(occurrence) == (0, 1, 0)
    assert await s.is_sound()
    await reviewing.decide(s.operator(), made, Decision.APPROVE)
    row = await s.registration(made)
    assert (row["state"], row["points_held"], row["points_paid"]) == ("CONFIRMED", 0, 30)
    assert await s.counters(occurrence) == (1, 0, 0)
    assert await s.told(made) == ["requested", "confirmed"]
    assert await s.is_sound()


async def test_a_rejected_registration_gets_everything_back() -> None:
    occurrence = await s.published(s.tier(points=30, needs_approval=True))
    actor = await s.member(50)
    made = await s.register(actor, occurrence)
    with pytest.raises(InvalidInput):
        await reviewing.decide(s.operator(), made, Decision.REJECT)
    await reviewing.decide(s.operator(), made, Decision.REJECT, "owners only")
    assert (await s.registration(made))["state"] == "REJECTED"
    assert await s.points_of(actor) == 50
    assert await s.counters(occurrence) == (0, 0, 0)
    assert await s.told(made) == ["requested", "rejected"]
    assert await s.is_sound()
    await s.register(actor, occurrence)


async def test_an_approval_with_cash_due_waits_for_the_payment() -> None:
    occurrence = await s.published(s.tier(points=30, cash=500, needs_approval=True))
    actor = await s.member(50)
    made = await s.register(actor, occurrence)
    await reviewing.decide(s.operator(), made, Decision.APPROVE)
    row = await s.registration(made)
    assert (row["state"], row["points_held"]) == ("PENDING_PAYMENT", 30)
    assert row["pay_by"] is not None
    await paying.record(s.operator(), made, 500, "bank-1")
    row = await s.registration(made)
    assert (row["state"], row["points_paid"], row["cash_paid"]) == ("CONFIRMED", 30, 500)
    assert await s.told(made) == ["requested", "approved", "confirmed", "commerce.payment.recorded"]
    assert await s.is_sound()


@pytest.mark.parametrize("decision", list(Decision))
@pytest.mark.parametrize(
    "state", [s_ for s_ in RegistrationState if s_ is not RegistrationState.PENDING_REVIEW]
)
async def test_only_what_waits_for_a_review_is_reviewed(state, decision) -> None:
    made = await s.register(await s.member(), await s.published())
    await db.run("UPDATE events.registration SET state = $2 WHERE id = $1", made, state)
    before = await s.snapshot()
    with pytest.raises(IllegalTransition) as refused:
        await reviewing.decide(s.operator(), made, decision, "why")
    assert refused.value.allowed == sorted(rules.REGISTRATION_EDGES[state])
    assert await s.snapshot() == before


async def test_a_host_decides_only_on_the_own_event() -> None:
    occurrence = await s.published(s.tier(needs_approval=True))
    made = await s.register(await s.member(), occurrence)
    with pytest.raises(Forbidden):
        await reviewing.decide(
            make.staff("host", scopes=(f"occurrence:{ids.new()}",)), made, Decision.APPROVE
        )
    with pytest.raises(NotFound):
        await reviewing.decide(s.operator(), ids.new(), Decision.APPROVE)
    await reviewing.decide(make.staff("host", scopes=(f"occurrence:{occurrence}",)), made, Decision.APPROVE)
    assert (await s.registration(made))["state"] == "CONFIRMED"


async def test_a_payment_is_taken_once_and_only_in_full() -> None:
    occurrence = await s.published(s.tier(points=10, cash=300))
    first, second = await s.member(10), await s.member(10)
    made, other = await s.register(first, occurrence), await s.register(second, occurrence)
    for amount in (299, 0, 301):
        with pytest.raises(AmountMismatch) as refused:
            await paying.record(s.operator(), made, amount, "bank-1")
        assert refused.value.due == 300
    assert await paying.record(s.operator(), made, 300, "bank-1") == made
    before = await s.snapshot()
    assert await paying.record(s.operator(), made, 300, "bank-1") == made
    assert await s.snapshot() == before
    with pytest.raises(DuplicateReference):
        await paying.record(s.operator(), other, 300, "bank-1")
    with pytest.raises(IllegalTransition):
        await paying.record(s.operator(), made, 300, "bank-2")
    with pytest.raises(Forbidden):
        await paying.record(make.source(), other, 300, "bank-3")
    assert await s.snapshot() == before


async def test_who_does_not_pay_in_time_gets_everything_back() -> None:
    occurrence = await s.published(s.tier(points=10, cash=300))
    actor = await s.member(10)
    made = await s.register(actor, occurrence)
    assert await due.next_payment() == (await s.registration(made))["pay_by"]
    assert await due.expire_payments() == 0
    clock.shift(timedelta(minutes=15))
    assert await due.expire_payments() == 1
    assert await due.expire_payments() == 0
    assert (await s.registration(made))["state"] == "EXPIRED"
    assert await s.points_of(actor) == 10
    assert await s.counters(occurrence) == (0, 0, 0)
    assert await s.told(made) == ["requested", "expired"]
    assert await s.is_sound()


async def test_a_late_payment_takes_the_place_if_there_is_one() -> None:
    occurrence = await s.published(s.tier(points=10, cash=300))
    actor = await s.member(10)
    made = await s.register(actor, occurrence)
    clock.shift(timedelta(minutes=40))
    paid = await paying.record(s.operator(), made, 300, "bank-1")
    assert paid != made
    assert (await s.registration(made))["state"] == "EXPIRED"
    row = await s.registration(paid)
    assert (row["state"], row["points_paid"], row["cash_paid"]) == ("CONFIRMED", 10, 300)
    assert await s.points_of(actor) == 0
    assert await s.counters(occurrence) == (1, 0, 0)
    assert await s.is_sound()


async def test_who_is_not_reviewed_before_the_start_is_not_admitted() -> None:
    occurrence = await s.published(s.tier(points=10, needs_approval=True), hours=2)
    actor = await s.member(10)
    made = await s.register(actor, occurrence)
    assert await due.next_unreviewed() == await due.next_move()
    clock.shift(timedelta(hours=2))
    assert await due.reject_unreviewed() == 1
    assert (await s.registration(made))["state"] == "REJECTED"
    assert await s.points_of(actor) == 10
    assert await s.is_sound()
