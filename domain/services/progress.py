"""Moving an order on: staff and sources take it one step further and show what the step needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor, ActorKind
from domain.errors import Forbidden, InvalidInput, Problem, VersionConflict
from domain.foundation import ids
from domain.profile import members
from domain.services import booking, orders, rules, stores
from domain.services.errors import EvidenceMissing
from domain.services.tables import EvidenceKind, ServiceKind

MOST_EVIDENCE = 20
LONGEST_REASON = 1000


@dataclass(frozen=True)
class Shown:
    """A piece of evidence; ODOMETER carries ``{"km": whole number}``."""

    kind: EvidenceKind
    value: dict[str, Any] = field(default_factory=dict)
    media: UUID | None = None


async def advance(
    actor: Actor,
    order: UUID,
    to: str,
    *,
    expected_version: int | None = None,
    reason: str | None = None,
    evidence: Sequence[Shown] = (),
) -> UUID:
    """Staff or a source moves an order one step on.

    Refuses VersionConflict, IllegalTransition with the steps allowed, EvidenceMissing, and SlotTaken when confirming
    finds no unit. Locks the member's root, a unit when one is needed, and the order.
    """
    _check(evidence, reason)
    async with db.transaction():
        row = await _locked(actor, order)
        if expected_version is not None and row["version"] != expected_version:
            raise VersionConflict(row["version"])
        orders.must_follow(row, to)
        appointment = await orders.appointment_of(order)
        await _keep(actor, row, to, evidence)
        await _must_be_shown(row, to, evidence)
        if to == "CONFIRMED" and appointment is not None and appointment["resource"] is None:
            await booking.confirm(actor, appointment["id"])  # takes a unit, and the step with it
            return order
        await orders.follow(
            actor, order, to, reason=reason, advisor=None if row["advisor"] else _advisor(actor)
        )
    return order


async def _locked(actor: Actor, order: UUID) -> db.Row:
    row = await orders.read(order)
    if actor.kind is ActorKind.SOURCE:
        if "services" not in actor.scopes:
            raise Forbidden("This write key has no scope services.")
    else:
        stores.must_see(actor, row["store"])
    await members.lock(row["member"])
    return await orders.read(order)


def _advisor(actor: Actor) -> UUID | None:
    return actor.id if actor.is_staff and actor.has("advisor") else None


def _check(evidence: Sequence[Shown], reason: str | None) -> None:
    problems = []
    if len(evidence) > MOST_EVIDENCE:
        problems.append(Problem("evidence", f"At most {MOST_EVIDENCE} pieces at once."))
    if reason is not None and len(reason) > LONGEST_REASON:
        problems.append(Problem("reason", f"Use at most {LONGEST_REASON} characters."))
    for number, shown in enumerate(evidence):
        km = shown.value.get("km")
        is_odometer = shown.kind is EvidenceKind.ODOMETER
        if is_odometer and (not isinstance(km, int) or isinstance(km, bool) or not 0 <= km <= 10_000_000):
            problems.append(Problem(f"evidence.{number}.value.km", "Give the odometer in whole kilometres."))
    if problems:
        raise InvalidInput(problems)


async def _keep(actor: Actor, order: db.Row, to: str, evidence: Sequence[Shown]) -> None:
    await db.run_many(
        """INSERT INTO services.evidence (id, service_order, step, kind, media, value, at, actor_kind, by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        [
            (ids.new(), order["id"], to, e.kind, e.media, db.json(e.value), clock.now(), actor.kind, actor.id)
            for e in evidence
        ],
    )


async def _must_be_shown(order: db.Row, to: str, evidence: Sequence[Shown]) -> None:
    """EvidenceMissing, or InvalidInput for an odometer that went backwards on the drive."""
    step = rules.STEPS[ServiceKind(order["kind"])][to]
    rows = await db.fetch(
        "SELECT kind, value FROM services.evidence WHERE service_order = $1 ORDER BY at, id", order["id"]
    )
    missing = rules.missing_evidence(
        step, {EvidenceKind(row["kind"]) for row in rows}, {shown.kind for shown in evidence}
    )
    if missing:
        raise EvidenceMissing([str(kind) for kind in missing])
    readings = [row["value"]["km"] for row in rows if row["kind"] == EvidenceKind.ODOMETER]
    if readings != sorted(readings):
        raise InvalidInput.at("evidence", "The odometer is lower than before the drive.")
