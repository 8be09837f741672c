"""Published earn rules, and facts that they judge, for the benchmarks of points."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import earn_rules, earning
from domain.profile import interactions
from domain.profile.catalogue import Kind

SINCE = datetime(2020, 1, 1, tzinfo=UTC)


async def publish(kind: str, points: int = 10, **said: Any) -> UUID:
    """A rule in force: each fact of a kind earns so many points."""
    definition = {
        "code": f"bench-{ids.new()}", "kinds": [kind], "effects": [{"fixed": {"wallet": "POINTS", "points": points}}],
        **said,
    }  # fmt: skip
    made = await earn_rules.draft(SYSTEM, definition, title="Bench")
    await earn_rules.submit(SYSTEM, made.id)
    await earn_rules.put_in_force(made.id, SINCE)
    return made.id


async def judged(kind: Kind, member: UUID) -> None:
    """A fact is recorded and judged at once, in the caller's transaction."""
    found = await earning.judge_now(
        await interactions.record(SYSTEM, kind, ("BENCH", ids.new()), once=ids.new(), member=member)
    )
    assert found, "no rule has judged it"
