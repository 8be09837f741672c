"""Stores with their hours, what can be booked there, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.context import Context
from api.fields import Json, Node, arg, field
from api.loaders import load
from api.permissions import can
from api.services import enums as e
from domain.services import calendars, hours, service_types, slots, stores
from domain.services import tables as t

STAFFED = can("advisor", "technician", "operator", "approver", "analyst")


@strawberry.type(description="A length of time, from its start until its end (exclusive).")
class Window:
    starts_at: datetime = field("When it begins.")
    ends_at: datetime = field("When it ends.")


@strawberry.type(description="Hours in local time.")
class LocalHours:
    opens: str = field("HH:MM.")
    closes: str = field("HH:MM; 24:00 is midnight at the end of the day.")


@strawberry.type(description="Hours of some weekdays.")
class CalendarRule:
    service_type_id: strawberry.Private[UUID | None]
    weekdays: list[int] = field("1 is Monday.")
    opens: str = field("HH:MM in the store's time.")
    closes: str = field("HH:MM; 24:00 is midnight at the end of the day.")
    valid_from: date | None = field("From this day on.")
    valid_until: date | None = field("Until this day, inclusive.")

    @field("The service that these hours are for; null: all that have none of their own.")
    async def service_type(self, info: Info) -> ServiceType | None:
        return await service_type_of(info, self.service_type_id)


@strawberry.type(description="A day with other hours.")
class CalendarException:
    date: date = field("The day.")
    ranges: list[LocalHours] = field("Its hours; none: closed.")


@strawberry.type(description="A store's hours as staff set them.")
class StoreCalendar:
    rules: list[CalendarRule] = field("The weekly hours.")
    exceptions: list[CalendarException] = field("Days with other hours, in their order.")


@strawberry.type(description="What can be booked.")
class ServiceType(Node):
    names: strawberry.Private[dict[str, str]]
    kind: e.ServiceKind = field("What it is.")
    code: str = field("Its code, once in the brand.")
    duration_minutes: int = field("How long it takes.")
    step_minutes: int = field("From one start to the next.")
    notice_minutes: int = field("How long before the start it must be booked.")
    buffer_minutes: int = field("How long the unit is kept free afterwards.")
    cancel_minutes: int = field("Until how long before the start members may change it.")
    horizon: Json | None = field("How far ahead it can be booked; null: without a limit.")
    limits: Json = field("Most appointments of a member by DAY, WEEK, MONTH, YEAR.")
    transport: list[str] = field("How the member may go on meanwhile: WAIT, LOANER, PICKUP.")
    needs_confirmation: bool = field("Whether the store confirms each appointment.")
    is_active: bool = field("Whether it can be booked.")
    version: int = field("Rises with every change of the record.")

    @field("Its name in the language of the request.")
    def name(self, info: Info) -> str:
        return self.names["en" if info.context.language == "en" else "zh"]

    @classmethod
    def of(cls, row: Any) -> ServiceType:
        plain = {n: row[n] for n in cls.__dataclass_fields__ if n in row and n not in ("name", "kind")}
        return cls(names=row["name"], kind=t.ServiceKind(row["kind"]), **plain)

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, ServiceType]:
        return {id_: cls.of(row) for id_, row in (await service_types.by_ids(ids)).items()}


@strawberry.type(description="A bookable unit of a store.")
class Resource(Node):
    kind: e.ResourceKind = field("What it is.")
    name: str = field("Its name.")
    model_code: str | None = field("The model, for a car.")
    skills: list[str] = field("What it can serve.")
    is_active: bool = field("Whether it takes appointments.")
    version: int = field("Rises with every change of the record.")

    @classmethod
    def of(cls, row: Any) -> Resource:
        plain = {n: row[n] for n in ("id", "name", "model_code", "skills", "is_active", "version")}
        return cls(kind=t.ResourceKind(row["kind"]), **plain)

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Resource]:
        return {id_: cls.of(row) for id_, row in (await stores.resources_by_ids(ids)).items()}


@strawberry.type(description="A place of the brand.")
class Store(Node):
    kind: e.StoreKind = field("What it is.")
    name: str = field("Its name.")
    status: e.StoreStatus = field("Whether it is in use.")
    latitude: float = field("Degrees, WGS-84, to six places.")
    longitude: float = field("Degrees, WGS-84, to six places.")
    input_datum: e.Datum = field("The datum that its coordinates were given in.")
    adcode: str | None = field("The administrative code of its city.")
    city: str | None = field("Its city.")
    address: str | None = field("Its address.")
    postcode: str | None = field("Its postcode.")
    country: str = field("Its country (two letters).")
    timezone: str = field("Its time zone (IANA).")
    phone: str | None = field("Its telephone number.")
    stall_count: int | None = field("Charging stalls.")
    power_kw: int | None = field("Charging power in kW.")
    opened_on: date | None = field("When it opened.")
    version: int = field("Rises with every change of the record.")

    @field("When it is open, from one day to another (at most 31 days).")
    async def open_windows(
        self,
        info: Info,
        from_: Annotated[
            date, strawberry.argument(name="from", description="The first day, in its time zone.")
        ],
        to: Annotated[date, arg("The last day, inclusive.")],
        service_type_id: Annotated[
            UUID | None, arg("The hours for this service; absent: in general.")
        ] = None,
    ) -> list[Window]:
        calendar = await load(info, "services.calendar", self.id, calendars.of_stores)
        found = calendars.windows(calendar, service_type_id, from_, to)
        return [Window(starts_at=since, ends_at=until) for since, until in found]

    @field("What can be booked here.")
    async def service_types(self, info: Info) -> list[ServiceType]:
        rows = await load(info, "services.offered", self.id, service_types.offered)
        return [ServiceType.of(row) for row in rows or []]

    @field("Its units.", who=STAFFED)
    async def resources(self, info: Info) -> list[Resource]:
        rows = await load(info, "services.resources", self.id, stores.resources_of)
        return [Resource.of(row) for row in rows or []]

    @field("Its hours as they are set.", who=STAFFED)
    async def calendar(self, info: Info) -> StoreCalendar:
        found = await load(info, "services.calendar", self.id, calendars.of_stores)
        return StoreCalendar(
            rules=[_rule(each) for each in found.rules],
            exceptions=[
                CalendarException(date=day, ranges=[_hours(*each) for each in ranges])
                for day, ranges in sorted(found.exceptions.items())
            ],
        )

    @classmethod
    def of(cls, row: Any) -> Store:
        made = {"kind": t.StoreKind(row["kind"]), "status": t.StoreStatus(row["status"])}
        made["input_datum"] = t.Datum(row["input_datum"])
        made |= {name: float(row[name]) for name in ("latitude", "longitude")}
        return cls(**made, **{n: row[n] for n in cls.__dataclass_fields__ if n in row and n not in made})

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Store]:
        return {id_: cls.of(row) for id_, row in (await stores.by_ids(ids)).items()}


@strawberry.type(description="A store and how far it is.")
class StoreNear:
    store: Store = field("The store.")
    distance_km: float = field("Kilometres along the great circle, to the metre.")


@strawberry.type(description="The nearest stores.")
class StoresNear:
    nodes: list[StoreNear] = field("Nearest first.")
    count_within: int = field("How many lie within the radius; without one, how many there are.")


@strawberry.type(description="A start that can be booked.")
class Slot:
    starts_at: datetime = field("When it begins.")
    ends_at: datetime = field("When it ends.")
    state: e.SlotState = field("Whether it has places.")
    remaining: int = field("Units that are free.")
    waiting: int = field("Members who wait for a place at this time.")


@strawberry.type(description="A day's slots.")
class SlotDay:
    date: date = field("The day in the store's time zone.")
    timezone: str = field("The store's time zone (IANA).")
    slots: list[Slot] = field("In their order.")

    @classmethod
    def of(cls, day: slots.Day) -> SlotDay:
        return cls(date=day.date, timezone=day.timezone, slots=[Slot(**vars(each)) for each in day.slots])


async def service_type_of(info: Info, id_: UUID | None) -> ServiceType | None:
    """The service of this id, read with those that others of the request ask for."""
    row = await load(info, "services.type", id_, service_types.by_ids) if id_ else None
    return ServiceType.of(row) if row else None


def _hours(opens: int, closes: int) -> LocalHours:
    return LocalHours(opens=hours.show_minute(opens), closes=hours.show_minute(closes))


def _rule(rule: hours.Rule) -> CalendarRule:
    return CalendarRule(
        service_type_id=rule.service_type,
        weekdays=sorted(rule.weekdays),
        opens=hours.show_minute(rule.opens),
        closes=hours.show_minute(rule.closes),
        valid_from=rule.valid_from,
        valid_until=rule.valid_until,
    )
