"""The demonstration's inboxes."""

from __future__ import annotations

from domain import db, wiring
from domain.foundation.pages import Page
from domain.messaging import demo, inbox
from domain.profile import demo as people


async def test_the_demonstrations_inboxes_are_filled_once_and_their_counts_are_exact():
    await wiring.load_demo()
    first = await db.value("SELECT count(*) FROM messaging.inbox_item")
    assert first > 50
    await demo.load()
    assert await db.value("SELECT count(*) FROM messaging.inbox_item") == first
    assert await db.value("SELECT count(*) FROM messaging.message WHERE actor IS NOT NULL") == await db.value(
        "SELECT count(*) FROM messaging.inbox_actor"
    )
    seen = 0
    for member in (await people.members())[:30]:
        rows = await inbox.of_root(member, Page(limit=200), inbox.Filter(is_unread=True))
        assert len(rows) == await inbox.unread_count(member)
        items = await inbox.shown(rows, "zh-CN")
        assert all(item.body and item.actor_count >= 1 for item in items)
        seen += len(items)
    assert seen > 0
    assert await db.value("SELECT count(*) FROM foundation.recorded_send") == 0
