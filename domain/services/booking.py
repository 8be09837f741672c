"""Holding, booking, moving and cancelling appointments.

A unit is taken under its row's lock, so that two members who want one place get one success and one SlotTaken; the
exclusion constraint is the last guard. Locks: the member's root, then units in order of their ids, then the appointment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import HoldExpired, IllegalTransition, InvalidInput, NotFound, VersionConflict
from domain.garage import overview as garage
from domain.profile import interactions, members
from domain.services import kinds, orders, places, rules, slots, stores
from domain.services.errors import AlreadyBooked, ResourceUnavailable, SlotTaken, TooLate, VehicleNotYours
from domain.services.slots import Plan
from domain.services.tables import AppointmentState, ServiceKind

HOLD = timedelta(minutes=5)
LONGEST_NOTE = 1000


@dataclass(frozen=True)
class Wish:
    """What a member asks for beside the time."""

    hold: UUID | None = None
    resource: UUID | None = None
    vehicle: UUID | None = None
    transport: str | None = None
    model_code: str | None = None
    note: str | None = None


async def hold(
    actor: Actor, store: UUID, service_type: UUID, starts_at: datetime, *, resource: UUID | None = None
) -> UUID:
    """Keep a place for five minutes; an earlier hold of this member for the same service ends.

    Refuses SlotTaken, OutsideHours, TooSoon, BeyondHorizon, LimitReached.
    """
    starts_at = _instant(starts_at)
    async with db.transaction():
        root = (await members.lock(await members.must_be_active(actor)))[0]
        await places.release(root, service_type)
        plan = await slots.plan_of(store, service_type)
        unit = await places.take(plan, root, starts_at, resource)
        appointment = await places.add(
            plan, root, starts_at, unit, AppointmentState.HELD, held_until=clock.now() + HOLD
        )
        await _record(actor, kinds.HELD, appointment, root, plan, starts_at)
    return appointment


async def book(
    actor: Actor, store: UUID, service_type: UUID, starts_at: datetime, wish: Wish | None = None
) -> tuple[UUID, UUID]:
    """Book an appointment and open its order; answers both ids.

    Refuses what :func:`hold` does, and AlreadyBooked, HoldExpired, VehicleNotYours. Where the service needs a
    confirmation, the appointment is REQUESTED and takes no place until an advisor confirms it.
    """
    starts_at, wish = _instant(starts_at), wish or Wish()
    async with db.transaction():
        root = (await members.lock(await members.must_be_active(actor)))[0]
        plan = await slots.plan_of(store, service_type)
        await _check_wish(actor, plan, wish)
        await _must_not_have(plan, root, starts_at)
        resource = wish.resource
        if wish.hold is not None:
            held = await _own_hold(plan, root, starts_at, wish.hold)
            resource = resource or held["resource"]
        await places.release(root, service_type)
        if plan.type["needs_confirmation"]:
            await places.judge(plan, root, starts_at)
            unit, state = None, AppointmentState.REQUESTED
        else:
            unit, state = await places.take(plan, root, starts_at, resource), AppointmentState.BOOKED
        order = await orders.open(actor, root, plan, _details(wish, unit), wish.vehicle, starts_at)
        appointment = await places.add(
            plan, root, starts_at, unit, state, order=order, transport=wish.transport
        )
        if unit is not None:
            await orders.follow(actor, order, "CONFIRMED")
            await _record(actor, kinds.BOOKED, appointment, root, plan, starts_at, order=order)
    return appointment, order


async def reschedule(
    actor: Actor, appointment: UUID, starts_at: datetime, *, expected_version: int | None = None
) -> UUID:
    """Move an appointment; the old time is kept until the new one is taken.

    Refuses VersionConflict, IllegalTransition, TooLate, SlotTaken and what the store does not offer.
    """
    starts_at = _instant(starts_at)
    async with db.transaction():
        row, root = await _locked(actor, appointment)
        _must_be_version(row, expected_version)
        _must_be_open(row, "RESCHEDULED")
        plan = await slots.plan_of(row["store"], row["service_type"], is_agreed=True)
        _must_be_in_time(actor, plan, row)
        unit = None
        if row["state"] == AppointmentState.BOOKED:
            unit = await places.take(plan, root, starts_at, None, exclude=appointment, prefer=row["resource"])
        else:
            await places.judge(plan, root, starts_at, exclude=appointment)
        await db.run(
            """UPDATE services.appointment SET starts_at = $2, ends_at = $3, during = tstzrange($2, $4),
                resource = $5, resource_number = $6, version = version + 1 WHERE id = $1""",
            appointment, starts_at, starts_at + plan.duration, starts_at + plan.occupied,
            unit["id"] if unit else None, unit["number"] if unit else None,
        )  # fmt: skip
        await orders.note_change(
            actor, row["service_order"], "startsAt", row["starts_at"].isoformat(), starts_at.isoformat()
        )
        await db.run(
            "UPDATE services.service_order SET due_at = $2 WHERE id = $1", row["service_order"], starts_at
        )
        await _record(
            actor, kinds.RESCHEDULED, appointment, root, plan, starts_at, order=row["service_order"],
            once=f"{appointment}:{row['version']}", before=row["starts_at"].isoformat(),
        )  # fmt: skip
    return appointment


async def cancel(actor: Actor, appointment: UUID, reason: str | None = None) -> UUID:
    """Cancel an appointment with its order, or give a hold back. Refuses IllegalTransition and TooLate."""
    if reason is not None and len(reason) > LONGEST_NOTE:
        raise InvalidInput.at("reason", f"Use at most {LONGEST_NOTE} characters.")
    async with db.transaction():
        row, root = await _locked(actor, appointment)
        if row["state"] == AppointmentState.HELD:
            await places.release(root, row["service_type"])
            plan = await slots.plan_of(row["store"], row["service_type"], is_agreed=True)
            await _record(actor, kinds.RELEASED, appointment, root, plan, row["starts_at"])
            return appointment
        _must_be_open(row, "CANCELLED")
        _must_be_in_time(actor, await slots.plan_of(row["store"], row["service_type"], is_agreed=True), row)
        await db.run("UPDATE services.appointment SET cancel_reason = $2 WHERE id = $1", appointment, reason)
        await orders.follow(actor, row["service_order"], "CANCELLED", reason=reason)
    return appointment


async def confirm(
    actor: Actor, appointment: UUID, *, resource: UUID | None = None, expected_version: int | None = None
) -> UUID:
    """An advisor confirms a requested appointment, which takes a unit, or gives a booked one another unit.

    Refuses VersionConflict, IllegalTransition, ResourceUnavailable and SlotTaken. A booked appointment with its unit
    stays as it is.
    """
    async with db.transaction():
        row, root = await _locked(actor, appointment)
        _must_be_version(row, expected_version)
        _must_be_open(row, "BOOKED")
        if row["resource"] is not None and resource in (None, row["resource"]):
            return appointment
        plan = await slots.plan_of(row["store"], row["service_type"], is_agreed=True)
        if resource is not None and resource not in {unit["id"] for unit in plan.units}:
            raise ResourceUnavailable()
        await _seat(actor, plan, row, root, resource)
    return appointment


async def _seat(actor: Actor, plan: Plan, row: db.Row, root: UUID, resource: UUID | None) -> None:
    """Give an appointment a unit; a requested one becomes booked with it."""
    unit = await places.lock_free(plan, root, row["starts_at"], resource, exclude=row["id"])
    if unit is None:
        raise SlotTaken(await slots.alternatives(plan, row["starts_at"], root, resource))
    await places.guarded(
        """UPDATE services.appointment SET resource = $2, resource_number = $3, state = 'BOOKED', version = version + 1
        WHERE id = $1""",
        row["id"], unit["id"], unit["number"],
    )  # fmt: skip
    if row["resource"] is not None:
        before = next((u["name"] for u in plan.units if u["id"] == row["resource"]), None)
        await orders.note_change(actor, row["service_order"], "resource", before, unit["name"])
        return
    await orders.follow(actor, row["service_order"], "CONFIRMED", advisor=actor.id)
    await _record(actor, kinds.BOOKED, row["id"], root, plan, row["starts_at"], order=row["service_order"])


async def expire_holds(limit: int = 500) -> int:
    """End holds whose time is over (the sweep); until then they count as free already."""
    return await db.run(
        """UPDATE services.appointment SET state = 'CANCELLED', cancel_reason = 'EXPIRED', version = version + 1
        WHERE id IN (SELECT id FROM services.appointment WHERE state = 'HELD' AND held_until <= $1
            ORDER BY held_until LIMIT $2 FOR UPDATE SKIP LOCKED)""",
        clock.now(), limit,
    )  # fmt: skip


async def next_hold_expiry() -> datetime | None:
    """When the next hold ends."""
    due: datetime | None = await db.value(
        "SELECT min(held_until) FROM services.appointment WHERE state = 'HELD'"
    )
    return due


async def _locked(actor: Actor, appointment: UUID) -> tuple[db.Row, UUID]:
    """The appointment with its member's root, both locked; NOT_FOUND for another member's, FORBIDDEN out of scope."""
    found = await db.one("SELECT member, store FROM services.appointment WHERE id = $1", appointment)
    if found is None:
        raise NotFound()
    if actor.is_staff:
        stores.must_see(actor, found["store"])
    elif await members.root_of(actor.must_be_member()) != await members.root_of(found["member"]):
        raise NotFound()
    root = (await members.lock(found["member"]))[0]
    row = await db.one("SELECT * FROM services.appointment WHERE id = $1", appointment)
    assert row is not None
    return row, root


async def _own_hold(plan: Plan, root: UUID, starts_at: datetime, hold_id: UUID) -> db.Row:
    row = await db.one(
        """SELECT a.*, m.root FROM services.appointment AS a JOIN profile.member AS m ON m.id = a.member
        WHERE a.id = $1""",
        hold_id,
    )
    if row is None or row["root"] != root:
        raise NotFound()
    if (row["store"], row["service_type"], row["starts_at"]) != (
        plan.store["id"],
        plan.type["id"],
        starts_at,
    ):
        raise InvalidInput.at("holdId", "This hold is for another store, service or time.")
    if row["state"] != AppointmentState.HELD or row["held_until"] <= clock.now():
        raise HoldExpired()
    return row


async def _must_not_have(plan: Plan, root: UUID, starts_at: datetime) -> None:
    same = await db.value(
        """SELECT a.id FROM services.appointment AS a WHERE a.member IN (SELECT id FROM profile.member WHERE root = $1)
        AND a.store = $2 AND a.service_type = $3 AND a.starts_at = $4 AND a.state = ANY($5)""",
        root, plan.store["id"], plan.type["id"], starts_at, list(rules.COUNTED),
    )  # fmt: skip
    if same is not None:
        raise AlreadyBooked(same)


async def _check_wish(actor: Actor, plan: Plan, wish: Wish) -> None:
    if wish.vehicle is not None and not await garage.visible_vehicles(actor, [wish.vehicle]):
        raise VehicleNotYours()
    if wish.transport is not None and wish.transport not in plan.type["transport"]:
        raise InvalidInput.at("transport", "This service does not offer it.")
    if wish.note is not None and len(wish.note) > LONGEST_NOTE:
        raise InvalidInput.at("note", f"Use at most {LONGEST_NOTE} characters.")


def _details(wish: Wish, unit: db.Row | None) -> dict[str, Any]:
    return {"modelCode": wish.model_code or (unit["model_code"] if unit else None), "note": wish.note}


def _must_be_version(row: db.Row, expected: int | None) -> None:
    if expected is not None and row["version"] != expected:
        raise VersionConflict(row["version"])


def _must_be_open(row: db.Row, to: str) -> None:
    if row["state"] not in (AppointmentState.REQUESTED, AppointmentState.BOOKED):
        raise IllegalTransition(row["state"], to, [])


def _must_be_in_time(actor: Actor, plan: Plan, row: db.Row) -> None:
    """Members change until the service's limit before the start; the store may always."""
    until = row["starts_at"] - timedelta(minutes=plan.type["cancel_minutes"])
    if not actor.is_staff and clock.now() > until:
        raise TooLate(until)


def _instant(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise InvalidInput.at("startsAt", "Write the time with its offset, as in 2026-01-31T09:00:00+08:00.")
    return at.astimezone(UTC)


async def _record(
    actor: Actor,
    kind: Any,
    appointment: UUID,
    root: UUID,
    plan: Plan,
    starts_at: datetime,
    *,
    order: UUID | None = None,
    once: object = None,
    **more: Any,
) -> None:
    service = ServiceKind(plan.type["kind"])
    await interactions.record(
        actor, kind, ("APPOINTMENT", appointment), once=once or appointment, member=root,
        letter=rules.LETTER[service], kind=service, store=str(plan.store["id"]), order=str(order) if order else None,
        appointment=str(appointment), starts_at=starts_at.isoformat(), **more,
    )  # fmt: skip
