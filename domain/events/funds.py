"""The points of a registration: held when it is made, captured when it is certain, and given back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.points import amounts, balances, holds

WALLET = "POINTS"
SCALE = 0  # that wallet's, of every brand
SOURCE = "REGISTRATION"


async def hold(
    actor: Actor, root: UUID, registration_id: UUID, points: int, expires_at: datetime | None
) -> UUID:
    """Set points aside for a registration, or InsufficientPoints; ``expires_at`` None: until the host decides."""
    held = await holds.hold(
        actor, root, {WALLET: points}, source=SOURCE, source_id=registration_id, expires_at=expires_at
    )
    return held.id


async def capture(actor: Actor, hold_id: UUID) -> None:
    """Take what is held."""
    await holds.capture(actor, hold_id)


async def void(actor: Actor, hold_id: UUID) -> None:
    """Let what is held go; one that ran out already is fine."""
    await holds.void(actor, hold_id)


async def give_back(actor: Actor, registration: db.Row, points: int) -> None:
    """Refund part of what was captured; each step of a registration refunds at most once."""
    if points:
        await holds.refund(
            actor, registration["points_hold"], {WALLET: points}, leg=f"step {registration['version'] + 1}"
        )


async def available(root: UUID) -> int:
    """What the member can spend now, in minor units."""
    found = await balances.of_wallet(root, WALLET)
    return found.available if found else 0


def shown(points: int) -> Decimal:
    """Minor units as an amount of points."""
    return amounts.decimal(points, SCALE)


def read(points: Decimal, path: str) -> int:
    """An amount of points as minor units; a finer one is InvalidInput."""
    return amounts.minor(points, SCALE, path)
