"""Tables of rewards (schema ``points``): what points are traded for, and what became of each trade."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids
from domain.points.tables import WalletType


class RewardKind(StrEnum):
    GOODS = "GOODS"
    SERVICE = "SERVICE"
    CODE = "CODE"
    DIGITAL = "DIGITAL"


class RedemptionState(StrEnum):
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    FULFILLED = "FULFILLED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    REFUNDED = "REFUNDED"


class Reward(Table, schema="points"):
    """Something to be had for points (and cash). ``stock`` None: no limit of its own; ``given`` is all ever put in."""

    id = UUID(primary_key=True, default=ids.new)
    code = Text(null=False, default=None, unique=True)
    kind = Varchar(length=10, null=False, default=None)
    names = JSONB(null=False, default=None)
    cash = BigInt(null=True, default=None)  # minor units of the currency
    currency = Varchar(length=3, null=True, default=None)
    stock = Integer(null=True, default=None)
    given = Integer(null=True, default=None)
    per_member_limit = Integer(null=True, default=None)
    condition = JSONB(null=True, default=None)
    opens_at = Timestamptz(null=True, default=None)
    closes_at = Timestamptz(null=True, default=None)
    version = Integer(null=False, default=1)
    created_at = Timestamptz(null=False, default=None)

    a_stock_is_never_negative = Check("stock >= 0")
    cash_is_something = Check("cash > 0")
    a_sale_ends_after_it_begins = Check("closes_at > opens_at")


class RewardPrice(Table, schema="points"):
    """What a reward costs of one wallet, in minor units."""

    id = UUID(primary_key=True, default=ids.new)
    reward = ForeignKey(Reward, null=False, on_delete=OnDelete.restrict)
    wallet_type = ForeignKey(WalletType, null=False, on_delete=OnDelete.restrict)
    amount = BigInt(null=False, default=None)

    one_price_a_wallet = Unique(["reward", "wallet_type"])
    a_price_is_something = Check("amount > 0")


class RewardCode(Table, schema="points"):
    """A code that is given once; ``redemption`` says to whom [raw: unique, and an index of the free ones]."""

    id = UUID(primary_key=True, default=ids.new)
    reward = ForeignKey(Reward, null=False, on_delete=OnDelete.restrict)
    code = Text(null=False, default=None, secret=True)
    redemption = UUID(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_code_once = Unique(["reward", "code"])


class Redemption(Table, schema="points"):
    """A trade as it was agreed: the prices of that moment, the journal that took them, and how it stands."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None, index=True)
    reward = ForeignKey(Reward, null=False, on_delete=OnDelete.restrict, index=True)
    state = Varchar(length=10, null=False, default=None)
    prices = JSONB(null=False, default=None)  # wallet code -> minor units
    cash = BigInt(null=True, default=None)
    currency = Varchar(length=3, null=True, default=None)
    payment_reference = Text(null=True, default=None, unique=True)
    journal = UUID(null=True, default=None)
    took_stock = Boolean(null=False, default=False)
    touchpoint = Text(null=True, default=None)
    tracking = Text(null=True, default=None)
    note = Text(null=True, default=None)
    decided_by = UUID(null=True, default=None)
    version = Integer(null=False, default=1)  # its number of steps
    created_at = Timestamptz(null=False, default=None)
    changed_at = Timestamptz(null=False, default=None)
