"""Tables of exports and erasures (schema ``profile``)."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import JSONB, UUID, BigInt, Bytea, Text, Timestamptz, Varchar
from piccolo.table import Table

from domain.foundation import ids


class ExportState(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    READY = "READY"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


class ErasureState(StrEnum):
    REQUESTED = "REQUESTED"
    CANCELLED = "CANCELLED"
    ERASED = "ERASED"
    DONE = "DONE"


class ExportJob(Table, schema="profile"):
    """A member's own data in one file; ``due_at`` is the next try, or the end of the lease while it runs."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None, index=True)
    state = Varchar(length=8, null=False, default="QUEUED")
    requested_at = Timestamptz(null=False, default=None)
    due_at = Timestamptz(null=False, default=None)
    tries = BigInt(null=False, default=0)
    finished_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
    file = Text(null=True, default=None)
    bytes = BigInt(null=True, default=None)
    report = JSONB(null=False, default=None)


class Erasure(Table, schema="profile"):
    """A person's leaving: asked for, carried out after the grace, proved by a scan of the whole database.

    ``sealed`` holds the identities' values, encrypted, until the proof is done; ``progress`` is where the scan stands.
    """

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None, index=True)
    state = Varchar(length=9, null=False, default="REQUESTED")
    actor_kind = Varchar(length=10, null=False, default=None)
    actor = UUID(null=True, default=None)
    reason = Text(null=True, default=None)
    requested_at = Timestamptz(null=False, default=None)
    due_at = Timestamptz(null=False, default=None)
    cancelled_at = Timestamptz(null=True, default=None)
    erased_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
    sealed = Bytea(null=True, default=None)
    progress = JSONB(null=True, default=None)
    report = JSONB(null=False, default=None)


class Suppression(Table, schema="profile"):
    """An identity of somebody who left, as a hash that only this installation can make."""

    id = UUID(primary_key=True, default=ids.new)
    type = Text(null=False, default=None)
    hash = Varchar(length=64, null=False, default=None, unique=True)
    since_at = Timestamptz(null=False, default=None)
    reason = Varchar(length=20, null=False, default=None)
