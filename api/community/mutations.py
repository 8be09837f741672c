"""Mutations of the community."""

from __future__ import annotations

from uuid import UUID

import strawberry
from strawberry import Info

from api.community.enums import CommentKind, ReactionKind
from api.community.refusals import (
    AlreadyInState,
    ContentRejected,
    DuplicateContent,
    PostingNotAllowed,
    ThreadLocked,
    UndoWindowClosed,
)
from api.community.types import Comment, Post
from api.context import Context
from api.fields import Input, field, mutation, result
from api.moderation.refusals import RankTooLow
from api.permissions import MEMBER, can
from domain.community import answers, comments, moderation, posts, reactions, tables

MODERATES = can("member", "moderator")


@strawberry.input(description="The post to delete.")
class DeletePostInput(Input):
    post_id: UUID = field("The post's id.")


@strawberry.type(description="The post is deleted: only its author sees it, and may undo it within 24 h.")
class DeletePostSuccess:
    post: Post = field("The post.")


@strawberry.input(description="The post whose deletion to undo.")
class UndeletePostInput(Input):
    post_id: UUID = field("The post's id.")


@strawberry.type(description="The post is back.")
class UndeletePostSuccess:
    post: Post = field("The post.")


@strawberry.input(description="A comment, a reply or an answer.")
class PublishCommentInput(Input):
    post_id: UUID = field("The post's id.")
    parent_id: UUID | None = field("The comment that it replies to; absent: the post.", default=None)
    kind: CommentKind = field("ANSWER only directly under a question.", default=tables.CommentKind.COMMENT)
    body: str = field("Its text, at most 5,000 characters.")
    compose_ms: int | None = field("How long it was written, in milliseconds.", default=None)


@strawberry.type(description="The comment is published, or (PENDING) waits for a moderator.")
class PublishCommentSuccess:
    comment: Comment = field("The comment.")


@strawberry.input(description="The comment to delete.")
class DeleteCommentInput(Input):
    comment_id: UUID = field("The comment's id.")


@strawberry.type(description="The comment is deleted, and nothing below it is seen.")
class DeleteCommentSuccess:
    comment: Comment = field("The comment.")


@strawberry.input(description="The comment whose deletion to undo.")
class UndeleteCommentInput(Input):
    comment_id: UUID = field("The comment's id.")


@strawberry.type(description="The comment is back.")
class UndeleteCommentSuccess:
    comment: Comment = field("The comment.")


@strawberry.input(description="The answer to accept.")
class AcceptAnswerInput(Input):
    comment_id: UUID = field("The answer's id.")


@strawberry.type(description="The answer is the accepted one.")
class AcceptAnswerSuccess:
    post: Post = field("The question.")


@strawberry.input(description="The answer to accept no more.")
class UnacceptAnswerInput(Input):
    comment_id: UUID = field("The answer's id.")


@strawberry.type(description="The answer is not the accepted one.")
class UnacceptAnswerSuccess:
    post: Post = field("The question.")


@strawberry.input(description="A reaction to set or to take back.")
class SetReactionInput(Input):
    target_id: UUID = field("The post's or comment's id.")
    kind: ReactionKind = field("Which reaction.", default=tables.ReactionKind.LIKE)
    is_on: bool = field("True sets it, false takes it back.", default=True)


@strawberry.type(description="The reaction is as asked for.")
class SetReactionSuccess:
    changed: bool = field("False when it was so already.")
    post: Post | None = field("The post, when it was a post's.")
    comment: Comment | None = field("The comment, when it was a comment's.")


@strawberry.input(description="The content to remove.")
class RemoveContentInput(Input):
    target_id: UUID = field("The post's or comment's id.")
    reason: str = field("Why, for the record; at most 1,000 characters. Needed without a policy.", default="")
    policy_code: str | None = field("SPAM, ABUSE, FRAUD, ILLEGAL or OFF_TOPIC.", default=None)
    with_replies: bool = field("Also remove all that stands below it.", default=False)


@strawberry.type(description="The content is removed, and what was earned by it is unwound.")
class RemoveContentSuccess:
    post: Post | None = field("The post, when it was one.")
    comment: Comment | None = field("The comment, when it was one.")


@strawberry.input(description="The thread to close, or to open again.")
class LockThreadInput(Input):
    target_id: UUID = field("The post's or comment's id: all below it is closed.")
    is_on: bool = field("True closes it, false opens it again.", default=True)
    reason: str = field("Why, for the record; at most 1,000 characters. Needed without a policy.", default="")
    policy_code: str | None = field("SPAM, ABUSE, FRAUD, ILLEGAL or OFF_TOPIC.", default=None)


@strawberry.type(description="The thread is as asked for; moderators may still write in a closed one.")
class LockThreadSuccess:
    post: Post | None = field("The post, when it was one.")
    comment: Comment | None = field("The comment, when it was one.")


@strawberry.input(description="The content to restore.")
class RestoreContentInput(Input):
    target_id: UUID = field("The post's or comment's id.")
    reason: str = field("Why, for the record; at most 1,000 characters. Needed without a policy.", default="")
    policy_code: str | None = field("SPAM, ABUSE, FRAUD, ILLEGAL or OFF_TOPIC.", default=None)


@strawberry.type(description="The removal is undone, and what was unwound counts again.")
class RestoreContentSuccess:
    post: Post | None = field("The post, when it was one.")
    comment: Comment | None = field("The comment, when it was one.")


@strawberry.type
class CommunityMutation:
    @mutation("Delete one's own post.", who=MEMBER)
    async def delete_post(self, info: Info, input: DeletePostInput) -> result(
        "DeletePost", DeletePostSuccess, PostingNotAllowed
    ):
        post_id = await posts.delete(info.context.actor, input.post_id)
        return DeletePostSuccess(post=await _post(post_id, info.context))

    @mutation("Take one's own deletion of a post back within 24 h.", who=MEMBER)
    async def undelete_post(self, info: Info, input: UndeletePostInput) -> result(
        "UndeletePost", UndeletePostSuccess, PostingNotAllowed, UndoWindowClosed
    ):
        post_id = await posts.undelete(info.context.actor, input.post_id)
        return UndeletePostSuccess(post=await _post(post_id, info.context))

    @mutation("Comment on a post, reply to a comment, or answer a question.", who=MEMBER)
    async def publish_comment(self, info: Info, input: PublishCommentInput) -> result(
        "PublishComment",
        PublishCommentSuccess,
        PostingNotAllowed,
        ContentRejected,
        ThreadLocked,
        DuplicateContent,
    ):
        comment_id = await comments.publish(
            info.context.actor,
            input.post_id,
            body=input.body,
            kind=input.kind,
            parent_id=input.parent_id,
            compose_ms=input.compose_ms,
        )
        return PublishCommentSuccess(comment=await _comment(comment_id, info.context))

    @mutation("Delete one's own comment.", who=MEMBER)
    async def delete_comment(self, info: Info, input: DeleteCommentInput) -> result(
        "DeleteComment", DeleteCommentSuccess, PostingNotAllowed
    ):
        comment_id = await comments.delete(info.context.actor, input.comment_id)
        return DeleteCommentSuccess(comment=await _comment(comment_id, info.context))

    @mutation("Take one's own deletion of a comment back within 24 h.", who=MEMBER)
    async def undelete_comment(self, info: Info, input: UndeleteCommentInput) -> result(
        "UndeleteComment", UndeleteCommentSuccess, PostingNotAllowed, UndoWindowClosed
    ):
        comment_id = await comments.undelete(info.context.actor, input.comment_id)
        return UndeleteCommentSuccess(comment=await _comment(comment_id, info.context))

    @mutation("Accept an answer; a second acceptance replaces the first.", who=MODERATES)
    async def accept_answer(self, info: Info, input: AcceptAnswerInput) -> result(
        "AcceptAnswer", AcceptAnswerSuccess
    ):
        post_id = await answers.accept(info.context.actor, input.comment_id)
        return AcceptAnswerSuccess(post=await _post(post_id, info.context))

    @mutation("Take the acceptance of an answer back.", who=MODERATES)
    async def unaccept_answer(self, info: Info, input: UnacceptAnswerInput) -> result(
        "UnacceptAnswer", UnacceptAnswerSuccess
    ):
        post_id = await answers.unaccept(info.context.actor, input.comment_id)
        return UnacceptAnswerSuccess(post=await _post(post_id, info.context))

    @mutation("Like a post or a comment, or no longer.", who=MEMBER)
    async def set_reaction(self, info: Info, input: SetReactionInput) -> result(
        "SetReaction", SetReactionSuccess, PostingNotAllowed
    ):
        outcome = await reactions.set_reaction(info.context.actor, input.target_id, input.kind, input.is_on)
        post, comment = await _content(outcome.target.kind, outcome.target.id, info.context)
        return SetReactionSuccess(changed=outcome.changed, post=post, comment=comment)

    @mutation("Remove a post or comment; what was earned by it is unwound.", who=MODERATES)
    async def remove_content(self, info: Info, input: RemoveContentInput) -> result(
        "RemoveContent", RemoveContentSuccess, AlreadyInState, RankTooLow
    ):
        kind, id_ = await moderation.remove(
            info.context.actor, input.target_id, reason=input.reason, policy=input.policy_code,
            with_replies=input.with_replies,
        )  # fmt: skip
        post, comment = await _content(kind, id_, info.context)
        return RemoveContentSuccess(post=post, comment=comment)

    @mutation("Close a post or a comment with all below it, or open it again.", who=MODERATES)
    async def lock_thread(self, info: Info, input: LockThreadInput) -> result(
        "LockThread", LockThreadSuccess, AlreadyInState, RankTooLow
    ):
        kind, id_ = await moderation.lock(
            info.context.actor,
            input.target_id,
            reason=input.reason,
            policy=input.policy_code,
            is_on=input.is_on,
        )
        post, comment = await _content(kind, id_, info.context)
        return LockThreadSuccess(post=post, comment=comment)

    @mutation("Restore a removed post or comment; what was unwound counts again.", who=MODERATES)
    async def restore_content(self, info: Info, input: RestoreContentInput) -> result(
        "RestoreContent", RestoreContentSuccess, AlreadyInState, RankTooLow
    ):
        kind, id_ = await moderation.restore(
            info.context.actor, input.target_id, reason=input.reason, policy=input.policy_code
        )
        post, comment = await _content(kind, id_, info.context)
        return RestoreContentSuccess(post=post, comment=comment)


async def _post(post_id: UUID, context: Context) -> Post:
    return (await Post.load([post_id], context))[post_id]


async def _comment(comment_id: UUID, context: Context) -> Comment:
    return (await Comment.load([comment_id], context))[comment_id]


async def _content(
    kind: tables.TargetKind, id_: UUID, context: Context
) -> tuple[Post | None, Comment | None]:
    if kind is tables.TargetKind.POST:
        return await _post(id_, context), None
    return None, await _comment(id_, context)
