"""Mutations of publishing: drafts, posts now and later, edits, votes."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import unquote
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.community.enums import PostKind
from api.community.refusals import (
    AlreadyVoted,
    ContentRejected,
    DuplicateContent,
    EditWindowClosed,
    PollClosed,
    PostingNotAllowed,
    TipNotAllowed,
)
from api.community.types import Comment, Post
from api.context import Context
from api.fields import Input, field, mutation, query, result
from api.paging import After, Connection, First
from api.permissions import MEMBER
from api.refusals import AccountFrozen, IllegalTransition, InsufficientPoints, VersionConflict
from domain.community import configuration, drafts, editing, polls, posts, sharing, tips
from domain.community.content import Content
from domain.community.content_rules import PollText

_LONGEST_REGION = 40


@strawberry.input(description="A poll.")
class PollInput:
    options: list[str] = field("2 to 10 options of at most 80 characters.")
    max_choices: int = field("How many options one person may choose.", default=1)
    closes_at: datetime | None = field("Until when votes are taken; absent: without end.", default=None)


@strawberry.input(description="What a post holds.")
class PostContent(Input):
    circle_id: UUID | None = field("The circle it goes to; absent: the member's own page only.", default=None)
    kind: PostKind | None = field("What kind of post it is; absent: MOMENT.", default=None)
    title: str | None = field(
        "Its title, at most 200 characters; articles and questions need one.", default=None
    )
    body: str | None = field(
        "Its text, at most 20,000 characters; a poll with a title needs none.", default=None
    )
    hashtags: list[str] | None = field("At most 10 hashtags (话题) of at most 50 characters.", default=None)
    poll: PollInput | None = field("The vote of a post of kind POLL.", default=None)
    vehicle_id: UUID | None = field("A vehicle of one's own that it is about.", default=None)
    event_id: UUID | None = field("The event that it is about.", default=None)
    ai_declared: bool | None = field("Whether a machine made it.", default=None)
    compose_ms: int | None = field("How long it was written, in milliseconds.", default=None)

    def content(self) -> Content:
        poll = self.poll
        return Content(
            kind=self.kind,
            title=self.title,
            body=self.body,
            circle_id=self.circle_id,
            hashtags=self.hashtags,
            poll=None if poll is None else PollText(poll.options, poll.max_choices, poll.closes_at),
            vehicle_id=self.vehicle_id,
            event_id=self.event_id,
            ai_declared=self.ai_declared,
            compose_ms=self.compose_ms,
        )


@strawberry.input(description="A draft, whole: what is absent it does not have.")
class SaveDraftInput(PostContent):
    draft_id: UUID | None = field("The draft to replace; absent: a new one.", default=None)
    expected_version: int | None = field("The version that was read; absent: whatever it is.", default=None)


@strawberry.type(description="The draft is kept; only its author sees it.")
class SaveDraftSuccess:
    post: Post = field("The draft.")


@strawberry.input(
    description="A post to publish later; of a draft, what is absent stays as the draft has it."
)
class SchedulePostInput(PostContent):
    draft_id: UUID | None = field("A draft, or a post that is scheduled already.", default=None)
    scheduled_at: datetime = field("When to publish it, within the next 365 days.")


@strawberry.type(description="The post will be published at that time; it is judged again then.")
class SchedulePostSuccess:
    post: Post = field("The post.")


@strawberry.input(description="A post to publish; of a draft, what is absent stays as the draft has it.")
class PublishPostInput(PostContent):
    draft_id: UUID | None = field("A draft, or a scheduled post.", default=None)


@strawberry.type(description="The post is published, or (PENDING) waits for a moderator.")
class PublishPostSuccess:
    post: Post = field("The post.")


@strawberry.input(description="What to change about one's own post; what is absent stays.")
class EditPostInput(Input):
    post_id: UUID = field("The post's id.")
    expected_version: int = field("The version that was read.")
    title: strawberry.Maybe[str | None] = field("The title; null takes it away.")
    body: strawberry.Maybe[str] = field("The text.")
    hashtags: strawberry.Maybe[list[str]] = field("All of its hashtags.")


@strawberry.type(description="The post is changed, or the new text waits as its `pendingRevision`.")
class EditPostSuccess:
    post: Post = field("The post.")


@strawberry.input(description="The new text of one's own comment.")
class EditCommentInput(Input):
    comment_id: UUID = field("The comment's id.")
    expected_version: int = field("The version that was read.")
    body: str = field("The text, at most 5,000 characters.")


@strawberry.type(description="The comment is changed, or the new text waits for a moderator.")
class EditCommentSuccess:
    comment: Comment = field("The comment.")


@strawberry.input(description="A vote; it is given once and for good.")
class VotePollInput(Input):
    poll_id: UUID = field("The poll's id.")
    option_ids: list[UUID] = field("The options, at most as many as the poll allows.")


@strawberry.type(description="The vote counts.")
class VotePollSuccess:
    post: Post = field("The post with the poll.")


@strawberry.input(description="The post that was shared.")
class SharePostInput(Input):
    post_id: UUID = field("The post's id.")


@strawberry.type(description="The sharing is noted.")
class SharePostSuccess:
    post: Post = field("The post.")


@strawberry.input(description="A tip (赞赏); it is given for good.")
class TipPostInput(Input):
    post_id: UUID = field("The post's id.")
    amount: int = field("One of the amounts that the member's trust level offers (setting tip.amounts).")


@strawberry.type(description="The author has the points.")
class TipPostSuccess:
    post: Post = field("The post.")
    remaining_this_month: int = field("How many more tips the member may give its author this month.")


@strawberry.type
class PublishingQuery:
    @query("What the member has not published: drafts, scheduled, waiting and refused posts.", who=MEMBER)
    async def my_drafts(self, info: Info, first: First = 20, after: After = None) -> Connection[Post]:
        page = paging.page(first, after)
        rows = await drafts.mine(info.context.actor.must_be_member(), page)
        found = await Post.load([row["id"] for row in rows], info.context)
        return paging.connection(
            rows,
            page,
            key=lambda row: (row["created_at"], row["id"]),
            nodes=[found[row["id"]] for row in rows],
        )


@strawberry.type
class PublishingMutation:
    @mutation("Keep a draft.", who=MEMBER)
    async def save_draft(self, info: Info, input: SaveDraftInput) -> result(
        "SaveDraft", SaveDraftSuccess, PostingNotAllowed, VersionConflict, IllegalTransition
    ):
        post_id = await drafts.save(
            info.context.actor,
            input.content(),
            draft_id=input.draft_id,
            expected_version=input.expected_version,
        )
        return SaveDraftSuccess(post=await _post(post_id, info.context))

    @mutation("Publish a post at a later time.", who=MEMBER)
    async def schedule_post(self, info: Info, input: SchedulePostInput) -> result(
        "SchedulePost",
        SchedulePostSuccess,
        PostingNotAllowed,
        ContentRejected,
        DuplicateContent,
        IllegalTransition,
    ):
        post_id = await posts.schedule(
            info.context.actor,
            input.content(),
            input.scheduled_at,
            draft_id=input.draft_id,
            ip_region=await _region(info.context),
        )
        return SchedulePostSuccess(post=await _post(post_id, info.context))

    @mutation("Publish a post.", who=MEMBER)
    async def publish_post(self, info: Info, input: PublishPostInput) -> result(
        "PublishPost",
        PublishPostSuccess,
        PostingNotAllowed,
        ContentRejected,
        DuplicateContent,
        IllegalTransition,
    ):
        post_id = await posts.submit(
            info.context.actor,
            input.content(),
            draft_id=input.draft_id,
            ip_region=await _region(info.context),
        )
        return PublishPostSuccess(post=await _post(post_id, info.context))

    @mutation("Change one's own post while it may be edited.", who=MEMBER)
    async def edit_post(self, info: Info, input: EditPostInput) -> result(
        "EditPost", EditPostSuccess, PostingNotAllowed, ContentRejected, VersionConflict, EditWindowClosed
    ):
        change = editing.Edit(
            title=None if input.title is None else input.title.value or "",
            body=None if input.body is None else input.body.value,
            hashtags=None if input.hashtags is None else input.hashtags.value,
        )
        post_id = await editing.edit_post(info.context.actor, input.post_id, input.expected_version, change)
        return EditPostSuccess(post=await _post(post_id, info.context))

    @mutation("Change one's own comment while it may be edited.", who=MEMBER)
    async def edit_comment(self, info: Info, input: EditCommentInput) -> result(
        "EditComment",
        EditCommentSuccess,
        PostingNotAllowed,
        ContentRejected,
        VersionConflict,
        EditWindowClosed,
    ):
        comment_id = await editing.edit_comment(
            info.context.actor, input.comment_id, input.expected_version, input.body
        )
        comment = (await Comment.load([comment_id], info.context))[comment_id]
        return EditCommentSuccess(comment=comment)

    @mutation("Vote in a poll.", who=MEMBER)
    async def vote_poll(self, info: Info, input: VotePollInput) -> result(
        "VotePoll", VotePollSuccess, PostingNotAllowed, PollClosed, AlreadyVoted
    ):
        post_id = await polls.vote(info.context.actor, input.poll_id, input.option_ids)
        return VotePollSuccess(post=await _post(post_id, info.context))

    @mutation("Note that one shared a post.", who=MEMBER)
    async def share_post(self, info: Info, input: SharePostInput) -> result(
        "SharePost", SharePostSuccess, PostingNotAllowed
    ):
        post_id = await sharing.share(info.context.actor, input.post_id)
        return SharePostSuccess(post=await _post(post_id, info.context))

    @mutation("Tip a post's author with points.", who=MEMBER)
    async def tip_post(self, info: Info, input: TipPostInput) -> result(
        "TipPost", TipPostSuccess, TipNotAllowed, InsufficientPoints, AccountFrozen
    ):
        tipped = await tips.tip(info.context.actor, input.post_id, input.amount)
        return TipPostSuccess(
            post=await _post(tipped.post, info.context), remaining_this_month=tipped.remaining
        )


async def _post(post_id: UUID, context: Context) -> Post:
    return (await Post.load([post_id], context))[post_id]


async def _region(context: Context) -> str | None:
    """What the brand's proxy says about where the request comes from, in the header that the setting names."""
    header = await configuration.value("region.header")
    return unquote(context.headers.get(header.lower(), ""))[:_LONGEST_REGION] or None if header else None
