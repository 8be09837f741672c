"""Sixteen clients earn at once in one programme, each for people of its own (see :mod:`bench._hot`)."""

from __future__ import annotations

import random
import sys
from uuid import UUID

from bench import _hot


async def work(dice: random.Random, people: list[UUID], client: int) -> None:
    await _hot.earn(dice.choice(people[client :: _hot.CLIENTS]))


if __name__ == "__main__":
    sys.exit(_hot.run("hot_programme", work))
