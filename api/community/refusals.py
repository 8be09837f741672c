"""Why the community refuses, in GraphQL."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import Info

from api.community.enums import JoinPolicy, PostingBarrier, TipBarrier
from api.community.screening_types import MatchedSpan
from api.community.types import Comment, Post
from api.fields import Node, field
from api.refusals import Refusal, refusal
from domain.community import errors, tables


@refusal(errors.PostingNotAllowed)
class PostingNotAllowed(Refusal):
    reasons: list[PostingBarrier] = field("What stands against it.")
    until: datetime | None = field("Until when; null when no time will change it.")


@refusal(errors.DuplicateContent)
class DuplicateContent(Refusal):
    until: datetime | None = field("From then on the same text may be published again.")
    post_id: strawberry.Private[UUID]

    @field("The post with that text, or under which it was written.")
    async def post(self, info: Info) -> Post:
        return (await Post.load([self.post_id], info.context))[self.post_id]

    @classmethod
    def of(cls, exc: errors.DuplicateContent, message: str) -> DuplicateContent:
        return cls(message=message, until=exc.until, post_id=exc.post_id)


@refusal(errors.EditWindowClosed)
class EditWindowClosed(Refusal):
    closed_at: datetime = field("Since when it can no longer be edited.")


@refusal(errors.UndoWindowClosed)
class UndoWindowClosed(Refusal):
    closed_at: datetime = field("Since when the deletion can no longer be undone.")


@refusal(errors.ThreadLocked)
class ThreadLocked(Refusal):
    root_id: strawberry.Private[UUID]

    @field("The post or comment that is locked.")
    async def root(self, info: Info) -> Node | None:
        for kind in (Post, Comment):
            found = await kind.load([self.root_id], info.context)
            if self.root_id in found:
                return found[self.root_id]
        return None

    @classmethod
    def of(cls, exc: errors.ThreadLocked, message: str) -> ThreadLocked:
        return cls(message=message, root_id=exc.root_id)


@refusal(errors.SlugTaken)
class SlugTaken(Refusal):
    slug: str = field("The address that another circle has.")


@refusal(errors.JoinRefused)
class JoinRefused(Refusal):
    join_policy: JoinPolicy = field("How one joins this circle.")

    @classmethod
    def of(cls, exc: errors.JoinRefused, message: str) -> JoinRefused:
        return cls(message=message, join_policy=tables.JoinPolicy(exc.join_policy))


@refusal(errors.LastLead)
class LastLead(Refusal):
    pass


@refusal(errors.AlreadyInState)
class AlreadyInState(Refusal):
    state: str = field("The state it is in.")


@refusal(errors.PollClosed)
class PollClosed(Refusal):
    closed_at: datetime = field("Since when no vote is taken.")


@refusal(errors.AlreadyVoted)
class AlreadyVoted(Refusal):
    pass


@refusal(errors.ContentRejected)
class ContentRejected(Refusal):
    policy: str | None = field("The code of the policy that it goes against.")
    matches: list[MatchedSpan] = field("What has to go.")

    @classmethod
    def of(cls, exc: errors.ContentRejected, message: str) -> ContentRejected:
        return cls(
            message=message, policy=exc.policy, matches=[MatchedSpan.of(match) for match in exc.matches]
        )


@refusal(errors.TipNotAllowed)
class TipNotAllowed(Refusal):
    reasons: list[TipBarrier] = field("What stands against it.")
