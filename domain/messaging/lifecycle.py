"""What becomes of a person's messages when members merge, part, ask for their data, or leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import db
from domain.foundation.lifecycle import Lifecycle, Merged

_BY_MEMBER = ("message", "inbox_item", "preference", "quiet_hours", "push_token")


async def on_merge(merged: Merged) -> None:
    """Nothing moves: the inbox, the wishes (the newest counts) and the devices are read over the root."""


async def on_undo(merged: Merged) -> None:
    """Nothing moved."""


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """What was sent, the inbox with who did what, wishes, quiet hours and devices."""
    for table in _BY_MEMBER:
        for row in await db.fetch(f"SELECT * FROM messaging.{table} WHERE member = ANY($1)", members):
            yield f"messaging.{table}", dict(row)
    for row in await db.fetch(
        """SELECT a.* FROM messaging.inbox_actor AS a JOIN messaging.inbox_item AS i ON i.id = a.item
        WHERE i.member = ANY($1) OR a.actor = ANY($1)""",
        members,
    ):
        yield "messaging.inbox_actor", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """The inbox, wishes and devices go; that messages were sent stays, without a word of them."""
    report = {}
    actors = await db.run(
        "DELETE FROM messaging.inbox_actor WHERE item IN (SELECT id FROM messaging.inbox_item WHERE member = ANY($1))",
        members,
    )
    others = await db.value("SELECT count(*) FROM messaging.inbox_actor WHERE actor = ANY($1)", members)
    report["messaging.inbox_actor"] = (actors, 0, others)
    for table in ("inbox_item", "preference", "quiet_hours", "push_token"):
        gone = await db.run(f"DELETE FROM messaging.{table} WHERE member = ANY($1)", members)
        report[f"messaging.{table}"] = (gone, 0, 0)
    blank = await db.run(
        """UPDATE messaging.message SET facts = '{}', last_error = NULL, inbox_item = NULL,
            skip_reason = CASE WHEN state IN ('QUEUED', 'DEFERRED', 'SENDING') THEN 'ERASED' ELSE skip_reason END,
            state = CASE WHEN state IN ('QUEUED', 'DEFERRED', 'SENDING') THEN 'SKIPPED' ELSE state END
        WHERE member = ANY($1)""",
        members,
    )
    report["messaging.message"] = (0, blank, 0)
    return report


LIFECYCLE = Lifecycle(
    area="messaging",
    covers=frozenset({f"{table}.member" for table in _BY_MEMBER} | {"inbox_actor.actor", "message.actor"}),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
