"""What can be registered for: an occurrence, its tiers, and the pools that they draw on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain import db
from domain.capacity import pools
from domain.capacity import rules as capacity
from domain.capacity.rules import Availability, Numbers
from domain.errors import NotFound
from domain.events.rules import Price


@dataclass(frozen=True)
class Option:
    """A fixed price of one place."""

    id: UUID
    price: Price


@dataclass(frozen=True)
class Tier:
    """A tier's row with its pools as they stand now."""

    row: db.Row
    pools: tuple[Numbers, ...]

    @property
    def id(self) -> UUID:
        return self.row["id"]

    @property
    def options(self) -> list[Option]:
        return [
            Option(UUID(stored["id"]), Price(stored["points"], stored["cash"]))
            for stored in self.row["price_options"]
        ]

    @property
    def availability(self) -> Availability:
        """What the public can have of it."""
        return capacity.combined(list(self.pools))

    @property
    def is_paid(self) -> bool:
        return self.row["price_mix"] is not None or any(not option.price.is_free for option in self.options)


@dataclass(frozen=True)
class Offer:
    """One tier of one occurrence."""

    occurrence: db.Row
    tier: Tier


async def find(occurrence_id: UUID, tier_id: UUID) -> Offer:
    """The offer, or NOT_FOUND when there is no such tier of this occurrence. Read without locks."""
    occurrence = await db.one("SELECT * FROM events.occurrence WHERE id = $1", occurrence_id)
    if occurrence is None:
        raise NotFound()
    found = {tier.id: tier for tier in (await tiers_of([occurrence_id]))[occurrence_id]}
    if tier_id not in found:
        raise NotFound()
    return Offer(occurrence, found[tier_id])


async def tiers_of(occurrence_ids: Sequence[UUID]) -> dict[UUID, list[Tier]]:
    """The tiers of each occurrence by number, with their pools (two statements)."""
    rows = await db.fetch(
        """SELECT t.*, array(SELECT pool FROM events.tier_pool WHERE tier = t.id ORDER BY pool) AS pool_ids
        FROM events.ticket_tier AS t WHERE t.occurrence = ANY($1) ORDER BY t.occurrence, t.number""",
        list(occurrence_ids),
    )
    numbers = await pools.numbers(sorted({pool for row in rows for pool in row["pool_ids"]}))
    found: dict[UUID, list[Tier]] = {occurrence_id: [] for occurrence_id in occurrence_ids}
    for row in rows:
        found[row["occurrence"]].append(Tier(row, tuple(numbers[pool] for pool in row["pool_ids"])))
    return found


async def tiers_by_id(tier_ids: Sequence[UUID]) -> dict[UUID, Tier]:
    """Tiers by id, with their pools (two statements)."""
    rows = await db.fetch(
        """SELECT t.*, array(SELECT pool FROM events.tier_pool WHERE tier = t.id ORDER BY pool) AS pool_ids
        FROM events.ticket_tier AS t WHERE t.id = ANY($1)""",
        list(tier_ids),
    )
    numbers = await pools.numbers(sorted({pool for row in rows for pool in row["pool_ids"]}))
    return {row["id"]: Tier(row, tuple(numbers[pool] for pool in row["pool_ids"])) for row in rows}


def availability_of(tiers: Sequence[Tier]) -> Availability:
    """What the public can have of an occurrence: of its best tier."""
    order = list(capacity.AvailabilityState)
    return max(
        (tier.availability for tier in tiers),
        key=lambda found: (
            order.index(found.state),
            float("inf") if found.available is None else found.available,
        ),
        default=Availability(capacity.AvailabilityState.SOLD_OUT, 0),
    )
