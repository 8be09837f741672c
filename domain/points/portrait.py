"""What the portrait shows of points."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.points import balances
from domain.points.amounts import decimal


async def part(root: UUID) -> dict[str, Any]:
    """Each wallet's balance as decimal strings."""
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
        ]
    }
