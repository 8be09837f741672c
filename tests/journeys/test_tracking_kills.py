"""20,000 events of all kinds with resends, while API, worker, Valkey and Postgres are killed in turn."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter

import asyncpg
import httpx
import pytest

from cli.stack import postgres, valkey
from tests.running import Running

pytestmark = pytest.mark.journey

EVENTS, BATCH, SENDERS, PEOPLE = 20_000, 100, 4, 200
PATIENCE_SECONDS = 120
PAUSE_SECONDS = 1.5


async def test_every_event_is_stored_once_whatever_is_killed(up) -> None:
    running: Running = up()
    url, key = running.url(), running.token("source")
    queue, repeats = _deliveries(), Counter()
    total: Counter[str] = Counter()
    senders = [asyncio.create_task(_send(url, key, queue, total, repeats)) for _ in range(SENDERS)]
    killing = asyncio.create_task(asyncio.to_thread(_kill_in_turn, running))
    await asyncio.gather(*senders)
    await killing
    assert repeats["felt"] > 0, "no kill was felt: the test proves nothing"
    assert total["accepted"] + total["deadLettered"] + total["duplicates"] == total["sent"]
    connection = await _connected(running)
    try:
        await _verify(connection)
    finally:
        await connection.close()


def _deliveries() -> list[list[dict]]:
    """Batches of events; 1 % name nobody, 5 % of all are sent again in a later batch."""
    dice = random.Random(1)
    events = [_event(number, dice) for number in range(EVENTS)]
    resent = dice.sample(events, EVENTS // 20)
    batches = [events[at : at + BATCH] for at in range(0, EVENTS, BATCH)]
    for number, event in enumerate(resent):
        place = int(event["messageId"][1:]) // BATCH
        batches[min(place + 1 + number % 3, len(batches) - 1)].append(event)
    return batches[::-1]


def _event(number: int, dice: random.Random) -> dict:
    event = {
        "messageId": f"m{number}",
        "timestamp": "2026-01-01T00:00:00Z",
        "type": "track",
        "event": f"Event {number % 7}",
    }
    if number % 100 == 99:
        return {**event, "userId": "null"}
    person = dice.randrange(PEOPLE)
    who = dice.choice(["user", "device", "both"])
    if who != "device":
        event["userId"] = f"u{person}"
    if who != "user":
        event["anonymousId"] = f"a{person}"
    if number % 50 == 0:
        event |= {"type": "identify", "traits": {"number": number}}
    return event


async def _send(url: str, key: str, queue: list, total: Counter, repeats: Counter) -> None:
    """Deliver batch after batch, each again and again until it is acknowledged."""
    async with httpx.AsyncClient(trust_env=False, auth=(key, ""), timeout=10) as client:
        while queue:
            batch, until = queue.pop(), time.monotonic() + PATIENCE_SECONDS
            while True:
                assert time.monotonic() < until, "not acknowledged in time"
                try:
                    answer = await client.post(f"{url}/v1/batch", content=json.dumps({"batch": batch}))
                except httpx.HTTPError:
                    repeats["felt"] += 1
                    await asyncio.sleep(0.2)
                    continue
                if answer.status_code == 200:
                    break
                assert answer.status_code == 503, answer.text
                repeats["felt"] += 1
                await asyncio.sleep(0.2)
            told = answer.json()
            assert told["accepted"] + told["deadLettered"] + told["duplicates"] == len(batch)
            total.update(
                sent=len(batch), **{name: told[name] for name in ("accepted", "deadLettered", "duplicates")}
            )
            await asyncio.sleep(0.15)


def _kill_in_turn(running: Running) -> None:
    for name in ("api", "worker", "valkey", "postgres"):
        time.sleep(PAUSE_SECONDS)
        server = {"valkey": valkey, "postgres": postgres}.get(name)
        pid = server.pid(running.layout) if server else running.children().get(name)
        if pid:
            os.kill(pid, signal.SIGKILL)


async def _verify(connection: asyncpg.Connection) -> None:
    good = EVENTS - EVENTS // 100
    counted = "SELECT count(*), count(DISTINCT message_id) FROM profile.interaction WHERE origin = 'REPORTED'"
    assert tuple(await connection.fetchrow(counted)) == (good, good)
    counted = "SELECT count(*), count(DISTINCT message_id), min(reason), max(reason) FROM profile.dead_letter"
    bad = EVENTS // 100
    assert tuple(await connection.fetchrow(counted)) == (bad, bad, "no_identity", "no_identity")
    roots = await connection.fetchval(
        "SELECT count(DISTINCT m.root) FROM profile.interaction AS i JOIN profile.member AS m ON m.id = i.member "
        "WHERE i.origin = 'REPORTED'"
    )
    assert roots == PEOPLE, "each person is one member"
    until = time.monotonic() + PATIENCE_SECONDS
    while await connection.fetchval("SELECT count(*) FROM profile.pending"):
        assert time.monotonic() < until, "the outbox did not empty"
        await asyncio.sleep(0.3)
    drift = await connection.fetchval(
        """SELECT count(*) FROM (SELECT member, kind, count(*) AS n FROM profile.interaction
            WHERE member IS NOT NULL GROUP BY 1, 2) AS log
        FULL JOIN profile.total AS t USING (member, kind) WHERE log.n IS DISTINCT FROM t.count"""
    )
    assert drift == 0, "the aggregates equal the log"


async def _connected(running: Running) -> asyncpg.Connection:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await asyncpg.connect(running.layout.database_url())
        except (OSError, asyncpg.PostgresError):
            assert time.monotonic() < until
            await asyncio.sleep(0.2)
