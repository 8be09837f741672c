"""Postings by the domain beside the same statements sent raw by asyncpg: what Python costs above its driver.

Each round runs the domain's calls on one database and notes what they send; then bare asyncpg connections send exactly
that, in the same transactions, to a copy that was made before the first round. Each client has members of its own, so
that both sides wait for nobody and the copy goes through the same states.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from bench import _points
from domain import clock, db

CLIENTS = 8
PEOPLE, CALLS, ROUNDS = (
    _points.size("PEOPLE", 1_000), _points.size("CALLS", 2_000), _points.size("ROUNDS", 5),
)  # fmt: skip
GOAL = 0.35


async def compared(name: str, call: Callable[[UUID], Coroutine[Any, Any, object]]) -> int:
    """Measure a posting of one member; answers the exit code."""
    dice = random.Random(name)
    async with _points.database(name) as own:
        async with own.opened(CLIENTS):
            people = await _points.members(PEOPLE)
        beside = await own.copy("raw")
        try:
            async with own.opened(CLIENTS):
                await clock.refresh()
                figures = []
                for number in range(ROUNDS + 1):
                    calls = [_calls(dice, people[n::CLIENTS], call) for n in range(CLIENTS)]
                    through, sent = await _points.noted(calls)
                    raw = await _points.replayed(beside, sent)
                    if number:  # the first one warms up
                        figures.append((through, raw))
        finally:
            await beside.drop()
    statements = statistics.median(len(each) for of_client in sent for each in of_client)
    print(_points.shown(f"{name} through the domain", [one for one, _ in figures]))
    print(_points.shown(f"its {statements:.0f} statements by bare asyncpg", [other for _, other in figures]))
    return not _points.verdict("ratio", statistics.median(one / other for one, other in figures), GOAL)


def _calls(dice: random.Random, people: list[UUID], call: Callable[[UUID], Coroutine]) -> list[_points.Call]:
    def of(member: UUID) -> _points.Call:
        return lambda: db.attempt(lambda: call(member))

    return [of(dice.choice(people)) for _ in range(CALLS // CLIENTS)]
