"""Taking and giving back places at a store.

A unit is taken under its row's lock, so that two members who want one place get one success and one SlotTaken; the
exclusion constraint is the last guard. The caller holds the lock of the member's root.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.errors import Conflict, NotFound
from domain.foundation import ids
from domain.services import slots
from domain.services.errors import SlotTaken
from domain.services.slots import Plan
from domain.services.tables import AppointmentState


async def take(
    plan: Plan,
    root: UUID,
    starts_at: datetime,
    resource: UUID | None,
    *,
    exclude: UUID | None = None,
    prefer: UUID | None = None,
) -> db.Row:
    """A free unit at an offered start, locked; refuses with the nearest free starts."""
    if resource is not None and resource not in {unit["id"] for unit in plan.units}:
        raise NotFound()
    await judge(plan, root, starts_at, exclude=exclude)
    unit = await lock_free(plan, root, starts_at, resource, exclude=exclude, prefer=prefer)
    if unit is None:
        raise SlotTaken(await slots.alternatives(plan, starts_at, root, resource))
    return unit


async def judge(plan: Plan, root: UUID, starts_at: datetime, *, exclude: UUID | None = None) -> None:
    """Refuse a start that the store does not offer to this member now, as :func:`slots.judge` says."""
    day = plan.day_of(starts_at)
    slots.judge(plan, starts_at, await slots.taken_in(plan, day, day, root, exclude=exclude))


async def lock_free(
    plan: Plan,
    root: UUID,
    starts_at: datetime,
    resource: UUID | None,
    *,
    exclude: UUID | None = None,
    prefer: UUID | None = None,
) -> db.Row | None:
    """Lock a unit that is free at this time, looking again under the lock; in order of ids, so nobody waits in a ring.

    A preferred unit is tried first.
    """
    day = plan.day_of(starts_at)
    while True:
        taken = await slots.taken_in(plan, day, day, root, exclude=exclude)
        free: Sequence[db.Row] = slots.free_units(plan, starts_at, taken, resource)
        if prefer is not None:
            free = [unit for unit in free if unit["id"] == prefer] or free
        if not free:
            return None
        unit = free[0]
        locked = await db.value(
            "SELECT id FROM services.resource WHERE id = $1 AND is_active FOR NO KEY UPDATE", unit["id"]
        )
        now_taken = await slots.taken_in(plan, day, day, root, exclude=exclude)
        if locked and now_taken.is_free(unit["number"], starts_at, starts_at + plan.occupied):
            await _clear_holds(unit, root, starts_at, starts_at + plan.occupied)
            return unit
        left = [
            u for u in plan.units if u["id"] > unit["id"] or (prefer is not None and u["id"] < unit["id"])
        ]
        plan, prefer = Plan(plan.store, plan.type, plan.calendar, left), None


async def _clear_holds(unit: db.Row, root: UUID, since: datetime, until: datetime) -> None:
    """End what the constraint would still see on a locked unit: expired holds and the member's own."""
    await db.run(
        """UPDATE services.appointment SET state = 'CANCELLED', cancel_reason = 'RELEASED', version = version + 1
        WHERE resource_number = $1 AND state = 'HELD' AND during && tstzrange($2, $3)
        AND (held_until <= $4 OR member IN (SELECT id FROM profile.member WHERE root = $5))""",
        unit["number"], since, until, clock.now(), root,
    )  # fmt: skip


async def release(root: UUID, service_type: UUID) -> None:
    """End the member's live holds of this service: one at a time is enough."""
    await db.run(
        """UPDATE services.appointment SET state = 'CANCELLED', cancel_reason = 'RELEASED', version = version + 1
        WHERE member IN (SELECT id FROM profile.member WHERE root = $1) AND service_type = $2 AND state = 'HELD'""",
        root, service_type,
    )  # fmt: skip


async def add(
    plan: Plan,
    root: UUID,
    starts_at: datetime,
    unit: db.Row | None,
    state: AppointmentState,
    *,
    order: UUID | None = None,
    held_until: datetime | None = None,
    transport: str | None = None,
) -> UUID:
    """Write an appointment, on its unit when it has one; refuses Conflict for an overlap."""
    appointment = ids.new()
    await guarded(
        """INSERT INTO services.appointment (id, service_order, store, service_type, member, starts_at, ends_at, during,
            resource, resource_number, state, held_until, transport, created_at, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, tstzrange($6, $8), $9, $10, $11, $12, $13, $14, 1)""",
        appointment, order, plan.store["id"], plan.type["id"], root, starts_at, starts_at + plan.duration,
        starts_at + plan.occupied, unit["id"] if unit else None, unit["number"] if unit else None, state, held_until,
        transport, clock.now(),
    )  # fmt: skip
    return appointment


async def guarded(sql: str, *args: Any) -> None:
    """The last guard: an overlap that got past the lock is a conflict, and the whole transaction is given up."""
    try:
        await db.run(sql, *args)
    except db.ExclusionViolation:
        raise Conflict("Somebody else took this place at the same moment; try again.") from None
