"""Tables of tracking plans (schema ``profile``)."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, Integer, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from domain.foundation import ids


class TrackingPlan(Table, schema="profile"):
    """What a source promises to send; each publication is a version, the newest is in force."""

    id = UUID(primary_key=True, default=ids.new)
    source = UUID(null=False, default=None)
    version = Integer(null=False, default=None)
    events = JSONB(null=False, default=None)
    unplanned = Varchar(length=5, null=False, default=None)
    published_at = Timestamptz(null=False, default=None)
    published_by = UUID(null=True, default=None)

    each_version_once = Unique(["source", "version"])


class PlanViolation(Table, schema="profile"):
    """How often an hour's events broke the plan at one place, and the last one that did."""

    id = UUID(primary_key=True, default=ids.new)
    source = UUID(null=False, default=None)
    event = Text(null=False, default=None)
    path = Text(null=False, default=None)
    hour = Timestamptz(null=False, default=None)
    event_count = BigInt(null=False, default=None)
    sample = JSONB(null=False, default=None)

    each_place_once_an_hour = Unique(["source", "event", "path", "hour"])
