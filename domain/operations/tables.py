"""Tables of operations (schema ``operations``).

``timer`` is made by raw SQL in the migrations: Piccolo has no composite keys. Who is in a segment stands in
``profile.segment_membership``, where the portrait reads it; how it came about stands in ``segment_change``.
"""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigSerial,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids


class SegmentKind(StrEnum):
    DYNAMIC = "DYNAMIC"
    STATIC = "STATIC"
    SNAPSHOT = "SNAPSHOT"


class SegmentState(StrEnum):
    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    ARCHIVED = "ARCHIVED"


class Direction(StrEnum):
    ENTERED = "ENTERED"
    EXITED = "EXITED"


class Segment(Table, schema="operations"):
    """A set of members (人群); ``version`` is the newest saved one, ``active_version`` the one that is in force.

    ``recheck_at``: when to judge everybody once more, for what was recorded while the segment was activated.
    """

    id = UUID(primary_key=True, default=ids.new)
    key = Varchar(length=100, null=False, default=None, unique=True)
    name = Text(null=False, default=None)
    kind = Varchar(length=10, null=False, default=None)
    state = Varchar(length=10, null=False, default="DRAFT")
    purpose = Text(null=False, default="")
    condition = JSONB(null=True, default=None)
    version = Integer(null=False, default=1)
    active_version = Integer(null=True, default=None)
    saved_at = Timestamptz(null=False, default=None)
    activated_at = Timestamptz(null=True, default=None)
    recheck_at = Timestamptz(null=True, default=None)

    what_follows_from_a_condition_has_one = Check("(kind = 'STATIC') = (condition IS NULL)")
    an_active_segment_has_a_version_in_force = Check("state <> 'ACTIVE' OR active_version IS NOT NULL")


class SegmentVersion(Table, schema="operations"):
    """A condition as it was saved; rows are only ever added (trigger in the migration)."""

    id = UUID(primary_key=True, default=ids.new)
    segment = ForeignKey(Segment, null=False, on_delete=OnDelete.restrict)
    version = Integer(null=False, default=None)
    condition = JSONB(null=True, default=None)
    saved_at = Timestamptz(null=False, default=None)
    saved_by = UUID(null=True, default=None)

    each_version_is_saved_once = Unique(["segment", "version"])


class SegmentChange(Table, schema="operations"):
    """A root entered or left a segment at ``at``; rows are only ever added (trigger in the migration).

    ``cause`` is ``interaction:ID``, ``timer``, ``activation``, ``recheck``, ``hand``, ``archive``, ``merge:ID`` or
    ``parting:ID``.
    """

    id = UUID(primary_key=True, default=ids.new)
    seq = BigSerial(null=False)
    segment = ForeignKey(Segment, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None)
    change = Varchar(length=7, null=False, default=None)
    at = Timestamptz(null=False, default=None)
    cause = Text(null=False, default=None)
    version = Integer(null=False, default=None)


class Dependency(Table, schema="operations"):
    """What the condition in force of a segment looks at; an interaction judges only segments that look at it.

    Exactly one of kind (or the beginning of one), trait and tag is given; ``is_open`` marks the row of a condition
    that holds for a member of whom nothing is known, which every newcomer meets.
    """

    id = UUID(primary_key=True, default=ids.new)
    subject = UUID(null=False, default=None, index=True)
    path = Text(null=False, default="")
    kind = Text(null=True, default=None, index=True)
    is_prefix = Boolean(null=False, default=False)
    trait = Text(null=True, default=None, index=True)
    tag = Text(null=True, default=None, index=True)
    is_open = Boolean(null=False, default=False)

    looks_at_one_thing = Check("num_nonnulls(kind, trait, tag) = CASE WHEN is_open THEN 0 ELSE 1 END")
