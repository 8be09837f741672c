"""Registering: a place and its points, or a reason and nothing else."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain import clock, db, wiring
from domain.capacity import taking
from domain.capacity.rules import Purpose
from domain.errors import Conflict, HoldExpired, InvalidInput, NotEligible, NotFound
from domain.events import cancelling, changes, due, occurrences, places, registering, tiering
from domain.events.drafts import AskedQuestion, Mix
from domain.events.errors import AlreadyRegistered, EventFull, PartyTooLarge, PriceChanged
from domain.events.registering import Person
from domain.events.rules import Price, RegistrationState
from domain.foundation import ids
from domain.points.errors import InsufficientPoints
from domain.profile import drain, members, merges
from tests.domain.events import setting as s

wiring.start()


async def test_a_paid_registration_takes_the_place_and_the_points_at_once() -> None:
    occurrence = await s.published(s.tier(points=40))
    actor = await s.member(100)
    made = await s.register(actor, occurrence, party_size=2, attendees=(Person("Lin"), Person("Mo")))
    row = await s.registration(made)
    assert (row["state"], row["points_paid"], row["points_held"], row["cash_due"]) == ("CONFIRMED", 80, 0, 0)
    assert await s.points_of(actor) == 20
    assert await s.counters(occurrence) == (2, 0, 0)
    assert await s.history(made) == [(None, "CONFIRMED")]
    assert await s.told(made) == ["confirmed"]
    names = await db.fetch(
        "SELECT name, member FROM events.attendee WHERE registration = $1 ORDER BY number", made
    )
    assert [tuple(row) for row in names] == [("Lin", actor.member_id), ("Mo", None)]
    assert await s.is_sound()


async def test_a_refusal_of_the_conditions_is_remembered_once_a_day_and_nothing_else_changes() -> None:
    occurrence = await s.published(s.tier(sale_starts_at=clock.now() + timedelta(days=1)))
    actor = await s.member(100)
    for _ in range(2):
        with pytest.raises(NotEligible):
            await s.register(actor, occurrence)
    kept = await db.fetch(
        "SELECT member, properties FROM profile.interaction WHERE kind = 'events.eligibility.refused'"
    )
    assert [(row["member"], row["properties"]["reasons"]) for row in kept] == [
        (actor.member_id, ["SALE_NOT_STARTED"])
    ]
    assert await s.counters(occurrence) == (0, 0, 0)
    assert await db.value("SELECT count(*) FROM events.registration") == 0


async def test_a_free_registration_needs_no_points() -> None:
    occurrence = await s.published()
    made = await s.register(await s.member(), occurrence)
    assert (await s.registration(made))["state"] == "CONFIRMED"
    assert await s.is_sound()


async def test_registering_without_points_changes_nothing() -> None:
    occurrence = await s.published(s.tier(points=40))
    actor = await s.member(39)
    before = await s.snapshot()
    with pytest.raises(InsufficientPoints) as refused:
        await s.register(actor, occurrence)
    assert (refused.value.balance, refused.value.price, refused.value.missing) == (39, 40, 1)
    assert await s.snapshot() == before


async def test_a_full_event_changes_nothing() -> None:
    occurrence = await s.published(s.tier(points=40), capacity=1)
    await s.register(await s.member(100), occurrence)
    late = await s.member(100)
    before = await s.snapshot()
    with pytest.raises(EventFull) as refused:
        await s.register(late, occurrence)
    assert refused.value.availability.state == "SOLD_OUT"
    assert await s.snapshot() == before


async def test_a_party_takes_all_its_places_or_none() -> None:
    occurrence = await s.published(s.tier(), s.tier("VIP", capacity=2), capacity=3)
    with pytest.raises(EventFull):
        await s.register(await s.member(), occurrence, number=2, party_size=3)
    assert await s.counters(occurrence) == (0, 0, 0)
    await s.register(await s.member(), occurrence, number=2, party_size=2)
    with pytest.raises(EventFull):
        await s.register(await s.member(), occurrence, party_size=2)
    await s.register(await s.member(), occurrence)
    assert await s.counters(occurrence) == (3, 0, 0)
    assert await s.is_sound()


async def test_registering_twice_names_the_first() -> None:
    occurrence = await s.published(s.tier(points=10), s.tier("Other"))
    actor = await s.member(100)
    first = await s.register(actor, occurrence)
    before = await s.snapshot()
    for number in (1, 2):
        with pytest.raises(AlreadyRegistered) as refused:
            await s.register(actor, occurrence, number=number)
        assert refused.value.registration_id == first
    assert await s.snapshot() == before


async def test_a_party_has_its_bounds() -> None:
    occurrence = await s.published(s.tier(min_party=2, max_party=3, max_per_member=None))
    actor = await s.member()
    with pytest.raises(PartyTooLarge) as refused:
        await s.register(actor, occurrence, party_size=4)
    assert refused.value.max == 3
    for size in (1, 0, -1):
        with pytest.raises(InvalidInput):
            await s.register(actor, occurrence, party_size=size)
    with pytest.raises(InvalidInput):
        await s.register(actor, occurrence, party_size=2, attendees=(Person(), Person(), Person()))


@pytest.mark.parametrize(
    ("change", "code", "step"),
    [
        ("UPDATE events.occurrence SET state = 'DRAFT' WHERE id = $1", "NOT_PUBLISHED", "NONE"),
        ("UPDATE events.occurrence SET state = 'CANCELLED' WHERE id = $1", "CANCELLED", "NONE"),
        ("UPDATE events.occurrence SET state = 'ONGOING' WHERE id = $1", "STARTED", "NONE"),
        (
            "UPDATE events.occurrence SET starts_at = now() - interval '1 hour' WHERE id = $1",
            "STARTED",
            "NONE",
        ),
        (
            "UPDATE events.ticket_tier SET sale_starts_at = now() + interval '1 day' WHERE occurrence = $1",
            "SALE_NOT_STARTED",
            "WAIT_UNTIL",
        ),
        (
            "UPDATE events.ticket_tier SET sale_ends_at = now() - interval '1 hour' WHERE occurrence = $1",
            "SALE_ENDED",
            "NONE",
        ),
        ("UPDATE events.ticket_tier SET max_per_member = 1 WHERE occurrence = $1", "MEMBER_LIMIT", "NONE"),
    ],
)
async def test_every_gate_gives_its_reason_and_next_step(change, code, step) -> None:
    occurrence = await s.published()
    await db.run(change, occurrence)
    actor = await s.member()
    before = await s.snapshot()
    with pytest.raises(NotEligible) as refused:
        await s.register(actor, occurrence, party_size=2)
    assert [(reason.code, reason.next_step) for reason in refused.value.reasons] == [(code, step)]
    assert (refused.value.reasons[0].available_at is not None) is (code == "SALE_NOT_STARTED")
    assert await s.snapshot() == before


async def test_a_suspended_member_is_told_whom_to_ask() -> None:
    occurrence = await s.published()
    actor = await s.member()
    await members.suspend(actor.member_id)
    with pytest.raises(NotEligible) as refused:
        await s.register(actor, occurrence)
    assert [(r.code, r.next_step) for r in refused.value.reasons] == [("SUSPENDED", "CONTACT_HOST")]


async def test_required_questions_are_answered() -> None:
    asked = (
        AskedQuestion("shirt", "T-shirt size?", is_required=True, choices=("S", "M")),
        AskedQuestion("note", "Anything else?"),
    )
    occurrence = await s.published(s.tier(questions=asked))
    actor = await s.member()
    with pytest.raises(NotEligible) as refused:
        await s.register(actor, occurrence, answers={"note": "no"})
    assert [(r.code, r.next_step, r.required) for r in refused.value.reasons] == [
        ("QUESTIONS", "ANSWER_QUESTIONS", "shirt")
    ]
    for answers in ({"shirt": "XXL"}, {"shirt": "S", "other": "1"}, {"shirt": "S", "note": "x" * 2_001}):
        with pytest.raises(InvalidInput):
            await s.register(actor, occurrence, answers=answers)
    made = await s.register(actor, occurrence, answers={"shirt": "M"})
    assert (await s.registration(made))["answers"] == {"shirt": "M"}


async def test_what_is_not_there_is_not_found() -> None:
    occurrence, other = await s.published(), await s.published()
    actor = await s.member()
    with pytest.raises(NotFound):
        await registering.register(actor, registering.Wanted(occurrence, (await s.tier_of(other)).id))
    with pytest.raises(NotFound):
        await registering.register(actor, registering.Wanted(ids.new(), ids.new()))


async def test_a_changed_price_is_shown_again() -> None:
    occurrence = await s.published(s.tier(points=10))
    actor = await s.member(100)
    shown = (await s.tier_of(occurrence)).options[0]
    version = await db.value("SELECT version FROM events.occurrence WHERE id = $1", occurrence)
    edit = tiering.TierEdit((await s.tier_of(occurrence)).id, {"price_options": (Price(15),)})
    await occurrences.edit(s.operator(), occurrence, {}, expected_version=version, tiers=(edit,))
    before = await s.snapshot()
    for options in ({"option_id": shown.id}, {"expected": Price(20, 0)}):
        with pytest.raises(PriceChanged) as refused:
            await s.register(actor, occurrence, party_size=2, **options)
        assert refused.value.price == Price(30, 0)
    assert await s.snapshot() == before
    await s.register(actor, occurrence, party_size=2, expected=Price(30, 0))
    assert await s.points_of(actor) == 70


async def test_a_free_ratio_leaves_the_rest_in_cash() -> None:
    mix = Mix(cash=1_000, points_per_minor_unit=Decimal(3), min_points=30, max_points=5_000)
    occurrence = await s.published(s.tier(price_options=(), price_mix=mix))
    actor = await s.member(5_000)
    for points in (29, 5_001):
        with pytest.raises(InvalidInput):
            await s.register(actor, occurrence, points=points)
    with pytest.raises(InvalidInput):
        await s.register(actor, occurrence)
    made = await s.register(actor, occurrence, points=100)
    row = await s.registration(made)
    assert (row["state"], row["points_held"], row["points_paid"], row["cash_due"]) == (
        "PENDING_PAYMENT", 100, 0, 967,
    )  # fmt: skip
    assert await s.points_of(actor) == 4_900
    assert await s.counters(occurrence) == (0, 1, 0)
    assert await s.is_sound()


async def test_a_checkout_keeps_the_places_for_its_member() -> None:
    occurrence = await s.published(s.tier(points=10), capacity=2)
    actor = await s.member(100)
    tier = await s.tier_of(occurrence)
    hold, until = await places.hold(actor, occurrence, tier.id, 1)
    hold, until = await places.hold(actor, occurrence, tier.id, 2)
    assert until - clock.now() <= timedelta(minutes=10)
    assert await s.counters(occurrence) == (0, 0, 2)
    with pytest.raises(EventFull) as refused:
        await s.register(await s.member(100), occurrence)
    assert refused.value.availability.state == "IN_CHECKOUT"
    with pytest.raises(InvalidInput):
        await s.register(actor, occurrence, hold_id=hold)
    made = await s.register(actor, occurrence, party_size=2, hold_id=hold)
    assert (await s.registration(made))["hold"] == hold
    assert await s.counters(occurrence) == (2, 0, 0)
    assert await s.is_sound()


async def test_ones_own_checkout_does_not_stand_in_ones_way() -> None:
    occurrence = await s.published(capacity=1)
    actor = await s.member()
    await places.hold(actor, occurrence, (await s.tier_of(occurrence)).id, 1)
    await s.register(actor, occurrence)
    assert await s.counters(occurrence) == (1, 0, 0)


async def test_a_checkout_that_is_over_is_told_so() -> None:
    occurrence = await s.published()
    actor = await s.member()
    hold, until = await places.hold(actor, occurrence, (await s.tier_of(occurrence)).id, 1)
    clock.shift(until - clock.now() + timedelta(seconds=1))
    before = await s.snapshot()
    with pytest.raises(HoldExpired):
        await s.register(actor, occurrence, hold_id=hold)
    assert await s.snapshot() == before


async def test_somebody_elses_checkout_is_not_found() -> None:
    occurrence = await s.published()
    hold, _ = await places.hold(await s.member(), occurrence, (await s.tier_of(occurrence)).id, 1)
    with pytest.raises(NotFound):
        await s.register(await s.member(), occurrence, hold_id=hold)
    assert (await taking.by_id(hold))["state"] == "HELD"


async def test_a_checkout_asks_the_same_gates() -> None:
    occurrence = await s.published(s.tier(max_party=2), capacity=1)
    tier = (await s.tier_of(occurrence)).id
    actor = await s.member()
    with pytest.raises(PartyTooLarge):
        await places.hold(actor, occurrence, tier, 3)
    with pytest.raises(InvalidInput):
        await places.hold(actor, occurrence, tier, 0)
    with pytest.raises(EventFull):
        await places.hold(actor, occurrence, tier, 2)
    await s.register(actor, occurrence)
    with pytest.raises(AlreadyRegistered):
        await places.hold(actor, occurrence, tier, 1)


async def test_a_no_is_kept_once_and_may_become_a_yes() -> None:
    occurrence = await s.published()
    actor = await s.member()
    said = await registering.decline(actor, occurrence)
    assert await registering.decline(actor, occurrence) == said
    assert await s.history(said) == [(None, "DECLINED")]
    assert await s.told(said) == ["declined"]
    assert (await s.registration(said))["tier"] is None
    made = await s.register(actor, occurrence)
    with pytest.raises(AlreadyRegistered) as refused:
        await registering.decline(actor, occurrence)
    assert refused.value.registration_id == made
    assert await s.is_sound()


async def test_two_profiles_that_merge_keep_the_earlier_registration() -> None:
    occurrence = await s.published(s.tier(points=30))
    first, second = await s.member(100), await s.member(100)
    kept, doubled = await s.register(first, occurrence), await s.register(second, occurrence)
    await merges.merge_two(s.operator(), first.member_id, second.member_id, "the same person")
    await drain.drain_all(wiring.reactions)
    assert await due.settle_merges() == 1
    assert await due.settle_merges() == 0
    assert (await s.registration(kept))["state"] == "CONFIRMED"
    row = await s.registration(doubled)
    assert (row["state"], row["points_refunded"]) == ("CANCELLED", 30)
    assert await s.points_of(first) == await s.points_of(second) == 170
    assert await s.counters(occurrence) == (1, 0, 0)
    assert await s.is_sound()


async def test_after_a_merge_the_other_profile_is_registered_too() -> None:
    occurrence = await s.published()
    first, second = await s.member(), await s.member()
    made = await s.register(first, occurrence)
    await merges.merge_two(s.operator(), first.member_id, second.member_id, "the same person")
    with pytest.raises(AlreadyRegistered) as refused:
        await s.register(second, occurrence)
    assert refused.value.registration_id == made
    assert (await cancelling.cancel(second, made)).registration_id == made


async def test_the_index_is_the_last_guard_against_a_second_registration() -> None:
    occurrence = await s.published(s.tier(points=10))
    actor = await s.member(100)
    first = await s.registration(await s.register(actor, occurrence))
    before = await s.snapshot()
    kept = ("occurrence", "tier", "member", "party_size", "price", "refund_policy", "answers")
    with pytest.raises(Conflict):
        async with db.transaction():
            pool = (await s.tier_of(occurrence)).pools[0].id
            await taking.take({pool: 1}, purpose=Purpose.REGISTRATION, subject=("REGISTRATION", ids.new()))
            await changes.begin(
                actor, {name: first[name] for name in kept} | {"id": ids.new()}, RegistrationState.CONFIRMED
            )
    assert await s.snapshot() == before
