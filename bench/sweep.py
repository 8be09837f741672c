"""Expiring lots that are due all at once, beside one UPDATE of the same lots; and spends of others meanwhile.

``MARQUE_BENCH_ROWS`` (20,000; the published target's is 100,000) lots are due, ten of each person
(``MARQUE_BENCH_LOTS``). A process of its own sweeps them while this one spends for other people at a steady 40 a
second; the time of a spend runs from the instant at which it was due to begin. The limit is one set-based UPDATE that
only closes the lots, in a copy of the database: it posts no entry, no use, no balance and no interaction.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg

from bench import _people, _points
from bench.ingest_latency import percentile
from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids, process
from domain.foundation.importing import Options, Report, Row
from domain.points import health, importers, ledger, sweeps
from domain.points.ledger import Cause
from domain.profile import partitions

ROWS, LOTS = _points.size("ROWS", 20_000), _points.size("LOTS", 10)
RATE, SECONDS = 40, _points.size("SECONDS", 10)
GOAL, GOAL_SLOWER = 1 / 6, 2.0
_UPDATE = """UPDATE points.lot SET remaining = 0, state = 'CLOSED'
    WHERE state = 'ACTIVE' AND remaining > 0 AND expires_at <= now()"""


async def main() -> int:
    async with _points.database("sweep") as own:
        async with own.opened(8):
            await _fill()
            others = await _points.members(200)
            await db.run("VACUUM (ANALYZE)")
        beside = await own.copy("raw")
        try:
            updated = await _updated(beside)
            async with own.opened(8):
                await _spending(others, asyncio.create_task(asyncio.sleep(2)))
                alone = await _spending(others, asyncio.create_task(asyncio.sleep(SECONDS)))
                with _another() as process:
                    sweeping = asyncio.create_task(asyncio.to_thread(_swept_by, process))
                    meanwhile = await _spending(others, sweeping)
                swept = await sweeping
                left = await db.value(
                    "SELECT count(*) FROM points.lot WHERE state = 'ACTIVE' AND expires_at <= now()"
                )
                broken = await health.violations()
        finally:
            await beside.drop()
    assert not left, f"{left} lots are left"
    print(f"{ROWS:,} lots expired, {LOTS} a person    {ROWS / swept:10,.0f} /s")
    print(f"closed by one UPDATE             {ROWS / updated:10,.0f} /s")
    is_met = _points.verdict("ratio", updated / swept, GOAL)
    before, during = percentile(alone, 0.99), percentile(meanwhile, 0.99)
    print(
        f"a spend alone: p50 {percentile(alone, 0.5):.1f} ms, p99 {before:.1f} ms; "
        f"meanwhile: p50 {percentile(meanwhile, 0.5):.1f} ms, p99 {during:.1f} ms of {len(meanwhile):,}"
    )
    is_calm = _points.verdict("p99 meanwhile", during / before, GOAL_SLOWER, at_most=True)
    print("\n".join(broken) or "the ledger is sound")
    return 0 if is_met and is_calm and not broken else 1


async def sweep() -> None:
    """What the process does that only sweeps, once it is told to; says how long it took."""
    async with process.opened(2, command_timeout=None):
        await clock.refresh()
        print("ready", flush=True)
        sys.stdin.readline()
        began = time.perf_counter()
        while await sweeps.settle_due():
            pass
        print(time.perf_counter() - began)


@contextmanager
def _another() -> Iterator[subprocess.Popen[str]]:
    """A process that is ready to sweep."""
    command = [sys.executable, "-m", "bench.sweep", "--only"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield process


def _swept_by(process: subprocess.Popen[str]) -> float:
    """Let it sweep; answers the seconds that it took."""
    said, _ = process.communicate("now\n")
    assert process.returncode == 0
    return float(said)


async def _updated(on: _points.Database) -> float:
    connection = await asyncpg.connect(**db._config(on.url))
    try:
        began = time.perf_counter()
        done = await connection.execute(_UPDATE)
        taken = time.perf_counter() - began
    finally:
        await connection.close()
    assert done == f"UPDATE {ROWS}", done
    return taken


async def _spending(people: list[UUID], until: asyncio.Task) -> list[float]:
    """Milliseconds of spends at a steady rate, as long as something else goes on."""
    dice, sent, began = random.Random(3), [], time.monotonic() + 0.05

    async def spend(member: UUID, due: float) -> float:
        await db.attempt(lambda: ledger.spend(SYSTEM, member, {"POINTS": 1}, Cause("BENCH", ids.new())))
        return (time.monotonic() - due) * 1e3

    while not until.done():
        due = began + len(sent) / RATE
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        sent.append(asyncio.create_task(spend(dice.choice(people), due)))
    return await asyncio.gather(*sent)


async def _fill() -> None:
    """Lots that were given ten days ago and ended since: imported as it was then, by the clock of then."""
    clock.shift(timedelta(days=-10))
    await partitions.ensure()
    people = await _people.crowd(ROWS // LOTS, 0)
    at, end = clock.now() - timedelta(hours=1), clock.now() + timedelta(days=9)
    rows = (
        Row(number + 2, {
            "member": f"bench-{people[number // LOTS]}", "wallet": "POINTS", "kind": "EARN", "amount": "25",
            "occurred_at": at.isoformat(), "expires_at": (end + timedelta(seconds=number % LOTS)).isoformat(),
        })
        for number in range(ROWS)
    )  # fmt: skip
    report = Report()
    await importers.run(rows, Options(file="bench.csv"), report)
    assert report.accepted == ROWS, report.summary()
    clock.shift(timedelta(0))


if __name__ == "__main__":
    _points.run(sweep()) if sys.argv[1:] == ["--only"] else sys.exit(_points.run(main()))
