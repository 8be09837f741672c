"""Trying a rule version on what has happened: what it would have given, to whom, and what that means. Posts nothing.

The facts of the time are judged by the code that judges new ones (:mod:`domain.points.replaying`), as if the version had
been in force; what imports brought without judging it counts too, where it is asked for.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.foundation.sweeps import Sweep
from domain.points import earn_rules, replaying, standings, stood, studies, tiers
from domain.points.definitions import Version
from domain.points.replaying import Redone, Study
from domain.points.standing_types import Moved
from domain.points.stood import Stood
from domain.points.studies import Of, Scope

#: How many of those who gain most are named, for each wallet.
GAINERS = 20
Amounts = dict[str, int]


@dataclass(frozen=True)
class Launched:
    """What a version gave since it came into force, beside what its backtest foretold for as long a time."""

    since: datetime
    until: datetime
    forecast: Amounts
    actual: Amounts


async def start(
    actor: Actor,
    version_id: UUID,
    since: datetime,
    until: datetime | None = None,
    *,
    includes_imported: bool = True,
) -> db.Row:
    """Try a version, draft or not, on the facts of a time (until now). Few are looked at at once, many by the worker.

    ``includes_imported``: what imports brought with ``--rules skip`` too."""
    async with db.transaction():
        version = await _version(version_id)
        until = until or clock.now()
        studies.must_be_past(since, until)
        judged_by = None if includes_imported else version.rule
        facts = await studies.must_fit(WORK, Scope.of([version]), since, until, judged_by=judged_by)
        return await studies.begin(
            WORK, "rule_version", version_id, actor, since, until, facts, includes_imported=includes_imported
        )


async def launched(row: db.Row) -> Launched | None:
    """How the forecast did after the launch; None while the version was not in force for any time."""
    version = await earn_rules.one(row["rule_version"])
    since = version.effective_from
    if since is None or row["state"] != "DONE":
        return None
    length = row["until"] - row["since"]
    until = min(clock.now(), version.effective_to or clock.now(), since + length)
    if until <= since:
        return None
    share = Fraction(round((until - since).total_seconds()), max(1, round(length.total_seconds())))
    rows = await db.fetch(
        """SELECT g.key, sum(g.value::bigint)::bigint AS points FROM points.earn_decision AS d, jsonb_each_text(d.granted) AS g
        WHERE d.rule = $1 AND d.rule_version = $2 AND d.occurred_at >= $3 AND d.occurred_at < $4 AND NOT d.is_reversed
        GROUP BY 1""",
        version.rule, version.id, since, until,
    )  # fmt: skip
    foretold = {
        wallet: math.floor(points * share) for wallet, points in row["result"].get("points", {}).items()
    }
    return Launched(since, until, foretold, {each["key"]: each["points"] for each in rows})


async def chained(awards: int) -> list[tuple[str, str, int]]:
    """What listens to the earning of points and would hear so many facts more: (RULE or MISSION, code, facts)."""
    rows = await db.fetch(
        """SELECT DISTINCT 'RULE' AS kind, r.code FROM points.earn_rule_version AS v JOIN points.earn_rule AS r ON r.id = v.rule
            WHERE v.state IN ('SCHEDULED', 'ACTIVE') AND v.definition -> 'kinds' ? 'points.entry.earned'
        UNION SELECT 'MISSION', m.code FROM points.mission AS m WHERE m.definition -> 'kinds' ? 'points.entry.earned'
        ORDER BY 1, 2"""
    )
    return [(row["kind"], row["code"], awards) for row in rows] if awards else []


async def _scope(row: db.Row) -> Scope:
    return Scope.of([await _version(row["rule_version"])])


async def _step(row: db.Row, of: Of) -> dict[str, Any]:
    version = await _version(row["rule_version"])
    since, until = row["since"], row["until"]
    kept = await stood.decided(version.rule, since, until, of)
    judged_by = None if row["includes_imported"] else version.rule
    facts, imported = await stood.facts(version.kinds, since, until, of, judged_by)
    study = Study(version.rule, since, until, lambda fact: version)
    redone = (await replaying.replay(study, facts, kept)).redone
    result = dict(row["result"])
    given = _by_member(redone)
    result["seen"] = result.get("seen", 0) + len(facts)
    result["imported"] = result.get("imported", 0) + imported
    result["awards"] = result.get("awards", 0) + sum(bool(each.points) for each in redone)
    result["members"] = result.get("members", 0) + len(given)
    result["points"] = _plus(result.get("points"), given.values())
    result["granted"] = _plus(result.get("granted"), (each.points for each in kept))
    result["reasons"] = _plus(
        result.get("reasons"), ({r["code"]: 1} for each in redone for r in each.decision.verdict.reasons)
    )
    result["gainers"] = _gainers(result.get("gainers", []), given)
    result["overlaps"] = await _overlaps(result.get("overlaps", {}), version, redone)
    result["tiers"] = await _tiers(result.get("tiers", {}), redone, kept)
    return result


async def _version(version: UUID) -> Version:
    found = await earn_rules.one(version)
    return Version.of(
        {"id": found.id, "rule": found.rule, "code": found.code, "priority": found.priority,
         "definition": found.definition}
    )  # fmt: skip


def _by_member(redone: list[Redone]) -> dict[UUID, Amounts]:
    """What each person has of it; those who have nothing are left out."""
    found: dict[UUID, Amounts] = {}
    for each in redone:
        of_member = found.setdefault(each.decision.member, {})
        for wallet, points in each.points.items():
            of_member[wallet] = of_member.get(wallet, 0) + points
    return {member: given for member, given in found.items() if any(given.values())}


def _plus(before: Amounts | None, more: Any) -> Amounts:
    total: Counter[str] = Counter(before or {})
    for each in more:
        total.update(each)
    return {name: n for name, n in sorted(total.items()) if n}


def _gainers(before: list[list[Any]], given: dict[UUID, Amounts]) -> list[list[Any]]:
    """Those who gain most of each wallet; a person's facts are all on one page."""
    found = before + [[str(m), wallet, n] for m, of in given.items() for wallet, n in of.items() if n > 0]
    ranked = sorted(found, key=lambda each: (each[1], -each[2], each[0]))
    places: Counter[str] = Counter()
    kept = []
    for each in ranked:
        places[each[1]] += 1
        if places[each[1]] <= GAINERS:
            kept.append(each)
    return kept


async def _overlaps(before: dict[str, Amounts], version: Version, redone: list[Redone]) -> dict[str, Amounts]:
    """What other rules gave for the facts for which this version gives something."""
    paid = [each.decision.interaction for each in redone if each.points]
    found = dict(before)
    for row in await db.fetch(
        """SELECT r.code, g.key, sum(g.value::bigint)::bigint AS points FROM points.earn_decision AS d
        JOIN points.earn_rule AS r ON r.id = d.rule, jsonb_each_text(d.granted) AS g
        WHERE d.interaction = ANY($1) AND d.rule <> $2 AND NOT d.is_reversed GROUP BY 1, 2 ORDER BY 1, 2""",
        paid, version.rule,
    ):  # fmt: skip
        found[row["code"]] = _plus(found.get(row["code"]), [{row["key"]: row["points"]}])
    return found


async def _tiers(before: dict[str, Amounts], redone: list[Redone], kept: list[Stood]) -> dict[str, Amounts]:
    """Who would stand in another tier, counted by scheme and tier: the difference counted at the time of each fact."""
    more: dict[UUID, dict[str, list[tuple[datetime, int]]]] = {}
    for sign, decision, points in [
        *((1, each.decision, each.points) for each in redone),
        *((-1, each.decision, each.points) for each in kept),
    ]:
        for wallet, amount in points.items():
            assert decision.occurred_at is not None
            moved = more.setdefault(decision.member, {}).setdefault(wallet, [])
            moved.append((decision.occurred_at, sign * amount))
    found = dict(before)
    now = clock.now()
    for scheme in await tiers.listed():
        for root, by_wallet in more.items():
            moves = [Moved(at, at, amount) for at, amount in by_wallet.get(scheme.wallet, ())]
            if not moves or not any(_sums(moves).values()):
                continue
            stands, would = await standings.with_more(root, scheme, moves, now)
            if would.tier is not None and would.tier != stands.tier:
                found[scheme.code] = _plus(found.get(scheme.code), [{would.tier: 1}])
    return found


def _sums(moves: list[Moved]) -> Counter[datetime]:
    total: Counter[datetime] = Counter()
    for each in moves:
        total[each.at] += each.amount
    return total


WORK = studies.Work("backtest", _scope, _step, page=2_000)
SWEEP = Sweep("points_backtests", lambda: studies.work_off(WORK), lambda: studies.next_due(WORK))
