"""Service orders: opened by a booking, moved step by step, never overwritten unseen.

One step is one compare-and-set of the order, one numbered row of its history, and one interaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM, Actor
from domain.errors import IllegalTransition, NotFound
from domain.foundation import ids
from domain.profile import interactions, members, traits
from domain.services import kinds, rules
from domain.services.slots import Plan
from domain.services.tables import AppointmentState, ServiceKind, ServiceOrderState

CLOSES_AFTER_DAYS = 14


async def open(
    actor: Actor, root: UUID, plan: Plan, details: dict[str, Any], vehicle: UUID | None, due_at: datetime
) -> UUID:
    """A new order at its first step, in the caller's transaction that holds the member's root."""
    kind = ServiceKind(plan.type["kind"])
    order, now = ids.new(), clock.now()
    serial = await db.value("SELECT nextval('services.order_number')")
    await db.run(
        """INSERT INTO services.service_order (id, number, kind, letter, state, step, member, vehicle, store, details,
            due_at, touchpoint, created_at, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)""",
        order, f"{_PREFIX[kind]}{now:%y%m%d}{serial}", kind, rules.LETTER[kind], rules.STEPS[kind][rules.FIRST].state,
        rules.FIRST, root, vehicle, plan.store["id"], db.json(details), due_at, actor.touchpoint, now,
    )  # fmt: skip
    row = await read(order)
    await _write_step(actor, row, None, rules.FIRST, None)
    return order


async def follow(
    actor: Actor, order: UUID, to: str, *, reason: str | None = None, advisor: UUID | None = None
) -> None:
    """Take one step in the caller's transaction, with what it does to the appointment and the member's stage."""
    row = await read(order)
    kind = must_follow(row, to)
    step, now = rules.STEPS[kind][to], clock.now()
    changed = await db.run(
        """UPDATE services.service_order SET step = $3, state = $4::text, version = version + 1,
            advisor = coalesce($5, advisor), completed_at = CASE WHEN $4::text = 'COMPLETED' THEN $6 ELSE completed_at END
        WHERE id = $1 AND step = $2""",
        order, row["step"], to, step.state, advisor, now,
    )  # fmt: skip
    if not changed:
        raise _illegal(await read(order), to)
    if step.appointment is not None:
        await db.run(
            "UPDATE services.appointment SET state = $2::text, version = version + 1 WHERE service_order = $1 AND state <> $2::text",
            order, step.appointment,
        )  # fmt: skip
        await _record_appointment(actor, row, step.appointment)
    await _write_step(actor, row, row["step"], to, reason)


async def note_change(actor: Actor, order: UUID, name: str, before: str | None, after: str | None) -> None:
    """Keep what a fact was and what it became; the order's version goes up with it."""
    await db.run(
        """INSERT INTO services.order_change (id, service_order, field, before, after, actor_kind, actor, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        ids.new(), order, name, before, after, actor.kind, actor.id, clock.now(),
    )  # fmt: skip
    await db.run("UPDATE services.service_order SET version = version + 1 WHERE id = $1", order)


async def close_due(limit: int = 200) -> int:
    """Close orders that were completed 14 days ago (the sweep)."""
    due = await db.fetch(
        "SELECT id FROM services.service_order WHERE state = 'COMPLETED' "
        "AND completed_at <= $1::timestamptz - make_interval(days => $2) ORDER BY completed_at LIMIT $3",
        clock.now(), CLOSES_AFTER_DAYS, limit,
    )  # fmt: skip
    closed = 0
    for found in due:
        async with db.transaction():
            await members.lock((await read(found["id"]))["member"])
            if (await read(found["id"]))["state"] == ServiceOrderState.COMPLETED:
                await follow(SYSTEM, found["id"], "CLOSED")
                closed += 1
    return closed


async def next_closing() -> datetime | None:
    """When the next completed order closes."""
    due: datetime | None = await db.value(
        "SELECT min(completed_at) + make_interval(days => $1) FROM services.service_order WHERE state = 'COMPLETED'",
        CLOSES_AFTER_DAYS,
    )
    return due


_PREFIX = {ServiceKind.TEST_DRIVE: "TD"}
_APPOINTMENT_KINDS = {
    AppointmentState.ARRIVED: kinds.ARRIVED,
    AppointmentState.CANCELLED: kinds.CANCELLED,
    AppointmentState.NO_SHOW: kinds.NO_SHOW,
}


async def read(order: UUID) -> db.Row:
    """The order with its member's present root, or NOT_FOUND."""
    row = await db.one(
        """SELECT o.*, m.root FROM services.service_order AS o JOIN profile.member AS m ON m.id = o.member
        WHERE o.id = $1""",
        order,
    )
    if row is None:
        raise NotFound()
    return row


async def appointment_of(order: UUID) -> db.Row | None:
    """The order's appointment."""
    return await db.one(
        "SELECT * FROM services.appointment WHERE service_order = $1 ORDER BY created_at DESC LIMIT 1", order
    )


async def _write_step(actor: Actor, order: db.Row, before: str | None, to: str, reason: str | None) -> None:
    """The history's row, the interaction and the member's stage. The order's row is locked by its own update."""
    kind = ServiceKind(order["kind"])
    sequence = await db.value(
        "SELECT coalesce(max(sequence), 0) + 1 FROM services.order_step WHERE service_order = $1", order["id"]
    )
    await db.run(
        """INSERT INTO services.order_step
            (id, service_order, sequence, from_step, to_step, actor_kind, actor, reason, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        ids.new(), order["id"], sequence, before, to, actor.kind, actor.id, reason, clock.now(),
    )  # fmt: skip
    await interactions.record(
        actor, kinds.OF_STEP[kind, to], ("SERVICE_ORDER", order["id"]), once=f"{order['id']}:{sequence}",
        member=order["root"], **_facts(order),
    )  # fmt: skip
    stage = rules.STAGE_OF_STEP.get((kind, to))
    if stage is not None:
        held = await traits.values_of(order["root"], ["purchase_stage"])
        if rules.is_further(stage, held.get("purchase_stage")):
            await traits.declare(order["root"], "purchase_stage", stage)


async def _record_appointment(actor: Actor, order: db.Row, state: AppointmentState) -> None:
    if state not in _APPOINTMENT_KINDS:
        return
    appointment = await appointment_of(order["id"])
    if appointment is not None:
        await interactions.record(
            actor, _APPOINTMENT_KINDS[state], ("APPOINTMENT", appointment["id"]), once=appointment["id"],
            member=order["root"], appointment=str(appointment["id"]), **_facts(order),
        )  # fmt: skip


def _facts(order: db.Row) -> dict[str, Any]:
    return {
        "letter": order["letter"],
        "kind": order["kind"],
        "store": str(order["store"]) if order["store"] else None,
        "vehicle": str(order["vehicle"]) if order["vehicle"] else None,
        "order": str(order["id"]),
        "campaign": order["campaign"],
        "experiment_arm": order["experiment_arm"],
    }


def must_follow(order: db.Row, to: str) -> ServiceKind:
    """The order's kind; raises IllegalTransition with the steps allowed unless the edge exists."""
    kind = ServiceKind(order["kind"])
    if to not in rules.allowed_from(kind, order["step"]):
        raise _illegal(order, to)
    return kind


def _illegal(order: db.Row, to: str) -> IllegalTransition:
    return IllegalTransition(order["step"], to, rules.allowed_from(ServiceKind(order["kind"]), order["step"]))
