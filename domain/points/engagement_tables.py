"""Tables of what keeps members coming (schema ``points``): gifts, tips and check-ins. Partial indexes are raw SQL in the migrations."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigInt, Boolean, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids
from domain.points.tables import Programme, WalletType


class GiftState(StrEnum):
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"


class Gift(Table, schema="points"):
    """Points from one member to another; while OFFERED a hold (source GIFT) keeps them. A tip is accepted at once."""

    id = UUID(primary_key=True, default=ids.new)
    sender = UUID(null=False, default=None, index=True)
    recipient = UUID(null=False, default=None, index=True)
    wallet_type = ForeignKey(WalletType, null=False, on_delete=OnDelete.restrict)
    amount = BigInt(null=False, default=None)
    message = Text(null=True, default=None)
    subject_kind = Text(null=True, default=None)
    subject_id = Text(null=True, default=None)
    state = Varchar(length=10, null=False, default=GiftState.OFFERED)
    is_tip = Boolean(null=False, default=False)
    reference = Text(null=True, default=None, unique=True)  # the cause of a tip, which is given once
    journal = UUID(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
    resolved_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    a_gift_is_something = Check("amount > 0")
    a_known_gift_state = Check("state IN ('OFFERED', 'ACCEPTED', 'DECLINED', 'EXPIRED')")
    nobody_gives_to_themselves = Check("sender <> recipient")


class CheckIn(Table, schema="points"):
    """A member was there on a local day of the programme; once a day."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None)
    programme = ForeignKey(Programme, null=False, on_delete=OnDelete.restrict)
    local_date = Date(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_day_is_checked_in_once = Unique(["member", "programme", "local_date"])
