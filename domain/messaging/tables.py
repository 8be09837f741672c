"""Tables of messaging (schema ``messaging``). Members and actors are member ids as they were; reads go over the root."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Time,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique
from piccolo.table import Table

from domain.foundation import ids


class Channel(StrEnum):
    INBOX = "INBOX"
    PUSH = "PUSH"
    SMS = "SMS"
    WECHAT = "WECHAT"
    EMAIL = "EMAIL"
    WEBHOOK = "WEBHOOK"


class Category(StrEnum):
    """What a message may do: MARKETING needs consent, SERVICE keeps quiet hours, TRANSACTIONAL ignores them."""

    MARKETING = "MARKETING"
    SERVICE = "SERVICE"
    TRANSACTIONAL = "TRANSACTIONAL"


class MessageState(StrEnum):
    QUEUED = "QUEUED"
    DEFERRED = "DEFERRED"
    SENDING = "SENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    OPENED = "OPENED"
    CLICKED = "CLICKED"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"


class SkipReason(StrEnum):
    NO_CONSENT = "NO_CONSENT"
    NOT_REACHABLE = "NOT_REACHABLE"
    NO_GRANT = "NO_GRANT"
    FREQUENCY_CAPPED = "FREQUENCY_CAPPED"
    HOLDOUT = "HOLDOUT"
    EXPIRED = "EXPIRED"
    ERASED = "ERASED"
    PREFERENCE_OFF = "PREFERENCE_OFF"
    OWN_DEED = "OWN_DEED"
    WITHDRAWN = "WITHDRAWN"
    MISSING_FACTS = "MISSING_FACTS"
    SUMMARISED = "SUMMARISED"
    REPEATED = "REPEATED"
    UNWANTED = "UNWANTED"
    NOT_VISIBLE = "NOT_VISIBLE"


class Message(Table, schema="messaging"):
    """One send on one channel, from its request to its end; the key makes a repeated request the same row.

    ``due_at`` is when the worker looks at it: now, the end of quiet hours, the next try, or (SENDING) the end of the
    lease after which another worker takes it over.
    """

    id = UUID(primary_key=True, default=ids.new)
    idempotency_key = Text(null=False, default=None, unique=True)
    member = UUID(null=False, default=None, index=True)
    type = Varchar(length=40, null=False, default=None)
    category = Varchar(length=13, null=False, default=None)
    tag = Varchar(length=40, null=True, default=None)
    channel = Varchar(length=7, null=False, default=None)
    state = Varchar(length=9, null=False, default="QUEUED")
    skip_reason = Varchar(length=20, null=True, default=None)
    actor = UUID(null=True, default=None)
    subject_kind = Text(null=True, default=None)
    subject_id = Text(null=True, default=None)
    target_kind = Text(null=True, default=None)
    target_id = Text(null=True, default=None)
    facts = JSONB(null=False, default=None)
    cause = UUID(null=True, default=None)
    inbox_item = UUID(null=True, default=None, index=True)
    is_silent = Boolean(null=False, default=False)
    template_version = Integer(null=True, default=None)
    language = Varchar(length=20, null=True, default=None)
    tries = SmallInt(null=False, default=0)
    last_error = Text(null=True, default=None)
    requested_at = Timestamptz(null=False, default=None)
    due_at = Timestamptz(null=False, default=None)
    deferred_at = Timestamptz(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    delivered_at = Timestamptz(null=True, default=None)
    opened_at = Timestamptz(null=True, default=None)
    clicked_at = Timestamptz(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)


class Grouping(StrEnum):
    """How an item came together: on its own, by what it is about, or by who did it."""

    SINGLE = "SINGLE"
    TARGET = "TARGET"
    ACTOR = "ACTOR"


class InboxItem(Table, schema="messaging"):
    """What stands in a member's inbox: one notice, or a group of them; reading closes a group."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None)
    type = Varchar(length=40, null=False, default=None)
    grouped_by = Varchar(length=6, null=False, default=None)
    actor = UUID(null=True, default=None)
    target_kind = Text(null=True, default=None)
    target_id = Text(null=True, default=None)
    facts = JSONB(null=False, default=None)
    opened_at = Timestamptz(null=False, default=None)
    updated_at = Timestamptz(null=False, default=None)
    read_at = Timestamptz(null=True, default=None)


class InboxActor(Table, schema="messaging"):
    """Who did what in an item; an item without any left disappears."""

    id = UUID(primary_key=True, default=ids.new)
    item = ForeignKey(InboxItem, null=False, on_delete=OnDelete.cascade, index=True)
    message = ForeignKey(Message, null=False, on_delete=OnDelete.restrict, unique=True)
    actor = UUID(null=True, default=None, index=True)
    subject_kind = Text(null=True, default=None)
    subject_id = Text(null=True, default=None)
    at = Timestamptz(null=False, default=None)


class Preference(Table, schema="messaging"):
    """Whether a member wants a type of notice on a channel; absent: yes. Of merged members the newest row counts."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None, index=True)
    type = Varchar(length=40, null=False, default=None)
    channel = Varchar(length=7, null=False, default=None)
    is_on = Boolean(null=False, default=None)
    set_at = Timestamptz(null=False, default=None)

    one_wish_a_type_and_channel = Unique(["member", "type", "channel"])


class QuietHours(Table, schema="messaging"):
    """When nothing may ring, in the member's own zone; the row without a member is the brand's. start = end: never."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=True, default=None, index=True)
    starts = Time(null=False, default=None)
    ends = Time(null=False, default=None)
    set_at = Timestamptz(null=False, default=None)
    version = Integer(null=False, default=1)


class PushToken(Table, schema="messaging"):
    """A device that can be pushed to; a token belongs to whoever registered it last."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None, index=True)
    token = Text(null=False, default=None, unique=True)
    platform = Varchar(length=10, null=False, default=None)
    device = Text(null=True, default=None)
    session = UUID(null=True, default=None, index=True)
    registered_at = Timestamptz(null=False, default=None)
    seen_at = Timestamptz(null=False, default=None)
    invalid_at = Timestamptz(null=True, default=None)


class Template(Table, schema="messaging"):
    """A revision of a notice's words in one language; without one the shipped words hold. The newest version counts."""

    id = UUID(primary_key=True, default=ids.new)
    type = Varchar(length=40, null=False, default=None)
    language = Varchar(length=20, null=False, default=None)
    version = Integer(null=False, default=None)
    title = Text(null=False, default=None)
    body = Text(null=False, default=None)
    saved_by = UUID(null=True, default=None)
    saved_at = Timestamptz(null=False, default=None)

    versions_follow_one_another = Unique(["type", "language", "version"])
