"""Mutations with which staff define stores, services, units and hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import BilingualText, Input, enum, field, mutation, result
from api.permissions import can
from api.refusals import VersionConflict
from api.services import enums as e
from api.services.types import Appointment, Resource, ServiceType, Store
from domain.errors import InvalidInput, Problem
from domain.services import calendars, hours, service_types, stores
from domain.services.hours import Range, Rule
from domain.services.tables import Datum, StoreStatus

DEFINES = can("operator")
SETS_HOURS = can("advisor", "operator")


class HorizonKindOf(StrEnum):
    ROLLING = "ROLLING"
    RANGE = "RANGE"


class DayUnitOf(StrEnum):
    CALENDAR = "CALENDAR"
    BUSINESS = "BUSINESS"


HorizonKind = enum(
    HorizonKindOf, "How the horizon is meant.", ROLLING="A number of days from today.", RANGE="From a day until a day."
)  # fmt: skip
DayUnit = enum(
    DayUnitOf, "Which days count.", CALENDAR="All days.", BUSINESS="Monday to Friday; those between stay open."
)  # fmt: skip


@strawberry.input(description="A store. With `id` it is revised and needs expectedVersion.")
class DefineStoreInput(Input):
    id: UUID | None = field("The store to revise; absent: a new one.", default=None)
    kind: e.StoreKind = field("What it is.")
    name: str = field("Its name.")
    latitude: float = field("Degrees; kept to six places.")
    longitude: float = field("Degrees; kept to six places.")
    timezone: str = field("Its time zone (IANA).")
    status: e.StoreStatus = field("Whether it is in use.", default=StoreStatus.OPEN)
    datum: e.Datum = field("What the coordinates refer to.", default=Datum.WGS84)
    adcode: str | None = field("The administrative code of its city.", default=None)
    city: str | None = field("Its city.", default=None)
    address: str | None = field("Its address.", default=None)
    postcode: str | None = field("Its postcode.", default=None)
    country: str = field("Its country (two letters).", default="CN")
    phone: str | None = field("Its telephone number.", default=None)
    stall_count: int | None = field("Charging stalls.", default=None)
    power_kw: int | None = field("Charging power in kW.", default=None)
    opened_on: date | None = field("When it opened.", default=None)
    external_id: str | None = field("Your own id of it, for a new one.", default=None)
    expected_version: int | None = field("The version that was read.", default=None)


@strawberry.type(description="The store is defined.")
class DefineStoreSuccess:
    store: Store = field("The store.")


@strawberry.input(description="How far ahead a service can be booked.")
class HorizonInput:
    kind: HorizonKind = field("ROLLING or RANGE.")
    days: int | None = field("ROLLING: today and so many days more.", default=None)
    unit: DayUnit = field("ROLLING: which days count.", default=DayUnitOf.CALENDAR)
    from_: date | None = field("RANGE: the first day.", name="from", default=None)
    until: date | None = field("RANGE: the last day, inclusive.", default=None)


@strawberry.input(description="Most appointments of one member; they must not decrease with the period.")
class LimitsInput:
    day: int | None = field("In a day.", default=None)
    week: int | None = field("In a week, from Monday.", default=None)
    month: int | None = field("In a month.", default=None)
    year: int | None = field("In a year.", default=None)


@strawberry.input(description="A service. With `id` it is revised and needs expectedVersion.")
class DefineServiceTypeInput(Input):
    id: UUID | None = field("The service to revise; absent: a new one.", default=None)
    store_ids: list[UUID] = field("The stores that offer it, and no others.")
    code: str = field("Its code, once in the brand.")
    kind: e.ServiceKind = field("What it is.")
    name: BilingualText = field("Its name, in one language or `{zh, en}`.")
    duration_minutes: int = field("How long it takes.")
    step_minutes: int | None = field("From one start to the next; absent: the duration.", default=None)
    notice_minutes: int = field("How long before the start it must be booked.", default=0)
    buffer_minutes: int = field("How long the unit is kept free afterwards.", default=0)
    cancel_minutes: int = field("Until how long before the start members may change it.", default=0)
    horizon: HorizonInput | None = field("How far ahead; absent: without a limit.", default=None)
    limits: LimitsInput | None = field("Most appointments of one member.", default=None)
    transport: list[str] = field("Of WAIT, LOANER, PICKUP.", default_factory=list)
    needs_confirmation: bool = field("Whether the store confirms each appointment.", default=False)
    needs_skills: list[str] = field("What the unit must be able to serve.", default_factory=list)
    is_active: bool = field("Whether it can be booked.", default=True)
    expected_version: int | None = field("The version that was read.", default=None)


@strawberry.type(description="The service is defined.")
class DefineServiceTypeSuccess:
    service_type: ServiceType = field("The service.")


@strawberry.input(description="A unit of a store. With `id` it is revised and needs expectedVersion.")
class DefineResourceInput(Input):
    id: UUID | None = field("The unit to revise; absent: a new one.", default=None)
    store_id: UUID = field("The store.")
    kind: e.ResourceKind = field("What it is.")
    name: str = field("Its name, once in the store and kind.")
    skills: list[str] = field("What it can serve.", default_factory=list)
    vehicle_id: UUID | None = field("The vehicle that it is.", default=None)
    model_code: str | None = field("The model, for a car.", default=None)
    is_active: bool = field("Whether it takes appointments.", default=True)
    expected_version: int | None = field("The version that was read.", default=None)


@strawberry.type(description="The unit is defined.")
class DefineResourceSuccess:
    resource: Resource = field("The unit.")


@strawberry.input(description="Hours in local time.")
class LocalHoursInput:
    opens: str = field("HH:MM.")
    closes: str = field("HH:MM; 24:00 is midnight at the end of the day.")


@strawberry.input(description="Hours of some weekdays.")
class CalendarRuleInput:
    weekdays: list[int] = field("1 is Monday.")
    opens: str = field("HH:MM in the store's time.")
    closes: str = field("HH:MM; 24:00 is midnight at the end of the day.")
    service_type_id: UUID | None = field("Only for this service, instead of the general hours.", default=None)
    valid_from: date | None = field("From this day on.", default=None)
    valid_until: date | None = field("Until this day, inclusive.", default=None)


@strawberry.input(description="A store's weekly hours, which replace the present ones.")
class SetCalendarInput(Input):
    store_id: UUID = field("The store.")
    rules: list[CalendarRuleInput] = field("The hours; ranges that overlap are one.")
    expected_version: int | None = field("The store's version that was read.", default=None)
    dry_run: bool = field("Only tell which appointments would lie outside.", default=False)


@strawberry.type(description="The hours are set.")
class SetCalendarSuccess:
    store: Store = field("The store.")
    affected_appointments: list[Appointment] = field("Coming appointments outside of the hours; they stay.")


@strawberry.input(description="A day with other hours.")
class AddCalendarExceptionInput(Input):
    store_id: UUID = field("The store.")
    on: date = field("The day.")
    ranges: list[LocalHoursInput] | None = field(
        "The day's hours; an empty list: closed; null: as the rules say again.", default=None
    )
    reason: str | None = field("Why.", default=None)
    dry_run: bool = field("Only tell which appointments would lie outside.", default=False)


@strawberry.type(description="The day has its hours.")
class AddCalendarExceptionSuccess:
    store: Store = field("The store.")
    affected_appointments: list[Appointment] = field("Coming appointments outside of the hours; they stay.")


DefineStoreResult = result("DefineStore", DefineStoreSuccess, VersionConflict)
DefineServiceTypeResult = result("DefineServiceType", DefineServiceTypeSuccess, VersionConflict)
DefineResourceResult = result("DefineResource", DefineResourceSuccess, VersionConflict)
SetCalendarResult = result("SetCalendar", SetCalendarSuccess, VersionConflict)
AddCalendarExceptionResult = result("AddCalendarException", AddCalendarExceptionSuccess, VersionConflict)
_NOT_GIVEN = ("client_mutation_id", "id", "expected_version")


@strawberry.type
class DefiningMutation:
    @mutation("Make or revise a store.", who=DEFINES)
    async def define_store(self, info: Info, input: DefineStoreInput) -> DefineStoreResult:
        plain = {n: v for n, v in vars(input).items() if n not in _NOT_GIVEN}
        plain |= {n: Decimal(repr(plain[n])) for n in ("latitude", "longitude")}
        given = stores.StoreGiven(**plain)
        made = await stores.define(
            info.context.actor, given, store=input.id, expected_version=input.expected_version
        )
        return DefineStoreSuccess(store=await _store(info, made))

    @mutation("Make or revise what can be booked.", who=DEFINES)
    async def define_service_type(self, info: Info, input: DefineServiceTypeInput) -> DefineServiceTypeResult:
        plain = {n: v for n, v in vars(input).items() if n not in (*_NOT_GIVEN, "name", "horizon", "limits")}
        given = service_types.Given(
            name=input.name,
            horizon=_horizon(input.horizon),
            limits={n.upper(): v for n, v in vars(input.limits).items() if v is not None}
            if input.limits
            else {},
            **plain,
        )
        made = await service_types.define(
            info.context.actor, given, service_type=input.id, expected_version=input.expected_version
        )
        found = await ServiceType.load([made], info.context)
        return DefineServiceTypeSuccess(service_type=found[made])

    @mutation("Make or revise a unit of a store.", who=SETS_HOURS)
    async def define_resource(self, info: Info, input: DefineResourceInput) -> DefineResourceResult:
        given = stores.ResourceGiven(
            store=input.store_id,
            kind=input.kind,
            name=input.name,
            skills=input.skills,
            vehicle=input.vehicle_id,
            model_code=input.model_code,
            is_active=input.is_active,
        )
        made = await stores.define_resource(
            info.context.actor, given, resource=input.id, expected_version=input.expected_version
        )
        return DefineResourceSuccess(resource=(await Resource.load([made], info.context))[made])

    @mutation("Set a store's weekly hours.", who=SETS_HOURS)
    async def set_calendar(self, info: Info, input: SetCalendarInput) -> SetCalendarResult:
        change = await calendars.set_rules(
            info.context.actor,
            input.store_id,
            _rules(input.rules),
            expected_version=input.expected_version,
            is_dry_run=input.dry_run,
        )
        affected = await _appointments(info, change.affected)
        return SetCalendarSuccess(store=await _store(info, change.store), affected_appointments=affected)

    @mutation("Give a day other hours, or close it.", who=SETS_HOURS)
    async def add_calendar_exception(
        self, info: Info, input: AddCalendarExceptionInput
    ) -> AddCalendarExceptionResult:
        ranges = None if input.ranges is None else _ranges(input.ranges, "ranges")
        change = await calendars.set_exception(
            info.context.actor,
            input.store_id,
            input.on,
            ranges,
            reason=input.reason,
            is_dry_run=input.dry_run,
        )
        affected = await _appointments(info, change.affected)
        return AddCalendarExceptionSuccess(
            store=await _store(info, change.store), affected_appointments=affected
        )


def _horizon(given: HorizonInput | None) -> dict | None:
    if given is None:
        return None
    if given.kind is HorizonKindOf.ROLLING:
        return {"kind": "ROLLING", "days": given.days, "unit": given.unit.value}
    days = {"from": given.from_, "until": given.until}
    return {"kind": "RANGE", **{name: day.isoformat() if day else None for name, day in days.items()}}


def _rules(given: Sequence[CalendarRuleInput]) -> list[Rule]:
    ranges = _ranges(given, "rules")
    return [
        Rule(frozenset(each.weekdays), *ranges[n], each.service_type_id, each.valid_from, each.valid_until)
        for n, each in enumerate(given)
    ]


def _ranges(given: Sequence[LocalHoursInput | CalendarRuleInput], path: str) -> list[Range]:
    """Minutes of the day, or InvalidInput with every time that is none."""
    found, problems = [], []
    for number, each in enumerate(given):
        read = []
        for name in ("opens", "closes"):
            try:
                read.append(hours.parse_minute(getattr(each, name)))
            except ValueError as unreadable:
                problems.append(Problem(f"{path}.{number}.{name}", str(unreadable)))
        found.append(tuple(read))
    if problems:
        raise InvalidInput(problems)
    return found


async def _store(info: Info, id_: UUID) -> Store:
    return (await Store.load([id_], info.context))[id_]


async def _appointments(info: Info, wanted: list[UUID]) -> list[Appointment]:
    found = await Appointment.load(wanted, info.context)
    return [found[id_] for id_ in wanted if id_ in found]
