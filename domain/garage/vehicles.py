"""The cars that the brand knows: registered by staff and sources, or made known by a proved claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor, ActorKind
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.garage import vin, wmis

MOST = 500
COLUMNS = (
    "v.id, v.number, v.vin, v.legacy_vin, v.wmi, v.make, v.model_code, v.trim, v.color, v.model_year, "
    "v.model_year_candidates, v.produced_on, v.first_registered_on, v.delivered_on, v.odometer_km, v.odometer_at, v.version"
)
_FACTS = (
    "make",
    "model_code",
    "trim",
    "color",
    "produced_on",
    "first_registered_on",
    "delivered_on",
    "odometer_km",
)


@dataclass(frozen=True)
class Given:
    """A car as it is registered; ``external_id`` is the VIN unless the source has another name for it."""

    vin: str
    model_code: str | None = None
    make: str | None = None
    trim: str | None = None
    color: str | None = None
    model_year: int | None = None
    produced_on: date | None = None
    first_registered_on: date | None = None
    delivered_on: date | None = None
    odometer_km: int | None = None
    external_id: str | None = None


@dataclass(frozen=True)
class Rejected:
    """A car that was not taken; ``index`` counts from 0."""

    index: int
    problem: str


@dataclass(frozen=True)
class Registered:
    """What a registration did, or would do."""

    accepted: int
    unchanged: int
    rejected: list[Rejected]


async def register(
    actor: Actor, given: Sequence[Given], *, source: str | None = None, is_dry_run: bool = False
) -> Registered:
    """Make cars known, or revise those of the same source and external id. The good ones are taken, the others named.

    A VIN that belongs to another record is ``VIN_REPEATED``. Registering the same again changes nothing.
    """
    if not 1 <= len(given) <= MOST:
        raise InvalidInput.at("vehicles", f"Name 1 to {MOST} vehicles.")
    origin = source or (f"source:{actor.id}" if actor.kind is ActorKind.SOURCE else "staff")
    makers = await wmis.of_vins(vin.normalise(each.vin) for each in given)
    rejected: list[Rejected] = []
    accepted = unchanged = 0
    async with db.transaction():
        known = await _known(
            origin, [_external(each) for each in given], [vin.normalise(g.vin) for g in given]
        )
        for index, each in enumerate(given):
            decoded = vin.decode(each.vin, makers)
            problem = decoded.problem or _problem(each, decoded, known)
            if problem is not None:
                rejected.append(Rejected(index, problem))
            elif _is_same(each, decoded, known.get(_external(each))):
                unchanged += 1
            else:
                accepted += 1
                row = _values(each, decoded)
                known[_external(each)] = known[decoded.vin] = row
                if not is_dry_run:
                    await _put(origin, row)
    return Registered(accepted, unchanged, rejected)


async def by_ids(wanted: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Vehicles by id."""
    rows = await db.fetch(f"SELECT {COLUMNS} FROM garage.vehicle AS v WHERE v.id = ANY($1)", list(wanted))
    return {row["id"]: row for row in rows}


async def lock_by_vin(text: str) -> db.Row:
    """The vehicle with this VIN, locked; made known when nobody registered it."""
    decoded = vin.decode(text, await wmis.of_vins([text]))
    row = _values(Given(vin=text, make=decoded.maker), decoded)
    await db.run(
        """INSERT INTO garage.vehicle (id, vin, wmi, make, model_year, model_year_candidates, is_vin_check_ok, source,
            external_id, created_at, version) VALUES ($1, $2::text, $3, $4, $5, $6, $7, 'binding', $2::text, $8, 1)
        ON CONFLICT (vin) WHERE vin IS NOT NULL DO NOTHING""",
        ids.new(), decoded.vin, row["wmi"], row["make"], row["model_year"], row["model_year_candidates"],
        row["is_vin_check_ok"], clock.now(),
    )  # fmt: skip
    found = await db.one(
        f"SELECT {COLUMNS} FROM garage.vehicle AS v WHERE v.vin = $1 FOR NO KEY UPDATE", decoded.vin
    )
    assert found is not None
    return found


def _external(given: Given) -> str:
    return given.external_id or vin.normalise(given.vin)


async def find(text: str) -> UUID | None:
    """The vehicle that an import names by its VIN or its id."""
    return await db.value(
        "SELECT id FROM garage.vehicle WHERE vin = upper($1) OR id::text = lower($1) LIMIT 1", text.strip()
    )


def _values(given: Given, decoded: vin.Decoding) -> dict[str, Any]:
    """The row as it should stand; a given model year wins over the VIN's."""
    return {
        "external_id": _external(given),
        "vin": decoded.vin,
        "wmi": decoded.wmi,
        "model_year": given.model_year or decoded.model_year,
        "model_year_candidates": decoded.model_year_candidates,
        "is_vin_check_ok": decoded.is_check_ok,
        **{name: getattr(given, name) for name in _FACTS},
        "make": given.make or decoded.maker,
    }


def _problem(given: Given, decoded: vin.Decoding, known: dict[str, Any]) -> str | None:
    holder = known.get(decoded.vin)
    if holder is not None and holder["external_id"] != _external(given) and holder.get("source") != "binding":
        return "VIN_REPEATED"
    if given.odometer_km is not None and not 0 <= given.odometer_km <= 10_000_000:
        return "ODOMETER"
    if given.model_year is not None and not 1900 <= given.model_year <= clock.now().year + 2:
        return "MODEL_YEAR"
    return None


def _is_same(given: Given, decoded: vin.Decoding, row: Any) -> bool:
    if row is None:
        return False
    wanted = _values(given, decoded)
    return all(wanted[name] is None or row[name] == wanted[name] for name in wanted)


async def _known(source: str, external_ids: list[str], vins: list[str]) -> dict[str, Any]:
    """Rows of this source by external id, and rows of any source by VIN."""
    rows = await db.fetch(
        "SELECT * FROM garage.vehicle WHERE (source = $1 AND external_id = ANY($2)) OR vin = ANY($3)",
        source, external_ids, vins,
    )  # fmt: skip
    found: dict[str, Any] = {row["vin"]: row for row in rows if row["vin"]}
    found.update({row["external_id"]: row for row in rows if row["source"] == source})
    return found


async def _put(source: str, row: dict[str, Any]) -> None:
    """Insert or revise one car. A car that only a binding made known is taken over by its register."""
    names = [*row]
    values = ", ".join(f"${number}" for number in range(4, len(names) + 4))
    revised = ", ".join(
        f"{n} = coalesce(excluded.{n}, v.{n})" for n in names if n not in ("external_id", "vin")
    )
    await db.run(
        "UPDATE garage.vehicle SET source = $2, external_id = $3 WHERE vin = $1 AND source = 'binding'",
        row["vin"], source, row["external_id"],
    )  # fmt: skip
    await db.run(
        f"""INSERT INTO garage.vehicle AS v (id, source, created_at, {", ".join(names)}, version)
        VALUES ($1, $2, $3, {values}, 1)
        ON CONFLICT (source, external_id) DO UPDATE SET vin = excluded.vin, {revised}, version = v.version + 1""",
        ids.new(), source, clock.now(), *row.values(),
    )  # fmt: skip
