"""Claims: a moderator takes an item for a while, so that two do not work on the same. A lapsed claim frees itself."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community.desk import scope
from domain.community.desk.errors import AlreadyHandled, ClaimedByOther, QueueEmpty
from domain.errors import InvalidInput, NotFound

LEASE_SECONDS = 600
SHORTEST, LONGEST = 30, 3_600

_FREE = "(i.claimed_until IS NULL OR i.claimed_until <= $4)"


async def claim(actor: Actor, item_id: UUID, lease_seconds: int = LEASE_SECONDS) -> UUID:
    """Take an item; one's own claim begins anew. Raises NOT_FOUND, AlreadyHandled, ClaimedByOther."""
    _check(lease_seconds)
    async with db.transaction():
        row, now = await locked(actor, item_id), clock.now()
        must_be_pending(row)
        must_not_be_others(actor, row)
        await db.run(
            """UPDATE community.review_item SET claimed_by = $2, claimed_until = $4,
                claimed_at = CASE WHEN claimed_by = $2 AND claimed_until > $3 THEN claimed_at ELSE $3 END
            WHERE id = $1""",
            item_id, actor.id, now, now + timedelta(seconds=lease_seconds),
        )  # fmt: skip
    return item_id


async def claim_next(actor: Actor, queue_id: UUID | None = None, lease_seconds: int = LEASE_SECONDS) -> UUID:
    """Take the first free item (of a queue): highest score, then newest. Many at once each get another one.

    Raises QueueEmpty.
    """
    _check(lease_seconds)
    now = clock.now()
    found: UUID | None = await db.value(
        f"""UPDATE community.review_item SET claimed_by = $6, claimed_at = $4, claimed_until = $7 WHERE id = (
            SELECT i.id FROM community.review_item AS i WHERE i.state = 'PENDING' AND ($5::uuid IS NULL OR i.queue = $5)
            AND {_FREE} AND {scope.SEES_ITEM}
            ORDER BY i.score DESC, i.opened_at DESC, i.seq DESC LIMIT 1 FOR NO KEY UPDATE OF i SKIP LOCKED)
        RETURNING id""",
        *(await scope.of(actor)).args, now, queue_id, actor.id, now + timedelta(seconds=lease_seconds),
    )  # fmt: skip
    if found is None:
        raise QueueEmpty()
    return found


async def extend(actor: Actor, item_id: UUID, lease_seconds: int = LEASE_SECONDS) -> UUID:
    """Keep one's own claim longer, also one that lapsed and that nobody else took."""
    return await claim(actor, item_id, lease_seconds)


async def release(actor: Actor, item_id: UUID) -> UUID:
    """Give an item back; somebody else's claim is ClaimedByOther, none at all changes nothing."""
    async with db.transaction():
        row = await locked(actor, item_id)
        must_not_be_others(actor, row)
        await db.run(
            "UPDATE community.review_item SET claimed_by = NULL, claimed_at = NULL, claimed_until = NULL WHERE id = $1",
            item_id,
        )
    return item_id


async def locked(actor: Actor, item_id: UUID) -> db.Row:
    """The item in the moderator's scope, locked; NOT_FOUND."""
    row = await db.one(
        f"SELECT i.* FROM community.review_item AS i WHERE {scope.SEES_ITEM} AND i.id = $4 FOR NO KEY UPDATE OF i",
        *(await scope.of(actor)).args, item_id,
    )  # fmt: skip
    if row is None:
        raise NotFound()
    return row


def must_be_pending(item: db.Row) -> None:
    if item["state"] != "PENDING":
        raise AlreadyHandled(item["state"])


def must_not_be_others(actor: Actor, item: db.Row) -> None:
    until = item["claimed_until"]
    if item["claimed_by"] not in (None, actor.id) and until is not None and until > clock.now():
        raise ClaimedByOther(until)


def _check(lease_seconds: int) -> None:
    if not SHORTEST <= lease_seconds <= LONGEST:
        raise InvalidInput.at("leaseSeconds", f"Use {SHORTEST} to {LONGEST} seconds.")
