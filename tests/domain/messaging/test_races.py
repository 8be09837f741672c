"""Workers at once: real commits, several connections."""

from __future__ import annotations

import asyncio

import pytest

from domain import db
from domain.foundation import ids
from domain.messaging import delivery, grouping, inbox, notices, tokens
from domain.messaging.types import NoticeType
from tests import make

pytestmark = pytest.mark.commits


async def likes(count: int):
    me, post = await make.member_actor(), ids.new()
    await tokens.register(me, "token-1", tokens.Platform.IOS)
    for _ in range(count):
        await notices.send(
            me.member_id, NoticeType.REACTION, ("POST", post), actor=await make.member_id(), once=ids.new()
        )
    return me


async def deliver_at_once(workers: int = 6) -> None:
    async def work() -> None:
        while await delivery.deliver_due():
            pass

    await asyncio.gather(*(work() for _ in range(workers)))
    while await delivery.deliver_due():
        pass


async def test_many_workers_make_one_group_and_ring_once():
    me = await likes(9)
    await deliver_at_once()
    assert await inbox.unread_count(me.member_id) == 1
    assert await db.value("SELECT count(*) FROM messaging.inbox_actor") == 9
    sent = await db.fetch("SELECT body->>'title' AS title FROM foundation.recorded_send")
    assert len(sent) <= 1
    quiet = await db.value("SELECT count(*) FROM messaging.message WHERE channel = 'PUSH'")
    assert quiet == 1


async def test_without_the_inboxs_lock_there_are_several_groups(monkeypatch):
    """The control: the lock is what makes one group."""

    async def unlocked(root):
        return None

    opened = grouping._open

    async def slow(message, grouped_by):
        await asyncio.sleep(0.05)
        return await opened(message, grouped_by)

    monkeypatch.setattr(grouping, "lock", unlocked)
    monkeypatch.setattr(grouping, "_open", slow)
    me = await likes(9)
    await deliver_at_once()
    assert await inbox.unread_count(me.member_id) > 1


async def test_likes_and_their_taking_back_at_once_leave_the_exact_count():
    me, post = await make.member_actor(), ids.new()
    fans = [await make.member_id() for _ in range(8)]

    async def like(fan) -> None:
        await notices.send(me.member_id, NoticeType.REACTION, ("POST", post), actor=fan, once=ids.new())

    async def unlike(fan) -> None:
        await notices.withdraw(("POST", post), actor=fan, type=NoticeType.REACTION)

    await asyncio.gather(*(like(fan) for fan in fans), deliver_at_once(3))
    await asyncio.gather(*(unlike(fan) for fan in fans[:5]), deliver_at_once(3))
    await deliver_at_once(2)
    left = await db.fetch("SELECT actor FROM messaging.inbox_actor")
    assert {row["actor"] for row in left} == set(fans[5:])
    await asyncio.gather(*(unlike(fan) for fan in fans[5:]))
    await deliver_at_once(2)
    assert await inbox.unread_count(me.member_id) == 0
