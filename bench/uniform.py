"""Sixteen clients earn and spend, by turns and for people at random (see :mod:`bench._hot`)."""

from __future__ import annotations

import random
import sys
from uuid import UUID

from bench import _hot


async def work(dice: random.Random, people: list[UUID], _client: int) -> None:
    await dice.choice((_hot.earn, _hot.spend))(dice.choice(people))


if __name__ == "__main__":
    sys.exit(_hot.run("uniform", work))
