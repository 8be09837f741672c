"""What is decided about occurrences and registrations without looking anywhere: their states, prices and refunds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any


class OccurrenceKind(StrEnum):
    GATHERING = "GATHERING"
    TRIP = "TRIP"
    TRACK_DAY = "TRACK_DAY"
    TEST_DRIVE_TOUR = "TEST_DRIVE_TOUR"
    WORKSHOP = "WORKSHOP"
    ONLINE = "ONLINE"
    DROP = "DROP"


class OccurrenceState(StrEnum):
    DRAFT = "DRAFT"
    IN_REVIEW = "IN_REVIEW"
    PUBLISHED = "PUBLISHED"
    ONGOING = "ONGOING"
    ENDED = "ENDED"
    SETTLED = "SETTLED"
    CANCELLED = "CANCELLED"


#: The edges of an occurrence. Postponing keeps PUBLISHED.
OCCURRENCE_EDGES: dict[OccurrenceState, frozenset[OccurrenceState]] = {
    OccurrenceState.DRAFT: frozenset({OccurrenceState.IN_REVIEW}),
    OccurrenceState.IN_REVIEW: frozenset({OccurrenceState.DRAFT, OccurrenceState.PUBLISHED}),
    OccurrenceState.PUBLISHED: frozenset({OccurrenceState.ONGOING, OccurrenceState.CANCELLED}),
    OccurrenceState.ONGOING: frozenset({OccurrenceState.ENDED, OccurrenceState.CANCELLED}),
    OccurrenceState.ENDED: frozenset({OccurrenceState.SETTLED}),
    OccurrenceState.SETTLED: frozenset(),
    OccurrenceState.CANCELLED: frozenset(),
}

#: What members and visitors see.
PUBLIC_STATES = (
    OccurrenceState.PUBLISHED,
    OccurrenceState.ONGOING,
    OccurrenceState.ENDED,
    OccurrenceState.SETTLED,
    OccurrenceState.CANCELLED,
)


class RegistrationState(StrEnum):
    PENDING_REVIEW = "PENDING_REVIEW"
    PENDING_PAYMENT = "PENDING_PAYMENT"
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    ATTENDED = "ATTENDED"
    DECLINED = "DECLINED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"
    TRANSFERRED_OUT = "TRANSFERRED_OUT"


_S = RegistrationState

#: The states in which a registration may begin.
FIRST_STATES = frozenset({_S.PENDING_REVIEW, _S.PENDING_PAYMENT, _S.CONFIRMED, _S.DECLINED})

#: The edges of a registration; one that is over is followed by a new registration.
REGISTRATION_EDGES: dict[RegistrationState, frozenset[RegistrationState]] = {
    _S.PENDING_REVIEW: frozenset({_S.PENDING_PAYMENT, _S.CONFIRMED, _S.REJECTED, _S.CANCELLED}),
    _S.PENDING_PAYMENT: frozenset({_S.CONFIRMED, _S.EXPIRED, _S.CANCELLED}),
    _S.CONFIRMED: frozenset({_S.CHECKED_IN, _S.CANCELLED, _S.NO_SHOW, _S.TRANSFERRED_OUT}),
    _S.CHECKED_IN: frozenset({_S.ATTENDED, _S.CONFIRMED}),
    _S.ATTENDED: frozenset(),
    _S.DECLINED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.NO_SHOW: frozenset(),
    _S.TRANSFERRED_OUT: frozenset(),
}

#: States that count against the one registration per member and occurrence (E3), and those that have a place for sure.
LIVE_STATES = (_S.PENDING_REVIEW, _S.PENDING_PAYMENT, _S.CONFIRMED, _S.CHECKED_IN, _S.ATTENDED)
COMING_STATES = (_S.CONFIRMED, _S.CHECKED_IN, _S.ATTENDED)
CANCELLABLE_STATES = tuple(state for state in RegistrationState if _S.CANCELLED in REGISTRATION_EDGES[state])


@dataclass(frozen=True)
class Price:
    """What a whole party pays: points in minor units of the wallet, cash in minor units of the currency."""

    points: int = 0
    cash: int = 0

    @property
    def is_free(self) -> bool:
        return not self.points and not self.cash

    def times(self, places: int) -> Price:
        return Price(self.points * places, self.cash * places)


class PriceProblem(ValueError):
    """The points that were offered do not fit the tier's mix; ``path`` names the input."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


def price_of_mix(mix: dict[str, Any], party: int, points: int) -> Price:
    """A free ratio: cash due = cash - floor(points / pointsPerMinorUnit), never below 0; the mix is per place."""
    least, most = mix["minPoints"] * party, mix["maxPoints"] * party
    if not least <= points <= most:
        raise PriceProblem("tender.points", f"Use {least} to {most} points.")
    cash = mix["cash"] * party - int(Decimal(points) // Decimal(str(mix["pointsPerMinorUnit"])))
    return Price(points, max(0, cash))


@dataclass(frozen=True)
class RefundStep:
    """So many percent come back as long as at least ``hours_before`` hours are left."""

    hours_before: int
    percent: int


@dataclass(frozen=True)
class RefundPolicy:
    """What cancelling gives back; hours are hours before the start, borders belong to the better side.

    Without steps and hours everything comes back until the start.
    """

    free_until_hours: int | None = None
    steps: tuple[RefundStep, ...] = ()
    flat_fee_points: int = 0
    deadline_hours: int | None = None

    @classmethod
    def read(cls, stored: dict[str, Any]) -> RefundPolicy:
        return cls(
            free_until_hours=stored.get("freeUntilHours"),
            steps=tuple(RefundStep(step["hoursBefore"], step["percent"]) for step in stored.get("steps", [])),
            flat_fee_points=stored.get("flatFeePoints") or 0,
            deadline_hours=stored.get("deadlineHours"),
        )

    def stored(self) -> dict[str, Any]:
        return {
            "freeUntilHours": self.free_until_hours,
            "steps": [{"hoursBefore": step.hours_before, "percent": step.percent} for step in self.steps],
            "flatFeePoints": self.flat_fee_points,
            "deadlineHours": self.deadline_hours,
        }

    def terms(self, left: timedelta) -> Terms:
        """What holds with so much time left until the start."""
        if self.free_until_hours is not None and left >= timedelta(hours=self.free_until_hours):
            return Terms(100, 0)
        if self.free_until_hours is None and not self.steps:
            return Terms(100, self.flat_fee_points)
        reached = [step for step in self.steps if left >= timedelta(hours=step.hours_before)]
        best = max(reached, key=lambda step: step.hours_before, default=RefundStep(0, 0))
        return Terms(best.percent, self.flat_fee_points)

    def is_past_deadline(self, left: timedelta) -> bool:
        return self.deadline_hours is not None and left < timedelta(hours=self.deadline_hours)


@dataclass(frozen=True)
class Terms:
    """So many percent, less a fee in points."""

    percent: int
    fee: int

    @property
    def is_late(self) -> bool:
        """Whether cancelling now counts as late: not everything comes back any more."""
        return self.percent < 100

    def refund(self, points: int) -> int:
        """max(0, floor(points * percent / 100) - fee), in minor units."""
        return max(0, points * self.percent // 100 - self.fee)


FULL = Terms(100, 0)


@dataclass(frozen=True)
class Window:
    """Until when how many percent come back."""

    until: datetime
    percent: int


def windows(policy: RefundPolicy, starts_at: datetime) -> list[Window]:
    """The percentages in the order in which they end; after the last one nothing comes back."""
    found: dict[int, int] = {step.hours_before: step.percent for step in policy.steps}
    if policy.free_until_hours is not None:
        found = {hours: percent for hours, percent in found.items() if hours < policy.free_until_hours}
        found[policy.free_until_hours] = 100
    if not found:
        found = {0: 100}
    return [Window(starts_at - timedelta(hours=hours), found[hours]) for hours in sorted(found, reverse=True)]


def share(paid: int, party: int, leaving: int) -> int:
    """The part of what a party paid that belongs to those who leave: floored each, the last ones take the rest."""
    return paid if leaving >= party else (paid // party) * leaving


class CancellationBlock(StrEnum):
    """Why a registration cannot be cancelled."""

    ALREADY_CANCELLED = "ALREADY_CANCELLED"
    CHECKED_IN = "CHECKED_IN"
    EVENT_STARTED = "EVENT_STARTED"
    NOT_PERMITTED = "NOT_PERMITTED"
    PAST_DEADLINE = "PAST_DEADLINE"


@dataclass(frozen=True)
class Standing:
    """What a cancellation is judged by."""

    state: RegistrationState
    policy: RefundPolicy
    starts_at: datetime
    free_cancel_until: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def terms_of_cancelling(
    standing: Standing, now: datetime, *, by_host: bool = False
) -> Terms | CancellationBlock:
    """What comes back, or why it cannot be cancelled. Hosts and the system give everything back."""
    if standing.state in (_S.CHECKED_IN, _S.ATTENDED):
        return CancellationBlock.CHECKED_IN
    if standing.state is _S.CANCELLED:
        return CancellationBlock.ALREADY_CANCELLED
    if _S.CANCELLED not in REGISTRATION_EDGES[standing.state]:
        return CancellationBlock.NOT_PERMITTED
    if by_host:
        return FULL
    left = standing.starts_at - now
    if left <= timedelta(0):
        return CancellationBlock.EVENT_STARTED
    if standing.state is not _S.CONFIRMED:
        return FULL  # nothing was captured yet: what is held goes back whole
    if standing.free_cancel_until is not None and now <= standing.free_cancel_until:
        return FULL
    if standing.policy.is_past_deadline(left):
        return CancellationBlock.PAST_DEADLINE
    return standing.policy.terms(left)


#: What helps against a reason (decisions of the house); reasons without a row have no next step.
NEXT_STEPS = {
    "NOT_OWNER": "BIND_VEHICLE",
    "NOT_CO_USER": "ACCEPT_SHARE",
    "NO_DEPOSIT": "ORDER_VEHICLE",
    "NO_LOCKED_ORDER": "ORDER_VEHICLE",
    "STAGE": "BOOK_TEST_DRIVE",
    "VEHICLE_MILEAGE_UNKNOWN": "UPDATE_MILEAGE",
    "VEHICLE_MODEL": "CHOOSE_OTHER_OCCURRENCE",
    "VEHICLE_AGE": "CHOOSE_OTHER_OCCURRENCE",
    "VEHICLE_MILEAGE": "CHOOSE_OTHER_OCCURRENCE",
    "CITY": "CHOOSE_OTHER_OCCURRENCE",
    "TIER_TOO_LOW": "REACH_TIER",
    "PROFILE_INCOMPLETE": "COMPLETE_PROFILE",
    "CONSENT_MISSING": "GIVE_CONSENT",
    "INVITATION_REQUIRED": "ENTER_INVITATION",
    "INVITATION_INVALID": "ENTER_INVITATION",
    "INVITATION_USED_UP": "ENTER_INVITATION",
    "QUESTIONS": "ANSWER_QUESTIONS",
    "FULL": "JOIN_WAITLIST",
    "RESERVED_FOR_WAITLIST": "JOIN_WAITLIST",
    "SALE_NOT_STARTED": "WAIT_UNTIL",
    "COOL_DOWN": "WAIT_UNTIL",
    "INSUFFICIENT_POINTS": "EARN_POINTS",
    "SUSPENDED": "CONTACT_HOST",
    "SIGNED_OUT": "SIGN_IN",
}


def next_step(code: str) -> str:
    """What a member can do about a reason."""
    return NEXT_STEPS.get(code, "NONE")
