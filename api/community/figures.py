"""Figures and lists of the community for moderators and analysts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.community.enums import (
    ContentKind,
    ContentOrder,
    PeriodUnit,
    PostKind,
    ReactionKind,
)
from api.community.types import Comment, CommunityMember, Post
from api.community.types import post as post_of
from api.fields import arg, field, query
from api.loaders import load
from api.paging import After, Connection, First
from api.permissions import can
from domain.community import figures, hashtags, people, tables, viewers

READS_FIGURES = can("moderator", "analyst", "operator")


@strawberry.input(description="What is counted or listed; only what everybody may see.")
class ContentFilter:
    circle_id: UUID | None = field("In this circle only.", default=None)
    source: str | None = field("Imported from this source only (`--source` of the import).", default=None)
    since: datetime | None = field("Published from then on (inclusive).", default=None)
    until: datetime | None = field("Published until then (exclusive).", default=None)

    def scope(self) -> figures.Scope:
        return figures.Scope(self.circle_id, self.source, self.since, self.until)


@strawberry.type(description="How many posts there are of a kind.")
class PostKindCount:
    kind: PostKind = field("The kind.")
    count: int = field("How many.")


@strawberry.type(
    description="How many imported posts, answers and comments there are of a type of their source."
)
class SourceTypeCount:
    source_type: str = field("The type's name in the source (a Stack Exchange dump: PostTypeId).")
    count: int = field("How many.")


@strawberry.type(description="How many reactions there are of a kind.")
class ReactionCount:
    kind: ReactionKind = field("The kind.")
    count: int = field("How many.")


@strawberry.type(description="How much there is in the community.")
class CommunityTotals:
    post_count: int = field("Posts of every kind.")
    comment_count: int = field("Comments and replies, without answers.")
    answer_count: int = field("Answers.")
    score_sum: int = field("Likes minus dislikes of all posts and answers.")
    posts_by_kind: list[PostKindCount] = field("Posts by kind, most first.")
    by_source_type: list[SourceTypeCount] = field("Imported posts and answers by their source's type.")
    reactions_by_kind: list[ReactionCount] = field("Reactions to posts, answers and comments.")
    accepted_count: int = field("Questions with an accepted answer.")
    unanswered_count: int = field("Questions without any answer.")
    locked_count: int = field("Closed posts.")
    authorless_count: int = field("Posts and answers of closed accounts.")
    authorless_comment_count: int = field("Comments of closed accounts.")
    author_count: int = field("People who published a post or an answer.")
    commenter_count: int = field("People who wrote a comment.")

    @classmethod
    def of(cls, found: figures.Totals) -> CommunityTotals:
        plain = {
            name: value
            for name, value in vars(found).items()
            if name not in ("posts", "comments", "answers") and isinstance(value, int)
        }
        return cls(
            **plain,
            post_count=found.posts,
            comment_count=found.comments,
            answer_count=found.answers,
            posts_by_kind=[PostKindCount(kind=tables.PostKind(k), count=n) for k, n in found.posts_by_kind],
            by_source_type=[SourceTypeCount(source_type=k, count=n) for k, n in found.by_source_type],
            reactions_by_kind=[
                ReactionCount(kind=tables.ReactionKind(k), count=n) for k, n in found.reactions_by_kind
            ],
        )


@strawberry.type(description="A post, an answer or a comment in a staff list.")
class ContentRow:
    kind: ContentKind = field("What it is.")
    title: str | None = field("The post's title.")
    score: int = field("Likes minus dislikes.")
    comment_count: int = field("Comments directly under it, without answers.")
    published_at: datetime = field("When it was published.")
    source: str | None = field("Where it was imported from.")
    external_id: str | None = field("Its id there.")
    id: UUID = field("The id of the post or comment.")
    post_id: strawberry.Private[UUID]
    author_id: strawberry.Private[UUID | None]

    @field("The post, or the post it is under.")
    async def post(self, info: Info) -> Post:
        return await post_of(info, self.post_id)

    @field("The answer or comment; null for a post.")
    async def comment(self, info: Info) -> Comment | None:
        if self.id == self.post_id:
            return None
        return await load(info, "comment", self.id, lambda ids: Comment.load(ids, info.context))

    @field("Who published it; null for a closed account.")
    async def author(self, info: Info) -> CommunityMember | None:
        if self.author_id is None:
            return None
        row = await load(info, "community.people", self.author_id, people.by_ids)
        return CommunityMember.of(row)


@strawberry.type(description="How many people contributed within a period.")
class ContributorCount:
    period: str = field("The period's name, local: 2010-08, 2010-08-25 or 2010.")
    start: datetime = field("When it begins.")
    count: int = field("People who published a post, an answer or a comment in it.")


@strawberry.type(description="A hashtag and how much it is used.")
class HashtagCount:
    name: str = field("The hashtag, without #.")
    post_count: int = field("Visible posts under it.")


_FORMATS = {
    PeriodUnit.DAY: "%Y-%m-%d",
    PeriodUnit.WEEK: "%G-W%V",
    PeriodUnit.MONTH: "%Y-%m",
    PeriodUnit.YEAR: "%Y",
}
Filtered = Annotated[ContentFilter | None, arg("What is counted; absent: everything.")]


@strawberry.type
class CommunityFiguresQuery:
    @query("How much there is in the community.", who=READS_FIGURES)
    async def community_totals(self, filter: Filtered = None) -> CommunityTotals:
        return CommunityTotals.of(await figures.totals((filter or ContentFilter()).scope()))

    @query("Posts, answers and comments in one list.", who=READS_FIGURES)
    async def contents(
        self,
        info: Info,
        kinds: Annotated[list[ContentKind] | None, arg("What is listed; absent: posts and answers.")] = None,
        filter: Annotated[ContentFilter | None, arg("Which of them; absent: all.")] = None,
        author_id: Annotated[UUID | None, arg("Published by this person only.")] = None,
        order_by: Annotated[ContentOrder, arg("Their order.")] = ContentOrder.SCORE,
        first: First = 20,
        after: After = None,
    ) -> Connection[ContentRow]:
        page = paging.page(first, after)
        wanted = [kind.value for kind in kinds or (ContentKind.POST, ContentKind.ANSWER)]
        scope = (filter or ContentFilter()).scope()
        viewer = viewers.of(info.context.actor)
        rows = await figures.contents(viewer, scope, wanted, order_by.value, page, author_id)
        return paging.connection(
            rows,
            page,
            key=lambda row: (row["rank"], row["feed_seq"]),
            nodes=[
                ContentRow(
                    kind=ContentKind(row["content"]),
                    title=row["title"],
                    score=row["score"],
                    comment_count=row["comments"],
                    published_at=row["published_at"],
                    source=row["source"],
                    external_id=row["external_id"],
                    id=row["id"],
                    post_id=row["post"],
                    author_id=row["author"],
                )
                for row in rows
            ],
        )

    @query(
        "How many people contributed, period by period; periods without any are left out.", who=READS_FIGURES
    )
    async def active_contributors(
        self,
        unit: Annotated[PeriodUnit, arg("The length of a period.")] = PeriodUnit.MONTH,
        zone: Annotated[str, arg("The time zone (IANA) in which periods begin.")] = "UTC",
        from_: Annotated[
            datetime | None, strawberry.argument(name="from", description="From then on (inclusive).")
        ] = None,
        to: Annotated[datetime | None, arg("Until then (exclusive).")] = None,
        filter: Filtered = None,
    ) -> list[ContributorCount]:
        given = (filter or ContentFilter()).scope()
        scope = figures.Scope(given.circle, given.source, from_ or given.since, to or given.until)
        rows = await figures.active_contributors(scope, unit.value, zone)
        return [
            ContributorCount(
                period=figures.local(row["start"], zone).strftime(_FORMATS[unit]),
                start=row["start"],
                count=row["people"],
            )
            for row in rows
        ]

    @query("The most used hashtags.", who=READS_FIGURES)
    async def hashtags(self, first: First = 20) -> list[HashtagCount]:
        rows = await hashtags.most_used(paging.page(first, None).limit)
        return [HashtagCount(name=row["name"], post_count=row["posts"]) for row in rows]
