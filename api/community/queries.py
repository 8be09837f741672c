"""Queries of the community."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.community import selection
from api.community.enums import CircleKind, CircleOrder, FeedOrder, PostKind
from api.community.types import Circle, Comment, Post
from api.fields import arg, field, query
from api.paging import After, Connection, First
from api.permissions import ANYONE, MEMBER
from domain.community import circle_feed, circle_lists, circles, feed, hot, threads, viewers
from domain.foundation.pages import Page


@strawberry.input(description="Which circles.")
class CircleFilter:
    kind: CircleKind | None = field("Of this kind only.", default=None)
    is_joined: bool | None = field("Only those that the reader is in (or is not in).", default=None)
    text: str | None = field("With this in the name or the address.", default=None)


@strawberry.type
class CommunityQuery:
    @query("A circle by its id or its name in addresses.", who=ANYONE)
    async def circle(
        self,
        info: Info,
        id: Annotated[UUID | None, arg("Its id.")] = None,
        slug: Annotated[str | None, arg("Its name in addresses.")] = None,
    ) -> Circle | None:
        return Circle.of(await circles.find(viewers.of(info.context.actor), id, slug))

    @query("Public circles and those that the reader is in.", who=ANYONE)
    async def circles(
        self,
        info: Info,
        filter: Annotated[CircleFilter | None, arg("Which circles; absent: all.")] = None,
        order_by: Annotated[CircleOrder, arg("Their order.")] = CircleOrder.NAME,
        first: First = 20,
        after: After = None,
    ) -> Connection[Circle]:
        page, given = paging.page(first, after), filter or CircleFilter()
        wanted = circle_lists.Wanted(given.kind, given.is_joined, given.text)
        rows = await circle_lists.circles(viewers.of(info.context.actor), page, wanted, order_by.value)
        return paging.connection(
            rows,
            page,
            key=lambda row: circle_lists.key(row, order_by.value),
            nodes=[Circle.of(row) for row in rows],
        )

    @query("A post.", who=ANYONE)
    async def post(self, info: Info, id: Annotated[UUID, arg("Its id.")]) -> Post | None:
        return Post.of(await feed.by_id(viewers.of(info.context.actor), id))

    @query("A comment, reply or answer.", who=ANYONE)
    async def comment(self, info: Info, id: Annotated[UUID, arg("Its id.")]) -> Comment | None:
        return Comment.of(await threads.by_id(viewers.of(info.context.actor), id))

    @query("What is published in a circle.", who=ANYONE)
    async def circle_feed(
        self,
        info: Info,
        circle_id: Annotated[UUID, arg("The circle's id.")],
        order_by: Annotated[FeedOrder, arg("Its order.")] = FeedOrder.NEWEST,
        first: First = 20,
        after: After = None,
    ) -> Connection[Post]:
        page, parts = paging.page(first, after), selection.parts(info)
        read, key = _CIRCLE_FEEDS[order_by]
        return _feed(await read(viewers.of(info.context.actor), circle_id, page, parts), page, parts, key)

    @query(
        "What most people engage with in public, weighed against its age; pages neither repeat nor lose a post.",
        who=ANYONE,
    )
    async def hot_feed(self, info: Info, first: First = 20, after: After = None) -> Connection[Post]:
        page, parts = paging.page(first, after), selection.parts(info)
        rows = await hot.everywhere(viewers.of(info.context.actor), page, parts)
        return _feed(rows, page, parts, hot.key)

    @query("What a person published, newest first.", who=ANYONE)
    async def member_feed(
        self,
        info: Info,
        member_id: Annotated[UUID, arg("The member's id.")],
        kind: Annotated[PostKind | None, arg("Of this kind only.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Post]:
        page, parts = paging.page(first, after), selection.parts(info)
        viewer = viewers.of(info.context.actor)
        return _feed(await feed.member_feed(viewer, member_id, page, kind, parts), page, parts)

    @query("What is published in the circles that the reader is in, newest first.", who=MEMBER)
    async def home_feed(self, info: Info, first: First = 20, after: After = None) -> Connection[Post]:
        page, parts = paging.page(first, after), selection.parts(info)
        return _feed(await feed.home_feed(viewers.of(info.context.actor), page, parts), page, parts)


def _place(row: Any) -> tuple[Any, ...]:
    return (row["feed_seq"],)


_CIRCLE_FEEDS = {
    FeedOrder.NEWEST: (circle_feed.newest, circle_feed.newest_key),
    FeedOrder.HOT: (hot.of_circle, hot.key),
    FeedOrder.FEATURED: (circle_feed.featured, circle_feed.featured_key),
}


def _feed(
    rows: list[Any], page: Page, parts: frozenset[str], key: Callable[[Any], tuple[Any, ...]] = _place
) -> Connection[Post]:
    return paging.connection(rows, page, key=key, nodes=[Post.of(row, parts) for row in rows])
