"""Earning by `grantPoints` beside the domain's own: what GraphQL, permissions, idempotency and the audit cost.

The rates: both in one process and one run, eight clients; the mutation goes through the whole HTTP stack (ASGI: token,
parsing, limits, resolver, JSON) and carries a ``clientMutationId``. The times: an API process of its own as `marque up`
runs it answers at half the rate of the mutations, each from the instant at which it was due to be sent.

``MARQUE_BENCH_CALLS`` (1,000 a round), ``MARQUE_BENCH_ROUNDS`` (5), ``MARQUE_BENCH_PEOPLE`` (1,000) and
``MARQUE_BENCH_SECONDS`` (15, of half load) set the size.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import sys
import time
from decimal import Decimal
from typing import Any
from uuid import UUID

os.environ["MARQUE_RATE_LIMITS"] = "0"
os.environ.setdefault("MARQUE_LOG_LEVEL", "WARNING")

from bench import _points
from bench._asking import ask
from bench.ingest import api
from bench.ingest_latency import answered, connected, percentile
from domain import clock, db
from domain.access import development
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import ledger, operating
from domain.points.ledger import Cause

CLIENTS = 8
PEOPLE, CALLS, ROUNDS, SECONDS = (
    _points.size("PEOPLE", 1_000), _points.size("CALLS", 1_000), _points.size("ROUNDS", 5), _points.size("SECONDS", 15),
)  # fmt: skip
GOAL, GOAL_MS = 0.5, 100.0
OPERATION = """mutation Grant($input: GrantPointsInput!) { grantPoints(input: $input) { __typename
  ... on GrantPointsSuccess { journal { id kind } balances { available } } } }"""


async def main() -> int:
    dice = random.Random(1)
    async with _points.database("graphql") as own, own.opened(CLIENTS):
        people = await _points.members(PEOPLE)
        token = await development.token("operator", member=None, scopes=[], name=None)
        from api.app import create_app

        await operating.set_approval(
            SYSTEM, "ADJUST", Decimal(1_000)
        )  # what a grant asks, without a second person
        app = create_app(is_standing_alone=False)
        await clock.refresh()

        async def mutate(member: UUID) -> None:
            answer = await ask(app, _body(member), token)
            assert b'"GrantPointsSuccess"' in answer, answer

        async def earn(member: UUID) -> None:
            await db.attempt(lambda: ledger.earn(SYSTEM, member, "POINTS", 10, Cause("BENCH", ids.new())))

        figures = []
        for number in range(ROUNDS + 1):
            rates = [await _points.rate(_calls(dice, people, call)) for call in (mutate, earn)]
            if number:  # the first one warms up
                figures.append(rates)
        half = statistics.median(through for through, _ in figures) / 2
        with api() as url:
            await _steadily(url, token, dice, people, half, 3)
            taken = await _steadily(url, token, dice, people, half, SECONDS)
    print(_points.shown("grantPoints through GraphQL", [through for through, _ in figures]))
    print(_points.shown("earning through the domain", [beside for _, beside in figures]))
    is_met = _points.verdict(
        "ratio", statistics.median(through / beside for through, beside in figures), GOAL
    )
    p50, p99 = percentile(taken, 0.5), percentile(taken, 0.99)
    print(
        f"at {half:.0f} mutations/s for {SECONDS} s: p50 {p50:.1f} ms, p99 {p99:.1f} ms (goal: p99 below {GOAL_MS:.0f} ms)"
    )
    return 0 if is_met and p99 < GOAL_MS else 1


def _calls(dice: random.Random, people: list[UUID], call: Any) -> list[list[_points.Call]]:
    def of(member: UUID) -> _points.Call:
        return lambda: call(member)

    return [[of(dice.choice(people[n::CLIENTS])) for _ in range(CALLS // CLIENTS)] for n in range(CLIENTS)]


def _body(member: UUID) -> bytes:
    given = {"memberId": str(member), "amount": "10", "reason": "bench", "clientMutationId": str(ids.new())}
    return json.dumps({"query": OPERATION, "variables": {"input": given}}).encode()


async def _steadily(
    url: str, token: str, dice: random.Random, people: list[UUID], rate: float, length: int
) -> list[float]:
    head = (
        "POST /graphql HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\naccept: application/json\r\n"
        f"authorization: Bearer {token}\r\n"
    )
    free = await connected(url)
    sent, began = [], time.monotonic() + 0.1
    for number in range(int(rate * length)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        body = _body(dice.choice(people)).decode()
        sent.append(asyncio.create_task(answered(free, head, body, due)))
    taken = await asyncio.gather(*sent)
    while not free.empty():
        free.get_nowait()[1].close()
    return taken


if __name__ == "__main__":
    sys.exit(_points.run(main()))
