"""Tables of devices that several people use (schema ``profile``)."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, OnDelete, Timestamptz
from piccolo.constraints import Unique
from piccolo.table import Table

from domain.foundation import ids
from domain.profile.tables import SharedDevice


class SharedDeviceUse(Table, schema="profile"):
    """Who was seen with an anonymous value before it named nobody any more."""

    id = UUID(primary_key=True, default=ids.new)
    device = ForeignKey(SharedDevice, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None, index=True)
    seen_at = Timestamptz(null=False, default=None)

    each_member_once = Unique(["device", "member"])
