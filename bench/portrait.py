"""The portrait of one among many people, beside one row read by its key.

``MARQUE_BENCH_PEOPLE`` (100,000) and ``MARQUE_BENCH_ROWS`` (50 each) set the size, which is made once in a data folder;
1,000,000 and 50 are the published target's. Each portrait is of another person, so that most pages come from the disk or
the system's cache and not from Postgres' own.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time

os.environ.setdefault("MARQUE_STATEMENT_TIMEOUT_MS", "0")  # filling takes its time
os.environ.setdefault("MARQUE_SLOW_STATEMENT_MS", "0")

from bench import _people, _population
from domain import db, wiring
from domain.foundation import process
from domain.profile import portrait

PEOPLE, ROWS = (
    int(os.environ.get("MARQUE_BENCH_PEOPLE", "100000")),
    int(os.environ.get("MARQUE_BENCH_ROWS", "50")),
)
READS = 500
TARGET_MS = 20.0


async def main() -> int:
    dice = random.Random(7)
    async with process.opened(command_timeout=None):
        wiring.start()
        people = await _population.of(PEOPLE, ROWS)
        read = dice.sample(people, READS + 20)
        statements = set()
        taken = []
        for number, member in enumerate(read):
            seen: list[str] = []
            mark = db.recorder.set(seen)
            began = time.perf_counter()
            await portrait.of(member)
            if number >= 20:
                taken.append(time.perf_counter() - began)
                statements.add(len(seen))
            db.recorder.reset(mark)
        others = iter(dice.sample(people, READS))
        row = await _people.median(
            lambda: db.one("SELECT * FROM profile.member WHERE id = $1", next(others)), READS
        )
    p50, p95 = (sorted(taken)[int(len(taken) * share)] for share in (0.5, 0.95))
    print(
        f"portrait among {PEOPLE:,} people with {ROWS:,} interactions each: p50 {p50 * 1e3:.1f} ms, p95 {p95 * 1e3:.1f} ms, "
        f"{statements} statements"
    )
    print(f"one indexed row: {row * 1e3:.2f} ms")
    print(f"ratio {p95 / row:.1f}x (target: p95 at most {TARGET_MS:.0f} ms, one fixed number of statements)")
    return 0 if p95 * 1e3 <= TARGET_MS and len(statements) == 1 else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
