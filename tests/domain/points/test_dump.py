"""The shipped rule over a Stack Exchange dump, against an independent replay of its one sentence."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta

from domain import db, wiring
from domain.foundation import importing
from domain.foundation.importing import Options, Report
from domain.points import community_rule, earning, health
from domain.profile import drain
from tests import shared


async def test_balances_after_a_dump_equal_a_replay_of_the_rule() -> None:
    wiring.start()
    await community_rule.publish()
    await importing.run(
        wiring.importers["stackexchange"],
        shared.path("data/se_bike"),
        Options(source="bike", apply_rules=True),
        Report(),
    )
    started = time.monotonic()
    while await drain.drain_all([earning.REACTION]) + await earning.judge_due():
        pass
    print(f"drained and judged in {time.monotonic() - started:.1f} s")
    raw: Counter = Counter()
    facts = await db.fetch(
        """SELECT kind, member, occurred_at, properties FROM profile.interaction
        WHERE kind IN ('community.post.published', 'community.reaction.set')"""
    )
    for fact in facts:
        day = f"{fact['occurred_at'] + timedelta(hours=8):%F}"  # Shanghai had no summer time in these years
        if fact["kind"] == "community.post.published":
            raw[(str(fact["member"]), day)] += 10
        elif fact["properties"]["kind"] == "LIKE":
            raw[(str(fact["properties"]["author"]), day)] += 2
    expected: Counter = Counter()
    for (member, _), points in raw.items():
        expected[member] += min(200, points)
    rows = await db.fetch("SELECT member::text, available - debt AS net FROM points.account")
    found = {row["member"]: row["net"] for row in rows}
    expected.pop("None", None)
    assert sum(expected.values()) > 1_000
    assert {member: net for member, net in found.items() if net} == dict(expected)
    assert await health.violations() == []
