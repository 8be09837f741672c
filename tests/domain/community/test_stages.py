"""The stages of posts: walked edge by edge, due ones published once, and texts that wait."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain import clock, db
from domain.community import (
    comments,
    configuration,
    drafts,
    due,
    editing,
    feed,
    posts,
    revisions,
    rules,
    stages,
    stats,
    viewers,
)
from domain.community.content import Content
from domain.community.tables import Stage, TargetKind
from domain.errors import IllegalTransition, NotFound
from tests import make

OPERATOR = make.staff("operator")
MODERATOR = make.staff("moderator")


@pytest.fixture(autouse=True)
def clock_at_rest():
    yield
    clock.shift(timedelta(0))


async def stage(post_id):
    return await db.value("SELECT stage FROM community.post WHERE id = $1", post_id)


async def set_stage(post_id, to: Stage) -> None:
    await db.run(
        """UPDATE community.post SET stage = $2::varchar,
            published_at = CASE WHEN $2 = 'PUBLISHED' THEN $3::timestamptz END,
            feed_seq = CASE WHEN $2 = 'PUBLISHED' THEN community.feed_seq($3::timestamptz) END WHERE id = $1""",
        post_id, to, clock.now(),
    )  # fmt: skip


async def test_each_edge_is_walked_and_no_other():
    author = await make.member_actor()
    post_id = await drafts.save(author, Content(body="Walk"))
    for source in Stage:
        for target in Stage:
            await set_stage(post_id, source)
            if target in rules.STAGE_EDGES[source]:
                await stages.move(post_id, target)
                assert await stage(post_id) == target
            else:
                with pytest.raises(IllegalTransition) as refused:
                    await stages.move(post_id, target)
                assert refused.value.allowed == sorted(rules.STAGE_EDGES[source])
                assert await stage(post_id) == source
            placed = await db.value("SELECT feed_seq IS NOT NULL FROM community.post WHERE id = $1", post_id)
            assert placed is (await stage(post_id) == "PUBLISHED")


async def test_a_post_that_waits_is_the_authors_until_it_is_approved(publish, recorded):
    author, reader = await make.member_actor(), await make.member_actor()
    await configuration.configure(OPERATOR, "hold.new_member_count", 1)
    post_id = await publish(author, "Please let me in")
    assert (await feed.by_id(viewers.of(author), post_id))["state"] == "PENDING"
    with pytest.raises(NotFound):
        await feed.by_id(viewers.of(reader), post_id)
    item = await db.one("SELECT state, cause, reasons FROM community.review_item WHERE subject = $1", post_id)
    assert tuple(item) == ("PENDING", "HELD", ["NEW_MEMBER_COUNT"])
    assert await recorded("community.post.published") == []
    other = await publish(await make.member_actor(), "Me too")
    await stages.reject(MODERATOR, TargetKind.POST, other)
    clock.shift(timedelta(hours=1))
    await stages.approve(MODERATOR, TargetKind.POST, post_id)
    row = await feed.by_id(viewers.of(reader), post_id)
    assert row["published_at"] > clock.now() - timedelta(minutes=1)
    (fact,) = await recorded("community.post.published")
    assert fact["member"] == author.member_id
    for decide in (stages.approve, stages.reject):
        with pytest.raises(IllegalTransition):
            await decide(MODERATOR, TargetKind.POST, post_id)
    assert await stage(other) == "REJECTED"
    await publish(author, "Known by now")
    assert len(await recorded("community.post.published")) == 2


async def test_a_comment_that_waits_is_not_counted_until_it_is_approved(publish, counts):
    author, reader = await make.member_actor(), await make.member_actor()
    post_id = await publish(author)
    await configuration.configure(OPERATOR, "hold.new_member_count", 1)
    first = await comments.publish(reader, post_id, body="one")
    second = await comments.publish(reader, post_id, body="two")
    assert await counts(post_id) == {}
    with pytest.raises(NotFound):
        await comments.publish(author, post_id, body="to one", parent_id=first)
    await stages.approve(MODERATOR, TargetKind.COMMENT, first)
    await stages.reject(MODERATOR, TargetKind.COMMENT, second)
    assert await counts(post_id) == {"comments": 1, "root_comments": 1}
    assert (await stats.recount_post(post_id))["comments"] == 1
    await comments.publish(author, post_id, body="to one", parent_id=first)


async def test_what_waits_and_is_deleted_waits_no_longer_until_it_is_back(publish):
    author = await make.member_actor()
    await configuration.configure(OPERATOR, "hold.new_member_count", 1)
    post_id = await publish(author, "Wait")
    state = "SELECT state FROM community.review_item WHERE subject = $1"
    await posts.delete(author, post_id)
    assert await db.value(state, post_id) == "WITHDRAWN"
    await posts.undelete(author, post_id)
    assert await db.value(state, post_id) == "PENDING"


async def test_scheduled_posts_are_judged_again_when_they_are_due(recorded):
    author, muted = await make.member_actor(), await make.member_actor()
    at = clock.now() + timedelta(hours=1)
    fine = await posts.schedule(author, Content(body="Good morning"), at)
    late = await posts.schedule(muted, Content(body="Not to be"), at)
    assert await due.publish_due() == 0
    clock.shift(timedelta(hours=1, seconds=1))
    await members_suspend(muted)
    assert await due.publish_due() == 2
    assert (await stage(fine), await stage(late)) == ("PUBLISHED", "DRAFT")
    assert [fact["member"] for fact in await recorded("community.post.published")] == [author.member_id]
    assert [fact["member"] for fact in await recorded("community.post.returned")] == [muted.member_id]
    assert await due.publish_due() == 0
    later = clock.now() + timedelta(hours=1)
    held = await posts.schedule(await make.member_actor(), Content(body="A first word"), later)
    await configuration.configure(OPERATOR, "hold.new_member_count", 1)
    clock.shift(timedelta(hours=3))
    await due.publish_due()
    assert await stage(held) == "PENDING"


async def members_suspend(actor):
    await db.run("UPDATE profile.member SET status = 'SUSPENDED' WHERE id = $1", actor.member_id)


async def test_deleted_texts_are_wiped_after_a_day_but_not_under_legal_hold(publish):
    author = await make.member_actor()
    gone, reported = await publish(author, "Gone", title="T"), await publish(author, "Reported")
    clock.shift(timedelta(minutes=10))
    await editing.edit_post(author, gone, 1, editing.Edit(body="Gone soon"))
    comment = await comments.publish(author, reported, body="me too")
    await comments.delete(author, comment)
    for post_id in (gone, reported):
        await posts.delete(author, post_id)
    await db.run(
        """INSERT INTO community.review_item (id, subject_kind, subject, state, cause, causes, reasons, score,
            force_review, is_appealed, version, opened_at, created_at)
        VALUES (gen_random_uuid(), 'POST', $1, 'PENDING', 'REPORTED', '{REPORTED}', '{}', 1, false, false, 1, $2, $2)""",
        reported, clock.now(),
    )  # fmt: skip
    assert await due.purge_due() == 0
    clock.shift(timedelta(hours=24, minutes=11))
    assert await due.purge_due() == 2
    rows = await db.fetch(
        "SELECT title, body FROM community.post WHERE id = ANY($1) ORDER BY body", [gone, reported]
    )
    assert [tuple(row) for row in rows] == [(None, ""), (None, "Reported")]
    assert await db.value("SELECT count(*) FROM community.post_revision WHERE post = $1", gone) == 0
    assert await db.value("SELECT body FROM community.comment WHERE id = $1", comment) == ""
    assert await due.purge_due() == 0
    await db.run("UPDATE community.review_item SET state = 'REJECTED'")
    assert await due.purge_due() == 1


async def test_an_edit_that_waits_leaves_the_approved_text_public(publish, recorded):
    author, reader = await make.member_actor(), await make.member_actor()
    post_id = await publish(author, "First")
    await configuration.configure(OPERATOR, "hold.new_member_count", 2)
    await editing.edit_post(author, post_id, 1, editing.Edit(body="Second"))
    assert (await feed.by_id(viewers.of(reader), post_id))["body"] == "First"
    waits = await revisions.pending(viewers.of(author), TargetKind.POST, [post_id])
    assert waits[post_id].body == "Second"
    assert await revisions.pending(viewers.of(reader), TargetKind.POST, [post_id]) == {}
    await editing.edit_post(author, post_id, 2, editing.Edit(body="Third"))
    await stages.approve(MODERATOR, TargetKind.POST, post_id)
    row = await feed.by_id(viewers.of(reader), post_id)
    assert (row["body"], row["version"]) == ("Third", 4)
    assert [each.body for each in (await revisions.shown([post_id]))[post_id]] == ["Third", "First"]
    assert len(await recorded("community.post.edited")) == 1
    await editing.edit_post(author, post_id, 4, editing.Edit(body="Fourth"))
    await stages.reject(MODERATOR, TargetKind.POST, post_id)
    assert (await feed.by_id(viewers.of(author), post_id))["body"] == "Third"
    assert await revisions.pending(viewers.of(author), TargetKind.POST, [post_id]) == {}
    with pytest.raises(IllegalTransition):
        await stages.approve(MODERATOR, TargetKind.POST, post_id)


@pytest.mark.commits
@pytest.mark.xdist_group("races")
class TestRaces:
    async def scheduled(self):
        author = await make.member_actor()
        clock.shift(timedelta(0))
        post_id = await posts.schedule(author, Content(body="Once"), clock.now() + timedelta(seconds=30))
        clock.shift(timedelta(minutes=1))
        return post_id

    async def published(self) -> int:
        post_id = await self.scheduled()
        before = await db.value("SELECT transition FROM community.post WHERE id = $1", post_id)
        await asyncio.gather(*(due.publish_due() for _ in range(4)), return_exceptions=True)
        return await db.value("SELECT transition FROM community.post WHERE id = $1", post_id) - before

    async def test_a_due_post_is_published_once_by_many_schedulers(self):
        for _ in range(3):
            assert await self.published() == 1

    async def test_without_the_lock_and_the_edge_it_is_published_twice(self, monkeypatch):
        """The control: the lock with its second look, and the edge of the stage, are what keeps it to once."""

        all_looked = asyncio.Barrier(4)

        async def unlocked(post_id):
            row = await db.one(
                """SELECT p.*, p.author AS root, 'ACTIVE' AS status FROM community.post AS p WHERE p.id = $1""",
                post_id,
            )
            await asyncio.wait_for(all_looked.wait(), 20)
            return row

        monkeypatch.setattr(due, "_locked", unlocked)
        monkeypatch.setitem(rules.STAGE_EDGES, Stage.PUBLISHED, frozenset({Stage.PUBLISHED}))
        assert await self.published() > 1
