from datetime import timedelta

import pytest

from domain import clock, db
from domain.community import circles, editing, feed, posts, viewers
from domain.community.errors import (
    DuplicateContent,
    EditWindowClosed,
    PostingBarrier,
    PostingNotAllowed,
    UndoWindowClosed,
)
from domain.community.tables import CirclePosting, CircleVisibility, JoinPolicy, PostKind
from domain.errors import InvalidInput, NotFound, VersionConflict
from domain.foundation import ids
from domain.profile import members
from tests import make


@pytest.fixture(autouse=True)
def clock_at_rest():
    yield
    clock.shift(timedelta(0))


async def posts_stored() -> int:
    return await db.value("SELECT count(*) FROM community.post")


async def test_a_published_post_is_seen_by_everybody_and_leaves_one_interaction(publish, recorded):
    author = await make.member_actor()
    post_id = await publish(author, "Range in winter", title="Winter", hashtag_names=["#Winter ", "续航"])
    row = await feed.by_id(viewers.Viewer(), post_id)
    assert (row["state"], row["body"], row["title"], row["hashtags"]) == (
        "PUBLISHED", "Range in winter", "Winter", ["winter", "续航"],
    )  # fmt: skip
    (fact,) = await recorded("community.post.published")
    assert fact["member"] == author.member_id
    assert fact["properties"] == {"kind": "MOMENT", "circle": None}


async def test_the_same_text_within_five_minutes_is_a_duplicate_and_changes_nothing(publish):
    author = await make.member_actor()
    first = await publish(author, "Same  TEXT")
    with pytest.raises(DuplicateContent) as refused:
        await publish(author, "same text ")
    assert refused.value.post_id == first
    assert await posts_stored() == 1
    clock.shift(timedelta(minutes=5, seconds=1))
    await publish(author, "same text")
    assert await posts_stored() == 2


async def test_another_member_may_publish_the_same_text(publish):
    await publish(await make.member_actor(), "Same")
    await publish(await make.member_actor(), "Same")
    assert await posts_stored() == 2


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"body": "  "}, "body"),
        ({"body": "x" * 20_001}, "body"),
        ({"title": "x" * 201}, "title"),
        ({"kind": PostKind.ARTICLE}, "title"),
        ({"kind": PostKind.POLL}, "poll"),
        ({"hashtag_names": ["a"] * 11}, "hashtags"),
        ({"hashtag_names": ["#"]}, "hashtags.0"),
    ],
)
async def test_texts_out_of_bounds_are_named_by_their_path(publish, given, path):
    with pytest.raises(InvalidInput) as refused:
        await publish(await make.member_actor(), given.pop("body", "Hello"), **given)
    assert [problem.path for problem in refused.value.problems] == [path]
    assert await posts_stored() == 0


async def test_a_suspended_member_is_refused_before_anything_else(publish):
    author = await make.member_actor()
    await members.suspend(author.member_id)
    with pytest.raises(PostingNotAllowed) as refused:
        await publish(author, "")
    assert refused.value.reasons == [PostingBarrier.SANCTIONED]


async def test_only_members_publish_in_a_members_circle(publish, circle):
    circle_id = await circle(posting=CirclePosting.MEMBERS)
    author = await make.member_actor()
    with pytest.raises(PostingNotAllowed) as refused:
        await publish(author, circle_id=circle_id)
    assert refused.value.reasons == [PostingBarrier.CIRCLE_NOT_JOINED]
    await circles.join(author, circle_id)
    await publish(author, circle_id=circle_id)
    assert await posts_stored() == 1


async def test_nobody_but_moderators_publishes_in_a_read_only_circle(publish, circle):
    circle_id = await circle(posting=CirclePosting.MODERATORS)
    author = await make.member_actor()
    await circles.join(author, circle_id)
    with pytest.raises(PostingNotAllowed) as refused:
        await publish(author, circle_id=circle_id)
    assert refused.value.reasons == [PostingBarrier.CIRCLE_READ_ONLY]


async def test_an_outsider_neither_reads_nor_publishes_in_a_private_circle(publish, circle):
    circle_id = await circle(visibility=CircleVisibility.PRIVATE, join_policy=JoinPolicy.OPEN)
    insider, outsider = await make.member_actor(), await make.member_actor()
    await circles.join(insider, circle_id)
    post_id = await publish(insider, circle_id=circle_id)
    with pytest.raises(NotFound):
        await publish(outsider, circle_id=circle_id)
    with pytest.raises(NotFound):
        await feed.by_id(viewers.of(outsider), post_id)
    assert (await feed.by_id(viewers.of(insider), post_id))["id"] == post_id


async def test_a_circle_that_is_not_there_is_not_found(publish):
    with pytest.raises(NotFound):
        await publish(await make.member_actor(), circle_id=ids.new())


async def test_deleting_hides_from_others_and_undeleting_shows_again(publish, recorded):
    author, reader = await make.member_actor(), await make.member_actor()
    post_id = await publish(author)
    await posts.delete(author, post_id)
    await posts.delete(author, post_id)
    with pytest.raises(NotFound):
        await feed.by_id(viewers.of(reader), post_id)
    assert (await feed.by_id(viewers.of(author), post_id))["state"] == "DELETED"
    await posts.undelete(author, post_id)
    assert (await feed.by_id(viewers.of(reader), post_id))["state"] == "PUBLISHED"
    assert len(await recorded("community.post.deleted")) == 1
    assert len(await recorded("community.post.undeleted")) == 1
    assert [fact["counts"] for fact in await recorded("community.post.published")] == [True]


async def test_a_deletion_is_undone_within_a_day_only(publish):
    author = await make.member_actor()
    post_id = await publish(author)
    await posts.delete(author, post_id)
    clock.shift(timedelta(hours=24, seconds=1))
    with pytest.raises(UndoWindowClosed):
        await posts.undelete(author, post_id)
    assert await db.value("SELECT deleted_at IS NOT NULL FROM community.post WHERE id = $1", post_id)


async def test_nobody_deletes_anothers_post(publish):
    post_id = await publish(await make.member_actor())
    with pytest.raises(NotFound):
        await posts.delete(await make.member_actor(), post_id)
    assert not await db.value("SELECT deleted_at IS NOT NULL FROM community.post WHERE id = $1", post_id)


async def test_an_edit_makes_a_revision_and_a_version(publish, recorded):
    author = await make.member_actor()
    post_id = await publish(author, "First", title="T")
    clock.shift(timedelta(minutes=6))
    await editing.edit_post(author, post_id, 1, editing.Edit(body="Second", title=""))
    row = await feed.by_id(viewers.Viewer(), post_id)
    assert (row["body"], row["title"], row["version"], row["edited_at"] is not None) == (
        "Second",
        None,
        2,
        True,
    )
    assert await db.fetch("SELECT revision, body FROM community.post_revision ORDER BY revision") == [
        (1, "First"), (2, "Second"),
    ]  # fmt: skip
    assert len(await recorded("community.post.edited")) == 1


async def test_an_edit_of_an_old_version_is_refused(publish):
    author = await make.member_actor()
    post_id = await publish(author, "First")
    await editing.edit_post(author, post_id, 1, editing.Edit(body="Second"))
    with pytest.raises(VersionConflict) as refused:
        await editing.edit_post(author, post_id, 1, editing.Edit(body="Third"))
    assert refused.value.current == 2
    assert (await feed.by_id(viewers.Viewer(), post_id))["body"] == "Second"


async def test_the_window_for_edits_closes(publish):
    author = await make.member_actor()
    post_id = await publish(author)
    clock.shift(timedelta(minutes=1_440, seconds=1))
    with pytest.raises(EditWindowClosed):
        await editing.edit_post(author, post_id, 1, editing.Edit(body="Late"))
