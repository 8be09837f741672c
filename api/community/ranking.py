"""The hot list (热榜), and approving its entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.community.refusals import AlreadyInState
from api.community.types import Post
from api.fields import Input, field, mutation, query, result
from api.permissions import ANYONE, can
from domain.community import feed, hot_list, viewers

MODERATES = can("moderator")


@strawberry.type(description="An entry of the hot list.")
class HotListEntry:
    rank: int = field("Its place among those shown, from 1.")
    post: Post = field("The post.")
    score: Decimal = field("(engagers - 1) squared, halved every two hours of the post's age.")
    engagers: int = field("How many people other than the author engage with it.")
    listed_at: datetime = field("Since when it is listed.")
    approved_at: datetime | None = field("When a moderator approved it; null: only moderators see it.")


@strawberry.input(description="An entry of the hot list to approve.")
class ApproveHotListEntryInput(Input):
    target_id: UUID = field("The listed post.")
    reason: str | None = field("Why, for the record.", default=None)


@strawberry.type(description="Everybody sees the entry while it stays listed.")
class ApproveHotListEntrySuccess:
    post: Post = field("The post.")


@strawberry.type
class RankingQuery:
    @query(
        "The hot list (热榜): what many engage with just now. Moderators also see what waits for approval.",
        who=ANYONE,
    )
    async def hot_list(self, info: Info) -> list[HotListEntry]:
        actor = info.context.actor
        viewer = viewers.of(actor)
        rows = await hot_list.listed(viewer, is_moderator=actor.is_staff and actor.has("moderator"))
        return _entries(rows, await feed.by_ids(viewer, [row["post"] for row in rows]))


@strawberry.type
class RankingMutation:
    @mutation("Let everybody see an entry of the hot list while it stays listed.", who=MODERATES)
    async def approve_hot_list_entry(self, info: Info, input: ApproveHotListEntryInput) -> result(
        "ApproveHotListEntry", ApproveHotListEntrySuccess, AlreadyInState
    ):
        post = await hot_list.approve(info.context.actor, input.target_id, input.reason)
        return ApproveHotListEntrySuccess(post=(await Post.load([post], info.context))[post])


def _entries(rows: Sequence[Any], posts: dict[UUID, Any]) -> list[HotListEntry]:
    return [
        HotListEntry(
            rank=rank,
            post=Post.of(posts[row["post"]]),
            score=row["score"],
            engagers=row["engagers"],
            listed_at=row["listed_at"],
            approved_at=row["approved_at"],
        )
        for rank, row in enumerate((row for row in rows if row["post"] in posts), 1)
    ]
