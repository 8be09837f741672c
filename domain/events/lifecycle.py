"""What events does when members merge, part, ask for their data, or leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import db
from domain.foundation.lifecycle import Lifecycle, Merged


async def on_merge(merged: Merged) -> None:
    """Nothing moves: registrations are read over the root; two for one occurrence are settled after the merge's fact."""


async def on_undo(merged: Merged) -> None:
    """A registration that a merge cancelled stays cancelled, with its refund and its entry on the timeline."""


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Registrations with their changes and attendees, and where else these members are attendees."""
    for row in await db.fetch("SELECT * FROM events.registration WHERE member = ANY($1)", members):
        yield "events.registration", dict(row)
    for row in await db.fetch(
        """SELECT c.* FROM events.registration_change AS c JOIN events.registration AS r ON r.id = c.registration
        WHERE r.member = ANY($1) ORDER BY c.registration, c.number""",
        members,
    ):
        yield "events.registration_change", dict(row)
    for row in await db.fetch(
        """SELECT a.* FROM events.attendee AS a JOIN events.registration AS r ON r.id = a.registration
        WHERE r.member = ANY($1) OR a.member = ANY($1)""",
        members,
    ):
        yield "events.attendee", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """Names, phones, answers and reasons go; that a place was taken and paid for stays."""
    registrations = await db.run(
        "UPDATE events.registration SET answers = '{}', campaign = NULL WHERE member = ANY($1)", members
    )
    attendees = await db.run(
        """UPDATE events.attendee SET name = NULL, phone_hash = NULL WHERE member = ANY($1)
        OR registration IN (SELECT id FROM events.registration WHERE member = ANY($1))""",
        members,
    )
    await db.run("SET LOCAL marque.erasing = 'on'")
    reasons = await db.run(
        """UPDATE events.registration_change SET reason = NULL
        WHERE registration IN (SELECT id FROM events.registration WHERE member = ANY($1))""",
        members,
    )
    await db.run("SET LOCAL marque.erasing = 'off'")
    return {
        "events.registration": (0, registrations, 0),
        "events.attendee": (0, attendees, 0),
        "events.registration_change": (0, reasons, 0),
    }


LIFECYCLE = Lifecycle(
    area="events",
    covers=frozenset({"registration.member", "attendee.member"}),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
