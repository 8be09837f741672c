"""Types of messaging: the inbox, preferences, devices, and what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.context import Context
from api.fields import Node, enum, field
from api.loaders import load
from api.profile.types import Member
from api.sends import Channel as Channel
from domain.messaging import inbox, preferences, sent, tables, tokens, words
from domain.messaging import types as notice_types
from domain.profile import members

NoticeType = enum(
    notice_types.NoticeType,
    "What a notice tells.",
    REPLY="Somebody replied.",
    MENTION="Somebody mentioned the member.",
    REACTION="Somebody liked something of the member's.",
    FOLLOW="Somebody follows the member.",
    TIP="Somebody tipped the member.",
    ACCEPTED="The member's answer was accepted.",
    FEATURED="Something of the member's was featured.",
    CIRCLE="News of a circle.",
    MODERATION="What a moderator did with the member's content.",
    REPORT_OUTCOME="What became of the member's report.",
    APPEAL="What became of the member's appeal.",
    SYSTEM="A word of the brand about the account.",
    SUMMARY="Several notices at once, after quiet hours.",
    APPOINTMENT_BOOKED="An appointment was booked.",
    APPOINTMENT_MOVED="An appointment was moved.",
    APPOINTMENT_CANCELLED="An appointment was cancelled.",
    REGISTRATION_CONFIRMED="A registration for an event is confirmed.",
    REGISTRATION_APPROVED="A registration was approved; payment is due.",
    REGISTRATION_REJECTED="A registration was not admitted.",
    REGISTRATION_EXPIRED="A registration was not paid in time.",
    REGISTRATION_CANCELLED="A registration was cancelled.",
    VEHICLE_BOUND="A vehicle was bound.",
    VEHICLE_REJECTED="A claim to a vehicle was rejected.",
    POINTS_EXPIRING="Points are about to expire.",
    TIER_REACHED="The member is in a tier for the first time.",
    TIER_RAISED="The member rose to a higher tier.",
    TIER_WILL_LOWER="The member's tier is about to fall.",
    TIER_LOWERED="The member's tier fell.",
    REWARD_REDEEMED="A redemption waits for a decision.",
    REWARD_APPROVED="A redemption was approved.",
    REWARD_REJECTED="A redemption was declined; the points are back.",
    REWARD_FULFILLED="A reward was handed over.",
    REWARD_CANCELLED="A redemption was cancelled; the points are back.",
    GIFT_OFFERED="Somebody offers the member points.",
    GIFT_ACCEPTED="The member's gift was accepted.",
    GIFT_DECLINED="The member's gift was declined; the points are back.",
    GIFT_EXPIRED="Nobody took the member's gift in time; the points are back.",
)

MessageState = enum(
    tables.MessageState,
    "How far a message is.",
    QUEUED="Waits for the worker.",
    DEFERRED="Waits for the end of quiet hours.",
    SENDING="Is being handed to the provider.",
    SENT="Handed to the provider.",
    DELIVERED="Stands in the inbox, or the provider delivered it.",
    OPENED="Was opened.",
    CLICKED="Was clicked.",
    SKIPPED="Was not sent, for the reason given.",
    FAILED="The provider refused it five times.",
)

SkipReason = enum(
    tables.SkipReason,
    "Why a message was not sent.",
    NO_CONSENT="The member did not consent.",
    NOT_REACHABLE="No device, number or address is known.",
    NO_GRANT="The member granted no message of this template.",
    FREQUENCY_CAPPED="The member has had enough messages.",
    HOLDOUT="The member is in a holdout.",
    EXPIRED="It was read or gone before it could leave.",
    ERASED="The member has left.",
    PREFERENCE_OFF="The member does not want it.",
    OWN_DEED="It tells the member's own deed.",
    WITHDRAWN="What it told was taken back.",
    MISSING_FACTS="A fact that its words need is missing.",
    SUMMARISED="Another message speaks for it.",
    REPEATED="The same stands in the inbox already.",
    UNWANTED="The member blocks or has muted who did it, or the thread.",
    NOT_VISIBLE="The member cannot see what it is about.",
)

MessageCategory = enum(
    tables.Category,
    "What a message may do.",
    MARKETING="Needs consent; caps and quiet hours hold.",
    SERVICE="Quiet hours and preferences hold.",
    TRANSACTIONAL="Ignores caps and quiet hours.",
)

PushPlatform = enum(
    tokens.Platform,
    "What a device runs.",
    IOS="iOS.",
    ANDROID="Android.",
    HARMONY="HarmonyOS.",
    WEB="A browser.",
)


@strawberry.type(description="A member as others see them in a notice.")
class NoticeActor:
    id: UUID = field("The member's id.")
    display_name: str | None = field("The member's name; null when they have none or have left.")


@strawberry.type(description="A notice in the inbox, or a group of them.")
class InboxItem(Node):
    people: strawberry.Private[list[UUID]]
    type: NoticeType = field("What it tells.")
    title: str = field("Its title, in the language of the request.")
    body: str = field("Its sentence, in the language of the request.")
    actor_count: int = field("How many people are in it.")
    target_kind: str | None = field("What it is about: POST, APPOINTMENT and so on.")
    target_id: str | None = field("The id of what it is about.")
    opened_at: datetime = field("When it appeared.")
    updated_at: datetime = field("When it last grew.")
    read_at: datetime | None = field("When it was read; null while it is unread.")

    @field("The newest people in it, at most 10.")
    async def actors(self, info: Info) -> list[NoticeActor]:
        found = []
        for each in self.people:
            row = await load(info, "notice.actor", each, members.by_ids)
            found.append(NoticeActor(id=each, display_name=row["display_name"] if row else None))
        return found

    @classmethod
    def of(cls, item: inbox.Item) -> InboxItem:
        row = item.row
        return cls(
            id=row["id"],
            people=item.actors,
            type=notice_types.NoticeType(row["type"]),
            title=item.title,
            body=item.body,
            actor_count=item.actor_count,
            target_kind=row["target_kind"],
            target_id=row["target_id"],
            opened_at=row["opened_at"],
            updated_at=row["updated_at"],
            read_at=row["read_at"],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, InboxItem]:
        own = context.actor.member_id
        rows = [row for row in (await inbox.by_ids(ids)).values() if own is not None and row["root"] == own]
        return {item.row["id"]: cls.of(item) for item in await inbox.shown(rows, context.language)}


@strawberry.type(description="Whether a type of notice comes on a channel.")
class MessagePreference:
    type: NoticeType = field("The type of notice.")
    channel: Channel = field("The channel.")
    is_on: bool = field("Whether it comes.")
    is_mandatory: bool = field("Whether it cannot be turned off.")

    @classmethod
    def of(cls, found: preferences.Preference) -> MessagePreference:
        return cls(
            type=found.type,
            channel=Channel(found.channel.value),
            is_on=found.is_on,
            is_mandatory=found.is_mandatory,
        )


@strawberry.type(description="When nothing rings. A start equal to the end switches quiet hours off.")
class QuietHours:
    starts: str = field("From when, HH:MM, in the member's own zone.")
    ends: str = field("Until when, HH:MM; may lie past midnight.")
    is_own: bool = field("Whether the member set them; else they are the brand's.")
    version: int = field("Rises with every change; 0 while the shipped ones hold.")

    @classmethod
    def of(cls, found: preferences.Quiet) -> QuietHours:
        return cls(
            starts=found.starts.isoformat("minutes"),
            ends=found.ends.isoformat("minutes"),
            is_own=found.is_own,
            version=found.version,
        )


@strawberry.type(description="A device that is pushed to.")
class PushToken:
    id: UUID = field("The registration's id.")
    platform: PushPlatform = field("What the device runs.")
    registered_at: datetime = field("When it was registered.")
    seen_at: datetime = field("When it was last seen; after 60 days it is pushed to no more.")
    invalid_at: datetime | None = field("Since when the provider does not know it any more.")

    @classmethod
    def of(cls, row: Any) -> PushToken:
        return cls(
            id=row["id"],
            platform=tokens.Platform(row["platform"]),
            registered_at=row["registered_at"],
            seen_at=row["seen_at"],
            invalid_at=row["invalid_at"],
        )


@strawberry.type(description="One send on one channel.")
class Message(Node):
    row: strawberry.Private[Any]
    type: NoticeType = field("What it tells.")
    category: MessageCategory = field("What it may do.")
    tag: str | None = field("What caps may name.")
    channel: Channel = field("How it goes.")
    state: MessageState = field("How far it is.")
    skip_reason: SkipReason | None = field("Why it was not sent.")
    tries: int = field("How often it was handed over.")
    last_error: str | None = field("What the provider answered last.")
    requested_at: datetime = field("When it was asked for.")
    due_at: datetime = field("When the worker looks at it next.")
    sent_at: datetime | None = field("When it was handed over.")
    opened_at: datetime | None = field("When it was opened.")

    @field("To whom.")
    async def member(self, info: Info) -> Member | None:
        row = await load(info, "member", self.row["member"], members.by_ids)
        return Member.of(row) if row else None

    @classmethod
    def of(cls, row: Any) -> Message:
        return cls(
            id=row["id"],
            row=row,
            type=notice_types.NoticeType(row["type"]),
            category=tables.Category(row["category"]),
            tag=row["tag"],
            channel=Channel(row["channel"]),
            state=tables.MessageState(row["state"]),
            skip_reason=tables.SkipReason(row["skip_reason"]) if row["skip_reason"] else None,
            tries=row["tries"],
            last_error=row["last_error"],
            requested_at=row["requested_at"],
            due_at=row["due_at"],
            sent_at=row["sent_at"],
            opened_at=row["opened_at"],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Message]:
        if not context.actor.has("operator", "analyst"):
            return {}
        return {each: cls.of(row) for each, row in (await sent.by_ids(ids)).items()}


@strawberry.type(description="The words of a type of notice in one language.")
class MessageTemplate:
    type: NoticeType = field("The type of notice.")
    language: str = field("zh-CN or en.")
    title: str = field("The title, with {{ variable | default }}.")
    body: str = field("The sentence, with {{ variable | default }}.")
    variables: list[str] = field("What the words may name.")
    version: int = field("Rises with every revision; 0 are the shipped words.")

    @classmethod
    def of(cls, found: words.Template) -> MessageTemplate:
        return cls(
            type=found.type,
            language=found.language,
            title=found.words.title,
            body=found.words.body,
            variables=found.variables,
            version=found.version,
        )
