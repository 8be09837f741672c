"""Undoing a merge, beside itself at a tenth of the rows: linear in that member's rows at most.

``MARQUE_BENCH_ROWS`` is the larger size.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time

from bench import _people
from domain import wiring
from domain.foundation import process
from domain.profile import merges

LARGE = int(os.environ.get("MARQUE_BENCH_ROWS", "10000"))
ROUNDS = 7
TARGET = 12.0


async def main() -> int:
    async with process.opened():
        wiring.start()
        large, small = await undone(LARGE), await undone(LARGE // 10)
    print(f"undo of a merge of members with {LARGE:,} interactions each: {large * 1e3:.1f} ms")
    print(f"undo of a merge of members with {LARGE // 10:,} interactions each: {small * 1e3:.1f} ms")
    print(f"ratio {large / small:.2f}x (target: at most {TARGET:.0f}x)")
    return 0 if large / small <= TARGET else 1


async def undone(rows: int) -> float:
    """The median seconds of an undo, its commit included; the first one is left out."""
    one, two = await _people.person(rows), await _people.person(rows)
    await _people.analyse()
    taken = []
    for _ in range(ROUNDS):
        merge = await merges.merge_two(_people.STAFF, one, two, "bench")
        began = time.perf_counter()
        await merges.undo(_people.STAFF, merge, "bench")
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
