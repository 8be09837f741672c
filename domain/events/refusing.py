"""Keeping what members could not join: an event that many want and cannot have tells something."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import clock, db
from domain.actor import Actor
from domain.errors import NotEligible
from domain.events import kinds
from domain.profile import interactions, members


@asynccontextmanager
async def remembered(actor: Actor, occurrence_id: UUID) -> AsyncIterator[None]:
    """Records a NotEligible that ends the block, once a member, occurrence and day of its zone, and lets it pass.

    Stands around the transaction that refuses: the fact is kept in one of its own.
    """
    try:
        yield
    except NotEligible as refused:
        root = await members.root_of(actor.must_be_member())
        zone = await db.value("SELECT timezone FROM events.occurrence WHERE id = $1", occurrence_id)
        day = clock.now().astimezone(ZoneInfo(zone)).date()
        async with db.independent():
            await interactions.record(
                actor, kinds.ELIGIBILITY_REFUSED, ("OCCURRENCE", occurrence_id), once=f"{root}:{day}", member=root,
                reasons=[each.code for each in refused.reasons],
            )  # fmt: skip
        raise
