"""Checkouts that were not finished in time give their places back."""

from __future__ import annotations

from datetime import datetime

from domain import db
from domain.capacity import taking
from domain.capacity.rules import FREED_BY_ANYBODY, State
from domain.foundation.sweeps import Sweep

BATCH = 100


async def sweep() -> int:
    """End holds that are over (checkouts and slots), in batches of their own transaction; answers how many."""
    done = 0
    while due := await taking.over(limit=BATCH):
        async with db.transaction():
            ended = await taking.release_all(due, State.EXPIRED)
        done += ended
        if ended == 0:  # others ended them meanwhile
            break
    return done


async def next_due() -> datetime | None:
    """When the next checkout or slot hold runs out."""
    return await db.value(
        "SELECT min(expires_at) FROM capacity.hold WHERE state IN ('HELD', 'PENDING') AND purpose = ANY($1)",
        list(FREED_BY_ANYBODY),
    )


SWEEP = Sweep("capacity.expiry", sweep, next_due, every_seconds=2)
