"""Tables of the desk: policies, reports, the queues they wait in, what is decided, and what follows for members.

Raw SQL in the migration adds ``seq`` (the order in which rows came; order never uses an id) to reports, items and
events, makes activities append-only, and keeps one item a subject. A member column is null where the person has left.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    Boolean,
    ForeignKey,
    Integer,
    Numeric,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique
from piccolo.table import Table

from domain.community.tables import ModEvent, Post
from domain.foundation import ids


class SubjectKind(StrEnum):
    POST = "POST"
    COMMENT = "COMMENT"
    MEMBER = "MEMBER"
    MEDIA = "MEDIA"


class ReportCategory(StrEnum):
    SPAM = "SPAM"
    ABUSE = "ABUSE"
    FRAUD = "FRAUD"
    ILLEGAL = "ILLEGAL"
    OFF_TOPIC = "OFF_TOPIC"


class ReportState(StrEnum):
    OPEN = "OPEN"
    ESCALATED = "ESCALATED"
    QUEUED = "QUEUED"
    ASSIGNED = "ASSIGNED"
    CLOSED = "CLOSED"


class ReportOutcome(StrEnum):
    UPHELD = "UPHELD"
    REJECTED = "REJECTED"
    IGNORED = "IGNORED"


class ReviewState(StrEnum):
    PENDING = "PENDING"
    UPHELD = "UPHELD"
    REJECTED = "REJECTED"
    IGNORED = "IGNORED"
    WITHDRAWN = "WITHDRAWN"


class ReviewCause(StrEnum):
    REPORTED = "REPORTED"
    HELD = "HELD"
    RULE = "RULE"
    MEDIA = "MEDIA"
    RESCAN = "RESCAN"
    APPEAL = "APPEAL"
    QA = "QA"


class ClaimMode(StrEnum):
    OPTIONAL = "OPTIONAL"
    REQUIRED = "REQUIRED"


class SanctionKind(StrEnum):
    WARN = "WARN"
    MUTE = "MUTE"
    LIMIT = "LIMIT"
    SUSPEND = "SUSPEND"
    BAN = "BAN"
    FREEZE_POINTS = "FREEZE_POINTS"
    SHADOW = "SHADOW"


class Policy(Table, schema="community"):
    """What content is moderated for, in one of its versions; the highest one holds.

    ``strikes`` is the severity: what an upheld decision adds to the author's strikes (nothing the first time where
    ``first_is_warning``) and takes from the credit. ``expires_days`` null: the strikes stay.
    """

    id = UUID(primary_key=True, default=ids.new)
    code = Varchar(length=40, null=False, default=None)
    version = Integer(null=False, default=None)
    name_zh = Text(null=False, default=None)
    name_en = Text(null=False, default=None)
    strikes = Integer(null=False, default=None)
    first_is_warning = Boolean(null=False, default=None)
    expires_days = Integer(null=True, default=None)
    is_enabled = Boolean(null=False, default=True)
    created_at = Timestamptz(null=False, default=None)

    each_policy_version_once = Unique(["code", "version"])


class ModQueue(Table, schema="community"):
    """Where reports and items wait; the first enabled one by position that matches takes them.

    An empty list matches everything. ``claim`` REQUIRED: nobody decides what he has not claimed.
    """

    id = UUID(primary_key=True, default=ids.new)
    name = Varchar(length=60, null=False, default=None)
    position = Integer(null=False, default=None)
    kinds = Array(Text(), null=False, default=None)
    categories = Array(Text(), null=False, default=None)
    circles = Array(UUID(), null=False, default=None)
    sla_minutes = Integer(null=True, default=None)
    claim = Varchar(length=10, null=False, default="OPTIONAL", choices=ClaimMode)
    is_enabled = Boolean(null=False, default=True)
    version = Integer(null=False, default=1)
    created_at = Timestamptz(null=False, default=None)


class QueueMember(Table, schema="community"):
    """A moderator (a staff account) who works a queue."""

    id = UUID(primary_key=True, default=ids.new)
    queue = ForeignKey(ModQueue, null=False, on_delete=OnDelete.restrict)
    moderator = UUID(null=False, default=None)

    a_moderator_once_a_queue = Unique(["queue", "moderator"])


class ReviewItem(Table, schema="community"):
    """A subject that waits for a decision, or that had one: one row a subject, reopened by whatever comes later.

    ``reasons`` are those of screening that brought it here. ``claimed_by`` holds until ``claimed_until``. ``routed`` is
    the generation of the queues that it was last matched against.
    """

    id = UUID(primary_key=True, default=ids.new)
    subject_kind = Varchar(length=10, null=False, default=None, choices=SubjectKind)
    subject = UUID(null=False, default=None)
    state = Varchar(length=10, null=False, default="PENDING", choices=ReviewState)
    cause = Varchar(length=10, null=False, default=None, choices=ReviewCause)
    causes = Array(Text(), null=False, default=None)
    reasons = Array(Text(), null=False, default=None)
    queue = ForeignKey(ModQueue, null=True, on_delete=OnDelete.restrict)
    score = Numeric(digits=(8, 2), null=False, default=Decimal(0))
    force_review = Boolean(null=False, default=False)
    is_appealed = Boolean(null=False, default=False)
    version = Integer(null=False, default=1)
    claimed_by = UUID(null=True, default=None)
    claimed_at = Timestamptz(null=True, default=None)
    claimed_until = Timestamptz(null=True, default=None)
    due_at = Timestamptz(null=True, default=None)
    routed = Integer(null=True, default=None)
    decided_by = UUID(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    decision = ForeignKey(ModEvent, null=True, on_delete=OnDelete.restrict)
    opened_at = Timestamptz(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)


class Report(Table, schema="community"):
    """What somebody reported, with the text and media as they were then (``evidence``).

    ``score`` is fixed at reporting and 0 for a muted reporter. ``outcome`` null: pending. ``fingerprint`` tells whether
    the subject was edited since. Staff report with ``staff`` instead of ``reporter``.
    """

    id = UUID(primary_key=True, default=ids.new)
    item = ForeignKey(ReviewItem, null=True, on_delete=OnDelete.restrict, index=True)
    reporter = UUID(null=True, default=None, index=True)
    staff = UUID(null=True, default=None)
    subject_kind = Varchar(length=10, null=False, default=None, choices=SubjectKind)
    subject = UUID(null=False, default=None, index=True)
    category = Varchar(length=10, null=False, default=None, choices=ReportCategory)
    note = Text(null=True, default=None)
    evidence = JSONB(null=False, default=None)
    parts = JSONB(null=False, default=None)
    fingerprint = Text(null=False, default=None)
    state = Varchar(length=10, null=False, default="OPEN", choices=ReportState)
    score = Numeric(digits=(8, 2), null=False, default=None)
    outcome = Varchar(length=10, null=True, default=None, choices=ReportOutcome)
    queue = ForeignKey(ModQueue, null=True, on_delete=OnDelete.restrict)
    assignee = UUID(null=True, default=None)
    assigned_until = Timestamptz(null=True, default=None)
    is_permanent = Boolean(null=False, default=False)
    routed = Integer(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    outcome_notified_at = Timestamptz(null=True, default=None)
    transition = Integer(null=False, default=0)
    created_at = Timestamptz(null=False, default=None)


class ReportActivity(Table, schema="community"):
    """What was done with a report, and what was said about it; only ever added to [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    report = ForeignKey(Report, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=12, null=False, default=None)
    from_state = Varchar(length=10, null=True, default=None)
    to_state = Varchar(length=10, null=True, default=None)
    actor = UUID(null=True, default=None)
    actor_kind = Varchar(length=10, null=False, default=None)
    internal_note = Text(null=True, default=None)
    public_note = Text(null=True, default=None)
    audience = Varchar(length=10, null=False, default="INTERNAL")
    at = Timestamptz(null=False, default=None)


class ReporterMute(Table, schema="community"):
    """A reporter whose reports are kept and count nothing, until an instant or (null) for good."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=True, default=None, index=True)
    until = Timestamptz(null=True, default=None)
    event = ForeignKey(ModEvent, null=False, on_delete=OnDelete.restrict)
    ended_by = ForeignKey(ModEvent, null=True, on_delete=OnDelete.restrict)
    created_at = Timestamptz(null=False, default=None)


class Sanction(Table, schema="community"):
    """A limit on a member, on the site or (``circle``) in one circle; in force from ``starts_at`` before ``until``.

    ``until`` null: for good. ``item`` is the review item that caused it. ``cause`` says why in one word (a policy's code).
    ``holds`` names what it keeps switched off elsewhere: SESSIONS, POINTS.
    """

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=True, default=None)
    kind = Varchar(length=14, null=False, default=None, choices=SanctionKind)
    circle = UUID(null=True, default=None)
    starts_at = Timestamptz(null=False, default=None)
    until = Timestamptz(null=True, default=None)
    cause = Text(null=False, default=None)
    reason = Text(null=True, default=None)
    cause_event = ForeignKey(ModEvent, null=False, on_delete=OnDelete.restrict, index=True)
    item = ForeignKey(ReviewItem, null=True, on_delete=OnDelete.restrict, index=True)
    holds = Array(Text(), null=False, default=list)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = ForeignKey(ModEvent, null=True, on_delete=OnDelete.restrict)
    created_at = Timestamptz(null=False, default=None)


class Strike(Table, schema="community"):
    """What an upheld decision added to a member's strikes; it counts until it expires or is reversed."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=True, default=None, index=True)
    policy = Varchar(length=40, null=False, default=None)
    event = ForeignKey(ModEvent, null=False, on_delete=OnDelete.restrict, index=True)
    n = Integer(null=False, default=None)
    credit = Integer(null=False, default=None)
    expires_at = Timestamptz(null=True, default=None)
    reversed_by = ForeignKey(ModEvent, null=True, on_delete=OnDelete.restrict)
    created_at = Timestamptz(null=False, default=None)


class PostMark(Table, schema="community"):
    """What moderators give a post: a place at the top (置顶) until an instant, and the mark of excellence (精华)."""

    id = UUID(primary_key=True, default=ids.new)
    post = ForeignKey(Post, null=False, on_delete=OnDelete.restrict, unique=True)
    featured_by = ForeignKey(ModEvent, null=True, on_delete=OnDelete.restrict)
    featured_at = Timestamptz(null=True, default=None)
    pinned_by = ForeignKey(ModEvent, null=True, on_delete=OnDelete.restrict)
    pinned_until = Timestamptz(null=True, default=None)
    pin_scope = Varchar(length=10, null=True, default=None)


ALL: list[type[Table]] = [
    Policy,
    ModQueue,
    QueueMember,
    ReviewItem,
    Report,
    ReportActivity,
    ReporterMute,
    Sanction,
    Strike,
    PostMark,
]
