"""From an event to the segment that it brings its person into, at a steady 500 events/s: API, worker, Postgres, Valkey.

Batches of ten events of many people are sent on schedule. One event in ten brings its person into a segment; one in ten
is looked at by another segment, with a window, without changing anything; the others only count. A person is there when
a reader on another connection sees the membership, looked for every 20 ms; the time runs from the instant at which the
batch was due to be sent. Goal: 95 of 100 within a second, and the drain keeps up: nothing is pending a second later.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from bench import _people
from bench.ingest import api
from bench.ingest_latency import answered, connected, percentile
from domain import db
from domain.access import sources
from domain.access.sources import Trust
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.operations import segments
from domain.operations.tables import SegmentKind

GOAL_SECONDS = 1.0
BATCH = 10
KINDS = 8


async def main(args: list[str]) -> None:
    """Send, watch the segment fill, print the percentiles; fail above the goal."""
    given = _arguments().parse_args(args)
    await db.open(4)
    try:
        _, key = await sources.register(SYSTEM, f"bench {ids.new()}", "SERVER", Trust.SERVER)
        people = await _crowd(given.people)
        await _pause_all()  # those of earlier runs
        segment = await _segment("Reached", "GTE", 1, "P1D")
        await _segment("Looked at", "GTE", 1_000_000, "P7D")
        with api() as url, worker():
            await _drained(600)  # of other benchmarks
            await _run(url, key, people[: given.rate // BATCH * 5], given.rate, None)
            await _drained(120)
            people = people[given.rate // BATCH * 5 :]
            taken = await _run(url, key, people[: given.rate * given.seconds // BATCH], given.rate, segment)
            await asyncio.sleep(1)
            left = await db.value("SELECT count(*) FROM profile.pending")
            row = [await _timed(people[0]) for _ in range(200)]
        await _pause_all()
    finally:
        await db.close()
    p50, p95, p99 = (percentile(taken, share) for share in (0.5, 0.95, 0.99))
    print(
        f"{given.rate} events/s, {len(taken):,} entries: p50 {p50:.2f} s   p95 {p95:.2f} s   p99 {p99:.2f} s"
    )
    print(
        f"one indexed row: {percentile(row, 0.5) * 1e3:.2f} ms   ratio of p95 {p95 / percentile(row, 0.5):,.0f}"
    )
    print(f"pending a second after the last event: {left} (goal: p95 below {GOAL_SECONDS:.0f} s, and none)")
    if p95 >= GOAL_SECONDS or left:
        sys.exit("above the goal")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.reaction", description=__doc__)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--people", type=int, default=5_000)
    return parser


async def _crowd(number: int) -> list[UUID]:
    people = []
    for start in range(0, number, 1_000):
        people += await _people.crowd(min(1_000, number - start), 20)
    await _people.analyse()
    return people


async def _segment(event: str, op: str, number: int, last: str) -> UUID:
    condition = {
        "event": {"kind": f"app.{event}", "count": {"op": op, "n": number}, "window": {"last": last}}
    }
    key = f"bench-{ids.new()}"
    made = await segments.save(SYSTEM, key=key, name=key, kind=SegmentKind.DYNAMIC, condition=condition)
    await segments.activate(SYSTEM, made["id"])
    return made["id"]


async def _pause_all() -> None:
    for each in await segments.listed(Page(limit=1_000), segments.Filter(states=["ACTIVE"], text="bench-")):
        await segments.pause(SYSTEM, each["id"])


async def _run(url: str, key: str, people: list[UUID], rate: int, segment: UUID | None) -> list[float]:
    """Send ten events for each of these people, on schedule; answers the seconds until each was in the segment."""
    due: dict[UUID, float] = {}
    watching = asyncio.create_task(_watched(segment, due, len(people))) if segment else None
    free = await connected(url)
    head = f"POST /v1/batch HTTP/1.1\r\nhost: bench\r\nauthorization: Basic {b64encode(f'{key}:'.encode()).decode()}\r\n"
    sent, began = [], time.monotonic() + 0.1
    for number, person in enumerate(people):
        at = began + number * BATCH / rate
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        due[person] = at
        others = [people[(number * 7 + n * 13) % len(people)] for n in range(BATCH - 1)]
        events = [_event(person, "Reached"), _event(others[0], "Looked at")]
        events += [_event(other, f"Event {n % KINDS}") for n, other in enumerate(others[1:])]
        sent.append(asyncio.create_task(answered(free, head, json.dumps({"batch": events}), at)))
    await asyncio.gather(*sent)
    while not free.empty():
        free.get_nowait()[1].close()
    return await watching if watching else []


def _event(person: UUID, name: str) -> dict[str, Any]:
    return {"type": "track", "userId": f"bench-{person}", "event": name, "messageId": str(ids.new())}


async def _watched(segment: UUID, due: dict[UUID, float], number: int) -> list[float]:
    """Seconds from when each person's event was due until the person was seen in the segment."""
    seen: dict[UUID, float] = {}
    until = time.monotonic() + 600
    while len(seen) < number and time.monotonic() < until:
        wanted = [person for person in due if person not in seen]
        rows = await db.fetch(
            "SELECT member FROM profile.segment_membership WHERE member = ANY($1) AND segment = $2 AND until_at IS NULL",
            wanted, segment,
        )  # fmt: skip
        now = time.monotonic()
        seen |= {row["member"]: now - due[row["member"]] for row in rows}
        await asyncio.sleep(0.02)
    if len(seen) < number:
        sys.exit(f"{number - len(seen)} people never reached the segment")
    return list(seen.values())


async def _drained(seconds: float) -> None:
    until = time.monotonic() + seconds
    while await db.value("SELECT EXISTS (SELECT FROM profile.pending)"):
        if time.monotonic() > until:
            sys.exit("the drain does not come to an end")
        await asyncio.sleep(0.1)


async def _timed(person: UUID) -> float:
    began = time.perf_counter()
    await db.one("SELECT * FROM profile.member WHERE id = $1", person)
    return time.perf_counter() - began


@contextmanager
def worker() -> Iterator[None]:
    """A worker process as `marque up` runs it."""
    code = "from cli import child; child._work()"
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
