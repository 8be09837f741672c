"""Sixteen clients posting at once, beside a control in which each posting also keeps one balance of the programme.

The control is an account of the programme as a ledger with balances on both sides has it: it is locked with the
member's (its entry carries the balance and the number after it), and let go by the commit. A lighter one, whose only
difference is one conditional UPDATE as the last statement, is printed beside it. Both take turns with the ledger as
it is, round by round, in one process and on one database.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from bench import _points
from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import health, ledger
from domain.points.ledger import Cause

CLIENTS = 16
PEOPLE, CALLS, ROUNDS = (
    _points.size("PEOPLE", 1_000), _points.size("CALLS", 1_600), _points.size("ROUNDS", 5),
)  # fmt: skip
GOAL = 2.5
#: What one call does; the number tells the client.
Work = Callable[[random.Random, list[UUID], int], Awaitable[Any]]

_TABLE = """CREATE TABLE points.programme_balance (programme uuid PRIMARY KEY, balance bigint NOT NULL, seq bigint NOT NULL);
    INSERT INTO points.programme_balance SELECT id, 0, 0 FROM points.programme"""
_LOCK = "SELECT balance, seq FROM points.programme_balance FOR NO KEY UPDATE"
_KEEP = "UPDATE points.programme_balance SET balance = balance + 1, seq = seq + 1 WHERE balance >= 0"


async def compared(name: str, work: Work, *, prepare: Callable[[], Awaitable[None]] | None = None) -> int:
    """Measure a kind of work; answers the exit code."""
    dice = random.Random(name)
    async with _points.database(name) as own, own.opened(CLIENTS):
        people = await _points.members(PEOPLE)
        await db.run(_TABLE)
        if prepare is not None:
            await prepare()
        await clock.refresh()
        figures = []
        for number in range(ROUNDS + 1):
            rates = [
                await _points.rate(_calls(dice, people, kind))
                for kind in (work, _locking(work), _adding(work))
            ]
            if number:  # the first one warms up
                figures.append(rates)
        broken = await health.violations()
    alone, control, lighter = zip(*figures, strict=True)
    print(_points.shown(f"{name}, {CLIENTS} clients", alone))
    print(_points.shown("with a programme's account", control))
    print(_points.shown("with one UPDATE as the last statement", lighter))
    print(f"beside the lighter control {statistics.median(a / c for a, _, c in figures):.2f}")
    is_met = _points.verdict("ratio", statistics.median(a / b for a, b, _ in figures), GOAL)
    print("\n".join(broken) or "the ledger is sound")
    return 0 if is_met and not broken else 1


async def earn(member: UUID) -> None:
    await ledger.earn(SYSTEM, member, "POINTS", 10, Cause("BENCH", ids.new()))


async def spend(member: UUID) -> None:
    await ledger.spend(SYSTEM, member, {"POINTS": 1}, Cause("BENCH", ids.new()))


def run(name: str, work: Work, *, prepare: Callable[[], Awaitable[None]] | None = None) -> int:
    return _points.run(compared(name, work, prepare=prepare))


def _locking(work: Work) -> Work:
    async def locked(dice: random.Random, people: list[UUID], client: int) -> None:
        await db.fetch(_LOCK)
        await work(dice, people, client)
        await db.run(_KEEP)

    return locked


def _adding(work: Work) -> Work:
    async def added(dice: random.Random, people: list[UUID], client: int) -> None:
        await work(dice, people, client)
        await db.run(_KEEP)

    return added


def _calls(dice: random.Random, people: list[UUID], work: Work) -> list[list[_points.Call]]:
    def of(client: int) -> _points.Call:
        return lambda: db.attempt(lambda: work(dice, people, client))

    return [[of(client)] * (CALLS // CLIENTS) for client in range(CLIENTS)]
