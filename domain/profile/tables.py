"""Tables of the profile (schema ``profile``).

``interaction`` (partitioned), ``message``, ``pending``, ``bucket``, ``total`` and ``property_total`` are made by raw
SQL in the migrations: Piccolo has no partitions and no composite keys. Aggregates and traits are kept by the member that
an interaction was written with, and folded over the root when read; so a merge moves nothing and its undo is exact.
"""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids


class MemberKind(StrEnum):
    VISITOR = "VISITOR"
    MEMBER = "MEMBER"


class MemberStatus(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    MERGED = "MERGED"
    ERASED = "ERASED"


class MergeRule(StrEnum):
    AUTO = "AUTO"
    SIGN_IN = "SIGN_IN"
    STAFF = "STAFF"


class InteractionClass(StrEnum):
    CAUSED = "CAUSED"
    REPORTED = "REPORTED"
    SYSTEM = "SYSTEM"


class TraitOrigin(StrEnum):
    EVENT = "EVENT"
    STAFF = "STAFF"
    COMPUTED = "COMPUTED"
    IMPORT = "IMPORT"


class TagOrigin(StrEnum):
    RULE = "RULE"
    MANUAL = "MANUAL"
    MODEL = "MODEL"


class Member(Table, schema="profile"):
    """A person as far as we know; ``root`` is the member that stands for all merged ones."""

    id = UUID(primary_key=True, default=ids.new)
    root = UUID(null=False, default=None, index=True)
    kind = Varchar(length=10, null=False, default=None)
    status = Varchar(length=10, null=False, default="ACTIVE")
    number = Text(null=True, default=None)
    display_name = Text(null=True, default=None)
    avatar = Text(null=True, default=None)
    zone = Text(null=False, default="Asia/Shanghai")
    locale = Varchar(length=20, null=False, default="zh-CN")
    joined_at = Timestamptz(null=True, default=None)
    first_seen_at = Timestamptz(null=False, default=None)
    last_seen_at = Timestamptz(null=False, default=None)
    suspended_until = Timestamptz(null=True, default=None)
    version = Integer(null=False, default=1)

    a_merged_member_is_not_its_own_root = Check("(id = root) <> (status = 'MERGED')")


class IdentityType(Table, schema="profile"):
    """How strong an identity is and how many a root may carry; ``user_id:S`` follows ``user_id``.

    A row a version: the one in force has no ``valid_to`` (one a name [raw]).
    """

    id = UUID(primary_key=True, default=ids.new)
    name = Text(null=False, default=None)
    priority = SmallInt(null=False, default=None)
    limit_count = Integer(null=False, default=None)
    limit_window = Varchar(length=5, null=False, default="EVER")
    is_anonymous = Boolean(null=False, default=False)
    normaliser = Varchar(length=10, null=False, default="TRIM")
    pattern = Text(null=True, default=None)
    version = Integer(null=False, default=1)
    valid_from = Timestamptz(null=False, default=TimestamptzNow())
    valid_to = Timestamptz(null=True, default=None)

    each_type_version_once = Unique(["name", "version"])


class IdentityPolicy(Table, schema="profile"):
    """Which values name nobody at this brand, and how much one person may carry: one row, or the defaults."""

    id = SmallInt(primary_key=True, default=1)
    blocked_values = Array(base_column=Text(default=None), null=False, default=None)
    most_merges = Integer(null=False, default=None)
    most_identities = Integer(null=False, default=None)
    most_traits = Integer(null=False, default=None)
    version = Integer(null=False, default=1)

    there_is_one_policy = Check("id = 1")


class Identity(Table, schema="profile"):
    """A value that names a member; it belongs to the member it was attached to, whatever merges follow."""

    id = UUID(primary_key=True, default=ids.new)
    type = Text(null=False, default=None)
    value_norm = Text(null=False, default=None)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict, index=True)
    is_verified = Boolean(null=False, default=False)
    verified_at = Timestamptz(null=True, default=None)
    first_seen_at = Timestamptz(null=False, default=None)
    last_seen_at = Timestamptz(null=False, default=None)
    source = Text(null=True, default=None)

    each_value_names_one_member = Unique(["type", "value_norm"])


class SharedDevice(Table, schema="profile"):
    """An anonymous value seen with several identified members; it names nobody any more."""

    id = UUID(primary_key=True, default=ids.new)
    type = Text(null=False, default=None)
    value_norm = Text(null=False, default=None)
    since_at = Timestamptz(null=False, default=None)
    reason = Text(null=False, default=None)

    each_value_is_shared_once = Unique(["type", "value_norm"])


class Merge(Table, schema="profile"):
    """Two roots became one; only the two undo columns may be set later, once (trigger in the migration)."""

    id = UUID(primary_key=True, default=ids.new)
    winner = ForeignKey(Member, null=False, on_delete=OnDelete.restrict, index=True)
    loser = ForeignKey(Member, null=False, on_delete=OnDelete.restrict, index=True)
    rule = Varchar(length=10, null=False, default=None)
    reason = Text(null=True, default=None)
    cause = UUID(null=True, default=None)
    moved = Array(base_column=UUID(default=None), null=False, default=None)
    before = JSONB(null=False, default=None)
    at = Timestamptz(null=False, default=None)
    undone_at = Timestamptz(null=True, default=None)
    undo_reason = Text(null=True, default=None)


class DeadLetter(Table, schema="profile"):
    """What was sent and could not be taken, with its body as it came, until it is replayed or discarded."""

    id = UUID(primary_key=True, default=ids.new)
    source = UUID(null=True, default=None)
    member = UUID(null=True, default=None, index=True)
    message_id = Text(null=True, default=None)
    body_hash = Varchar(length=64, null=False, default=None)
    body = JSONB(null=False, default=None)
    reason = Varchar(length=40, null=False, default=None)
    path = Text(null=True, default=None)
    door = Varchar(length=20, null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    received_at = Timestamptz(null=False, default=None)
    replayed_at = Timestamptz(null=True, default=None)
    discarded_at = Timestamptz(null=True, default=None)
    discard_reason = Text(null=True, default=None)


class TraitValue(Table, schema="profile"):
    """The newest value of a trait among the rows written with this member."""

    id = UUID(primary_key=True, default=ids.new)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict, index=True)
    name = Text(null=False, default=None)
    value = JSONB(null=False, default=None)
    at = Timestamptz(null=False, default=None)
    since_at = Timestamptz(null=False, default=None)
    origin = Varchar(length=10, null=False, default=None)
    is_timed = Boolean(null=False, default=True)
    is_once = Boolean(null=False, default=False)
    message_id = Text(null=False, default="")

    one_value_a_name = Unique(["member", "name"])


class TraitChange(Table, schema="profile"):
    """Every value that a fact gave a trait; append-only (trigger in the migration). Null takes the trait away."""

    id = UUID(primary_key=True, default=ids.new)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    name = Text(null=False, default=None)
    value = JSONB(null=False, default=None)
    at = Timestamptz(null=False, default=None)
    origin = Varchar(length=10, null=False, default=None)
    is_timed = Boolean(null=False, default=None)
    is_once = Boolean(null=False, default=None)
    message_id = Text(null=False, default=None)


class TraitDefinition(Table, schema="profile"):
    """What a trait is: declared (people and areas set it) or computed from interactions; a row a version."""

    id = UUID(primary_key=True, default=ids.new)
    name = Text(null=False, default=None)
    version = Integer(null=False, default=None)
    kind = Varchar(length=10, null=False, default=None)
    value_type = Varchar(length=10, null=False, default=None)
    formula = JSONB(null=True, default=None)
    is_personal = Boolean(null=False, default=False)
    is_self_set = Boolean(null=False, default=False)
    at = Timestamptz(null=False, default=None)

    each_definition_once = Unique(["name", "version"])


class TraitDue(Table, schema="profile"):
    """When a computed trait of a root changes by time alone: a row leaves its window, or another day is over."""

    id = UUID(primary_key=True, default=ids.new)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    name = Text(null=False, default=None)
    due_at = Timestamptz(null=False, default=None, index=True)

    once_a_name = Unique(["member", "name"])


class ConsentPurpose(Table, schema="profile"):
    """What a person may consent to. ``vehicle.*`` purposes are the garage's: read-only here."""

    id = UUID(primary_key=True, default=ids.new)
    name = Text(null=False, default=None, unique=True)
    zh = Text(null=False, default=None)
    en = Text(null=False, default=None)
    is_granted_by_default = Boolean(null=False, default=False)
    version = Integer(null=False, default=1)


class ConsentEntry(Table, schema="profile"):
    """What a person answered; append-only (trigger in the migration). The newest by ``at`` is in force."""

    id = UUID(primary_key=True, default=ids.new)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict)
    purpose = Text(null=False, default=None)
    channel = Text(null=True, default=None)
    state = Varchar(length=10, null=False, default=None)
    choice = Varchar(length=15, null=True, default=None)
    policy_version = Text(null=True, default=None)
    scopes = Array(base_column=Text(default=None), null=False, default=None)
    at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=True, default=None)
    evidence = JSONB(null=False, default=None)


class TagAssignment(Table, schema="profile"):
    """A tag while it holds; one open row per subject, key and value [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    subject_kind = Varchar(length=10, null=False, default=None)
    subject_id = UUID(null=False, default=None)
    key = Text(null=False, default=None)
    value = Text(null=False, default="")
    origin = Varchar(length=10, null=False, default=None)
    rule_version = UUID(null=True, default=None)
    valid_from = Timestamptz(null=False, default=None)
    valid_to = Timestamptz(null=True, default=None)
    evidence = JSONB(null=False, default=None)


class SegmentMembership(Table, schema="profile"):
    """A root's time in a segment; written only by operations; one open row per pair [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    segment = UUID(null=False, default=None, index=True)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict, index=True)
    since_at = Timestamptz(null=False, default=None)
    until_at = Timestamptz(null=True, default=None)
    version = Integer(null=False, default=None)
    cause = Text(null=False, default=None)


class StageMembership(Table, schema="profile"):
    """A member's time in a stage of a dimension (PURCHASE, ...); written only by operations; one open row each [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    dimension = Text(null=False, default=None)
    stage = Text(null=False, default=None)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict, index=True)
    since_at = Timestamptz(null=False, default=None)
    until_at = Timestamptz(null=True, default=None)
    version = Integer(null=False, default=None)
    cause = Text(null=False, default=None)


class Relation(Table, schema="profile"):
    """A person's tie to a vehicle, a store or another person, while it holds; no overlap per role [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    member = ForeignKey(Member, null=False, on_delete=OnDelete.restrict, index=True)
    target_kind = Varchar(length=10, null=False, default=None)
    target_id = UUID(null=False, default=None, index=True)
    role = Varchar(length=20, null=False, default=None)
    valid_from = Timestamptz(null=False, default=None)
    valid_to = Timestamptz(null=True, default=None)
    evidence = JSONB(null=False, default=None)


#: For the drain and imports, which go through SQL: the columns of the raw tables.
INTERACTION_COLUMNS = (
    "id, origin, message_id, member, kind, class, occurred_at, original_at, sent_at, received_at, touchpoint, source, "
    "actor_kind, actor_id, subject_kind, subject_id, session_key, context, properties, compensates, cause_id, depth"
)
