"""Queries and the subscription of messaging."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.fields import arg, field, query, subscription
from api.messaging.types import (
    Channel,
    InboxItem,
    Message,
    MessagePreference,
    MessageState,
    MessageTemplate,
    NoticeType,
    PushToken,
    QuietHours,
    SkipReason,
)
from api.paging import After, Connection, First
from api.permissions import MEMBER, can
from api.streams import follow
from domain.messaging import inbox, preferences, sent, tables, tokens, words
from domain.profile import members


@strawberry.input(description="Which items of the inbox.")
class InboxFilter:
    types: list[NoticeType] | None = field("Only these types.", default=None)
    is_unread: bool | None = field("Only unread ones (true) or read ones (false).", default=None)


@strawberry.input(description="Which messages.")
class MessageFilter:
    member_id: UUID | None = field("Only to this person.", default=None)
    channels: list[Channel] | None = field("Only on these channels.", default=None)
    states: list[MessageState] | None = field("Only in these states.", default=None)
    types: list[NoticeType] | None = field("Only of these types.", default=None)
    skip_reason: SkipReason | None = field("Only those skipped for this reason.", default=None)
    since: datetime | None = field("Only those asked for since then.", default=None)


@strawberry.type
class MessagingQuery:
    @query("The signed-in member's inbox, the last changed first.", who=MEMBER)
    async def my_inbox(
        self,
        info: Info,
        filter: Annotated[InboxFilter | None, arg("Which items; absent: all.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[InboxItem]:
        page = paging.page(first, after)
        root = await members.root_of(info.context.actor.must_be_member())
        rows = await inbox.of_root(root, page, inbox.Filter(**vars(filter)) if filter else None)
        items = await inbox.shown(rows, info.context.language)
        return paging.connection(
            rows,
            page,
            key=lambda row: (row["updated_at"], row["id"]),
            nodes=[InboxItem.of(item) for item in items],
        )

    @query("How many items of the signed-in member's inbox are unread; a group counts once.", who=MEMBER)
    async def my_unread_count(self, info: Info) -> int:
        return await inbox.unread_count(await members.root_of(info.context.actor.must_be_member()))

    @query("What the signed-in member wants to hear of, by type and channel.", who=MEMBER)
    async def my_message_preferences(self, info: Info) -> list[MessagePreference]:
        root = await members.root_of(info.context.actor.must_be_member())
        return [MessagePreference.of(each) for each in await preferences.of(root)]

    @query("When nothing rings for the signed-in member.", who=MEMBER)
    async def my_quiet_hours(self, info: Info) -> QuietHours:
        root = await members.root_of(info.context.actor.must_be_member())
        return QuietHours.of(await preferences.quiet(root))

    @query("The signed-in member's devices that are pushed to.", who=MEMBER)
    async def my_push_tokens(self, info: Info) -> list[PushToken]:
        root = await members.root_of(info.context.actor.must_be_member())
        return [PushToken.of(row) for row in await tokens.of_root(root)]

    @query("What was sent, or why not; newest first.", who=can("operator", "analyst"))
    async def messages(
        self,
        filter: Annotated[MessageFilter | None, arg("Which messages; absent: all.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Message]:
        page = paging.page(first, after)
        rows = await sent.listed(page, _wanted(filter) if filter else None)
        return paging.connection(
            rows,
            page,
            key=lambda row: (row["requested_at"], row["id"]),
            nodes=[Message.of(row) for row in rows],
        )

    @query("The words of the notices, by type and language.", who=can("operator"))
    async def message_templates(
        self, types: Annotated[list[NoticeType] | None, arg("Only these types; absent: all.")] = None
    ) -> list[MessageTemplate]:
        found = await words.templates(types)
        return [MessageTemplate.of(found[key]) for key in sorted(found)]

    @query("The brand's quiet hours.", who=can("operator"))
    async def brand_quiet_hours(self) -> QuietHours:
        return QuietHours.of(await preferences.brand_quiet())


@strawberry.type
class MessagingSubscription:
    @subscription("Every item that arrives in the signed-in member's inbox, or grows.", who=MEMBER)
    async def my_inbox_item_arrived(self, info: Info) -> AsyncGenerator[InboxItem, None]:
        root = await members.root_of(info.context.actor.must_be_member())
        async for row in follow(lambda at: inbox.since(root, at)):
            (item,) = await inbox.shown([row["item"]], info.context.language)
            yield InboxItem.of(item)


def _wanted(given: MessageFilter) -> sent.Filter:
    return sent.Filter(
        member=given.member_id,
        channels=None if given.channels is None else [tables.Channel(each.value) for each in given.channels],
        states=given.states,
        types=given.types,
        skip_reason=given.skip_reason,
        since=given.since,
    )
