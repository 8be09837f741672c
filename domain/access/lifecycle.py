"""What access does when members merge, part, ask for their data, or leave.

Sessions, PINs and codes stay with the member id that they were made for; a subject only learns which member stands
for it, so that a token means the root from its next use on, and the undo is exact.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import db
from domain.access import audit, sessions
from domain.foundation.lifecycle import Lifecycle, Merged


async def on_merge(merged: Merged) -> None:
    """Tokens of the merged members mean the winner from now on."""
    await db.run(
        "UPDATE access.subject SET root = $2 WHERE member = ANY($1)", list(merged.moved), merged.winner
    )


async def on_undo(merged: Merged) -> None:
    """Tokens of the parted members mean the loser again."""
    await db.run(
        "UPDATE access.subject SET root = nullif($2::uuid, member) WHERE member = ANY($1)",
        list(merged.moved), merged.loser,
    )  # fmt: skip


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The sessions of one root's members."""
    for row in await db.fetch(
        "SELECT s.device, s.touchpoint, s.opened_at, s.refreshed_at, s.ended_at, s.end_reason "
        "FROM access.session s JOIN access.subject u ON u.id = s.subject WHERE u.member = ANY($1) ORDER BY s.id",
        members,
    ):
        yield "session", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """End and strip the sessions, drop codes, proofs and the PIN, erase the audit log's free text."""
    for member in members:
        await sessions.end_all_of(member, reason="ERASED")
    proofs = await db.run(
        "DELETE FROM access.proof p USING access.session s, access.subject u "
        "WHERE s.id = p.session AND u.id = s.subject AND u.member = ANY($1)",
        members,
    )
    stripped = await db.run(
        "UPDATE access.session s SET device = NULL FROM access.subject u "
        "WHERE u.id = s.subject AND u.member = ANY($1)",
        members,
    )
    pins = await db.run(
        "UPDATE access.subject SET pin_hash = NULL, pin_counted = '{}' WHERE member = ANY($1)", members
    )
    return {
        "access.proof": (proofs, 0, 0),
        "access.session": (0, stripped, 0),
        "access.subject": (0, pins, 0),
        "access.challenge": (
            await db.run("DELETE FROM access.challenge WHERE member = ANY($1)", members),
            0,
            0,
        ),
        "access.audit_text": (await audit.erase_text(members), 0, 0),
    }


LIFECYCLE = Lifecycle(
    area="access",
    covers=frozenset({"subject.member", "subject.root", "challenge.member"}),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
