"""The demonstration's events are believable and sound."""

from __future__ import annotations

from domain import db
from domain.actor import SYSTEM
from domain.events import demo
from domain.points import ledger
from domain.profile import demo as profile_demo
from tests.domain.events import setting as s


async def test_the_demonstration_has_a_past_and_a_future_and_loads_once() -> None:
    await profile_demo.load()
    for person in (await profile_demo.members())[:120]:
        await ledger.earn(SYSTEM, person, "POINTS", 1_000, ledger.by_staff("a gift"))
    await demo.load()
    states = await db.fetch("SELECT state, count(*) FROM events.occurrence GROUP BY state ORDER BY state")
    assert [tuple(row) for row in states] == [("ENDED", 6), ("PUBLISHED", 6)]
    found = {
        row["state"]: row["count"]
        for row in await db.fetch("SELECT state, count(*) FROM events.registration GROUP BY state")
    }
    assert found["CONFIRMED"] > 120
    assert found["CANCELLED"] > 3
    assert found["PENDING_REVIEW"] > 0
    assert await db.value("SELECT sum(points_paid) FROM events.registration") > 1_000
    assert await s.is_sound()
    before = await s.snapshot()
    await demo.load()
    assert await s.snapshot() == before
