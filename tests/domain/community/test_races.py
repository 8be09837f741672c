"""Many at once: one person has one reaction, and nothing is earned by what is removed meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from domain import db
from domain.community import comments, locks, moderation, posts, reactions, stats
from domain.community.tables import PostKind, ReactionKind
from domain.errors import NotFound
from tests import make

pytestmark = [pytest.mark.commits, pytest.mark.xdist_group("races")]

LIKE = ReactionKind.LIKE


async def a_post():
    return await posts.publish(await make.member_actor(), kind=PostKind.MOMENT, body="Hello")


async def like(actor, post_id, is_on=True):
    try:
        return (await db.attempt(lambda: reactions.set_reaction(actor, post_id, LIKE, is_on))).changed
    except NotFound:
        return None


async def standing() -> int:
    """Likes of the removed post that still count."""
    return await db.value(
        "SELECT count(*) FROM profile.interaction WHERE kind = 'community.reaction.set' AND profile.counts(id)"
    )


async def test_eight_likes_of_one_person_at_once_are_one():
    post_id, reader = await a_post(), await make.member_actor()
    changed = await asyncio.gather(*(like(reader, post_id) for _ in range(8)))
    assert sorted(changed) == [False] * 7 + [True]
    await stats.fold()
    assert await db.value("SELECT likes FROM community.post_stat WHERE post = $1", post_id) == 1


async def test_likes_and_foldings_at_once_lose_nothing():
    post_id = await a_post()
    readers = [await make.member_actor() for _ in range(20)]
    await asyncio.gather(*(like(reader, post_id) for reader in readers), *(stats.fold() for _ in range(10)))
    while await stats.fold():
        pass
    assert await db.value("SELECT likes FROM community.post_stat WHERE post = $1", post_id) == 20


async def removed_while_liked() -> int:
    post_id = await a_post()
    readers = [await make.member_actor() for _ in range(12)]
    moderator = make.staff("moderator")
    likes = [like(reader, post_id) for reader in readers]
    removal = db.attempt(lambda: moderation.remove(moderator, post_id, reason="spam"))
    await asyncio.gather(*likes[:6], removal, *likes[6:])
    return await standing()


async def test_no_like_counts_on_a_post_that_is_removed_meanwhile():
    for _ in range(3):
        assert await removed_while_liked() == 0


async def test_without_the_lock_a_like_slips_through(monkeypatch):
    """The control: the lock is what keeps the removal whole."""
    target = reactions._target

    async def slow(actor, target_id):
        found = await target(actor, target_id)
        await asyncio.sleep(0.05)
        return found

    async def nothing(_target):
        return None

    monkeypatch.setattr(reactions, "_target", slow)
    monkeypatch.setattr(locks, "share", nothing)
    assert await removed_while_liked() > 0


async def test_replies_and_the_deletion_of_their_thread_at_once_keep_the_counts_exact():
    author = await make.member_actor()
    post_id = await posts.publish(author, kind=PostKind.MOMENT, body="Hello")
    root = await comments.publish(author, post_id, body="root")
    others = [await make.member_actor() for _ in range(8)]

    async def reply(actor):
        try:
            await db.attempt(lambda: comments.publish(actor, post_id, body="reply", parent_id=root))
        except NotFound:
            return

    await asyncio.gather(
        *(reply(actor) for actor in others[:4]),
        db.attempt(lambda: comments.delete(author, root)),
        *(reply(actor) for actor in others[4:]),
    )
    while await stats.fold():
        pass
    counted = await db.value("SELECT comments FROM community.post_stat WHERE post = $1", post_id)
    assert counted == (await stats.recount_post(post_id))["comments"] == 0
