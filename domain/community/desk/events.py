"""What moderation did: one row an act, only ever added. Its payload holds the changes, from which it can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor, ActorKind
from domain.foundation import ids


async def note(
    actor: Actor,
    kind: str,
    subject: tuple[str, UUID],
    *,
    id: UUID | None = None,
    item: UUID | None = None,
    parent: UUID | None = None,
    policy: str | None = None,
    reason: str | None = None,
    payload: Mapping[str, Any] | None = None,
    reverts: UUID | None = None,
) -> UUID:
    """Add an event in the caller's transaction. Who is SYSTEM acts by a rule."""
    event = id or ids.new()
    await db.run(
        """INSERT INTO community.mod_event
            (id, actor, actor_kind, kind, subject_kind, subject, item, parent, policy, reason, payload, reverts, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)""",
        event, actor.id, "RULE" if actor.kind is ActorKind.SYSTEM else "HUMAN", kind, subject[0], subject[1], item,
        parent, policy, reason, db.json(dict(payload or {})), reverts, clock.now(),
    )  # fmt: skip
    return event
