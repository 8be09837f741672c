"""Sixteen clients earn for one person at once (see :mod:`bench._hot`): they wait for the person's account either way."""

from __future__ import annotations

import random
import sys
from uuid import UUID

from bench import _hot


async def work(_dice: random.Random, people: list[UUID], _client: int) -> None:
    await _hot.earn(people[0])


if __name__ == "__main__":
    sys.exit(_hot.run("hot_member", work))
