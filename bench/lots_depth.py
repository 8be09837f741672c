"""Spending when 1,000 lots are open beside 12: a spend must look at the lots that it takes, and not at all of them.

Each lot has points enough for hundreds of spends. Lots end one after another, a year from now. ``MARQUE_BENCH_ROWS``
(1,000) is the larger number of lots.
"""

from __future__ import annotations

import statistics
import sys
from datetime import timedelta
from uuid import UUID

from bench import _people, _points
from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import ledger
from domain.points.ledger import Cause

LARGE, SMALL = _points.size("ROWS", 1_000), 12
SPENDS = 400
GOAL = 3.0


async def main() -> int:
    async with _points.database("lots") as own, own.opened(2):
        few, many = await _people.crowd(2, 0)
        for member, lots in ((few, SMALL), (many, LARGE)):
            for number in range(lots):
                await ledger.earn(
                    SYSTEM, member, "POINTS", 500, Cause("BENCH", ids.new()),
                    expires_at=clock.now() + timedelta(days=365, seconds=number),
                )  # fmt: skip
        await db.run("VACUUM (ANALYZE)")

        async def spend(member: UUID) -> None:
            await db.attempt(lambda: ledger.spend(SYSTEM, member, {"POINTS": 3}, Cause("BENCH", ids.new())))

        taken: dict[UUID, list[float]] = {few: [], many: []}
        for number in range(SPENDS):
            for member, of_member in taken.items():  # by turns, so that both see the same machine
                once = await _points.seconds(lambda member=member: spend(member))  # type: ignore[misc]
                if number >= 20:
                    of_member.append(once * 1e3)
    deep, shallow = taken[many], taken[few]
    print(_points.shown(f"spend with {LARGE:,} open lots", deep, "ms", 2))
    print(_points.shown(f"spend with {SMALL} open lots", shallow, "ms", 2))
    return not _points.verdict(
        "ratio", statistics.median(deep) / statistics.median(shallow), GOAL, at_most=True
    )


if __name__ == "__main__":
    sys.exit(_points.run(main()))
