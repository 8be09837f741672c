"""Tables of the foundation (schema ``foundation``)."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from domain.foundation import ids


class IdempotencyKey(Table, schema="foundation"):
    """The outcome of a mutation that carried a clientMutationId; unique per (actor, mutation, key) [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    actor = Text(null=False, default=None)
    mutation = Varchar(length=100, null=False, default=None)
    key = Varchar(length=64, null=False, default=None)
    body_hash = Varchar(length=64, null=False, default=None)
    outcome = JSONB(null=False, default=None)
    created_at = Timestamptz(null=False, default=None, index=True)


class ClockOffset(Table, schema="foundation"):
    """How far the test clock stands from the wall clock; at most one row."""

    id = BigInt(primary_key=True, default=1)
    microseconds = BigInt(null=False, default=None)


class RecordedSend(Table, schema="foundation"):
    """What a recording adapter would have sent."""

    id = UUID(primary_key=True, default=ids.new)
    channel = Varchar(length=20, null=False, default=None)
    recipient = Text(null=False, default=None, index=True)
    template = Varchar(length=100, null=False, default=None)
    body = JSONB(null=False, default=None)
    at = Timestamptz(null=False, default=None, index=True)


class TrustedDocument(Table, schema="foundation"):
    """An operation that the brand's own apps were built with; it never changes under its id (the hash)."""

    id = Varchar(length=128, primary_key=True, default=None)
    text = Text(null=False, default=None)
    imported_at = Timestamptz(null=False, default=None)


class RateLimit(Table, schema="foundation"):
    """How many calls a minute one member, device or address may make."""

    id = Varchar(length=20, primary_key=True, default=None)
    calls_per_minute = Integer(null=False, default=None)


class Heartbeat(Table, schema="foundation"):
    """The last sign of life of a kind of process."""

    id = Varchar(length=40, primary_key=True, default=None)
    at = Timestamptz(null=False, default=None)
