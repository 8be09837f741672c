import pytest

from domain import db
from domain.community import comments, posts, reactions, stats
from domain.community.tables import ReactionKind
from domain.errors import InvalidInput, NotFound
from domain.profile import members, merges
from tests import make

LIKE = ReactionKind.LIKE


async def test_like_unlike_unlike(publish, counts, recorded):
    author, reader = await make.member_actor(), await make.member_actor()
    post_id = await publish(author)
    seen = []
    for is_on in (True, False, False):
        outcome = await reactions.set_reaction(reader, post_id, LIKE, is_on)
        seen.append((outcome.changed, (await counts(post_id)).get("likes", 0)))
    assert seen == [(True, 1), (True, 0), (False, 0)]
    assert await db.value("SELECT count(*) FROM community.reaction") == 0
    (fact,) = await recorded("community.reaction.set")
    assert fact["member"] == reader.member_id
    assert fact["properties"] == {
        "kind": "LIKE", "targetKind": "POST", "targetId": str(post_id), "author": str(author.member_id),
    }  # fmt: skip


async def test_like_unlike_like_are_three_facts(publish, recorded):
    author, reader = await make.member_actor(), await make.member_actor()
    post_id = await publish(author)
    for is_on in (True, False, True, True):
        await reactions.set_reaction(reader, post_id, LIKE, is_on)
    assert len(await recorded("community.reaction.set")) == 2
    assert len(await recorded("community.reaction.unset")) == 1


async def test_ones_own_content_cannot_be_liked(publish, counts):
    author = await make.member_actor()
    post_id = await publish(author)
    with pytest.raises(InvalidInput) as refused:
        await reactions.set_reaction(author, post_id, LIKE, True)
    assert refused.value.problems[0].path == "targetId"
    assert await counts(post_id) == {}


async def test_a_dislike_is_not_offered(publish):
    post_id = await publish(await make.member_actor())
    with pytest.raises(InvalidInput) as refused:
        await reactions.set_reaction(await make.member_actor(), post_id, ReactionKind.DISLIKE, True)
    assert refused.value.problems[0].path == "kind"


async def test_what_cannot_be_seen_cannot_be_liked(publish):
    author, reader = await make.member_actor(), await make.member_actor()
    post_id = await publish(author)
    comment = await comments.publish(author, post_id, body="mine")
    await posts.delete(author, post_id)
    for target in (post_id, comment):
        with pytest.raises(NotFound):
            await reactions.set_reaction(reader, target, LIKE, True)
    assert await db.value("SELECT count(*) FROM community.reaction") == 0


async def test_comments_are_liked_too(publish):
    author, reader = await make.member_actor(), await make.member_actor()
    comment = await comments.publish(author, await publish(author), body="mine")
    await reactions.set_reaction(reader, comment, LIKE, True)
    await stats.fold()
    assert await db.value("SELECT likes FROM community.comment_stat WHERE comment = $1", comment) == 1


async def test_merged_members_are_one_person_with_one_like_and_part_exactly(publish, counts):
    author, one, two = [await make.member_actor() for _ in range(3)]
    post_id = await publish(author)
    for reader in (one, two):
        await reactions.set_reaction(reader, post_id, LIKE, True)
    assert await counts(post_id) == {"likes": 2}
    await members.lock(one.member_id, two.member_id)
    await merges.merge_all([one.member_id, two.member_id], rule="OPERATOR")
    assert await counts(post_id) == {"likes": 1}
    assert (await reactions.set_reaction(two, post_id, LIKE, True)).changed is False
    merge_id = await db.value("SELECT id FROM profile.merge")
    await merges.undo(make.staff("operator"), merge_id, "a test")
    assert await counts(post_id) == {"likes": 2}


async def test_a_merge_leaves_no_like_of_oneself(publish, counts):
    one, two = await make.member_actor(), await make.member_actor()
    post_id = await publish(one)
    await reactions.set_reaction(two, post_id, LIKE, True)
    await merges.merge_all([one.member_id, two.member_id], rule="OPERATOR")
    assert await counts(post_id) == {}
