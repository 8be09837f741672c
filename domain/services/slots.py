"""Which starts a store offers and how many units are free at each: a fixed number of statements for any span.

Another member's live hold hides a place, one's own does not; expired holds are as free.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import NotFound
from domain.profile import members
from domain.services import calendars, hours, rules, service_types, stores
from domain.services.calendars import Calendar
from domain.services.errors import BeyondHorizon, LimitReached, OutsideHours, TooSoon
from domain.services.tables import ServiceKind, StoreStatus

FEW = 5  # of FEW units at most one free is few: 20 %
ALTERNATIVES = 3
ALTERNATIVE_DAYS = 7


class SlotState(StrEnum):
    AVAILABLE = "AVAILABLE"
    FEW = "FEW"
    FULL = "FULL"


@dataclass(frozen=True)
class Slot:
    """A start that the store offers."""

    starts_at: datetime
    ends_at: datetime
    state: SlotState
    remaining: int
    waiting: int = 0


@dataclass(frozen=True)
class Day:
    """A day's slots, in the store's zone."""

    date: date
    timezone: str
    slots: list[Slot]


@dataclass(frozen=True)
class Plan:
    """What is needed to judge a start: the store's hours, the service's rules and the units that may serve it."""

    store: db.Row
    type: db.Row
    calendar: Calendar
    units: list[db.Row]

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.type["duration_minutes"])

    @property
    def occupied(self) -> timedelta:
        """How long a unit is taken: the buffer after the appointment is its own."""
        return self.duration + timedelta(minutes=self.type["buffer_minutes"])

    def day_of(self, at: datetime) -> date:
        return at.astimezone(self.calendar.zone).date()

    def starts_on(self, day: date) -> list[datetime]:
        return hours.starts(
            day, self.calendar.ranges_on(day, self.type["id"]), self.calendar.zone,
            self.type["duration_minutes"], self.type["step_minutes"],
        )  # fmt: skip


@dataclass
class Taken:
    """Occupied times by unit number, each sorted and without overlaps, and the member's own days and starts."""

    by_unit: dict[int, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))
    own_days: list[date] = field(default_factory=list)
    own_starts: set[datetime] = field(default_factory=set)

    def is_free(self, unit: int, since: datetime, until: datetime) -> bool:
        times = self.by_unit.get(unit, [])
        at = bisect.bisect_left(times, (until,))
        return at == 0 or times[at - 1][1] <= since


async def available(
    actor: Actor,
    store: UUID,
    service_type: UUID,
    first: date,
    last: date,
    *,
    exclude: UUID | None = None,
) -> list[Day]:
    """The bookable starts of each day from ``first`` to ``last`` (at most 31), for this member or for anybody."""
    calendars.must_be_span(first, last)
    plan = await plan_of(store, service_type)
    taken = await taken_in(plan, first, last, await root_of(actor), exclude=exclude)
    zone = plan.store["timezone"]
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return [Day(day, zone, list(_slots(plan, day, taken))) for day in days]


async def plan_of(store: UUID, service_type: UUID, *, is_agreed: bool = False) -> Plan:
    """The plan of an active service that the store offers, or NOT_FOUND.

    ``is_agreed``: for an appointment that there is, also when the service is offered no more.
    """
    row = (await stores.by_ids([store])).get(store)
    if is_agreed:
        known = [*(await service_types.by_ids([service_type])).values()]
    else:
        known = [each for each in (await service_types.offered([store]))[store] if each["id"] == service_type]
    if row is None or not known:
        raise NotFound()
    units = await db.fetch(
        """SELECT id, number, name, kind, model_code, store, vehicle FROM services.resource
        WHERE store = $1 AND kind = $2 AND is_active AND skills @> $3 ORDER BY id""",
        store, rules.UNIT[ServiceKind(known[0]["kind"])], known[0]["needs_skills"],
    )  # fmt: skip
    return Plan(row, known[0], (await calendars.of_stores([store], {store: row}))[store], units)


async def root_of(actor: Actor) -> UUID | None:
    """The acting member's root; None for everybody else."""
    return None if actor.member_id is None else await members.root_of(actor.member_id)


async def taken_in(
    plan: Plan, first: date, last: date, root: UUID | None, *, exclude: UUID | None = None
) -> Taken:
    """What is occupied on these days, in two statements; the second is the member's own, for limits."""
    since = datetime.combine(first, time(), plan.calendar.zone).astimezone(UTC)
    until = (
        datetime.combine(last + timedelta(days=1), time(), plan.calendar.zone).astimezone(UTC) + plan.occupied
    )
    rows = await db.fetch(
        """SELECT a.resource_number AS unit, lower(a.during) AS since, upper(a.during) AS until
        FROM services.appointment AS a
        WHERE a.resource_number = ANY($1) AND a.state = ANY($2) AND a.during && tstzrange($3, $4)
        AND a.id IS DISTINCT FROM $5::uuid AND NOT (a.state = 'HELD' AND (a.held_until <= $6
            OR a.member IN (SELECT id FROM profile.member WHERE root = $7::uuid)))
        ORDER BY 1, 2""",
        [unit["number"] for unit in plan.units], list(rules.LIVE), since, until, exclude, clock.now(), root,
    )  # fmt: skip
    taken = Taken()
    for row in rows:
        taken.by_unit[row["unit"]].append((row["since"], row["until"]))
    if root is not None:
        await _add_own(taken, plan, first, last, root, exclude)
    return taken


async def _add_own(
    taken: Taken, plan: Plan, first: date, last: date, root: UUID, exclude: UUID | None
) -> None:
    zone = plan.calendar.zone
    since = hours.period_of("YEAR", first)[0]
    until = hours.period_of("YEAR", last)[1]
    rows = await db.fetch(
        """SELECT a.store, a.starts_at FROM services.appointment AS a
        WHERE a.member IN (SELECT id FROM profile.member WHERE root = $1) AND a.service_type = $2
        AND a.state = ANY($3) AND a.starts_at >= $4 AND a.starts_at < $5 AND a.id IS DISTINCT FROM $6::uuid""",
        root, plan.type["id"], list(rules.COUNTED), datetime.combine(since, time(), zone),
        datetime.combine(until, time(), zone), exclude,
    )  # fmt: skip
    taken.own_days = [plan.day_of(row["starts_at"]) for row in rows]
    taken.own_starts = {row["starts_at"] for row in rows if row["store"] == plan.store["id"]}


def judge(plan: Plan, starts_at: datetime, taken: Taken) -> None:
    """Refuse a start that the store does not offer to this member: TooSoon, BeyondHorizon, OutsideHours, LimitReached."""
    day = plan.day_of(starts_at)
    zone = plan.calendar.zone
    earliest = clock.now() + timedelta(minutes=plan.type["notice_minutes"])
    first_day, last_day = hours.bookable_days(plan.type["horizon"], plan.day_of(clock.now()))
    if first_day is not None and day < first_day:
        raise TooSoon(max(earliest, hours.instant(first_day, 0, zone)))
    if starts_at < earliest:
        raise TooSoon(earliest)
    if last_day is not None and day > last_day:
        raise BeyondHorizon(hours.instant(last_day, hours.DAY, zone))
    if plan.store["status"] != StoreStatus.OPEN or starts_at not in plan.starts_on(day):
        raise OutsideHours()
    period = hours.reached_limit(plan.type["limits"], day, taken.own_days)
    if period is not None:
        raise LimitReached(period, plan.type["limits"][period])


async def alternatives(
    plan: Plan, starts_at: datetime, root: UUID | None, unit: UUID | None
) -> list[datetime]:
    """The three nearest starts that are free, the earlier first when two are as near."""
    day = plan.day_of(starts_at)
    days = [day + timedelta(days=offset) for offset in range(-ALTERNATIVE_DAYS, ALTERNATIVE_DAYS + 1)]
    taken = await taken_in(plan, days[0], days[-1], root)
    chosen = Plan(plan.store, plan.type, plan.calendar, [u for u in plan.units if unit in (None, u["id"])])
    free = [
        slot.starts_at
        for each in days
        for slot in _slots(chosen, each, taken)
        if slot.remaining and slot.starts_at != starts_at
    ]
    return sorted(sorted(free, key=lambda at: (abs(at - starts_at), at))[:ALTERNATIVES])


def _slots(plan: Plan, day: date, taken: Taken) -> Iterator[Slot]:
    """A day's slots that this member may book now, full ones included."""
    if not plan.units or plan.store["status"] != StoreStatus.OPEN:
        return
    earliest = clock.now() + timedelta(minutes=plan.type["notice_minutes"])
    first_day, last_day = hours.bookable_days(plan.type["horizon"], plan.day_of(clock.now()))
    is_open = (first_day is None or first_day <= day) and (last_day is None or day <= last_day)
    if not is_open or hours.reached_limit(plan.type["limits"], day, taken.own_days):
        return
    for at in plan.starts_on(day):
        if at >= earliest and at not in taken.own_starts:
            free = sum(taken.is_free(unit["number"], at, at + plan.occupied) for unit in plan.units)
            yield Slot(at, at + plan.duration, _state(free, len(plan.units)), free)


def _state(free: int, units: int) -> SlotState:
    if free == 0:
        return SlotState.FULL
    return SlotState.FEW if free * FEW <= units else SlotState.AVAILABLE


def free_units(plan: Plan, starts_at: datetime, taken: Taken, wanted: UUID | None) -> Sequence[db.Row]:
    """The units that seem free at a start, in order of their ids (so that they are locked in this order)."""
    return [
        unit
        for unit in plan.units
        if wanted in (None, unit["id"])
        and taken.is_free(unit["number"], starts_at, starts_at + plan.occupied)
    ]
