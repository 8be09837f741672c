"""Tracking from end to end: the published Segment SDK for Python against one API process, resolution included.

Batches of 100 events of 1,000 people, 2 % identify calls with traits, 5 % of all sent twice. The raw limit is a bare
COPY of the same rows into the same partitioned, indexed table (rolled back). Nothing may be lost and nothing doubled.
The SDK, the API and Postgres share the machine; no worker drains meanwhile. Goals: 3,000 events/s, ratio 1/15.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from domain import db
from domain.access import sources
from domain.access.sources import Source, Trust
from domain.actor import SYSTEM
from domain.foundation import ids

GOAL, RATIO = 3_000, 1 / 15


async def main(args: list[str]) -> None:
    """Send, compare with COPY, print the rates and the ratio; fail below a goal or when a row is lost or doubled."""
    given = _arguments().parse_args(args)
    if given.say:
        _say(*given.say, given.events, given.threads)
        return
    await db.open(2)
    try:
        source, key = await sources.register(SYSTEM, f"bench {ids.new()}", "SERVER", Trust.SERVER)
        with api() as url:
            await _sent(url, key, 2_000, given.threads)  # connections, plans and partitions are warm
            before = await _stored(source)
            seconds = await _sent(url, key, given.events, given.threads)
        kept = await _stored(source) - before
        copied = await _copied(source)
    finally:
        await db.close()
    wanted = given.events - given.events // 20
    rate = given.events / seconds
    print(f"events by the Segment SDK  {rate:10,.0f} /s   (goal >= {GOAL:,})")
    print(f"raw, by COPY               {copied:10,.0f} /s")
    print(f"ratio                      {rate / copied:10.3f}   (goal >= {RATIO:.3f})")
    print(f"lost {max(wanted - kept, 0)}, doubled {max(kept - wanted, 0)} of {wanted:,}")
    if rate < GOAL or rate / copied < RATIO or kept != wanted:
        sys.exit("below the goal")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.ingest", description=__doc__)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--threads", type=int, default=4, help="threads of the SDK that send")
    parser.add_argument("--say", nargs=2, metavar=("URL", "KEY"), help=argparse.SUPPRESS)
    return parser


async def _sent(url: str, key: str, events: int, threads: int) -> float:
    """Seconds from the first event to the last answer, as the process of the SDK measures them."""
    command = [
        sys.executable,
        "-m",
        "bench.ingest",
        "--say",
        url,
        key,
        "--events",
        str(events),
        "--threads",
        str(threads),
    ]
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        env=os.environ | {"NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return float(done.stdout)


def _say(url: str, key: str, events: int, threads: int) -> None:
    """The backend that reports: of 20 events one is sent again, just as it was."""
    try:
        from segment.analytics.client import Client
    except ImportError:
        sys.exit("This benchmark needs the development packages: run `make setup` in a checkout.")

    failures: list[Exception] = []
    client = Client(
        key, host=url, upload_size=100, thread=threads, max_queue_size=events,
        on_error=lambda error, _: failures.append(error),
    )  # fmt: skip
    dice, began, last = random.Random(1), time.monotonic(), None
    for number in range(events):
        if number % 20 == 19 and last is not None:
            getattr(client, last[0])(*last[1], **last[2])
            continue
        at, message = datetime.now(UTC), str(ids.new())
        user = f"bench-{dice.randrange(1_000)}"
        if number % 50 == 0:
            last = ("identify", (user, {"plan": dice.choice("abc"), "visits": number}), {})
        else:
            last = (
                "track",
                (user, f"Event {number % 12}", {"model": "M1", "price": number, "path": "/garage"}),
                {},
            )
        last = (last[0], last[1], {"timestamp": at, "message_id": message})
        getattr(client, last[0])(*last[1], **last[2])
    client.shutdown()
    if failures:
        sys.exit(repr(failures[0]))
    print(time.monotonic() - began)


async def _stored(source: Source) -> int:
    return await db.value("SELECT count(*) FROM profile.interaction WHERE source = $1", str(source.id))


async def _copied(source: Source) -> float:
    """Rows a second that COPY writes into the same table: the best of three."""
    columns = [
        row["column_name"]
        for row in await db.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'profile' "
            "AND table_name = 'interaction' ORDER BY ordinal_position"
        )
    ]
    selected = ", ".join("gen_random_uuid()" if name == "id" else name for name in columns)
    rates = []
    for _ in range(3):
        async with db.rolled_back() as connection:
            rows = io.BytesIO()
            query = f"SELECT {selected} FROM profile.interaction WHERE source = $1"
            await connection.copy_from_query(query, str(source.id), output=rows, format="binary")
            rows.seek(0)
            began = time.monotonic()
            done = await connection.copy_to_table(
                "interaction", schema_name="profile", source=rows, columns=columns, format="binary"
            )
            rates.append(int(done.split()[-1]) / (time.monotonic() - began))
    return max(rates)


@contextmanager
def api() -> Iterator[str]:
    """The address of an API process as `marque up` runs it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "uvicorn", "api.app:app", "--port", str(port), "--log-level", "warning", "--loop", "uvloop",
        "--http", "httptools", "--no-access-log",
    ]  # fmt: skip
    server = subprocess.Popen(command)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health/live", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(15)


def _wait_for(url: str, server: subprocess.Popen) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit("the API does not answer")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
