"""Tables of households (schema ``points``). One household a member and one open invitation each are raw SQL."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import UUID, BigInt, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from domain.foundation import ids
from domain.points.tables import Journal, WalletType


class PlaceState(StrEnum):
    """How somebody stands in a household; an open invitation whose time is over reads EXPIRED and is never stored."""

    INVITED = "INVITED"
    JOINED = "JOINED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    LEFT = "LEFT"
    MERGED = "MERGED"  # set aside: the person has been in another place for longer, under another member id
    EXPIRED = "EXPIRED"


class Household(Table, schema="points"):
    """People who share a wallet. Its owner is who has been in it for the longest; without anybody it is over."""

    id = UUID(primary_key=True, default=ids.new)
    wallet_type = ForeignKey(WalletType, null=False, on_delete=OnDelete.restrict)
    created_at = Timestamptz(null=False, default=None)


class HouseholdMember(Table, schema="points"):
    """A place in a household, from the invitation on. ``monthly_limit``: minor units of what is others', null: no limit."""

    id = UUID(primary_key=True, default=ids.new)
    household = ForeignKey(Household, null=False, on_delete=OnDelete.restrict, index=True)
    member = UUID(null=False, default=None, index=True)
    state = Varchar(length=10, null=False, default=None)
    monthly_limit = BigInt(null=True, default=None)
    merge = UUID(null=True, default=None)  # the merge that set it aside
    expires_at = Timestamptz(null=True, default=None)  # of the invitation
    joined_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    a_known_place = Check("state IN ('INVITED', 'JOINED', 'DECLINED', 'WITHDRAWN', 'LEFT', 'MERGED')")
    a_limit_is_no_debt = Check("monthly_limit >= 0")


class HouseholdDraw(Table, schema="points"):
    """A spend of ``member`` for which others' points were taken: ``amount`` of them, in minor units."""

    id = UUID(primary_key=True, default=ids.new)
    household = ForeignKey(Household, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None)
    journal = ForeignKey(Journal, null=False, on_delete=OnDelete.restrict, index=True)
    amount = BigInt(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)

    a_draw_takes_something = Check("amount > 0")
