"""Computing a trait of a person with 10,000 rows of its kind, beside one with 1,000.

What one row decides (first, last, days since) and what a week decides must not grow with the rows; counts and sums over
all of them grow with them, and not faster. ``MARQUE_BENCH_ROWS`` is the larger size.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from uuid import UUID

os.environ.setdefault("MARQUE_STATEMENT_TIMEOUT_MS", "0")

from bench import _people
from domain import clock, db, wiring
from domain.foundation import process
from domain.profile import computed, formulas
from domain.profile.formulas import Formula

ROWS = int(os.environ.get("MARQUE_BENCH_ROWS", "10000"))
ROUNDS = 30
WEEK = 7 * 86_400
#: Function, its options, and how many times as long ten times the rows may take (a year's rows lie evenly in the year).
CASES: tuple[tuple[str, dict[str, object], float], ...] = (
    ("COUNT", {}, 12.0),
    ("SUM", {"property": "page"}, 12.0),
    ("FIRST", {"property": "page"}, 2.0),
    ("LAST", {"property": "page"}, 2.0),
    ("DAYS_SINCE", {}, 2.0),
    ("COUNT", {"windowSeconds": WEEK}, 12.0),
)


async def main() -> int:
    failed = False
    async with process.opened():
        wiring.start()
        large = await _people.person(ROWS * _people.KINDS)
        small = await _people.person(ROWS // 10 * _people.KINDS)
        await _people.analyse()
        for function, options, target in CASES:
            formula = formulas.read({"function": function, "kind": "bench_1", **options})
            taken = [await _people.median(_computed(formula, member), ROUNDS) for member in (large, small)]
            failed |= taken[0] / taken[1] > target
            name = f"{function} of a week" if "windowSeconds" in options else function
            print(
                f"{name:16} {ROWS:,} rows {taken[0] * 1e3:8.2f} ms   {ROWS // 10:,} rows {taken[1] * 1e3:8.2f} ms   "
                f"ratio {taken[0] / taken[1]:5.1f}x (target: at most {target:.0f}x)"
            )
    return 1 if failed else 0


def _computed(formula: Formula, member: UUID) -> Callable[[], Awaitable[object]]:
    async def once() -> object:
        now = clock.now()
        async with db.transaction():
            await db.plan_once()  # as the drain does
            return formulas.evaluate(formula, await computed.rows_of(member, formula, now), now)

    return once


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
