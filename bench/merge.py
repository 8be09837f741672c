"""Merging two members of 10,000 interactions each, beside two of 100: a merge must not touch interactions.

``MARQUE_BENCH_ROWS`` is the larger size.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from uuid import UUID

from bench import _people
from domain import wiring
from domain.foundation import process
from domain.profile import merges

LARGE, SMALL = int(os.environ.get("MARQUE_BENCH_ROWS", "10000")), 100
PAIRS = 7
TARGET = 1.5


async def main() -> int:
    async with process.opened():
        wiring.start()
        pairs = {size: [(await _people.person(size), await _people.person(size)) for _ in range(PAIRS)]
                 for size in (SMALL, LARGE)}  # fmt: skip
        await _people.analyse()
        await merged(*pairs[SMALL].pop())  # statements are prepared
        await merged(*pairs[LARGE].pop())
        small = statistics.median([await merged(*pair) for pair in pairs[SMALL]])
        large = statistics.median([await merged(*pair) for pair in pairs[LARGE]])
    print(f"merge of two members with {LARGE:,} interactions each: {large * 1e3:.1f} ms")
    print(f"merge of two members with {SMALL:,} interactions each: {small * 1e3:.1f} ms")
    print(f"ratio {large / small:.2f}x (target: at most {TARGET}x)")
    return 0 if large / small <= TARGET else 1


async def merged(one: UUID, two: UUID) -> float:
    """Seconds that a merge takes, its commit included."""
    began = time.perf_counter()
    await merges.merge_two(_people.STAFF, one, two, "bench")
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
