"""Tables of looking at a rule again: trying a version on the past, and correcting what was awarded (schema ``points``).

Both are worked off page by page of people, each page in a transaction that also moves ``page`` on.
"""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check
from piccolo.table import Table

from domain.foundation import ids
from domain.points.tables import EarnRule, EarnRuleVersion


class StudyState(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class Backtest(Table, schema="points"):
    """What a rule version would have given for the facts of a time (exclusive end)."""

    id = UUID(primary_key=True, default=ids.new)
    rule_version = ForeignKey(EarnRuleVersion, null=False, on_delete=OnDelete.restrict, index=True)
    since = Timestamptz(null=False, default=None)
    until = Timestamptz(null=False, default=None)
    state = Varchar(length=10, null=False, default="QUEUED")
    maker = UUID(null=True, default=None)
    includes_imported = Boolean(null=False, default=True)  # what imports brought with --rules skip too
    ends = JSONB(null=True, default=None)  # the last root of each page; null: one page for all
    page = Integer(null=False, default=0)  # pages that are done
    facts = BigInt(null=False, default=0)  # how many there are to look at
    result = JSONB(null=False, default=None)
    tries = SmallInt(null=False, default=0)
    last_error = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)
    due_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)

    a_backtest_has_a_length = Check("since < until")


class Correction(Table, schema="points"):
    """Judging the facts of a time again by the rule's versions in force then, posting the differences.

    ``result`` holds what was posted so far; the postings name the correction as their leg.
    """

    id = UUID(primary_key=True, default=ids.new)
    rule = ForeignKey(EarnRule, null=False, on_delete=OnDelete.restrict, index=True)
    since = Timestamptz(null=False, default=None)
    until = Timestamptz(null=False, default=None)
    state = Varchar(length=10, null=False, default="QUEUED")
    maker = UUID(null=True, default=None)
    includes_imported = Boolean(null=False, default=False)
    ends = JSONB(null=True, default=None)  # the last root of each page; null: one page for all
    page = Integer(null=False, default=0)
    facts = BigInt(null=False, default=0)
    result = JSONB(null=False, default=None)
    tries = SmallInt(null=False, default=0)
    last_error = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)
    due_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)

    a_correction_has_a_length = Check("since < until")
