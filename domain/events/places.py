"""Places of an occurrence: kept for a checkout, resized and reopened by hosts."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.capacity import pools, taking
from domain.capacity.errors import PoolFull
from domain.capacity.rules import Purpose
from domain.errors import InvalidInput, NotFound
from domain.events import hosting, offers, refusing, registering
from domain.profile import members

CHECKOUT = timedelta(minutes=10)


async def hold(actor: Actor, occurrence_id: UUID, tier_id: UUID, quantity: int) -> tuple[UUID, datetime]:
    """Keep places for the member for 10 minutes, not extendable; a second checkout replaces the first.

    Answers (hold, until when). Refuses AlreadyRegistered, NotEligible, PartyTooLarge, EventFull.
    """
    if quantity < 1:
        raise InvalidInput.at("quantity", "Ask for at least one place.")
    async with refusing.remembered(actor, occurrence_id), db.transaction():
        root = (await members.lock(actor.must_be_member()))[0]
        offer = await offers.find(occurrence_id, tier_id)
        await registering.must_be_admitted(root, offer, quantity, _answered(offer))
        until = clock.now() + CHECKOUT
        try:
            kept = await taking.take(
                {pool.id: quantity for pool in offer.tier.pools}, purpose=Purpose.CHECKOUT,
                subject=("OCCURRENCE", occurrence_id), member=root, expires_at=until,
                instead_of=await registering.own_checkouts(root, occurrence_id),
            )  # fmt: skip
            return kept, until
        except PoolFull:
            refused = await registering.full(offer, root, quantity, _answered(offer))
        raise refused


async def resize(actor: Actor, pool_id: UUID, size: int | None) -> None:
    """Give a pool of an occurrence another size (None: unlimited), or PoolInUse."""
    hosting.must_host(actor, await occurrence_of(pool_id))
    await pools.resize(actor, pool_id, size)


async def reopen(actor: Actor, pool_id: UUID) -> None:
    """Open a pool that closed when it was full."""
    hosting.must_host(actor, await occurrence_of(pool_id))
    await pools.reopen(actor, pool_id)


async def occurrence_of(pool_id: UUID) -> UUID:
    """The occurrence whose tiers draw on a pool, or NOT_FOUND."""
    found = await db.value(
        """SELECT t.occurrence FROM events.tier_pool AS p JOIN events.ticket_tier AS t ON t.id = p.tier
        WHERE p.pool = $1 LIMIT 1""",
        pool_id,
    )
    if found is None:
        raise NotFound()
    return found


def _answered(offer: offers.Offer) -> dict[str, str]:
    """Questions are asked when registering, not when places are kept."""
    return {question["id"]: "-" for question in offer.tier.row["questions"]}
