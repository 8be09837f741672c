"""What the portrait shows of points."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from domain import db
from domain.points import balances
from domain.points.amounts import decimal

_STANDINGS = """SELECT c.code AS scheme, s.tier, s.since, s.ends_at, s.grace_until, s.floor_tier
    FROM points.standing AS s JOIN points.tier_scheme AS c ON c.id = s.scheme
    WHERE s.member = $1 AND s.tier IS NOT NULL ORDER BY c.created_at, c.id"""


async def part(root: UUID) -> dict[str, Any]:
    """Each wallet's balance as decimal strings, and the standing in each tier scheme as it was told last.

    The standing is the stored one: walking the history anew would take a statement a scheme and read every entry.
    """
    return {
        "wallets": [
            {
                "wallet": balance.wallet.code,
                "available": str(decimal(balance.available, balance.wallet.scale)),
                "pending": str(decimal(balance.pending, balance.wallet.scale)),
                "debt": str(decimal(balance.debt, balance.wallet.scale)),
                "lifetime_earned": str(decimal(balance.lifetime_earned, balance.wallet.scale)),
            }
            for balance in (await balances.of_roots([root]))[root]
        ],
        "tiers": [
            {
                name: said.isoformat() if isinstance(said, datetime) else said
                for name, said in dict(row).items()
            }
            for row in await db.fetch(_STANDINGS, root)
        ],
    }
