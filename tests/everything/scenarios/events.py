"""Events: their own life, and taking part."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.events import occurrences
from tests.domain.events import setting as s
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody, leaves
from tests.everything.scenarios.people import OPERATOR


@changes_nobody("draftOccurrence", CONFIGURES)
async def an_event_is_drafted() -> Call:
    starts = clock.now() + timedelta(days=3)
    given = {
        "title": "Night run", "kind": "GATHERING", "startsAt": starts.isoformat(),
        "endsAt": (starts + timedelta(hours=3)).isoformat(), "capacity": 10, "tiers": [{"name": "Standard"}],
    }  # fmt: skip
    return Call(OPERATOR, given)


@changes_nobody("editOccurrence", CONFIGURES)
async def a_draft_gets_another_title() -> Call:
    occurrence = await occurrences.draft(OPERATOR, s.draft())
    return Call(OPERATOR, {"occurrenceId": str(occurrence), "title": "Morning run", "expectedVersion": 1})


@changes_nobody("submitOccurrence", CONFIGURES)
async def a_draft_is_handed_in() -> Call:
    occurrence = await occurrences.draft(OPERATOR, s.draft())
    return Call(OPERATOR, {"occurrenceId": str(occurrence)})


async def _submitted() -> UUID:
    occurrence = await occurrences.draft(OPERATOR, s.draft())
    await occurrences.submit(OPERATOR, occurrence)
    return occurrence


@changes_nobody("returnOccurrence", CONFIGURES)
async def a_draft_is_handed_back() -> Call:
    return Call(OPERATOR, {"occurrenceId": str(await _submitted())})


@leaves("publishOccurrence")
async def an_event_is_announced() -> Call:
    return Call(OPERATOR, {"occurrenceId": str(await _submitted())}, {None: "events.occurrence.published"})


@leaves("postponeOccurrence")
async def an_event_is_postponed() -> Call:
    """Those who take part are told by the drain."""
    occurrence = await s.published()
    await s.register(await s.member(), occurrence)
    starts = clock.now() + timedelta(days=9)
    given = {
        "occurrenceId": str(occurrence), "startsAt": starts.isoformat(),
        "endsAt": (starts + timedelta(hours=3)).isoformat(),
    }  # fmt: skip
    return Call(OPERATOR, given, {None: "events.occurrence.postponed"})


@leaves("cancelOccurrence")
async def an_event_is_called_off() -> Call:
    """The registrations are cancelled one by one by the sweep, each with its own interaction."""
    occurrence = await s.published()
    await s.register(await s.member(), occurrence)
    given = {"occurrenceId": str(occurrence), "reason": "rain"}
    return Call(OPERATOR, given, {None: "events.occurrence.cancelled"})


@changes_nobody("resizePool", CONFIGURES)
async def more_people_may_come() -> Call:
    return Call(OPERATOR, {"poolId": str(await _pool(await s.published())), "size": 20})


@changes_nobody("reopenPool", CONFIGURES)
async def a_full_event_takes_people_again() -> Call:
    occurrence = await s.published(capacity=1, closes_when_full=True)
    await s.register(await s.member(), occurrence)
    return Call(OPERATOR, {"poolId": str(await _pool(occurrence))})


async def _pool(occurrence: UUID) -> UUID:
    return await db.value(
        "SELECT id FROM capacity.pool WHERE scope_kind = 'OCCURRENCE' AND scope_id = $1", occurrence
    )


async def _offer(*tiers, **options) -> tuple[UUID, dict[str, str]]:
    occurrence = await s.published(*tiers, **options)
    tier = await s.tier_of(occurrence)
    return occurrence, {"occurrenceId": str(occurrence), "tierId": str(tier.id)}


@changes_nobody(
    "holdPlaces",
    "Nothing has happened to anybody yet: places are kept for minutes while the form is filled in.",
    touches="capacity.hold",
)
async def places_are_kept_for_a_moment() -> Call:
    _, given = await _offer()
    return Call(await s.member(), given)


@leaves("registerForEvent")
async def a_member_registers_and_pays_with_points() -> Call:
    occurrence, given = await _offer(s.tier(points=40))
    tier = await s.tier_of(occurrence)
    me = await s.member(100)
    given |= {"tender": {"priceOptionId": str(tier.options[0].id)}}
    kinds = "events.registration.confirmed points.entry.held points.entry.captured"
    return Call(me, given, {me.member_id: kinds})


@leaves("registerForEvent")
async def a_member_asks_to_take_part() -> Call:
    _, given = await _offer(s.tier(needs_approval=True))
    me = await s.member()
    return Call(me, given, {me.member_id: "events.registration.requested"})


@leaves("declineEvent")
async def a_member_will_not_come() -> Call:
    me, occurrence = await s.member(), await s.published()
    return Call(me, {"occurrenceId": str(occurrence)}, {me.member_id: "events.registration.declined"})


async def _registered(*tiers, points: int = 0, **options) -> tuple[Actor, UUID]:
    me = await s.member(points)
    return me, await s.register(me, await s.published(*tiers, **options))


@leaves("cancelRegistration")
async def a_member_cancels() -> Call:
    me, made = await _registered()
    return Call(me, {"registrationId": str(made)}, {me.member_id: "events.registration.cancelled"})


@leaves("cancelRegistration")
async def a_member_cancels_when_it_is_too_late_for_a_refund() -> Call:
    me, made = await _registered(s.tier(points=40, refund_policy=s.POLICY), points=100, hours=12)
    return Call(me, {"registrationId": str(made)}, {me.member_id: "events.registration.late_cancelled"})


@leaves("cancelRegistration")
async def fewer_of_a_party_come() -> Call:
    me = await s.member()
    occurrence = await s.published()
    made = await s.register(me, occurrence, party_size=2)
    guest = await db.value(
        "SELECT id FROM events.attendee WHERE registration = $1 ORDER BY number DESC LIMIT 1", made
    )
    given = {"registrationId": str(made), "attendeeIds": [str(guest)]}
    return Call(me, given, {me.member_id: "events.registration.reduced"})


@leaves("reviewRegistration")
async def a_host_admits_a_member() -> Call:
    me, made = await _registered(s.tier(needs_approval=True))
    given = {"registrationId": str(made), "decision": "APPROVE"}
    return Call(OPERATOR, given, {me.member_id: "events.registration.confirmed"})


@leaves("reviewRegistration")
async def a_host_admits_a_member_who_has_to_pay() -> Call:
    me, made = await _registered(s.tier(cash=500, needs_approval=True))
    given = {"registrationId": str(made), "decision": "APPROVE"}
    return Call(OPERATOR, given, {me.member_id: "events.registration.approved"})


@leaves("reviewRegistration")
async def a_host_turns_a_member_down() -> Call:
    me, made = await _registered(s.tier(needs_approval=True))
    given = {"registrationId": str(made), "decision": "REJECT", "reason": "owners only"}
    return Call(OPERATOR, given, {me.member_id: "events.registration.rejected"})


@leaves("recordEventPayment")
async def cash_is_paid() -> Call:
    me, made = await _registered(s.tier(cash=500))
    given = {"registrationId": str(made), "amount": 500, "reference": "till-1"}
    kinds = "commerce.payment.recorded events.registration.confirmed"
    return Call(OPERATOR, given, {me.member_id: kinds})
