"""Cars that changed hands, whose points may follow (schema ``points``)."""

from __future__ import annotations

from piccolo.columns import UUID, Text, Timestamptz
from piccolo.table import Table

from domain.foundation import ids


class FollowDue(Table, schema="points"):
    """A car has a next owner, ``member``: a sweep lets the former owner's points follow."""

    id = UUID(primary_key=True, default=ids.new)
    interaction = UUID(null=False, default=None, unique=True)
    vehicle = Text(null=False, default=None)
    member = UUID(null=False, default=None, index=True)
    created_at = Timestamptz(null=False, default=None)
