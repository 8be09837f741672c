"""What owner services do when members merge, part, ask for their data, or leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import db
from domain.foundation.lifecycle import Lifecycle, Merged

_OF_ORDER = ("order_step", "order_change", "evidence")


async def on_merge(merged: Merged) -> None:
    """Nothing moves: orders and appointments are read over the root."""


async def on_undo(merged: Merged) -> None:
    """Nothing moved."""


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Orders with their history and evidence, and appointments."""
    for row in await db.fetch("SELECT * FROM services.service_order WHERE member = ANY($1)", members):
        yield "services.service_order", dict(row)
    for row in await db.fetch("SELECT * FROM services.appointment WHERE member = ANY($1)", members):
        yield "services.appointment", {name: value for name, value in row.items() if name != "during"}
    for table in _OF_ORDER:
        for row in await db.fetch(
            f"""SELECT c.* FROM services.{table} AS c JOIN services.service_order AS o ON o.id = c.service_order
            WHERE o.member = ANY($1)""",
            members,
        ):
            yield f"services.{table}", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """Free text and evidence go; coming appointments are given back; orders stay as the store's record."""
    await db.run("SET LOCAL marque.erasing = 'on'")
    gone = await db.run(
        "DELETE FROM services.evidence WHERE service_order IN (SELECT id FROM services.service_order WHERE member = ANY($1))",
        members,
    )
    steps = await db.run(
        """UPDATE services.order_step SET reason = NULL WHERE reason IS NOT NULL AND service_order IN
        (SELECT id FROM services.service_order WHERE member = ANY($1))""",
        members,
    )
    await db.run("SET LOCAL marque.erasing = 'off'")
    orders = await db.run(
        """UPDATE services.service_order SET details = '{}', touchpoint = NULL, version = version + 1
        WHERE member = ANY($1)""",
        members,
    )
    appointments = await db.run(
        """UPDATE services.appointment SET cancel_reason = NULL, version = version + 1,
            state = CASE WHEN state IN ('HELD', 'REQUESTED', 'BOOKED') THEN 'CANCELLED' ELSE state END
        WHERE member = ANY($1)""",
        members,
    )
    return {
        "services.evidence": (gone, 0, 0),
        "services.order_step": (0, steps, 0),
        "services.service_order": (0, orders, 0),
        "services.appointment": (0, appointments, 0),
    }


LIFECYCLE = Lifecycle(
    area="services",
    covers=frozenset({"service_order.member", "appointment.member"}),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
