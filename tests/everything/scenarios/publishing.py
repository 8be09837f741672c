"""Stages, edits, polls, tips and the settings of publishing."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain import clock
from domain.actor import Actor
from domain.community import comments, configuration, drafts, polls, posts, standings
from domain.community.content import Content
from domain.community.content_rules import PollText
from domain.community.tables import PostKind
from domain.community.viewers import Viewer
from tests import make
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody, leaves
from tests.everything.scenarios.people import ADMIN, OPERATOR, with_points


async def _post() -> tuple[Actor, UUID]:
    author = await make.member_actor()
    return author, await posts.publish(author, kind=PostKind.MOMENT, body="Hello")


@changes_nobody("configureCommunity", CONFIGURES)
async def a_window_is_made_longer() -> Call:
    return Call(OPERATOR, {"key": "edit.window_minutes", "value": 2880})


@leaves("saveDraft")
async def a_member_begins_a_post() -> Call:
    me = await make.member_actor()
    return Call(me, {"body": "Not yet"}, {me.member_id: "community.post.drafted"})


@leaves("schedulePost")
async def a_member_publishes_tomorrow() -> Call:
    me = await make.member_actor()
    given = {"body": "Tomorrow", "scheduledAt": (clock.now() + timedelta(days=1)).isoformat()}
    return Call(me, given, {me.member_id: "community.post.scheduled"})


@leaves("publishPost")
async def a_draft_is_published() -> Call:
    me = await make.member_actor()
    draft = await drafts.save(me, Content(body="Now"))
    return Call(me, {"draftId": str(draft)}, {me.member_id: "community.post.published"})


@leaves("publishPost")
async def a_newcomer_waits_for_a_moderator() -> Call:
    me = await make.member_actor()
    await configuration.configure(OPERATOR, "hold.new_member_count", 1)
    return Call(me, {"body": "Hello"}, {me.member_id: "community.post.held"})


@leaves("publishComment")
async def a_newcomers_comment_waits() -> Call:
    _, post = await _post()
    me = await make.member_actor()
    await configuration.configure(OPERATOR, "hold.new_member_count", 1)
    return Call(me, {"postId": str(post), "body": "So"}, {me.member_id: "community.comment.held"})


@leaves("editPost")
async def an_edit_waits_for_a_moderator() -> Call:
    me, post = await _post()
    await configuration.configure(OPERATOR, "hold.new_member_count", 2)
    given = {"postId": str(post), "body": "Hello again", "expectedVersion": 1}
    return Call(me, given, {me.member_id: "community.post.edit_held"})


@leaves("editComment")
async def a_comment_is_corrected() -> Call:
    me, post = await _post()
    comment = await comments.publish(me, post, body="So")
    given = {"commentId": str(comment), "body": "So it is", "expectedVersion": 1}
    return Call(me, given, {me.member_id: "community.comment.edited"})


@leaves("votePoll")
async def a_reader_votes() -> Call:
    author, me = await make.member_actor(), await make.member_actor()
    post = await posts.submit(author, Content(PostKind.POLL, "Which?", poll=PollText(["This", "That"])))
    poll = (await polls.of_posts(Viewer(), [post]))[post]
    given = {"pollId": str(poll.id), "optionIds": [str(poll.options[0].id)]}
    return Call(me, given, {me.member_id: "community.post.voted"})


@leaves("sharePost")
async def a_reader_shares() -> Call:
    _, post = await _post()
    me = await make.member_actor()
    return Call(me, {"postId": str(post)}, {me.member_id: "community.post.shared"})


@leaves("tipPost")
async def a_reader_tips() -> Call:
    author, post = await _post()
    me = await with_points()
    await standings.set_level(ADMIN, me.member_id, 1, reason="trusted")
    given = {"postId": str(post), "amount": 5}
    return Call(
        me,
        given,
        {
            me.member_id: "community.post.tipped points.gift.accepted points.entry.gifted",
            author.member_id: "points.gift.accepted points.entry.gifted",
        },
    )
