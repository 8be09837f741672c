"""Mutations of messaging."""

from __future__ import annotations

from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import Input, field, mutation, result
from api.messaging.types import (
    Channel,
    MessagePreference,
    MessageTemplate,
    NoticeType,
    PushPlatform,
    PushToken,
    QuietHours,
)
from api.permissions import MEMBER, can
from api.refusals import Refusal, VersionConflict, refusal
from domain.errors import InvalidInput
from domain.messaging import errors, inbox, preferences, tables, tokens, words
from domain.messaging.types import Words

MOST = 200


@refusal(errors.MandatoryChannel)
class MandatoryChannel(Refusal):
    type: str = field("The type of notice.")
    channel: str = field("The channel that stays on.")


@strawberry.input(description="Items that were read.")
class MarkInboxReadInput(Input):
    ids: list[UUID] | None = field("These items; absent: all.", default=None)


@strawberry.type(description="The items are read.")
class MarkInboxReadSuccess:
    read_count: int = field("How many were unread until now.")
    unread_count: int = field("How many are unread now.")


@strawberry.input(description="A wish about one type on one channel.")
class MessagePreferenceInput:
    type: NoticeType = field("The type of notice.")
    channel: Channel = field("The channel.")
    is_on: bool = field("Whether it shall come.")


@strawberry.input(description="Wishes about notices; those not named stay as they are.")
class SetMessagePreferencesInput(Input):
    preferences: list[MessagePreferenceInput] = field("1 to 200 wishes.")


@strawberry.type(description="The wishes are kept.")
class SetMessagePreferencesSuccess:
    preferences: list[MessagePreference] = field("All wishes as they stand.")


@strawberry.input(description="When nothing shall ring.")
class SetMyQuietHoursInput(Input):
    starts: str = field("From when, HH:MM, in the member's zone.")
    ends: str = field("Until when, HH:MM; equal to the start: never quiet.")


@strawberry.type(description="The quiet hours are kept.")
class SetMyQuietHoursSuccess:
    quiet_hours: QuietHours = field("The member's quiet hours.")


@strawberry.input(description="A device to push to.")
class RegisterPushTokenInput(Input):
    token: str = field("The provider's token of the device.")
    platform: PushPlatform = field("What the device runs.")


@strawberry.type(description="The device is registered.")
class RegisterPushTokenSuccess:
    push_token: PushToken = field("The registration.")


@strawberry.input(description="A device to push to no more.")
class DropPushTokenInput(Input):
    token: str = field("The provider's token of the device.")


@strawberry.type(description="The device is not pushed to any more.")
class DropPushTokenSuccess:
    was_registered: bool = field("Whether it was registered to the member.")


@strawberry.input(description="New words for a type of notice.")
class SaveMessageTemplateInput(Input):
    type: NoticeType = field("The type of notice.")
    language: str = field("zh-CN or en.")
    title: str = field("The title, with {{ variable | default }}; at most 200 characters.")
    body: str = field("The sentence, with {{ variable | default }}; at most 2,000 characters.")
    expected_version: int = field("The version that was read; 0 for the shipped words.")


@strawberry.type(description="The words hold from now on.")
class SaveMessageTemplateSuccess:
    template: MessageTemplate = field("The new revision.")


@strawberry.input(description="When the brand keeps quiet.")
class SetBrandQuietHoursInput(Input):
    starts: str = field("From when, HH:MM, in each member's zone.")
    ends: str = field("Until when, HH:MM; equal to the start: never quiet.")
    expected_version: int = field("The version that was read; 0 for the shipped ones.")


@strawberry.type(description="The brand's quiet hours hold from now on.")
class SetBrandQuietHoursSuccess:
    quiet_hours: QuietHours = field("The brand's quiet hours.")


MarkInboxReadResult = result("MarkInboxRead", MarkInboxReadSuccess)
SetMessagePreferencesResult = result("SetMessagePreferences", SetMessagePreferencesSuccess, MandatoryChannel)
SetMyQuietHoursResult = result("SetMyQuietHours", SetMyQuietHoursSuccess)
RegisterPushTokenResult = result("RegisterPushToken", RegisterPushTokenSuccess)
DropPushTokenResult = result("DropPushToken", DropPushTokenSuccess)
SaveMessageTemplateResult = result("SaveMessageTemplate", SaveMessageTemplateSuccess, VersionConflict)
SetBrandQuietHoursResult = result("SetBrandQuietHours", SetBrandQuietHoursSuccess, VersionConflict)


@strawberry.type
class MessagingMutation:
    @mutation("Mark items of one's own inbox as read; a read group is closed.", who=MEMBER)
    async def mark_inbox_read(self, info: Info, input: MarkInboxReadInput) -> MarkInboxReadResult:
        read, left = await inbox.read(info.context.actor, input.ids)
        return MarkInboxReadSuccess(read_count=read, unread_count=left)

    @mutation("Choose which notices come on which channel.", who=MEMBER)
    async def set_message_preferences(
        self, info: Info, input: SetMessagePreferencesInput
    ) -> SetMessagePreferencesResult:
        if not 1 <= len(input.preferences) <= MOST:
            raise InvalidInput.at("preferences", f"Give 1 to {MOST} wishes.")
        root = await preferences.choose(
            info.context.actor,
            [(each.type, tables.Channel(each.channel.value), each.is_on) for each in input.preferences],
        )
        kept = [MessagePreference.of(each) for each in await preferences.of(root)]
        return SetMessagePreferencesSuccess(preferences=kept)

    @mutation("Set one's own quiet hours; they override the brand's.", who=MEMBER)
    async def set_my_quiet_hours(self, info: Info, input: SetMyQuietHoursInput) -> SetMyQuietHoursResult:
        root = await preferences.set_quiet(
            info.context.actor,
            preferences.read_time(input.starts, "starts"),
            preferences.read_time(input.ends, "ends"),
        )
        return SetMyQuietHoursSuccess(quiet_hours=QuietHours.of(await preferences.quiet(root)))

    @mutation("Let this device be pushed to; a token held by another member moves here.", who=MEMBER)
    async def register_push_token(self, info: Info, input: RegisterPushTokenInput) -> RegisterPushTokenResult:
        made = await tokens.register(info.context.actor, input.token, input.platform)
        (row,) = await tokens.by_ids([made])
        return RegisterPushTokenSuccess(push_token=PushToken.of(row))

    @mutation("Push to this device no more.", who=MEMBER)
    async def drop_push_token(self, info: Info, input: DropPushTokenInput) -> DropPushTokenResult:
        return DropPushTokenSuccess(was_registered=await tokens.drop(info.context.actor, input.token))

    @mutation("Revise the words of a type of notice.", who=can("operator"))
    async def save_message_template(
        self, info: Info, input: SaveMessageTemplateInput
    ) -> SaveMessageTemplateResult:
        saved = await words.save(
            info.context.actor,
            input.type,
            input.language,
            Words(input.title, input.body),
            input.expected_version,
        )
        return SaveMessageTemplateSuccess(template=MessageTemplate.of(saved))

    @mutation("Set when the brand keeps quiet.", who=can("operator"))
    async def set_brand_quiet_hours(
        self, info: Info, input: SetBrandQuietHoursInput
    ) -> SetBrandQuietHoursResult:
        set_ = await preferences.set_brand_quiet(
            info.context.actor,
            preferences.read_time(input.starts, "starts"),
            preferences.read_time(input.ends, "ends"),
            input.expected_version,
        )
        return SetBrandQuietHoursSuccess(quiet_hours=QuietHours.of(set_))
