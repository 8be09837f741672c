"""Queries of owner services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.fields import arg, field, query
from api.paging import After, Connection, First
from api.permissions import ANYONE, MEMBER, SIGNED_IN, can
from api.services import enums as e
from api.services.types import (
    AdvisorHome,
    ServiceOrder,
    ServicesHealth,
    SlotDay,
    Store,
    StoreDay,
    StoreNear,
    StoresNear,
)
from domain.errors import BadInput, NotFound
from domain.garage import overview as garage
from domain.profile import members
from domain.services import health, overview, slots, stores
from domain.services.tables import Datum, StoreStatus

AT_STORES = can("advisor", "technician", "operator")
OPEN_ONLY = [StoreStatus.OPEN]
StoreId = Annotated[UUID, arg("The store's id.")]


@strawberry.input(description="Which orders.")
class ServiceOrderFilter:
    kinds: list[e.ServiceKind] | None = field("Of these kinds.", default=None)
    states: list[e.ServiceOrderState] | None = field("In these states.", default=None)
    steps: list[str] | None = field("At these steps.", default=None)
    store_id: UUID | None = field("At this store.", default=None)
    since: datetime | None = field("Made from then on (inclusive).", default=None)
    until: datetime | None = field("Made until then (exclusive).", default=None)


Filtered = Annotated[ServiceOrderFilter | None, arg("Which orders; absent: all.")]


@strawberry.type
class ServicesQuery:
    @query("The stores nearest to a place.", who=ANYONE)
    async def stores_near(
        self,
        latitude: Annotated[float, arg("Degrees, -90 to 90.")],
        longitude: Annotated[float, arg("Degrees, -180 to 180.")],
        datum: Annotated[e.Datum, arg("What the coordinates refer to.")] = Datum.WGS84,
        kinds: Annotated[list[e.StoreKind] | None, arg("Of these kinds; absent: all.")] = None,
        statuses: Annotated[list[e.StoreStatus] | None, arg("In these states; null: all.")] = OPEN_ONLY,
        within_km: Annotated[float | None, arg("Not farther than this.")] = None,
        first: First = 20,
    ) -> StoresNear:
        page = paging.page(first, None)
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise BadInput("latitude and longitude: degrees within -90..90 and -180..180.")
        if within_km is not None and not 0 < within_km <= 20_040:
            raise BadInput("withinKm: more than 0, at most 20,040.")
        found, within = await stores.near(
            latitude,
            longitude,
            datum=datum,
            kinds=kinds,
            statuses=statuses,
            within_km=within_km,
            first=page.limit,
        )
        nodes = [StoreNear(store=Store.of(each.store), distance_km=float(each.distance_km)) for each in found]
        return StoresNear(nodes=nodes, count_within=within)

    @query("A store by its id.", who=ANYONE)
    async def store(self, id: StoreId) -> Store | None:
        row = (await stores.by_ids([id])).get(id)
        if row is None:
            raise NotFound()
        return Store.of(row)

    @query("The starts that can be booked, day by day (at most 31 days).", who=ANYONE)
    async def available_slots(
        self,
        info: Info,
        store_id: StoreId,
        service_type_id: Annotated[UUID, arg("The service.")],
        from_: Annotated[
            date, strawberry.argument(name="from", description="The first day, in the store's time zone.")
        ],
        to: Annotated[date, arg("The last day, inclusive.")],
        vehicle_id: Annotated[UUID | None, arg("The member's vehicle that it is for.")] = None,
        exclude_appointment_id: Annotated[UUID | None, arg("An own appointment that is to be moved.")] = None,
    ) -> list[SlotDay]:
        actor = info.context.actor
        moved = exclude_appointment_id
        if moved is not None and moved not in await overview.appointments(actor, [moved]):
            raise NotFound()
        if vehicle_id is not None and not await garage.visible_vehicles(actor, [vehicle_id]):
            raise NotFound()
        days = await slots.available(actor, store_id, service_type_id, from_, to, exclude=moved)
        return [SlotDay.of(day) for day in days]

    @query("An order of the member's own, or of the stores in the scope of staff.", who=SIGNED_IN)
    async def service_order(
        self, info: Info, id: Annotated[UUID, arg("The order's id.")]
    ) -> ServiceOrder | None:
        return ServiceOrder.of(await overview.order(info.context.actor, id))

    @query("The signed-in member's orders, newest first.", who=MEMBER)
    async def my_service_orders(
        self, info: Info, filter: Filtered = None, first: First = 20, after: After = None
    ) -> Connection[ServiceOrder]:
        page = paging.page(first, after)
        root = await members.root_of(info.context.actor.must_be_member())
        return await _connection(await overview.of_member(root, _filter(filter), page), page)

    @query("Orders of the stores in the caller's scope.", who=AT_STORES)
    async def service_orders(
        self,
        info: Info,
        filter: Filtered = None,
        order_by: Annotated[
            e.ServiceOrderOrder, arg("How they are sorted.")
        ] = overview.ServiceOrderOrder.NEWEST,
        first: First = 20,
        after: After = None,
    ) -> Connection[ServiceOrder]:
        page = paging.page(first, after)
        rows = await overview.listed(info.context.actor, _filter(filter), order_by, page)
        return await _connection(rows, page)

    @query("What an advisor looks at first: today, what waits and what runs.", who=AT_STORES)
    async def advisor_home(self, info: Info) -> AdvisorHome:
        desk = await overview.desk(info.context.actor)
        found = await overview.views([*desk.waiting, *desk.running])
        return AdvisorHome(
            today=[StoreDay.of(day) for day in desk.days],
            waiting=[ServiceOrder.of(found[id_]) for id_ in desk.waiting],
            running=[ServiceOrder.of(found[id_]) for id_ in desk.running],
        )

    @query("What happens at a store on one day.", who=AT_STORES)
    async def store_day(
        self, info: Info, store_id: StoreId, on: Annotated[date, arg("The day in the store's time zone.")]
    ) -> StoreDay:
        return StoreDay.of((await overview.store_days(info.context.actor, [store_id], on))[0])

    @query("Whether the invariants of owner services hold.", who=can("operator", "analyst"))
    async def services_health(self) -> ServicesHealth:
        return ServicesHealth.of(await health.check())


async def _connection(rows: Sequence, page: paging.Page) -> Connection[ServiceOrder]:
    shown = rows[: page.limit]
    found = await overview.views([row["id"] for row in shown])
    return paging.connection(
        rows,
        page,
        key=lambda row: (row["created_at"], row["id"]),
        nodes=[ServiceOrder.of(found[row["id"]]) for row in shown],
    )


def _filter(given: ServiceOrderFilter | None) -> overview.Filter:
    if given is None:
        return overview.Filter()
    return overview.Filter(given.kinds, given.states, given.steps, given.store_id, given.since, given.until)
