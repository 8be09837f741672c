"""Judging a fact when 200 rules are in force beside ten, of which one listens to its kind.

A fact is recorded and judged at once, in one transaction, as purchases, check-ins and referrals are: the rule gives
ten points. First ten rules are in force, then as many more as make ``MARQUE_BENCH_RULES`` (200); then all but ten are
retired, and so on by turns.
"""

from __future__ import annotations

import statistics
import sys

from bench import _points, _rules
from domain import db
from domain.profile.catalogue import Kind

LARGE, SMALL = _points.size("RULES", 200), 10
FACTS, ROUNDS = 150, _points.size("ROUNDS", 5)
GOAL = 2.0
KIND = Kind("app.bench_ridden", "试驾", "Rode")
_OTHERS = """UPDATE points.earn_rule_version SET state = $1::text, effective_from = CASE $1::text WHEN 'ACTIVE' THEN $2::timestamptz END
    WHERE rule IN (SELECT id FROM points.earn_rule ORDER BY created_at, id OFFSET $3)"""


async def main() -> int:
    async with _points.database("rules") as own, own.opened(2):
        people = await _points.members(50)
        for number in range(LARGE):
            await _rules.publish(f"app.bench_other_{number}" if number else KIND.name)
        taken: dict[int, list[float]] = {SMALL: [], LARGE: []}
        for number in range(ROUNDS + 1):
            for rules, of_size in taken.items():
                await db.run(_OTHERS, "ACTIVE" if rules == LARGE else "DRAFT", _rules.SINCE, SMALL)
                await db.run("VACUUM (ANALYZE) points.earn_rule_version")
                once = await _timed(people)
                if number:  # the first one warms up
                    of_size.append(once * 1e3)
    many, few = taken[LARGE], taken[SMALL]
    print(_points.shown(f"a fact judged with {LARGE} rules in force", many, "ms", 2))
    print(_points.shown(f"with {SMALL}", few, "ms", 2))
    return not _points.verdict("ratio", statistics.median(many) / statistics.median(few), GOAL, at_most=True)


async def _timed(people: list) -> float:
    taken = [
        await _points.seconds(lambda n=n: db.attempt(lambda: _rules.judged(KIND, people[n % len(people)])))  # type: ignore[misc]
        for n in range(FACTS)
    ]
    return statistics.median(taken)


if __name__ == "__main__":
    sys.exit(_points.run(main()))
