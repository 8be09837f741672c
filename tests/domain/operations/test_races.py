"""Workers that sweep and drain at once: each change happens exactly once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain import clock, db, wiring
from domain.operations import health, sweeping
from domain.profile import drain, memberships
from tests import make
from tests.domain.operations.conftest import did, event, segment


@pytest.mark.commits
async def test_many_sweepers_and_drains_let_each_member_go_once(time):
    async with db.transaction():
        members = [await make.member_id() for _ in range(30)]
    active = await segment(event(last="PT5S"))
    async with db.transaction():
        for member in members:
            await did(member)
    await _at_once(lambda: drain.drain_all(wiring.reactions))
    while await drain.drain_all(wiring.reactions):
        pass
    assert await memberships.all_inside(active) == set(members)
    time.now = clock.now() + timedelta(seconds=6)
    async with db.transaction():
        for member in members[:10]:
            await did(member, "app.other")
    await _at_once(sweeping.sweep, lambda: drain.drain_all(wiring.reactions))
    while await sweeping.sweep() + await drain.drain_all(wiring.reactions):
        pass
    assert await memberships.all_inside(active) == set()
    rows = await db.fetch(
        "SELECT change, count(*) AS n, count(DISTINCT member) AS m FROM operations.segment_change "
        "WHERE segment = $1 GROUP BY change ORDER BY change",
        active,
    )
    assert [tuple(row.values()) for row in rows] == [("ENTERED", 30, 30), ("EXITED", 30, 30)]
    recorded = await db.value(
        "SELECT count(*) FROM profile.interaction WHERE kind LIKE 'operations.segment.%'"
    )
    assert recorded == 60
    assert (await health.check()).broken_histories == 0


async def _at_once(*calls):
    await asyncio.gather(*(call() for call in calls for _ in range(4)))
