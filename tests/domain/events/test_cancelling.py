"""Cancelling: the place goes back at once, the points by the policy of the day of registration."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock, db
from domain.errors import InvalidInput, NotFound
from domain.events import cancelling, occurrences, tiering
from domain.events.errors import CancellationBlocked
from domain.events.rules import CancellationBlock, RefundPolicy, RefundStep
from domain.foundation import ids
from tests import make
from tests.domain.events import setting as s


async def test_of_101_points_45_come_back_30_hours_before_whatever_the_policy_is_by_then() -> None:
    occurrence = await s.published(s.tier(points=101, refund_policy=s.POLICY), hours=30.5)
    actor = await s.member(101)
    made = await s.register(actor, occurrence)
    version = await db.value("SELECT version FROM events.occurrence WHERE id = $1", occurrence)
    harder = tiering.TierEdit(
        (await s.tier_of(occurrence)).id, {"refund_policy": RefundPolicy(steps=(RefundStep(48, 10),))}
    )
    await occurrences.edit(s.operator(), occurrence, {}, expected_version=version, tiers=(harder,))
    clock.shift(timedelta(minutes=30))
    seen = await cancelling.preview(actor, made)
    assert (seen.blocked, seen.refund_points, seen.refund_percent) == (None, 45, 50)
    done = await cancelling.cancel(actor, made, reason="busy")
    assert done.refund_points == 45
    assert await s.points_of(actor) == 45
    row = await s.registration(made)
    assert (row["state"], row["points_paid"], row["points_refunded"]) == ("CANCELLED", 101, 45)
    assert await s.counters(occurrence) == (0, 0, 0)
    assert await s.history(made) == [(None, "CONFIRMED"), ("CONFIRMED", "CANCELLED")]
    assert await s.told(made) == ["confirmed", "late_cancelled"]
    assert await s.is_sound()


async def test_in_time_all_but_the_fee_comes_back_and_one_may_register_again() -> None:
    occurrence = await s.published(s.tier(points=101, refund_policy=s.POLICY))
    actor = await s.member(200)
    made = await s.register(actor, occurrence)
    assert (await cancelling.cancel(actor, made)).refund_points == 96
    assert await s.told(made) == ["confirmed", "cancelled"]
    again = await s.register(actor, occurrence)
    assert again != made
    assert await s.points_of(actor) == 200 - 101 + 96 - 101
    assert await s.is_sound()


async def test_a_host_gives_everything_back() -> None:
    occurrence = await s.published(s.tier(points=101, refund_policy=s.POLICY), hours=1)
    actor = await s.member(101)
    made = await s.register(actor, occurrence)
    host = make.staff("host", scopes=(f"occurrence:{occurrence}",))
    assert (await cancelling.cancel(host, made, reason="the venue is closed")).refund_points == 101
    assert await s.points_of(actor) == 101
    assert await s.told(made) == ["confirmed", "cancelled"]


async def test_after_a_postponement_everything_comes_back() -> None:
    occurrence = await s.published(s.tier(points=101, refund_policy=s.POLICY), hours=26)
    actor = await s.member(101)
    made = await s.register(actor, occurrence)
    later = clock.now() + timedelta(hours=27)
    await occurrences.postpone(s.operator(), occurrence, later, later + timedelta(hours=2))
    assert (await cancelling.cancel(actor, made)).refund_points == 101


async def test_somebody_elses_registration_is_not_found() -> None:
    occurrence = await s.published()
    made = await s.register(await s.member(), occurrence)
    before = await s.snapshot()
    strangers = [
        await s.member(),
        make.staff("host", scopes=(f"occurrence:{ids.new()}",)),
        make.staff("analyst"),
    ]
    for stranger in strangers:
        with pytest.raises(NotFound):
            await cancelling.cancel(stranger, made)
        with pytest.raises(NotFound):
            await cancelling.preview(stranger, made)
    with pytest.raises(NotFound):
        await cancelling.cancel(strangers[0], ids.new())
    assert await s.snapshot() == before


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("CANCELLED", CancellationBlock.ALREADY_CANCELLED),
        ("CHECKED_IN", CancellationBlock.CHECKED_IN),
        ("ATTENDED", CancellationBlock.CHECKED_IN),
        ("NO_SHOW", CancellationBlock.NOT_PERMITTED),
        ("DECLINED", CancellationBlock.NOT_PERMITTED),
        ("EXPIRED", CancellationBlock.NOT_PERMITTED),
        ("REJECTED", CancellationBlock.NOT_PERMITTED),
        ("TRANSFERRED_OUT", CancellationBlock.NOT_PERMITTED),
    ],
)
async def test_states_that_cannot_be_cancelled(state, reason) -> None:
    occurrence = await s.published()
    actor = await s.member()
    made = await s.register(actor, occurrence)
    await db.run("UPDATE events.registration SET state = $2 WHERE id = $1", made, state)
    before = await s.snapshot()
    with pytest.raises(CancellationBlocked) as refused:
        await cancelling.cancel(actor, made)
    assert refused.value.reason is reason
    assert (await cancelling.preview(actor, made)).blocked is reason
    assert await s.snapshot() == before


async def test_after_the_start_and_past_the_deadline_it_is_too_late() -> None:
    occurrence = await s.published(s.tier(refund_policy=RefundPolicy(deadline_hours=2)), hours=3)
    actor = await s.member()
    made = await s.register(actor, occurrence)
    clock.shift(timedelta(hours=2))
    with pytest.raises(CancellationBlocked) as refused:
        await cancelling.cancel(actor, made)
    assert refused.value.reason is CancellationBlock.PAST_DEADLINE
    clock.shift(timedelta(hours=4))
    with pytest.raises(CancellationBlocked) as refused:
        await cancelling.cancel(actor, made)
    assert refused.value.reason is CancellationBlock.EVENT_STARTED


async def test_a_party_becomes_smaller_and_gets_its_share_back() -> None:
    occurrence = await s.published(s.tier(points=33, refund_policy=s.POLICY))
    actor = await s.member(99)
    made = await s.register(actor, occurrence, party_size=3)
    await db.run("UPDATE events.registration SET points_paid = 99 WHERE id = $1", made)
    people = [
        row["id"]
        for row in await db.fetch(
            "SELECT id FROM events.attendee WHERE registration = $1 ORDER BY number", made
        )
    ]
    assert (await cancelling.cancel(actor, made, attendee_ids=people[2:])).refund_points == 28
    row = await s.registration(made)
    assert (row["state"], row["party_size"], row["points_settled"], row["points_refunded"]) == (
        "CONFIRMED", 2, 33, 28,
    )  # fmt: skip
    assert await s.counters(occurrence) == (2, 0, 0)
    assert await s.is_sound()
    for wrong in ([people[2]], [ids.new()], []):
        with pytest.raises(InvalidInput):
            await cancelling.cancel(actor, made, attendee_ids=wrong)
    assert (await cancelling.cancel(actor, made, attendee_ids=people[:2])).refund_points == 61
    assert (await s.registration(made))["state"] == "CANCELLED"
    assert await s.points_of(actor) == 28 + 61
    assert await s.told(made) == ["confirmed", "reduced", "cancelled"]
    assert await s.is_sound()


async def test_what_is_only_held_goes_back_whole() -> None:
    occurrence = await s.published(s.tier(points=101, refund_policy=s.POLICY, needs_approval=True), hours=1)
    actor = await s.member(101)
    made = await s.register(actor, occurrence)
    assert await s.points_of(actor) == 0
    assert (await cancelling.preview(actor, made)).refund_points == 101
    assert (await cancelling.cancel(actor, made)).refund_points == 101
    assert await s.points_of(actor) == 101
    assert (await s.registration(made))["points_held"] == 0
    assert await s.is_sound()


async def test_the_preview_changes_nothing_and_names_the_windows() -> None:
    occurrence = await s.published(s.tier(points=101, refund_policy=s.POLICY))
    actor = await s.member(101)
    made = await s.register(actor, occurrence)
    starts_at = await db.value("SELECT starts_at FROM events.occurrence WHERE id = $1", occurrence)
    before = await s.snapshot()
    seen = await cancelling.preview(actor, made)
    assert [(starts_at - window.until, window.percent) for window in seen.windows] == [
        (timedelta(hours=48), 100),
        (timedelta(hours=24), 50),
    ]
    assert await s.snapshot() == before
