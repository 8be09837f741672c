"""Trying a rule on facts that happened, beside earning for the same facts online.

A round records facts of many people, lets the drain judge them (a rule with a cap a day and a condition on a property),
and then tries the same rule on that day. ``MARQUE_BENCH_FACTS`` (4,000 a round), ``MARQUE_BENCH_PEOPLE`` (400) and
``MARQUE_BENCH_ROUNDS`` (3) set the size.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bench import _points
from domain import db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import backtesting, earn_rules, earning, studies
from domain.profile import drain, interactions
from domain.profile.catalogue import Kind

FACTS = _points.size("FACTS", 4_000)
PEOPLE, ROUNDS = _points.size("PEOPLE", 400), _points.size("ROUNDS", 3)
GOAL = 5.0
KIND = Kind("app.bench_ridden", "试驾", "Rode")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_RULE = {
    "code": "bench-ridden", "kinds": [KIND.name], "zone": "UTC",
    "effects": [{"fixed": {"wallet": "POINTS", "points": 10}}],
    "condition": {"property": {"path": "km", "op": "GTE", "value": 5}},
    "caps": [{"per": "MEMBER", "window": "DAY", "measure": "POINTS", "limit": 50, "on_excess": "CUT", "mode": "GROSS",
              "group": None}],
}  # fmt: skip


async def main() -> int:
    async with _points.database("backtest") as own, own.opened(2):
        people = await _points.members(PEOPLE)
        made = await earn_rules.draft(SYSTEM, _RULE, title="Rode")
        await earn_rules.submit(SYSTEM, made.id)
        await earn_rules.put_in_force(made.id, BEGAN)
        await drain.drain_all([earning.REACTION])
        online, tried = [], []
        for number in range(ROUNDS):
            day = BEGAN + timedelta(days=number)
            await _happen(people, day)
            online.append(FACTS / await _points.seconds(lambda: drain.drain_all([earning.REACTION])))
            await db.run("ANALYZE")
            began = time.perf_counter()
            result = await _tried(made.id, day)
            tried.append(FACTS / (time.perf_counter() - began))
            if result["points"] != result["granted"] or result["seen"] != FACTS:
                sys.exit(f"the backtest says {result['points']}, the rule gave {result['granted']}")
    print(_points.shown("facts tried", tried))
    print(_points.shown("facts earned online, by the drain", online))
    return not _points.verdict("ratio", statistics.median(tried) / statistics.median(online), GOAL)


async def _happen(people: list[UUID], day: datetime) -> None:
    facts = [
        interactions.Entry(
            KIND,
            None,
            ids.new(),
            people[n % PEOPLE],
            at=day + timedelta(seconds=n),
            properties={"km": n % 20},
        )
        for n in range(FACTS)
    ]
    async with db.transaction():
        await interactions.record_many(facts)


async def _tried(version: UUID, day: datetime) -> dict:
    row = await backtesting.start(SYSTEM, version, day, day + timedelta(days=1))
    while await studies.work_off(backtesting.WORK):
        pass
    return (await studies.one(backtesting.WORK, row["id"]))["result"]


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
