"""Tables that keep the books honest and tell what they are worth (schema ``points``)."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids
from domain.points.tables import Journal, WalletType


class ChainLink(Table, schema="points"):
    """A journal's place in the chain of hashes; append-only [raw]. Journals without a link stand in ``chain_due``."""

    seq = BigInt(primary_key=True, default=None)
    prev = Varchar(length=64, null=False, default=None)
    hash = Varchar(length=64, null=False, default=None)
    journal = ForeignKey(Journal, null=False, on_delete=OnDelete.restrict, unique=True)
    created_at = Timestamptz(null=False, default=None)


class RedemptionEstimate(Table, schema="points"):
    """What finance deferred for the points of a month, and how many it expects to be redeemed; never edited."""

    id = UUID(primary_key=True, default=ids.new)
    wallet_type = ForeignKey(WalletType, null=False, on_delete=OnDelete.restrict)
    cohort = Varchar(length=7, null=False, default=None)  # "2026-11", in the programme's zone
    deferred = BigInt(null=False, default=None)  # minor units of the currency
    currency = Varchar(length=3, null=False, default=None)
    expected_points = BigInt(null=False, default=None)
    effective_from = Timestamptz(null=False, default=None)
    maker = UUID(null=True, default=None)
    reason = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_estimate_once = Unique(["wallet_type", "cohort", "effective_from"])
    something_is_expected = Check("expected_points > 0 AND deferred >= 0")
