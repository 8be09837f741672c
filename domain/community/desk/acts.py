"""Doing an act: its event with the changes that it makes, then the changes. And the acts of moderators outside of items."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.actor import Actor
from domain.community.desk import changes, events
from domain.community.desk.changes import Change


async def perform(
    actor: Actor,
    kind: str,
    subject: tuple[str, UUID],
    planned: Sequence[Change],
    *,
    id: UUID,
    item: UUID | None = None,
    parent: UUID | None = None,
    policy: str | None = None,
    reason: str | None = None,
    reverts: UUID | None = None,
) -> UUID:
    """Note an event with these changes and make them, in the caller's transaction that planned them under its locks.

    The event comes first, because records name it. Answers its id.
    """
    await events.note(
        actor, kind, subject, id=id, item=item, parent=parent, policy=policy, reason=reason, reverts=reverts,
        payload={"changes": [one.stored() for one in planned]},
    )  # fmt: skip
    left = await changes.turn(actor, planned, id)
    assert not left, f"planned under locks, yet changed meanwhile: {left}"
    return id
