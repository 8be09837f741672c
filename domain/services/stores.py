"""Stores, what they offer and their units: defined by staff, found by place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain import clock, db
from domain.actor import Actor
from domain.errors import Forbidden, InvalidInput, NotFound, Problem, VersionConflict
from domain.foundation import ids
from domain.services import geo
from domain.services.tables import Datum, ResourceKind, StoreKind, StoreStatus

COLUMNS = (
    "s.id, s.kind, s.name, s.status, s.latitude, s.longitude, s.input_datum, s.adcode, s.city, s.address, s.postcode, "
    "s.country, s.timezone, s.phone, s.stall_count, s.power_kw, s.opened_on, s.source, s.external_id, s.version"
)


@dataclass(frozen=True)
class StoreGiven:
    """A store as staff or an import give it; coordinates in ``datum``."""

    kind: StoreKind
    name: str
    latitude: Decimal
    longitude: Decimal
    timezone: str
    status: StoreStatus = StoreStatus.OPEN
    datum: Datum = Datum.WGS84
    adcode: str | None = None
    city: str | None = None
    address: str | None = None
    postcode: str | None = None
    country: str = "CN"
    phone: str | None = None
    stall_count: int | None = None
    power_kw: int | None = None
    opened_on: date | None = None
    external_id: str | None = None


@dataclass(frozen=True)
class ResourceGiven:
    """A unit of a store."""

    store: UUID
    kind: ResourceKind
    name: str
    skills: list[str] = field(default_factory=list)
    vehicle: UUID | None = None
    model_code: str | None = None
    is_active: bool = True


async def define(
    actor: Actor,
    given: StoreGiven,
    *,
    store: UUID | None = None,
    expected_version: int | None = None,
    source: str = "staff",
) -> UUID:
    """Make a store, or revise the one named; refuses InvalidInput and VersionConflict."""
    row = store_row(given)
    async with db.transaction():
        if store is None:
            store_id = ids.new()
            row |= {
                "source": source,
                "external_id": given.external_id or str(store_id),
                "created_at": clock.now(),
            }
            names = [*row]
            await db.run(
                f"INSERT INTO services.store (id, {', '.join(names)}, version) "
                f"VALUES ($1, {', '.join(f'${n}' for n in range(2, len(names) + 2))}, 1)",
                store_id, *row.values(),
            )  # fmt: skip
            return store_id
        await _revise("store", store, row, expected_version)
    return store


async def define_resource(
    actor: Actor, given: ResourceGiven, *, resource: UUID | None = None, expected_version: int | None = None
) -> UUID:
    """Make a unit of a store, or revise the one named. A unit that is switched off keeps its appointments."""
    must_see(actor, given.store)
    if not 1 <= len(given.name.strip()) <= 100:
        raise InvalidInput.at("name", "Use 1 to 100 characters.")
    row = asdict(given) | {"name": given.name.strip()}
    async with db.transaction():
        if (await by_ids([given.store])).get(given.store) is None:
            raise NotFound()
        if resource is None:
            if await db.value(
                "SELECT EXISTS (SELECT FROM services.resource WHERE store = $1 AND kind = $2 AND name = $3)",
                given.store, given.kind, row["name"],
            ):  # fmt: skip
                raise InvalidInput.at("name", "This store has a unit of this kind and name.")
            resource = ids.new()
            await db.run(
                """INSERT INTO services.resource
                    (id, store, kind, name, skills, vehicle, model_code, is_active, created_at, version)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)""",
                resource, *row.values(), clock.now(),
            )  # fmt: skip
            return resource
        await _revise("resource", resource, row, expected_version)
    return resource


async def by_ids(wanted: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Stores by id."""
    rows = await db.fetch(f"SELECT {COLUMNS} FROM services.store AS s WHERE s.id = ANY($1)", list(wanted))
    return {row["id"]: row for row in rows}


async def find(text: str) -> UUID | None:
    """The store that an import names by its name or its id; None when several bear the name."""
    rows = await db.fetch(
        "SELECT id FROM services.store WHERE name = $1 OR id::text = lower($1) LIMIT 2", text.strip()
    )
    return rows[0]["id"] if len(rows) == 1 else None


async def resources_by_ids(wanted: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Units by id."""
    rows = await db.fetch("SELECT * FROM services.resource WHERE id = ANY($1)", list(wanted))
    return {row["id"]: row for row in rows}


async def resources_of(stores: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    """The units of each store, by kind and name."""
    rows = await db.fetch(
        "SELECT * FROM services.resource WHERE store = ANY($1) ORDER BY kind, name, id", list(stores)
    )
    found: dict[UUID, list[db.Row]] = {store: [] for store in stores}
    for row in rows:
        found[row["store"]].append(row)
    return found


@dataclass(frozen=True)
class Near:
    """A store and how far it is along the great circle."""

    store: db.Row
    distance_km: Decimal


async def near(
    latitude: float,
    longitude: float,
    *,
    datum: Datum = Datum.WGS84,
    kinds: Sequence[StoreKind] | None = None,
    statuses: Sequence[StoreStatus] | None = (StoreStatus.OPEN,),
    within_km: float | None = None,
    first: int = 20,
) -> tuple[list[Near], int]:
    """The nearest stores in order of (distance, external id), and how many lie within ``within_km`` (else in all).

    Looks in a box around the place and widens it until enough are found: at most six statements.
    """
    latitude, longitude = geo.to_wgs84(latitude, longitude, datum)
    radius = within_km or 25.0
    while True:
        rows = await _within(latitude, longitude, radius, kinds, statuses, first)
        if within_km is not None or len(rows) >= first or radius >= geo.HALF_WAY_KM:
            break
        radius = geo.HALF_WAY_KM if radius > 4_000 else radius * 8
    found = [Near(row, Decimal(str(round(row["distance_km"], 3)))) for row in rows]
    if within_km is not None:
        return found, rows[0]["total"] if rows else 0
    return found, await db.value(
        "SELECT count(*) FROM services.store WHERE ($1::text[] IS NULL OR kind = ANY($1)) "
        "AND ($2::text[] IS NULL OR status = ANY($2))",
        kinds, statuses,
    )  # fmt: skip


def must_see(actor: Actor, store: UUID | None) -> None:
    """FORBIDDEN for staff whose scope does not hold the store."""
    scope = actor.scope_ids("store")
    if scope is not None and str(store) not in scope:
        raise Forbidden("This store is outside your scope.")


def is_zone(name: str) -> bool:
    """Whether this is an IANA time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def store_row(given: StoreGiven) -> dict[str, Any]:
    """The row of a store, with WGS-84 coordinates; refuses InvalidInput with every problem."""
    found = [] if is_zone(given.timezone) else [Problem("timezone", "This is no IANA time zone.")]
    if not 1 <= len(given.name.strip()) <= 200:
        found.append(Problem("name", "Use 1 to 200 characters."))
    if not -90 <= given.latitude <= 90:
        found.append(Problem("latitude", "Use -90 to 90 degrees."))
    if not -180 <= given.longitude <= 180:
        found.append(Problem("longitude", "Use -180 to 180 degrees."))
    if len(given.country) != 2:
        found.append(Problem("country", "Use two letters, as in CN."))
    if given.adcode is not None and len(given.adcode) > 12:
        found.append(Problem("adcode", "Use at most 12 characters."))
    for path, number in (("stallCount", given.stall_count), ("powerKw", given.power_kw)):
        if number is not None and not 0 <= number <= 1_000_000:
            found.append(Problem(path, "Use 0 to 1,000,000."))
    if found:
        raise InvalidInput(found)
    row = asdict(given)
    datum = Datum(row.pop("datum"))
    row.pop("external_id")
    place = geo.to_wgs84(float(given.latitude), float(given.longitude), datum)
    row["latitude"], row["longitude"] = (Decimal(str(round(degrees, 6))) for degrees in place)
    row["input_datum"] = datum
    row["name"] = given.name.strip()
    return row


async def _within(
    latitude: float,
    longitude: float,
    radius: float,
    kinds: Sequence[StoreKind] | None,
    statuses: Sequence[StoreStatus] | None,
    first: int,
) -> list[db.Row]:
    area = geo.box(latitude, longitude, radius)
    return await db.fetch(
        f"""SELECT *, count(*) OVER () AS total FROM (
            SELECT {COLUMNS}, 2 * $1::float8 * asin(least(1, sqrt(
                power(sin(radians(s.latitude::float8 - $2) / 2), 2) + cos(radians($2)) * cos(radians(s.latitude::float8))
                * power(sin(radians(s.longitude::float8 - $3) / 2), 2)))) AS distance_km
            FROM services.store AS s
            WHERE s.latitude BETWEEN $4 AND $5 AND (s.longitude BETWEEN $6 AND $7 OR s.longitude BETWEEN $8 AND $9)
            AND ($10::text[] IS NULL OR s.kind = ANY($10)) AND ($11::text[] IS NULL OR s.status = ANY($11))
        ) AS boxed WHERE distance_km <= $12 ORDER BY distance_km, external_id LIMIT $13""",
        geo.RADIUS_KM, latitude, longitude, *(Decimal(str(round(edge, 6))) for edge in _edges(area)), kinds, statuses,
        radius, first,
    )  # fmt: skip


def _edges(area: geo.Box) -> tuple[float, ...]:
    return area.south, area.north, area.west, area.east, area.west_again, area.east_again


async def _revise(table: str, id_: UUID, row: dict[str, Any], expected_version: int | None) -> None:
    """One compare-and-set over the version."""
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(row, start=3))
    changed = await db.run(
        f"UPDATE services.{table} SET {sets}, version = version + 1 WHERE id = $1 AND version = $2",
        id_, expected_version, *row.values(),
    )  # fmt: skip
    if not changed:
        current = await db.value(f"SELECT version FROM services.{table} WHERE id = $1", id_)
        if current is None:
            raise NotFound()
        raise VersionConflict(current)
