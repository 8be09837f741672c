"""How a person with 10,000 entries stands in a tier scheme, beside one with ten: a standing must not read the past.

Both are judged once, as the worker does after each posting; then every look goes on from the checkpoint that it left. A
posting and the judging that follows it are timed too, and, for comparison, the walk through the whole history that a
fact of long ago asks for. ``MARQUE_BENCH_ROWS`` (10,000) is the larger number of entries.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Awaitable, Callable
from uuid import UUID

from bench import _people, _points, balance_depth
from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import ledger, standing_keeping, standings, tiers
from domain.points.ledger import Cause
from domain.points.standing_types import Tier
from domain.points.tiers import Draft
from domain.profile import members

LARGE, SMALL = _points.size("ROWS", 10_000), 10
LOOKS, JUDGED, WHOLE = 300, 100, 10
GOAL = 1.5


async def main() -> int:
    async with _points.database("standing") as own, own.opened():
        ladder = (Tier("SILVER", 20), Tier("GOLD", 10**9))
        yearly = {"value": 1, "unit": "YEAR"}
        draft = Draft(
            "CLUB",
            "POINTS",
            "EARNED_IN_PERIOD",
            yearly,
            "IMMEDIATELY",
            {"fixed": yearly},
            "FULL",
            None,
            ladder,
        )
        await db.attempt(lambda: tiers.define(SYSTEM, draft))
        few, many = await _people.crowd(2, 0)
        await balance_depth.post(few, SMALL)
        await balance_depth.post(many, LARGE)
        await db.run("VACUUM (ANALYZE)")
        (scheme,) = await tiers.listed()

        async def judge(member: UUID) -> None:
            (root,) = await members.lock(member)
            await standing_keeping.judge(root, scheme)

        async def posting(member: UUID) -> None:
            await db.attempt(lambda: ledger.earn(SYSTEM, member, "POINTS", 1, Cause("BENCH", ids.new())))
            await db.attempt(lambda: judge(member))

        async def look(member: UUID) -> None:
            assert (await standings.of_root(member, scheme)).tier == "SILVER"

        async def walk(member: UUID) -> None:
            await standings.walked(member, scheme, clock.now())

        whole = await _by_turns(few, many, WHOLE, walk)
        for member in (few, many):
            await db.attempt(lambda member=member: judge(member))  # type: ignore[misc]
        looks = await _by_turns(few, many, LOOKS, look)
        judged = await _by_turns(few, many, JUDGED, posting)
    is_met = True
    for what, (deep, shallow) in (("a look", looks), ("a posting, judged", judged)):
        print(_points.shown(f"{what} over {LARGE:,} entries", deep, "ms", 2))
        print(_points.shown(f"{what} over {SMALL} entries", shallow, "ms", 2))
        ratio = statistics.median(deep) / statistics.median(shallow)
        is_met &= _points.verdict(what, ratio, GOAL, at_most=True)
    print(_points.shown(f"the whole way over {LARGE:,} entries", whole[0], "ms", 2))
    return 0 if is_met else 1


async def _by_turns(
    few: UUID, many: UUID, times: int, call: Callable[[UUID], Awaitable[None]]
) -> tuple[list[float], list[float]]:
    """Milliseconds of both, in turns, so that both see the same machine."""
    taken: dict[UUID, list[float]] = {few: [], many: []}
    for number in range(times):
        for member, of_member in taken.items():
            once = await _points.seconds(lambda member=member: call(member))  # type: ignore[misc]
            if number >= times // 10:
                of_member.append(once * 1e3)
    return taken[many], taken[few]


if __name__ == "__main__":
    sys.exit(_points.run(main()))
