"""Prices, refunds and the machines, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.events import rules
from domain.events.rules import (
    CancellationBlock,
    OccurrenceState,
    Price,
    RefundPolicy,
    RefundStep,
    RegistrationState,
    Standing,
)
from tests.domain.events.setting import POLICY

START = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "percent", "refund"),
    [(72, 100, 96), (48, 100, 96), (47.99, 50, 45), (30, 50, 45), (24, 50, 45), (23.99, 0, 0), (0.5, 0, 0)],
)
def test_of_101_points_so_many_come_back(hours, percent, refund) -> None:
    terms = POLICY.terms(timedelta(hours=hours))
    assert (terms.percent, terms.refund(101)) == (percent, refund)
    assert terms.is_late is (percent < 100)


def test_free_cancelling_costs_no_fee() -> None:
    policy = RefundPolicy(free_until_hours=48, steps=(RefundStep(24, 50),), flat_fee_points=5)
    assert policy.terms(timedelta(hours=48)).refund(101) == 101
    assert policy.terms(timedelta(hours=47)).refund(101) == 45


def test_a_refund_is_never_negative() -> None:
    assert (
        RefundPolicy(steps=(RefundStep(0, 100),), flat_fee_points=50).terms(timedelta(hours=1)).refund(10)
        == 0
    )


def test_without_a_policy_everything_comes_back_until_the_start() -> None:
    assert RefundPolicy.read({}).terms(timedelta(seconds=1)).refund(101) == 101


def test_a_policy_reads_back_as_it_was_stored() -> None:
    policy = RefundPolicy(free_until_hours=72, steps=POLICY.steps, flat_fee_points=5, deadline_hours=2)
    assert RefundPolicy.read(policy.stored()) == policy


def test_the_windows_of_a_policy_in_the_order_in_which_they_end() -> None:
    found = rules.windows(POLICY, START)
    assert [(START - each.until, each.percent) for each in found] == [
        (timedelta(hours=48), 100),
        (timedelta(hours=24), 50),
    ]
    assert [each.percent for each in rules.windows(RefundPolicy(), START)] == [100]


def test_the_last_ones_of_a_party_take_the_rest() -> None:
    assert rules.share(100, 3, 1) == 33
    assert rules.share(67, 2, 1) == 33
    assert rules.share(34, 1, 1) == 34
    assert rules.share(100, 3, 3) == 100


def test_a_free_ratio_floors_what_points_are_worth() -> None:
    mix = {"cash": 1_000, "pointsPerMinorUnit": "3", "minPoints": 0, "maxPoints": 5_000}
    assert rules.price_of_mix(mix, 1, 0) == Price(0, 1_000)
    assert rules.price_of_mix(mix, 1, 100) == Price(100, 967)
    assert rules.price_of_mix(mix, 1, 3_001) == Price(3_001, 0)
    assert rules.price_of_mix(mix, 2, 3_000) == Price(3_000, 1_000)
    with pytest.raises(rules.PriceProblem):
        rules.price_of_mix(mix, 1, 5_001)


@pytest.mark.parametrize("state", list(RegistrationState))
def test_which_states_can_be_cancelled(state) -> None:
    standing = Standing(state, POLICY, START)
    found = rules.terms_of_cancelling(standing, START - timedelta(hours=30))
    expected = {
        RegistrationState.PENDING_REVIEW: rules.FULL,
        RegistrationState.PENDING_PAYMENT: rules.FULL,
        RegistrationState.CONFIRMED: rules.Terms(50, 5),
        RegistrationState.CHECKED_IN: CancellationBlock.CHECKED_IN,
        RegistrationState.ATTENDED: CancellationBlock.CHECKED_IN,
        RegistrationState.CANCELLED: CancellationBlock.ALREADY_CANCELLED,
    }
    assert found == expected.get(state, CancellationBlock.NOT_PERMITTED)


def test_who_cancels_and_when_decides_what_comes_back() -> None:
    confirmed = Standing(RegistrationState.CONFIRMED, POLICY, START)
    late = START - timedelta(hours=1)
    assert rules.terms_of_cancelling(confirmed, late).percent == 0
    assert rules.terms_of_cancelling(confirmed, late, by_host=True) == rules.FULL
    assert rules.terms_of_cancelling(confirmed, START) is CancellationBlock.EVENT_STARTED
    moved = Standing(RegistrationState.CONFIRMED, POLICY, START, free_cancel_until=START)
    assert rules.terms_of_cancelling(moved, late) == rules.FULL
    strict = Standing(RegistrationState.CONFIRMED, RefundPolicy(deadline_hours=2), START)
    assert rules.terms_of_cancelling(strict, late) is CancellationBlock.PAST_DEADLINE
    assert rules.terms_of_cancelling(strict, START - timedelta(hours=2)) == rules.FULL


def test_the_machines_are_those_of_the_specification() -> None:
    def edges(table) -> set[str]:
        return {f"{source}>{target}" for source, targets in table.items() for target in targets}

    assert edges(rules.OCCURRENCE_EDGES) == {
        "DRAFT>IN_REVIEW", "IN_REVIEW>DRAFT", "IN_REVIEW>PUBLISHED", "PUBLISHED>ONGOING", "ONGOING>ENDED",
        "ENDED>SETTLED", "PUBLISHED>CANCELLED", "ONGOING>CANCELLED",
    }  # fmt: skip
    assert edges(rules.REGISTRATION_EDGES) == {
        "PENDING_REVIEW>PENDING_PAYMENT", "PENDING_REVIEW>CONFIRMED", "PENDING_REVIEW>REJECTED",
        "PENDING_REVIEW>CANCELLED", "PENDING_PAYMENT>CONFIRMED", "PENDING_PAYMENT>EXPIRED",
        "PENDING_PAYMENT>CANCELLED", "CONFIRMED>CHECKED_IN", "CONFIRMED>CANCELLED", "CONFIRMED>NO_SHOW",
        "CONFIRMED>TRANSFERRED_OUT", "CHECKED_IN>ATTENDED", "CHECKED_IN>CONFIRMED",
    }  # fmt: skip
    assert set(rules.OCCURRENCE_EDGES) == set(OccurrenceState)
    assert set(rules.REGISTRATION_EDGES) == set(RegistrationState)
