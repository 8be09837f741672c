"""The worker is killed between claiming a message and noting that it left: no message is lost, none is made twice.

The inbox is ours: each notice stands in it exactly once. A port is another house: a message is handed over at least
once, and every copy carries the same key (the Message-ID of an e-mail), so that the provider can tell it. A copy is
made only where a worker died after the provider had taken the message and before it could note the receipt.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time

import asyncpg
import pytest

from tests.journeys import post_office
from tests.running import Running

pytestmark = pytest.mark.journey

LETTERS = 12
BEFORE_HANDING_OVER, BEFORE_THE_RECEIPT = 4, 7  # the visit, and the letter, at which the worker dies
LEASE_SECONDS = 61
PATIENCE_SECONDS = 120


async def test_a_killed_worker_loses_no_message_and_doubles_none(up, servers) -> None:
    with post_office.opened() as (office, address):
        running: Running = up(
            **servers, MARQUE_EMAIL_PROVIDER="smtp", MARQUE_SMTP_URL=address, MARQUE_TEST_CLOCK="1"
        )
        running.url()
        died = _kill_on_the_way(running, office)
        await asyncio.to_thread(running.inside, f"tests.journeys.post_office:write({LETTERS})")
        connection = await asyncpg.connect(running.database)
        try:
            await _until(connection, "SENT", LETTERS - 2)
            assert died == ["before handing over", "before the receipt"]
            await _nobody_takes_them_before_the_lease_ends(connection)
            await _let_the_lease_end(connection)
            await _until(connection, "SENT", LETTERS)
            await _verify(connection, office)
        finally:
            await connection.close()


def _kill_on_the_way(running: Running, office: post_office.PostOffice) -> list[str]:
    """Kill the worker once before it can hand a message over, and once before it hears that another was taken."""
    died: list[str] = []

    def kill(when: str) -> None:
        os.kill(running.children()["worker"], signal.SIGKILL)
        died.append(when)

    def at_door(visit: int) -> None:
        if visit == BEFORE_HANDING_OVER:
            kill("before handing over")

    def at_counter(letter: int) -> None:
        if letter == BEFORE_THE_RECEIPT:
            kill("before the receipt")

    office.at_door, office.at_counter = at_door, at_counter
    return died


async def _until(connection: asyncpg.Connection, state: str, count: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    counted = "SELECT state, count(*) FROM messaging.message WHERE channel = 'EMAIL' GROUP BY 1"
    while (found := dict(await connection.fetch(counted))).get(state, 0) < count:
        assert time.monotonic() < until, found
        await asyncio.sleep(0.2)


async def _nobody_takes_them_before_the_lease_ends(connection: asyncpg.Connection) -> None:
    """What the dead had claimed waits; a machine so slow that a lease has ended meanwhile has nothing to show here."""
    leased = "SELECT tries FROM messaging.message WHERE state = 'SENDING' AND due_at > now()"
    assert {row["tries"] for row in await connection.fetch(leased)} <= {1}


async def _let_the_lease_end(connection: asyncpg.Connection) -> None:
    """A minute later, by the clock that all processes share."""
    await connection.execute(
        "INSERT INTO foundation.clock_offset (id, microseconds) VALUES (1, $1) "
        "ON CONFLICT (id) DO UPDATE SET microseconds = excluded.microseconds",
        LEASE_SECONDS * 1_000_000,
    )


async def _verify(connection: asyncpg.Connection, office: post_office.PostOffice) -> None:
    copies = office.copies()
    tries = "SELECT array_agg(tries ORDER BY tries) FROM messaging.message WHERE channel = 'EMAIL'"
    assert await connection.fetchval(tries) == [1] * (LETTERS - 2) + [2, 2], "both of the dead were followed"
    assert {recipient for recipient, _ in copies} == {f"member-{n}@example.com" for n in range(LETTERS)}
    assert len(copies) == LETTERS, "a copy has the key of the letter that it repeats"
    assert sorted(copies.values()) == [1] * (LETTERS - 1) + [2]
    assert copies[office.letters[BEFORE_THE_RECEIPT - 1]] == 2, "only the unreceipted letter came twice"
    inbox = "SELECT count(*), count(DISTINCT member) FROM messaging.inbox_item"
    assert tuple(await connection.fetchrow(inbox)) == (LETTERS, LETTERS)
    told = (
        "SELECT count(*), count(DISTINCT member) FROM profile.interaction WHERE kind = 'messaging.message.sent' "
        "AND properties ->> 'channel' = 'EMAIL'"
    )
    assert tuple(await connection.fetchrow(told)) == (LETTERS, LETTERS)
