"""People among themselves: following, blocking, muting, keeping posts, and looking somebody up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.community import selection
from api.community.enums import MuteKind
from api.community.refusals import PostingNotAllowed
from api.community.types import Circle, CommunityMember, Post
from api.community.types import post as post_of
from api.fields import Input, arg, field, mutation, query, result
from api.loaders import load
from api.paging import After, Connection, First
from api.permissions import ANYONE, MEMBER
from domain.community import bookmarks, mutes, people, ties
from domain.community.people_tables import MuteKind as _MuteKind
from domain.foundation.pages import Page


@strawberry.input(description="Whom to follow, or no longer.")
class SetFollowInput(Input):
    member_id: UUID = field("Whom.")
    is_on: bool = field("True follows, false no longer.", default=True)


@strawberry.type(description="It is as asked for.")
class SetFollowSuccess:
    changed: bool = field("False when it was so already.")
    member: CommunityMember = field("The other member.")


@strawberry.input(description="Whom to block, or no longer.")
class SetBlockInput(Input):
    member_id: UUID = field("Whom.")
    is_on: bool = field("True blocks, false takes the block back.", default=True)


@strawberry.type(
    description="It is as asked for. A block ends the follows of both and takes back what they were told."
)
class SetBlockSuccess:
    changed: bool = field("False when it was so already.")
    member: CommunityMember = field("The other member.")


@strawberry.input(description="What to mute, or no longer.")
class SetMuteInput(Input):
    kind: MuteKind = field("What it is.")
    value: str = field(
        "The id of the member, the circle or the post (THREAD), or a word of at most 50 characters."
    )
    is_on: bool = field("True mutes, false no longer.", default=True)
    until: datetime | None = field("Until when; absent: until it is taken back.", default=None)


@strawberry.type(description="It is as asked for.")
class SetMuteSuccess:
    changed: bool = field("False when it was so already.")


@strawberry.input(description="A post to keep, or to keep no longer.")
class SetBookmarkInput(Input):
    post_id: UUID = field("The post.")
    is_on: bool = field("True keeps it, false no longer.", default=True)
    folder: str | None = field("The folder, at most 40 characters; absent: in none.", default=None)


@strawberry.type(description="It is as asked for.")
class SetBookmarkSuccess:
    changed: bool = field("False when it was so already.")
    post: Post | None = field("The post; null when it cannot be seen any more.")


@strawberry.type(description="A folder of kept posts.")
class BookmarkFolder:
    name: str | None = field("Its name; null: posts in no folder.")
    post_count: int = field("How many posts are in it that can still be seen.")


@strawberry.type(description="Something that the reader has muted.")
class Mute:
    id: UUID = field("Its id.")
    kind: MuteKind = field("What it is.")
    keyword: str | None = field("The word, of KEYWORD.")
    until: datetime | None = field("Until when; null: until it is taken back.")
    created_at: datetime = field("Since when.")
    target: strawberry.Private[UUID | None] = None

    @field("The member, of MEMBER.")
    async def member(self, info: Info) -> CommunityMember | None:
        if self.target is None or self.kind is not _MuteKind.MEMBER:
            return None
        return CommunityMember.of(await load(info, "community.people", self.target, people.by_ids))

    @field("The circle, of CIRCLE; null when it cannot be seen any more.")
    async def circle(self, info: Info) -> Circle | None:
        if self.target is None or self.kind is not _MuteKind.CIRCLE:
            return None
        return await load(info, "circle", self.target, lambda ids: Circle.load(ids, info.context))

    @field("The post, of THREAD; null when it cannot be seen any more.")
    async def post(self, info: Info) -> Post | None:
        if self.target is None or self.kind is not _MuteKind.THREAD:
            return None
        return await post_of(info, self.target)


@strawberry.type
class PeopleMutation:
    @mutation("Follow a member, or no longer.", who=MEMBER)
    async def set_follow(self, info: Info, input: SetFollowInput) -> result(
        "SetFollow", SetFollowSuccess, PostingNotAllowed
    ):
        done = await ties.set_follow(info.context.actor, input.member_id, input.is_on)
        return SetFollowSuccess(changed=done.changed, member=await _member(done.member))

    @mutation("Block a member, or no longer: both are as absent to each other.", who=MEMBER)
    async def set_block(self, info: Info, input: SetBlockInput) -> result("SetBlock", SetBlockSuccess):
        done = await ties.set_block(info.context.actor, input.member_id, input.is_on)
        return SetBlockSuccess(changed=done.changed, member=await _member(done.member))

    @mutation("Mute a member, a circle, a thread or a word, or no longer; nobody else notices.", who=MEMBER)
    async def set_mute(self, info: Info, input: SetMuteInput) -> result("SetMute", SetMuteSuccess):
        return SetMuteSuccess(
            changed=await mutes.set_mute(
                info.context.actor, input.kind, input.value, input.is_on, input.until
            )
        )

    @mutation("Keep a post in a folder, or no longer.", who=MEMBER)
    async def set_bookmark(self, info: Info, input: SetBookmarkInput) -> result(
        "SetBookmark", SetBookmarkSuccess, PostingNotAllowed
    ):
        done = await bookmarks.set_bookmark(info.context.actor, input.post_id, input.is_on, input.folder)
        found = await Post.load([input.post_id], info.context) if done.is_seen else {}
        return SetBookmarkSuccess(changed=done.changed, post=found.get(input.post_id))


@strawberry.type
class PeopleQuery:
    @query("A member by exactly this number; a block does not hide a number.", who=ANYONE)
    async def community_member(
        self, info: Info, no: Annotated[str, arg("The member number.")]
    ) -> CommunityMember | None:
        return CommunityMember.of(await people.by_number(no))

    @query("The posts that the reader keeps and may still see, latest kept first.", who=MEMBER)
    async def my_bookmarks(
        self,
        info: Info,
        folder: Annotated[str | None, arg("In this folder only.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Post]:
        page, parts = paging.page(first, after), selection.parts(info)
        rows = await bookmarks.mine(info.context.actor, page, folder, parts)
        return paging.connection(
            rows,
            page,
            key=lambda row: (row["kept_at"], row["bookmark"]),
            nodes=[Post.of(row, parts) for row in rows],
        )

    @query("The folders in which the reader keeps posts.", who=MEMBER)
    async def my_bookmark_folders(self, info: Info) -> list[BookmarkFolder]:
        return [BookmarkFolder(**row) for row in await bookmarks.folders(info.context.actor)]

    @query("Whom the reader follows, latest first.", who=MEMBER)
    async def my_follows(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[CommunityMember]:
        page = paging.page(first, after)
        return _people(await ties.follows_of(info.context.actor, page), page)

    @query("Whom the reader blocks, latest first.", who=MEMBER)
    async def my_blocks(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[CommunityMember]:
        page = paging.page(first, after)
        return _people(await ties.blocks_of(info.context.actor, page), page)

    @query("What the reader has muted, latest first.", who=MEMBER)
    async def my_mutes(
        self,
        info: Info,
        kind: Annotated[MuteKind | None, arg("Of this kind only.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Mute]:
        page = paging.page(first, after)
        rows = await mutes.listed(info.context.actor, page, kind)
        return paging.connection(rows, page, key=_latest, nodes=[_mute(row) for row in rows])


async def _member(member_id: UUID) -> CommunityMember:
    return CommunityMember.of((await people.by_ids([member_id]))[member_id])


def _people(rows: list[Any], page: Page) -> Connection[CommunityMember]:
    return paging.connection(rows, page, key=_latest, nodes=[CommunityMember.of(row) for row in rows])


def _latest(row: Any) -> tuple[Any, ...]:
    return row["created_at"], row["id"]


def _mute(row: Any) -> Mute:
    kind = _MuteKind(row["kind"])
    is_word = kind is _MuteKind.KEYWORD
    return Mute(
        id=row["id"],
        kind=kind,
        keyword=row["value"] if is_word else None,
        until=row["until"],
        created_at=row["created_at"],
        target=None if is_word else UUID(row["value"]),
    )
