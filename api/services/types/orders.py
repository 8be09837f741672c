"""Appointments and orders, and what staff see of them at a store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.access.types import StaffName, named
from api.context import Context
from api.fields import Json, Node, field
from api.garage.types import Vehicle
from api.loaders import load
from api.services import enums as e
from api.services.types.stores import Resource, ServiceType, Store, Window, service_type_of
from domain.services import health, overview, rules, stores
from domain.services import tables as t


@strawberry.type(description="An agreed time at a store.")
class Appointment(Node):
    row: strawberry.Private[Any]
    starts_at: datetime = field("When it begins.")
    ends_at: datetime = field("When it ends.")
    timezone: str = field("The store's time zone (IANA).")
    state: e.AppointmentState = field("How far it is.")
    transport: str | None = field("How the member goes on meanwhile.")
    held_until: datetime | None = field("When a hold ends.")
    version: int = field("Rises with every change of the record.")

    @field("Where.")
    async def store(self, info: Info) -> Store:
        return Store.of(await load(info, "services.store", self.row["store"], stores.by_ids))

    @field("What for.")
    async def service_type(self, info: Info) -> ServiceType:
        found = await service_type_of(info, self.row["service_type"])
        assert found is not None
        return found

    @field("The unit that serves it, such as the car of a test drive.")
    async def resource(self, info: Info) -> Resource | None:
        if self.row["resource"] is None:
            return None
        return Resource.of(
            await load(info, "services.resource", self.row["resource"], stores.resources_by_ids)
        )

    @field("The order that it belongs to; a hold has none.")
    async def order(self, info: Info) -> ServiceOrder | None:
        if self.row["service_order"] is None:
            return None
        view = await load(info, "services.order", self.row["service_order"], overview.views)
        return ServiceOrder.of(view)

    @classmethod
    def of(cls, row: Any, timezone: str | None = None) -> Appointment:
        return cls(
            id=row["id"],
            row=row,
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            timezone=timezone or row["timezone"],
            state=t.AppointmentState(row["state"]),
            transport=row["transport"],
            held_until=row["held_until"] if row["state"] == "HELD" else None,
            version=row["version"],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Appointment]:
        found = await overview.appointments(context.actor, ids)
        return {id_: cls.of(row) for id_, row in found.items()}


@strawberry.type(description="What is particular to a test drive.")
class TestDriveDetails:
    __test__ = False
    model_code: str | None = field("The model that the member wants to drive.")
    note: str | None = field("The member's note.")


ServiceDetails = Annotated[
    TestDriveDetails,
    strawberry.union("ServiceDetails", description="What is particular to the order's kind."),
]


@strawberry.type(description="A step that an order took.")
class OrderStep:
    sequence: int = field("1 is the first.")
    from_: str | None = field("The step before.", name="from")
    to: str = field("The step.")
    at: datetime = field("When.")
    by: str = field("Who took it: MEMBER, STAFF, SOURCE or SYSTEM.")
    reason: str | None = field("Why.")


@strawberry.type(description="A fact that changed, with its old and new value.")
class OrderChange:
    at: datetime = field("When.")
    field: str = strawberry.field(description="What changed, as startsAt.")
    before: str | None = strawberry.field(description="What it was.")
    after: str | None = strawberry.field(description="What it became.")


@strawberry.type(description="What was shown for a step.")
class Evidence:
    step: str = field("The step.")
    kind: e.EvidenceKind = field("What it is.")
    value: Json = field("What it says.")
    media_id: UUID | None = field("The file, where there is one.")
    at: datetime = field("When it was shown.")


@strawberry.type(description="Whose order it is.")
class ServiceCustomer:
    id: UUID = field("The member's id.")
    display_name: str | None = field("The name shown to others.")


@strawberry.type(description="A member's request to a store, whatever its kind.")
class ServiceOrder(Node):
    view: strawberry.Private[overview.View]
    number: str = field("The number that people use.")
    kind: e.ServiceKind = field("What it is.")
    letter: e.Letter = field("The part of a car's life that it belongs to.")
    state: e.ServiceOrderState = field("How far it is.")
    step: str = field("How far it is within its kind.")
    allowed_steps: list[str] = field("The steps that may follow.")
    customer: ServiceCustomer = field("Whose it is.")
    store: Store | None = field("Where.")
    appointment: Appointment | None = field("When.")
    details: ServiceDetails = field("What is particular to its kind.")
    history: list[OrderStep] = field("The steps that it took.")
    changes: list[OrderChange] = field("What changed meanwhile.")
    created_at: datetime = field("When it was made.")
    version: int = field("Rises with every change of the record.")

    @field("The member's vehicle that it is for.")
    async def vehicle(self, info: Info) -> Vehicle | None:
        wanted = self.view.order["vehicle"]
        return (await Vehicle.load([wanted], info.context)).get(wanted) if wanted else None

    @field("The advisor who looks after it.")
    async def advisor(self, info: Info) -> StaffName | None:
        return await named(info, self.view.order["advisor"])

    @field("What was shown for its steps.")
    async def evidence(self) -> list[Evidence]:
        return [
            Evidence(
                step=row["step"], kind=t.EvidenceKind(row["kind"]), value=row["value"], media_id=row["media"], at=row["at"]
            )
            for row in self.view.evidence
        ]  # fmt: skip

    @classmethod
    def of(cls, view: overview.View) -> ServiceOrder:
        row, kind = view.order, t.ServiceKind(view.order["kind"])
        zone = view.store["timezone"] if view.store else "UTC"
        return cls(
            id=row["id"],
            view=view,
            number=row["number"],
            kind=kind,
            letter=t.Letter(row["letter"]),
            state=t.ServiceOrderState(row["state"]),
            step=row["step"],
            allowed_steps=rules.allowed_from(kind, row["step"]),
            customer=ServiceCustomer(
                id=row["root"], display_name=view.customer["display_name"] if view.customer else None
            ),
            store=Store.of(view.store) if view.store else None,
            appointment=Appointment.of(view.appointment, zone) if view.appointment else None,
            details=TestDriveDetails(
                model_code=row["details"].get("modelCode"), note=row["details"].get("note")
            ),
            history=[_step(each) for each in view.steps],
            changes=[
                OrderChange(at=each["at"], field=each["field"], before=each["before"], after=each["after"])
                for each in view.changes
            ],
            created_at=row["created_at"],
            version=row["version"],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, ServiceOrder]:
        found = await overview.visible(context.actor, ids)
        return {id_: cls.of(view) for id_, view in found.items()}


@strawberry.type(description="What happens at a store on one day.")
class StoreDay:
    store: Store = field("The store.")
    date: date = field("The day in the store's time zone.")
    windows: list[Window] = field("When it is open.")
    appointments: list[Appointment] = field("What is agreed, in the order of the starts.")
    resources: list[Resource] = field("Its units.")

    @classmethod
    def of(cls, day: overview.StoreDay) -> StoreDay:
        return cls(
            store=Store.of(day.store),
            date=day.date,
            windows=[Window(starts_at=since, ends_at=until) for since, until in day.windows],
            appointments=[Appointment.of(row) for row in day.appointments],
            resources=[Resource.of(row) for row in day.resources],
        )


@strawberry.type(description="What an advisor looks at first.")
class AdvisorHome:
    today: list[StoreDay] = field("Today at the stores of the scope.")
    waiting: list[ServiceOrder] = field("Orders that wait for the store, oldest first, at most 50.")
    running: list[ServiceOrder] = field("Orders under way, oldest first, at most 50.")


@strawberry.type(description="An invariant of owner services that does not hold.")
class ServicesViolation:
    invariant: str = field("Its number, as S1.")
    rule: str = field("What should hold.")
    count: int = field("For how many records it does not.")


@strawberry.type(description="Whether owner services are well.")
class ServicesHealth:
    is_healthy: bool = field("Whether every invariant holds.")
    store_count: int = field("Stores known.")
    order_count: int = field("Orders of all times.")
    live_appointment_count: int = field("Appointments that take a place.")
    violations: list[ServicesViolation] = field("What is wrong.")

    @classmethod
    def of(cls, found: health.Health) -> ServicesHealth:
        plain = {name: value for name, value in vars(found).items() if name != "violations"}
        violations = [ServicesViolation(**vars(each)) for each in found.violations]
        return cls(is_healthy=not violations, violations=violations, **plain)


def _step(row: Any) -> OrderStep:
    return OrderStep(
        sequence=row["sequence"],
        from_=row["from_step"],
        to=row["to_step"],
        at=row["at"],
        by=row["actor_kind"],
        reason=row["reason"],
    )
