"""People who act at the same moment: no follow slips past a block, and no page of a feed repeats or loses a post."""

from __future__ import annotations

import asyncio

import pytest

from domain import db
from domain.community import circles, feed, people, posts, ties
from domain.community.tables import CircleKind, PostKind
from domain.community.viewers import Viewer
from domain.foundation.pages import Page
from tests import make

pytestmark = [pytest.mark.commits, pytest.mark.xdist_group("races")]


async def followers(member) -> int:
    return (await people.figures([member]))[member].follower_count


async def test_a_follow_and_a_block_at_once_leave_no_follow_behind():
    """Both lock both people; whichever comes first, nobody follows whom he blocks or who blocks him."""
    pairs = [(await make.member_actor(), await make.member_actor()) for _ in range(12)]

    async def race(one, other) -> None:
        await asyncio.gather(
            ties.set_follow(one, other.member_id, True),
            ties.set_block(other, one.member_id, True),
            ties.set_follow(other, one.member_id, True),
            return_exceptions=True,
        )

    await asyncio.gather(*(race(one, other) for one, other in pairs))
    assert await db.value("SELECT count(*) FROM community.block") == len(pairs)
    assert await db.value("SELECT count(*) FROM community.follow") == 0
    for one, other in pairs:
        assert (await followers(one.member_id), await followers(other.member_id)) == (0, 0)


async def test_without_the_locks_a_follow_slips_past_a_block(monkeypatch):
    """The control: the same race with nobody locked."""
    one, other = await make.member_actor(), await make.member_actor()
    read, blocked = asyncio.Event(), asyncio.Event()

    async def unlocked(actor, member_id, oneself):
        return actor.member_id, member_id

    held = ties._held

    async def slowly(table, column, mine, theirs):
        answer = await held(table, column, mine, theirs)
        if table == "follow":
            read.set()
            await blocked.wait()
        return answer

    async def nobody(actor):
        return await ties.authors.of(actor, actor.member_id)

    monkeypatch.setattr(ties, "_both", unlocked)
    monkeypatch.setattr(ties, "_held", slowly)
    monkeypatch.setattr(ties.authors, "locked", nobody)
    following = asyncio.create_task(ties.set_follow(one, other.member_id, True))
    await read.wait()
    await ties.set_block(other, one.member_id, True)
    blocked.set()
    await following
    assert await followers(other.member_id) == 1


async def test_pages_under_writing_neither_repeat_nor_lose_a_post():
    """What was published before a reading began is read once, whatever is published meanwhile."""
    reader = await make.member_actor()
    writers = [await make.member_actor() for _ in range(3)]
    circle = await circles.create(make.staff("admin"), slug="busy", name="Busy", kind=CircleKind.CLUB)
    await circles.join(reader, circle)
    for writer in writers[:2]:
        await ties.set_follow(reader, writer.member_id, True)
    written: list = []
    is_over = asyncio.Event()

    async def write(n: int, writer) -> None:
        number = 0
        while not is_over.is_set():
            written.append(
                await posts.publish(
                    writer,
                    kind=PostKind.MOMENT,
                    body=f"{n} {number}",
                    circle_id=circle if number % 2 else None,
                )
            )
            number += 1

    async def read(page_of, before: set) -> None:
        seen, after = [], None
        while True:
            rows = await page_of(Page(limit=4, after=after))
            seen += [row["id"] for row in rows[:4]]
            if len(rows) <= 4:
                break
            after = (rows[3]["feed_seq"],)
        assert len(seen) == len(set(seen))
        assert before <= set(seen)

    viewer = Viewer(reader.member_id)
    writing = [asyncio.create_task(write(n, writer)) for n, writer in enumerate(writers)]
    while len(written) < 12:
        await asyncio.sleep(0)
    for _ in range(3):
        known = set(written)
        rows = await db.fetch("SELECT id, circle, author FROM community.post WHERE id = ANY($1)", list(known))
        in_circle = {row["id"] for row in rows if row["circle"] == circle}
        by_followed = {row["id"] for row in rows if row["author"] in {w.member_id for w in writers[:2]}}
        await read(lambda page: feed.circle_feed(viewer, circle, page), in_circle)
        await read(lambda page: feed.home_feed(viewer, page), in_circle | by_followed)
    is_over.set()
    await asyncio.gather(*writing)
