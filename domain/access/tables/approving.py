"""Approvals (maker and checker) and the audit log."""

from __future__ import annotations

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Integer,
    Numeric,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from domain.foundation import ids


class Approval(Table, schema="access"):
    """A command that waits for a second person; one open request per (maker, action, input) [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    action = Varchar(length=100, null=False, default=None)
    input = JSONB(null=False, default=None)
    input_hash = Varchar(length=64, null=False, default=None)
    effects = JSONB(null=False, default=None)
    amount = Numeric(digits=(30, 6), null=True, default=None)  # in the action's own unit
    maker = UUID(null=False, default=None, index=True)  # staff account
    note = Text(null=True, default=None)  # why, by the maker
    state = Varchar(length=20, null=False, default=None)
    requested_at = Timestamptz(null=False, default=None, index=True)
    expires_at = Timestamptz(null=False, default=None)
    checker = UUID(null=True, default=None)  # staff account
    decided_at = Timestamptz(null=True, default=None)
    decision_note = Text(null=True, default=None)
    outcome = JSONB(null=True, default=None)  # what the command answered
    version = Integer(null=False, default=1)


class ApprovalThreshold(Table, schema="access"):
    """From which amount an action needs a second person; without a row the action's own default holds."""

    action = Varchar(length=100, primary_key=True, null=False, default=None)
    above = Numeric(digits=(30, 6), null=True, default=None)  # null: always
    is_enabled = Boolean(null=False, default=True)  # false: never
    version = Integer(null=False, default=1)


class AuditEntry(Table, schema="access"):
    """One thing done by staff or with effect on access; append-only [raw], hash-chained by ``number``."""

    number = BigInt(primary_key=True, null=False, default=None)
    id = UUID(null=False, default=None, unique=True)
    at = Timestamptz(null=False, default=None, index=True)
    actor_kind = Varchar(length=10, null=False, default=None)
    actor = UUID(null=True, default=None, index=True)
    roles = Array(base_column=Text(), null=False, default=None)
    action = Varchar(length=100, null=False, default=None)
    subject_kind = Varchar(length=50, null=False, default=None)
    subject = UUID(null=True, default=None, index=True)
    facts = JSONB(null=False, default=None)  # ids, numbers and states; never personal data
    text_hash = Varchar(length=64, null=True, default=None)
    hash = Varchar(length=64, null=False, default=None)  # sha256(previous hash + this row)


class AuditText(Table, schema="access"):
    """The free text of an audit entry, erasable: the chain only carries its salted hash."""

    entry = BigInt(primary_key=True, null=False, default=None)  # AuditEntry.number
    salt = Varchar(length=32, null=False, default=None)
    text = JSONB(null=False, default=None)
