import pytest

from domain import db
from domain.community import comments, feed, moderation, posts, reactions, viewers
from domain.community.errors import AlreadyInState
from domain.community.tables import ReactionKind
from domain.errors import InvalidInput, NotFound
from tests import make


async def liked_post(publish, likes: int = 2, **options):
    author = await make.member_actor()
    post_id = await publish(author, **options)
    for _ in range(likes):
        await reactions.set_reaction(await make.member_actor(), post_id, ReactionKind.LIKE, True)
    return author, post_id


async def test_a_removal_voids_the_publication_and_everything_received(publish, recorded):
    author, post_id = await liked_post(publish)
    await comments.publish(await make.member_actor(), post_id, body="nice")
    await moderation.remove(make.staff("moderator"), post_id, reason="spam")
    for kind, number in (("post.published", 1), ("reaction.set", 2), ("comment.published", 1)):
        assert [fact["counts"] for fact in await recorded(f"community.{kind}")] == [False] * number
    removals = await recorded("community.post.removed")
    assert len(removals) == 4
    assert {fact["member"] for fact in removals} == {author.member_id}
    with pytest.raises(NotFound):
        await feed.by_id(viewers.Viewer(), post_id)
    assert (await feed.by_id(viewers.of(author), post_id))["state"] == "REMOVED"


async def test_a_restoration_brings_it_back_once(publish, recorded):
    _, post_id = await liked_post(publish)
    moderator = make.staff("moderator")
    await moderation.remove(moderator, post_id, reason="spam")
    await moderation.restore(moderator, post_id, reason="a mistake")
    for kind, number in (("post.published", 1), ("reaction.set", 2)):
        assert [fact["counts"] for fact in await recorded(f"community.{kind}")] == [True] * number
    await moderation.remove(moderator, post_id, reason="spam after all")
    assert [fact["counts"] for fact in await recorded("community.post.published")] == [False]
    assert len(await recorded("community.post.removed")) == 6
    await moderation.restore(moderator, post_id, reason="no")
    assert [fact["counts"] for fact in await recorded("community.reaction.set")] == [True, True]


async def test_an_undone_removal_leaves_a_deleted_post_deleted(publish):
    author, post_id = await liked_post(publish, likes=0)
    moderator = make.staff("moderator")
    await posts.delete(author, post_id)
    await moderation.remove(moderator, post_id, reason="spam")
    assert (await feed.by_id(viewers.of(author), post_id))["state"] == "REMOVED"
    await moderation.restore(moderator, post_id, reason="a mistake")
    assert (await feed.by_id(viewers.of(author), post_id))["state"] == "DELETED"
    with pytest.raises(NotFound):
        await feed.by_id(viewers.Viewer(), post_id)


async def test_removing_twice_says_the_state(publish):
    _, post_id = await liked_post(publish)
    moderator = make.staff("moderator")
    with pytest.raises(AlreadyInState) as refused:
        await moderation.restore(moderator, post_id, reason="x")
    assert refused.value.state == "PUBLISHED"
    await moderation.remove(moderator, post_id, reason="spam")
    with pytest.raises(AlreadyInState):
        await moderation.remove(moderator, post_id, reason="spam")
    with pytest.raises(InvalidInput):
        await moderation.restore(moderator, post_id, reason=" ")


async def test_a_moderator_acts_in_his_circles_only(publish, circle):
    mine, other = await circle("mine"), await circle("other")
    author = await make.member_actor()
    here, there = await publish(author, "1", circle_id=mine), await publish(author, "2", circle_id=other)
    moderator = make.staff("moderator", scopes=(f"circle:{mine}",))
    await moderation.remove(moderator, here, reason="spam")
    with pytest.raises(NotFound):
        await moderation.remove(moderator, there, reason="spam")
    assert (await feed.by_id(viewers.Viewer(), there))["state"] == "PUBLISHED"


async def test_a_removed_comment_takes_its_replies_along_and_loses_its_likes(publish, counts, recorded):
    author, post_id = await liked_post(publish, likes=0)
    other = await make.member_actor()
    comment = await comments.publish(other, post_id, body="rude")
    await comments.publish(author, post_id, body="reply", parent_id=comment)
    await reactions.set_reaction(author, comment, ReactionKind.LIKE, True)
    moderator = make.staff("moderator")
    await moderation.remove(moderator, comment, reason="abuse")
    assert await counts(post_id) == {}
    assert len(await recorded("community.comment.removed")) == 2
    await moderation.restore(moderator, comment, reason="no")
    assert await counts(post_id) == {"comments": 2, "root_comments": 1}
    assert [fact["counts"] for fact in await recorded("community.reaction.set")] == [True]


async def test_what_moderation_did_is_never_changed(publish):
    _, post_id = await liked_post(publish, likes=0)
    await moderation.remove(make.staff("moderator"), post_id, reason="spam")
    with pytest.raises(Exception, match="append-only"):
        async with db.transaction():
            await db.run("UPDATE community.mod_event SET reason = 'other'")
