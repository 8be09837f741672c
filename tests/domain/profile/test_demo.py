"""The demonstration's people."""

from __future__ import annotations

from domain import db
from domain.profile import demo, drain


async def test_loading_the_demonstration_twice_makes_200_members_once():
    await demo.load()
    first = await demo.members()
    await demo.load()
    assert await demo.members() == first
    assert len(first) == demo.COUNT == await db.value("SELECT count(*) FROM profile.member")
    assert await drain.drain_all([]) >= demo.COUNT
