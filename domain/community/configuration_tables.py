"""The table of the community's settings."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Integer, Text, Timestamptz
from piccolo.constraints import Unique
from piccolo.table import Table

from domain.foundation import ids


class CommunitySetting(Table, schema="community"):
    """A value that a setting has from an instant on; rows are added and never changed."""

    id = UUID(primary_key=True, default=ids.new)
    key = Text(null=False, default=None)
    value = JSONB(null=False, default=None)
    version = Integer(null=False, default=None)
    effective_from = Timestamptz(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_version_once = Unique(["key", "version"])
