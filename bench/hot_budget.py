"""Sixteen clients earn by one rule whose budget all facts count on (see :mod:`bench._hot`): its counter is one row."""

from __future__ import annotations

import random
import sys
from uuid import UUID

from bench import _hot, _rules
from domain.profile.catalogue import Kind

KIND = Kind("app.bench_bought", "试购", "Bought something")
BUDGET = {"per": "RULE", "window": "MONTH", "measure": "POINTS", "limit": 1_000_000_000}


async def prepare() -> None:
    await _rules.publish(KIND.name, caps=[BUDGET])


async def work(dice: random.Random, people: list[UUID], client: int) -> None:
    await _rules.judged(KIND, dice.choice(people[client :: _hot.CLIENTS]))


if __name__ == "__main__":
    sys.exit(_hot.run("hot_budget", work, prepare=prepare))
