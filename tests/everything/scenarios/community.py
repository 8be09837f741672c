"""Posts, comments, reactions, circles and what moderators do with them."""

from __future__ import annotations

from uuid import UUID

from domain.actor import Actor
from domain.community import answers, circles, comments, moderation, posts, reactions
from domain.community.tables import (
    CircleKind,
    CircleVisibility,
    CommentKind,
    JoinPolicy,
    PostKind,
    ReactionKind,
)
from tests import make
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody, leaves
from tests.everything.scenarios.people import ADMIN, MODERATOR


async def _post(kind: PostKind = PostKind.MOMENT) -> tuple[Actor, UUID]:
    author = await make.member_actor()
    title = "Why?" if kind is PostKind.QUESTION else None
    return author, await posts.publish(author, kind=kind, body="Hello", title=title)


async def _comment(kind: CommentKind = CommentKind.COMMENT) -> tuple[Actor, Actor, UUID]:
    """Who asked, who commented, and the comment."""
    author, post = await _post(PostKind.QUESTION if kind is CommentKind.ANSWER else PostKind.MOMENT)
    reader = await make.member_actor()
    return author, reader, await comments.publish(reader, post, body="So", kind=kind)


@leaves("publishPost")
async def a_member_writes() -> Call:
    me = await make.member_actor()
    return Call(me, {"body": "Hello"}, {me.member_id: "community.post.published"})


@leaves("editPost")
async def an_author_corrects_a_post() -> Call:
    me, post = await _post()
    given = {"postId": str(post), "body": "Hello again", "expectedVersion": 1}
    return Call(me, given, {me.member_id: "community.post.edited"})


@leaves("deletePost")
async def an_author_deletes_a_post() -> Call:
    me, post = await _post()
    return Call(me, {"postId": str(post)}, {me.member_id: "community.post.deleted"})


@leaves("undeletePost")
async def an_author_undoes_a_deletion() -> Call:
    me, post = await _post()
    await posts.delete(me, post)
    return Call(me, {"postId": str(post)}, {me.member_id: "community.post.undeleted"})


@leaves("publishComment")
async def a_reader_comments() -> Call:
    _, post = await _post()
    me = await make.member_actor()
    return Call(me, {"postId": str(post), "body": "So"}, {me.member_id: "community.comment.published"})


@leaves("deleteComment")
async def a_reader_deletes_a_comment() -> Call:
    _, me, comment = await _comment()
    return Call(me, {"commentId": str(comment)}, {me.member_id: "community.comment.deleted"})


@leaves("undeleteComment")
async def a_reader_undoes_a_deletion() -> Call:
    _, me, comment = await _comment()
    await comments.delete(me, comment)
    return Call(me, {"commentId": str(comment)}, {me.member_id: "community.comment.undeleted"})


@leaves("setReaction")
async def a_reader_likes() -> Call:
    _, post = await _post()
    me = await make.member_actor()
    return Call(me, {"targetId": str(post)}, {me.member_id: "community.reaction.set"})


@leaves("setReaction")
async def a_reader_likes_no_more() -> Call:
    _, post = await _post()
    me = await make.member_actor()
    await reactions.set_reaction(me, post, ReactionKind.LIKE, True)
    return Call(me, {"targetId": str(post), "isOn": False}, {me.member_id: "community.reaction.unset"})


@leaves("acceptAnswer")
async def an_asker_accepts() -> Call:
    asker, _, answer = await _comment(CommentKind.ANSWER)
    return Call(asker, {"commentId": str(answer)}, {asker.member_id: "community.post.accepted"})


@leaves("unacceptAnswer")
async def an_asker_takes_it_back() -> Call:
    asker, _, answer = await _comment(CommentKind.ANSWER)
    await answers.accept(asker, answer)
    return Call(asker, {"commentId": str(answer)}, {asker.member_id: "community.post.unaccepted"})


@changes_nobody("createCircle", CONFIGURES)
async def a_circle_is_opened() -> Call:
    return Call(ADMIN, {"slug": "et5", "name": "ET5", "kind": "MODEL"})


async def _circle(policy: JoinPolicy = JoinPolicy.OPEN) -> UUID:
    return await circles.create(
        ADMIN, slug="club", name="Club", kind=CircleKind.CLUB, visibility=CircleVisibility.PUBLIC, join_policy=policy
    )  # fmt: skip


@leaves("joinCircle")
async def a_member_joins() -> Call:
    me, circle = await make.member_actor(), await _circle()
    return Call(me, {"circleId": str(circle)}, {me.member_id: "community.circle.joined"})


@leaves("joinCircle")
async def a_member_asks_to_join() -> Call:
    me, circle = await make.member_actor(), await _circle(JoinPolicy.APPROVAL)
    return Call(me, {"circleId": str(circle)}, {me.member_id: "community.circle.requested"})


@leaves("leaveCircle")
async def a_member_leaves() -> Call:
    me, circle = await make.member_actor(), await _circle()
    await circles.join(me, circle)
    return Call(me, {"circleId": str(circle)}, {me.member_id: "community.circle.left"})


@leaves("leaveCircle")
async def a_member_does_not_wait_any_longer() -> Call:
    me, circle = await make.member_actor(), await _circle(JoinPolicy.APPROVAL)
    await circles.join(me, circle)
    return Call(me, {"circleId": str(circle)}, {me.member_id: "community.circle.withdrawn"})


@leaves("decideJoinRequest")
async def a_moderator_turns_a_member_down() -> Call:
    return await _deciding("REJECT", "community.circle.rejected")


@leaves("decideJoinRequest")
async def a_moderator_lets_a_member_in() -> Call:
    return await _deciding("APPROVE", "community.circle.joined")


async def _deciding(decision: str, kinds: str) -> Call:
    asker, circle = await make.member_actor(), await _circle(JoinPolicy.APPROVAL)
    await circles.join(asker, circle)
    given = {"circleId": str(circle), "memberId": str(asker.member_id), "decision": decision}
    return Call(MODERATOR, given, {asker.member_id: kinds})


@leaves("removeContent")
async def a_post_is_removed_with_the_like_it_received() -> Call:
    """Each fact that the post earned is undone by a compensation of its own: the publication and the like."""
    author, post = await _post()
    await reactions.set_reaction(await make.member_actor(), post, ReactionKind.LIKE, True)
    given = {"targetId": str(post), "reason": "spam"}
    return Call(MODERATOR, given, {author.member_id: "community.post.removed " * 2})


@leaves("removeContent")
async def a_comment_is_removed() -> Call:
    _, author, comment = await _comment()
    given = {"targetId": str(comment), "reason": "spam"}
    return Call(MODERATOR, given, {author.member_id: "community.comment.removed"})


@leaves("restoreContent")
async def a_removed_post_is_restored() -> Call:
    author, post = await _post()
    await moderation.remove(MODERATOR, post, reason="spam")
    given = {"targetId": str(post), "reason": "a mistake"}
    return Call(MODERATOR, given, {author.member_id: "community.post.restored"})


@leaves("restoreContent")
async def a_removed_comment_is_restored() -> Call:
    _, author, comment = await _comment()
    await moderation.remove(MODERATOR, comment, reason="spam")
    given = {"targetId": str(comment), "reason": "a mistake"}
    return Call(MODERATOR, given, {author.member_id: "community.comment.restored"})


@leaves("lockThread")
async def a_post_is_closed() -> Call:
    author, post = await _post()
    given = {"targetId": str(post), "reason": "too heated"}
    return Call(MODERATOR, given, {author.member_id: "community.post.locked"})


@leaves("lockThread")
async def a_closed_post_is_opened() -> Call:
    author, post = await _post()
    await moderation.lock(MODERATOR, post, reason="too heated")
    given = {"targetId": str(post), "reason": "calm again", "isOn": False}
    return Call(MODERATOR, given, {author.member_id: "community.post.unlocked"})


@leaves("lockThread")
async def a_thread_is_closed() -> Call:
    _, author, comment = await _comment()
    given = {"targetId": str(comment), "reason": "too heated"}
    return Call(MODERATOR, given, {author.member_id: "community.comment.locked"})


@leaves("lockThread")
async def a_closed_thread_is_opened() -> Call:
    _, author, comment = await _comment()
    await moderation.lock(MODERATOR, comment, reason="too heated")
    given = {"targetId": str(comment), "reason": "calm again", "isOn": False}
    return Call(MODERATOR, given, {author.member_id: "community.comment.unlocked"})
