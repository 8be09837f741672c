"""Enums of events and capacity."""

from __future__ import annotations

from api.fields import enum
from domain.capacity import rules as capacity
from domain.events import reads, reviewing, rules

AvailabilityState = enum(
    capacity.AvailabilityState,
    "What can be had, from the worst to the best.",
    SOLD_OUT="Everything is taken, or it is closed.",
    PENDING="What is left waits for a payment, a decision or a waitlist.",
    IN_CHECKOUT="What is left is in somebody's checkout and may come back.",
    AVAILABLE="There are places.",
)
OccurrenceKind = enum(
    rules.OccurrenceKind,
    "What kind of gathering it is.",
    GATHERING="A meeting.",
    TRIP="A trip together.",
    TRACK_DAY="A day on the track.",
    TEST_DRIVE_TOUR="Test drives in a city.",
    WORKSHOP="A workshop.",
    ONLINE="Online.",
    DROP="A limited sale.",
)
OccurrenceState = enum(
    rules.OccurrenceState,
    "Where an occurrence stands.",
    DRAFT="Being written; only staff see it.",
    IN_REVIEW="Ready to be published; only staff see it.",
    PUBLISHED="Announced.",
    ONGOING="It takes place now.",
    ENDED="It is over.",
    SETTLED="It is over and accounted for.",
    CANCELLED="It was called off.",
)
RegistrationState = enum(
    rules.RegistrationState,
    "Where a registration stands.",
    PENDING_REVIEW="A host decides.",
    PENDING_PAYMENT="It waits for the payment.",
    CONFIRMED="The place is sure.",
    CHECKED_IN="The party is there.",
    ATTENDED="The party was there.",
    DECLINED="The member said no.",
    REJECTED="The host said no.",
    EXPIRED="It was not paid in time.",
    CANCELLED="It was cancelled.",
    NO_SHOW="Nobody came.",
    TRANSFERRED_OUT="Somebody else has the place.",
)
CancellationBlock = enum(
    rules.CancellationBlock,
    "Why a registration cannot be cancelled.",
    ALREADY_CANCELLED="It is cancelled.",
    CHECKED_IN="The party is there, or was.",
    EVENT_STARTED="The event has started.",
    NOT_PERMITTED="Its state has no cancellation.",
    PAST_DEADLINE="The last moment to cancel has passed.",
)
ReviewDecision = enum(
    reviewing.ReviewDecision,
    "What a host decides on a registration.",
    APPROVE="Admit it.",
    REJECT="Do not admit it.",
)


OccurrenceOrder = enum(
    reads.OccurrenceOrder,
    "The order of occurrences.",
    SOONEST="By start, the earliest first.",
    LATEST="By start, the latest first.",
)
