"""Follows, blocks and bookmarks of people who turn out to be one."""

from __future__ import annotations

from domain import db, wiring  # noqa: F401 - wiring fills the registries that merges read
from domain.community import bookmarks, people, posts, stats, ties, viewers
from domain.community.tables import PostKind
from domain.foundation.pages import Page
from domain.profile import merges
from tests import make

STAFF = make.staff("operator")


async def followers(member) -> int:
    return (await people.figures([member]))[member].follower_count


async def test_one_person_follows_once_keeps_once_and_never_follows_himself():
    one, other, star = [await make.member_actor() for _ in range(3)]
    post = await posts.publish(star, kind=PostKind.MOMENT, body="look")
    for each in (one, other):
        await ties.set_follow(each, star.member_id, True)
        await ties.set_follow(star, each.member_id, True)
        await bookmarks.set_bookmark(each, post, True)
    await ties.set_follow(one, other.member_id, True)
    await stats.fold()

    async def figures() -> list[int]:
        kept = (await stats.recount_post(post))["bookmarks"]
        return [await followers(each.member_id) for each in (star, one, other)] + [kept]

    assert await figures() == [2, 1, 2, 2]
    merge = await merges.merge_two(STAFF, one.member_id, other.member_id, "one person", one.member_id)
    assert await figures() == [1, 1, 1, 1]  # the two are one: followed by the star alone
    assert [row["author_id"] for row in await ties.follows_of(star, Page())] == [one.member_id]
    assert [row["author_id"] for row in await ties.follows_of(other, Page())] == [star.member_id]
    await merges.undo(STAFF, merge, "two persons after all")
    assert await figures() == [2, 1, 2, 2]
    # After a merge, one hand takes back what both had given, and a block among the merged means nothing.
    await ties.set_block(other, one.member_id, True)
    await merges.merge_two(STAFF, one.member_id, other.member_id, "one person", one.member_id)
    assert (await ties.set_follow(other, star.member_id, False)).changed
    assert (await bookmarks.set_bookmark(one, post, False)).changed
    assert await figures() == [0, 1, 1, 0]
    assert await ties.blocks_of(one, Page()) == []
    assert not await db.value("SELECT community.are_apart($1, $2)", one.member_id, other.member_id)


async def test_a_merge_ends_the_follow_of_whom_the_other_blocks():
    one, other, third = [await make.member_actor() for _ in range(3)]
    await ties.set_follow(one, third.member_id, True)
    await ties.set_block(other, third.member_id, True)
    merge = await merges.merge_two(STAFF, one.member_id, other.member_id, "one person", one.member_id)
    assert await followers(third.member_id) == 0
    assert not await people.is_seen(viewers.Viewer(one.member_id), third.member_id)
    await merges.undo(STAFF, merge, "two persons after all")
    assert await followers(third.member_id) == 1
