"""Tables of screening: word rules, their common version, verdicts, and looks back at what is published."""

from __future__ import annotations

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.community.screening.rules import Boundary, Decision, RuleMode, WordRuleKind
from domain.foundation import ids


class WordRule(Table, schema="community"):
    """What to look for in texts and what becomes of them.

    ``circles`` are in order, empty for everywhere. ``anchor`` is made of the pattern when it is written, in the way of
    ``anchoring``, so that a process compiles all rules quickly.
    """

    id = UUID(primary_key=True, default=ids.new)
    pattern = Text(null=False, default=None)
    kind = Varchar(length=10, null=False, default=None, choices=WordRuleKind)
    action = Varchar(length=10, null=False, default=None, choices=Decision)
    category = Text(null=True, default=None)
    policy = Text(null=True, default=None)
    circles = Array(UUID(), null=False, default=None)
    is_case_sensitive = Boolean(null=False, default=False)
    boundary = Varchar(length=10, null=False, default="AUTO", choices=Boundary)
    min_length = SmallInt(null=True, default=None)
    mode = Varchar(length=10, null=False, default="LIVE", choices=RuleMode)
    version = Integer(null=False, default=1)
    anchor = Text(null=False, default=None)
    anchoring = SmallInt(null=False, default=None)
    source = Text(null=True, default=None)
    external_id = Text(null=True, default=None)
    changed_at = Timestamptz(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_rule_once = Unique(["kind", "pattern", "is_case_sensitive", "circles"])
    each_external_rule_once = Unique(["source", "external_id"])


class WordRuleSet(Table, schema="community"):
    """One row: the version of all word rules together; ``stamp`` is another one after every change."""

    id = SmallInt(primary_key=True, default=1)
    version = Integer(null=False, default=0)
    stamp = UUID(null=False, default=None)
    changed_at = Timestamptz(null=True, default=None)

    there_is_one = Check("id = 1")


class Screening(Table, schema="community"):
    """A verdict on a text: of a post, a comment or a revision, or of one that was refused (``target`` null)."""

    id = UUID(primary_key=True, default=ids.new)
    target_kind = Varchar(length=10, null=False, default=None)
    target = UUID(null=True, default=None)
    rev = Integer(null=False, default=1)
    text_hash = BigInt(null=False, default=None)
    decision = Varchar(length=10, null=False, default=None, choices=Decision)
    reasons = Array(Text(), null=False, default=None)
    spans = JSONB(null=False, default=None)
    rules_version = Integer(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)


class WordRescan(Table, schema="community"):
    """A look back at what is published, due since rules were enabled or made stricter; it goes on after ``reached``."""

    id = UUID(primary_key=True, default=ids.new)
    rules = Array(UUID(), null=False, default=None)
    since = Timestamptz(null=False, default=None)
    until = Timestamptz(null=False, default=None)
    reached = BigInt(null=True, default=None)
    state = Varchar(length=10, null=False, default="DUE")
    scanned = Integer(null=False, default=0)
    hits = Integer(null=False, default=0)
    due_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)
