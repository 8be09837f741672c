"""Orders, appointments and days as members and staff see them; each read is a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import Forbidden, NotFound
from domain.foundation.pages import Page
from domain.profile import members
from domain.services import calendars, service_types, stores
from domain.services.tables import ServiceKind, ServiceOrderState

MOST_ON_DESK = 50
MOST_STORES = 20


@dataclass
class View:
    """An order with everything that its page shows."""

    order: db.Row
    customer: db.Row | None
    store: db.Row | None = None
    appointment: db.Row | None = None
    service_type: db.Row | None = None
    resource: db.Row | None = None
    steps: list[db.Row] = field(default_factory=list)
    changes: list[db.Row] = field(default_factory=list)
    evidence: list[db.Row] = field(default_factory=list)


@dataclass(frozen=True)
class Filter:
    """What to list; empty means all. Times are of the order's making, [since, until)."""

    kinds: Sequence[ServiceKind] | None = None
    states: Sequence[ServiceOrderState] | None = None
    steps: Sequence[str] | None = None
    store: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class ServiceOrderOrder(StrEnum):
    NEWEST = "NEWEST"
    OLDEST = "OLDEST"


@dataclass(frozen=True)
class StoreDay:
    """What happens at a store on one day."""

    store: db.Row
    date: date
    windows: list[tuple[datetime, datetime]]
    appointments: list[db.Row]
    resources: list[db.Row]


@dataclass(frozen=True)
class Desk:
    """An advisor's home: today at the stores of the scope, and the orders that wait or run."""

    days: list[StoreDay]
    waiting: list[UUID]
    running: list[UUID]


async def views(wanted: Sequence[UUID]) -> dict[UUID, View]:
    """Orders with their children, in nine statements however many there are."""
    rows = await db.fetch(
        """SELECT o.*, m.root FROM services.service_order AS o JOIN profile.member AS m ON m.id = o.member
        WHERE o.id = ANY($1)""",
        list(wanted),
    )
    people = await members.by_ids([row["member"] for row in rows])
    found = {row["id"]: View(row, people.get(row["member"])) for row in rows}
    at_stores = await stores.by_ids([row["store"] for row in rows if row["store"]])
    appointments = await db.fetch(
        "SELECT * FROM services.appointment WHERE service_order = ANY($1) ORDER BY created_at", list(found)
    )
    types = await service_types.by_ids([row["service_type"] for row in appointments])
    units = await stores.resources_by_ids([row["resource"] for row in appointments if row["resource"]])
    for row in appointments:
        view = found[row["service_order"]]
        view.appointment = row
        view.service_type, view.resource = types[row["service_type"]], units.get(row["resource"])
    for table, key in (("order_step", "sequence"), ("order_change", "at"), ("evidence", "at")):
        children = await db.fetch(
            f"SELECT * FROM services.{table} WHERE service_order = ANY($1) ORDER BY {key}, id", list(found)
        )
        for row in children:
            name = {"order_step": "steps", "order_change": "changes", "evidence": "evidence"}[table]
            getattr(found[row["service_order"]], name).append(row)
    for view in found.values():
        view.store = at_stores.get(view.order["store"])
    return found


async def visible(actor: Actor, wanted: Sequence[UUID]) -> dict[UUID, View]:
    """Those of these orders that the actor may see."""
    found = await views(wanted)
    if actor.is_staff:
        scope = actor.scope_ids("store")
        return {
            id_: view for id_, view in found.items() if scope is None or str(view.order["store"]) in scope
        }
    root = await members.root_of(actor.member_id) if actor.member_id else None
    return {id_: view for id_, view in found.items() if root is not None and view.order["root"] == root}


async def order(actor: Actor, wanted: UUID) -> View:
    """One order: FORBIDDEN for staff outside of their scope, NOT_FOUND for another member's."""
    found = await visible(actor, [wanted])
    if wanted in found:
        return found[wanted]
    if actor.is_staff and await db.value(
        "SELECT EXISTS (SELECT FROM services.service_order WHERE id = $1)", wanted
    ):
        raise Forbidden("This order is outside your scope.")
    raise NotFound()


async def appointments(actor: Actor, wanted: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Those of these appointments that the actor may see."""
    rows = await db.fetch(f"SELECT {APPOINTMENT} WHERE a.id = ANY($1)", list(wanted))
    root = await members.root_of(actor.member_id) if actor.member_id else None
    scope = actor.scope_ids("store")
    return {
        row["id"]: row
        for row in rows
        if (actor.is_staff and (scope is None or str(row["store"]) in scope))
        or (root and row["root"] == root)
    }


async def of_member(root: UUID, wanted: Filter, page: Page) -> list[db.Row]:
    """One page of a member's orders, newest first."""
    return await _listed(wanted, ServiceOrderOrder.NEWEST, page, root=root, scope=None)


async def listed(actor: Actor, wanted: Filter, order_by: ServiceOrderOrder, page: Page) -> list[db.Row]:
    """One page of the orders in the actor's scope. Key of a page: (created_at, id)."""
    scope = actor.scope_ids("store")
    if wanted.store is not None:
        stores.must_see(actor, wanted.store)
    return await _listed(wanted, order_by, page, root=None, scope=[UUID(s) for s in scope] if scope else None)


async def store_days(actor: Actor, store_ids: Sequence[UUID], on: date | None) -> list[StoreDay]:
    """A day (today where None) at each of these stores, in five statements."""
    for store in store_ids:
        stores.must_see(actor, store)
    at_stores = await stores.by_ids(store_ids)
    if len(at_stores) != len(set(store_ids)):
        raise NotFound()
    hours_of = await calendars.of_stores(store_ids, at_stores)
    units = await stores.resources_of(store_ids)
    days = {store: on or clock.now().astimezone(hours_of[store].zone).date() for store in store_ids}
    bounds = [_bounds(days[store], hours_of[store]) for store in store_ids]
    rows = await db.fetch(
        f"""SELECT {APPOINTMENT} JOIN unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS d(store, since, until)
            ON a.store = d.store AND a.starts_at >= d.since AND a.starts_at < d.until
        WHERE a.state <> 'CANCELLED' AND NOT (a.state = 'HELD' AND a.held_until <= $4) ORDER BY a.starts_at, a.id""",
        list(store_ids), [since for since, _ in bounds], [until for _, until in bounds], clock.now(),
    )  # fmt: skip
    return [
        StoreDay(
            at_stores[store], days[store], calendars.windows(hours_of[store], None, days[store], days[store]),
            [row for row in rows if row["store"] == store], units[store],
        )
        for store in store_ids
    ]  # fmt: skip


async def desk(actor: Actor) -> Desk:
    """What an advisor looks at first: a fixed number of statements."""
    scope = actor.scope_ids("store")
    chosen = await db.fetch(
        "SELECT id FROM services.store WHERE status = 'OPEN' AND kind <> 'CHARGING_SITE' "
        "AND ($1::uuid[] IS NULL OR id = ANY($1)) ORDER BY name, id LIMIT $2",
        [UUID(s) for s in scope] if scope else None, MOST_STORES,
    )  # fmt: skip
    days = await store_days(actor, [row["id"] for row in chosen], None)
    page = Page(limit=MOST_ON_DESK - 1)
    waiting = await listed(
        actor, Filter(states=[ServiceOrderState.REQUESTED]), ServiceOrderOrder.OLDEST, page
    )
    running = await listed(
        actor, Filter(states=[ServiceOrderState.IN_PROGRESS]), ServiceOrderOrder.OLDEST, page
    )
    return Desk(days, [row["id"] for row in waiting], [row["id"] for row in running])


APPOINTMENT = """a.*, m.root, t.name AS type_name, t.kind AS type_kind, s.name AS store_name, s.timezone,
    r.kind AS resource_kind, r.name AS resource_name, r.model_code AS resource_model
    FROM services.appointment AS a JOIN profile.member AS m ON m.id = a.member
    JOIN services.service_type AS t ON t.id = a.service_type JOIN services.store AS s ON s.id = a.store
    LEFT JOIN services.resource AS r ON r.id = a.resource"""


def _bounds(day: date, calendar: calendars.Calendar) -> tuple[datetime, datetime]:
    since = datetime.combine(day, time(), calendar.zone)
    until = datetime.combine(day + timedelta(days=1), time(), calendar.zone)
    return since.astimezone(UTC), until.astimezone(UTC)


async def _listed(
    wanted: Filter, order_by: ServiceOrderOrder, page: Page, *, root: UUID | None, scope: list[UUID] | None
) -> list[db.Row]:
    at, after = page.after or (None, None)
    beyond, way = (">", "ASC") if order_by is ServiceOrderOrder.OLDEST else ("<", "DESC")
    return await db.fetch(
        f"""SELECT o.id, o.created_at FROM services.service_order AS o
        WHERE ($1::uuid IS NULL OR o.member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1)))
        AND ($2::uuid[] IS NULL OR o.store = ANY($2)) AND ($3::uuid IS NULL OR o.store = $3)
        AND ($4::text[] IS NULL OR o.kind = ANY($4)) AND ($5::text[] IS NULL OR o.state = ANY($5))
        AND ($6::text[] IS NULL OR o.step = ANY($6))
        AND ($7::timestamptz IS NULL OR o.created_at >= $7) AND ($8::timestamptz IS NULL OR o.created_at < $8)
        AND ($9::timestamptz IS NULL OR (o.created_at, o.id) {beyond} ($9, $10::uuid))
        ORDER BY o.created_at {way}, o.id {way} LIMIT $11""",
        root, scope, wanted.store, wanted.kinds, wanted.states, wanted.steps, wanted.since, wanted.until, at, after,
        page.limit + 1,
    )  # fmt: skip
