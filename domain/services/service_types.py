"""What can be booked, and where: defined by staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import InvalidInput, NotFound, Problem, VersionConflict
from domain.foundation import ids
from domain.services import hours, stores
from domain.services.tables import ServiceKind

TRANSPORT = ("WAIT", "LOANER", "PICKUP")
COLUMNS = (
    "t.id, t.kind, t.code, t.name, t.duration_minutes, t.step_minutes, t.notice_minutes, t.buffer_minutes, t.horizon, "
    "t.limits, t.transport, t.cancel_minutes, t.needs_confirmation, t.needs_skills, t.is_active, t.version"
)


@dataclass(frozen=True)
class Given:
    """A service as staff give it; minutes throughout. ``step_minutes`` None: one after the other."""

    store_ids: list[UUID]
    code: str
    kind: ServiceKind
    name: dict[str, str]
    duration_minutes: int
    step_minutes: int | None = None
    notice_minutes: int = 0
    buffer_minutes: int = 0
    horizon: dict[str, Any] | None = None
    limits: dict[str, int] = field(default_factory=dict)
    transport: list[str] = field(default_factory=list)
    cancel_minutes: int = 0
    needs_confirmation: bool = False
    needs_skills: list[str] = field(default_factory=list)
    is_active: bool = True


async def define(
    actor: Actor, given: Given, *, service_type: UUID | None = None, expected_version: int | None = None
) -> UUID:
    """Make a service, or revise the one named, with the stores that offer it. Refuses InvalidInput, VersionConflict.

    What is booked already stays as it was agreed.
    """
    _check(given)
    row = _row(given)
    async with db.transaction():
        if len(await stores.by_ids(given.store_ids)) != len(set(given.store_ids)):
            raise NotFound()
        holder = await db.value("SELECT id FROM services.service_type WHERE code = $1", given.code)
        if holder is not None and holder != service_type:
            raise InvalidInput.at("code", "Another service has this code.")
        names = [*row]
        if service_type is None:
            service_type = ids.new()
            await db.run(
                f"INSERT INTO services.service_type (id, created_at, {', '.join(names)}, version) "
                f"VALUES ($1, $2, {', '.join(f'${n}' for n in range(3, len(names) + 3))}, 1)",
                service_type, clock.now(), *row.values(),
            )  # fmt: skip
        else:
            await _revise(service_type, row, expected_version)
        await _offer(service_type, given.store_ids)
    return service_type


async def by_ids(wanted: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Services by id."""
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM services.service_type AS t WHERE t.id = ANY($1)", list(wanted)
    )
    return {row["id"]: row for row in rows}


async def offered(store_ids: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    """The active services of each store, by code."""
    rows = await db.fetch(
        f"""SELECT o.store AS at_store, {COLUMNS} FROM services.store_service_type AS o
        JOIN services.service_type AS t ON t.id = o.service_type
        WHERE o.store = ANY($1) AND t.is_active ORDER BY t.code""",
        list(store_ids),
    )
    found: dict[UUID, list[db.Row]] = {store: [] for store in store_ids}
    for row in rows:
        found[row["at_store"]].append(row)
    return found


async def _revise(service_type: UUID, row: dict[str, Any], expected_version: int | None) -> None:
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(row, start=3))
    changed = await db.run(
        f"UPDATE services.service_type SET {sets}, version = version + 1 WHERE id = $1 AND version = $2",
        service_type, expected_version, *row.values(),
    )  # fmt: skip
    if not changed:
        current = await db.value("SELECT version FROM services.service_type WHERE id = $1", service_type)
        if current is None:
            raise NotFound()
        raise VersionConflict(current)


async def _offer(service_type: UUID, store_ids: list[UUID]) -> None:
    """These stores offer it, and no others."""
    await db.run(
        "DELETE FROM services.store_service_type WHERE service_type = $1 AND store <> ALL($2)",
        service_type, store_ids,
    )  # fmt: skip
    await db.run_many(
        "INSERT INTO services.store_service_type (id, store, service_type) VALUES ($1, $2, $3) "
        "ON CONFLICT (store, service_type) DO NOTHING",
        [(ids.new(), store, service_type) for store in sorted(set(store_ids))],
    )


def _row(given: Given) -> dict[str, Any]:
    return {
        "kind": given.kind,
        "code": given.code,
        "name": db.json(given.name),
        "duration_minutes": given.duration_minutes,
        "step_minutes": given.step_minutes or given.duration_minutes,
        "notice_minutes": given.notice_minutes,
        "buffer_minutes": given.buffer_minutes,
        "horizon": None if given.horizon is None else db.json(given.horizon),
        "limits": db.json(given.limits),
        "transport": given.transport,
        "cancel_minutes": given.cancel_minutes,
        "needs_confirmation": given.needs_confirmation,
        "needs_skills": given.needs_skills,
        "is_active": given.is_active,
    }


def _check(given: Given) -> None:
    problems = []
    if not 1 <= len(given.code) <= 50:
        problems.append(Problem("code", "Use 1 to 50 characters."))
    for language in ("zh", "en"):
        if not 1 <= len(given.name.get(language, "").strip()) <= 100:
            problems.append(Problem(f"name.{language}", "Use 1 to 100 characters."))
    lengths = {
        "durationMinutes": (given.duration_minutes, 1, hours.DAY),
        "stepMinutes": (given.step_minutes or given.duration_minutes, 1, hours.DAY),
        "bufferMinutes": (given.buffer_minutes, 0, hours.DAY),
        "noticeMinutes": (given.notice_minutes, 0, 366 * hours.DAY),
        "cancelMinutes": (given.cancel_minutes, 0, 366 * hours.DAY),
    }
    problems += [
        Problem(path, f"Use {least} to {most}.")
        for path, (value, least, most) in lengths.items()
        if not least <= value <= most
    ]
    unfit = hours.problem_of_limits(given.limits)
    if unfit is not None:
        problems.append(Problem("limits", unfit))
    if given.horizon is not None:
        problems += _problems_of_horizon(given.horizon)
    if problems:
        raise InvalidInput(problems)


def _problems_of_horizon(horizon: dict[str, Any]) -> list[Problem]:
    if horizon["kind"] == "ROLLING":
        days = horizon.get("days")
        return (
            [] if isinstance(days, int) and 0 <= days <= 730 else [Problem("horizon.days", "Use 0 to 730.")]
        )
    since, until = horizon.get("from"), horizon.get("until")
    if not since or not until or since > until:
        return [Problem("horizon", "A range needs from and until, in this order.")]
    return []
