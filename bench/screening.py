"""Judging a text of 300 characters by 60,000 word rules, and compiling them anew after a change.

Two rules in three are Chinese words of two to six characters, the others ASCII words, with a few addresses, numbers,
wildcards and regular expressions. The text is ordinary and hits nothing, which is what nearly all texts do; another
one has a hit every thirty characters. Beside it: the same by 600 rules, ten times the text, and what a plain filter
takes that looks for each word by ``in``. ``MARQUE_BENCH_RULES`` sets how many.
"""

from __future__ import annotations

import random
import statistics
import sys
import time

from bench import _points
from domain import db
from domain.community import folding
from domain.community.screening import loading, writing
from domain.community.screening.matcher import Matcher
from domain.community.screening.rules import WordRule, WordRuleKind
from domain.community.screening.ruleset import RuleSet
from domain.foundation import ids

LARGE, SMALL = _points.size("RULES", 60_000), 600
ROUNDS = _points.size("ROUNDS", 7)
TEXT = "今天提车了,ET5真的很好看!周末跑了1,280公里,从上海到杭州,续航没有大麻烦。 It drives well, and the seats are fine. "
GOAL_MS, GOAL_RELOAD, GOAL_FLAT, GOAL_LINEAR = 2.0, 1.0, 1.5, 13.0
_HAN = [chr(code) for code in range(0x4E00, 0x9FA0)]
_LATIN = "abcdefghijklmnopqrstuvwxyz"


async def main() -> int:
    rules = _rules(LARGE)
    many, few = (Matcher(RuleSet.of(some)) for some in (rules, rules[:SMALL]))
    plain, long = (TEXT * 40)[:300], (TEXT * 40)[:3_000]
    dirty = "".join(
        rule.pattern + plain[at : at + 26] for at, rule in zip(range(0, 260, 26), rules, strict=False)
    )
    words = [folding.fold(rule.pattern) for rule in rules]
    taken: dict[str, list[float]] = {}
    for number in range(ROUNDS + 1):
        for what, judged in {
            f"300 characters by {LARGE:,} rules": lambda: many.hits(plain),
            f"by {SMALL} rules": lambda: few.hits(plain),
            "3,000 characters": lambda: many.hits(long),
            f"{len(dirty)} characters with ten hits": lambda: many.hits(dirty),
            "a plain filter, word for word": lambda: _filter(words, plain),
        }.items():
            once = _timed(judged, 3 if "filter" in what else 30)
            if number:  # the first one warms up
                taken.setdefault(what, []).append(once * 1e3)
    for what, figures in taken.items():
        print(_points.shown(what, figures, "ms", 3))
    reload = await _reloads(rules)
    print(_points.shown(f"{LARGE:,} rules read and compiled anew", reload, "s", 2))
    judged_ms, by_few, by_long, _, by_filter = (statistics.median(figures) for figures in taken.values())
    met = [
        _points.verdict("milliseconds", judged_ms, GOAL_MS, at_most=True),
        _points.verdict("in rules, 100 times as many", judged_ms / by_few, GOAL_FLAT, at_most=True),
        _points.verdict("in the text, ten times as long", by_long / judged_ms, GOAL_LINEAR, at_most=True),
        _points.verdict("times as fast as the plain filter", by_filter / judged_ms, 3.0),
        _points.verdict("seconds to reload", statistics.median(reload), GOAL_RELOAD, at_most=True),
    ]
    return not all(met)


def _rules(number: int) -> list[WordRule]:
    made = random.Random(7)
    found: dict[object, WordRule] = {}
    while len(found) < number:
        kind, pattern = WordRuleKind.WORD, "".join(made.choices(_HAN, k=made.randint(2, 6)))
        place = len(found) % 100
        if place < 30:
            pattern = "".join(made.choices(_LATIN, k=made.randint(5, 11)))
        if place in (30, 31):
            kind, pattern = WordRuleKind.DOMAIN, pattern.encode().hex()[:12] + ".com"
        elif place == 32:
            kind, pattern = WordRuleKind.WILDCARD, f"{pattern[0]}*{pattern[1:]}"
        elif len(found) in (40, 140, 240, 340):
            kind, pattern = WordRuleKind.REGEX, f"{pattern}[0-9]{{5,}}"
        elif len(found) == 50:
            kind = WordRuleKind.NUMBER
        rule = WordRule(pattern, kind, id=ids.new())
        found.setdefault(rule.key, rule)
    return list(found.values())


def _filter(words: list[str], text: str) -> list[str]:
    folded = folding.fold(text)
    return [word for word in words if word in folded]


def _timed(call: object, times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        call()  # type: ignore[operator]
    return (time.perf_counter() - began) / times


async def _reloads(rules: list[WordRule]) -> list[float]:
    """Seconds from a change to compiled rules, as the next judgement of a process takes them."""
    async with _points.database("screening") as own, own.opened(2):
        async with db.transaction():
            await writing.lock()
            await writing.store(rules)
        await db.run("VACUUM (ANALYZE) community.word_rule")
        taken = []
        for _ in range(ROUNDS + 1):
            async with db.transaction():
                await writing.renew()
            taken.append(await _points.seconds(loading.current))
        return taken[1:]


if __name__ == "__main__":
    sys.exit(_points.run(main()))
