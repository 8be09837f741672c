"""Tables of purchases (schema ``points``). Money in minor units of its currency, points in minor units of their wallet."""

from __future__ import annotations

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


class Purchase(Table, schema="points"):
    """An order that was paid elsewhere; known by its source and the id that it has there.

    ``interaction`` is the fact by which it earned, ``spent`` the posting of the points that paid for it.
    """

    id = UUID(primary_key=True, default=ids.new)
    source = Text(null=False, default=None)
    external_id = Text(null=False, default=None)
    member = UUID(null=False, default=None, index=True)
    paid_at = Timestamptz(null=False, default=None)
    currency = Varchar(length=3, null=False, default=None)
    total = BigInt(null=False, default=None)
    cash = BigInt(null=False, default=None)
    points_wallet = Text(null=True, default=None)
    points_paid = BigInt(null=False, default=0)
    hold = UUID(null=True, default=None)
    spent = UUID(null=True, default=None)
    interaction = UUID(null=True, default=None, index=True)
    body_hash = Text(null=False, default=None)
    refunded = BigInt(null=False, default=0)
    points_returned = BigInt(null=False, default=0)
    created_at = Timestamptz(null=False, default=None)

    each_order_once = Unique(["source", "external_id"])
    cash_is_a_part_of_it = Check("cash >= 0 AND cash <= total")
    refunded_at_most_all = Check("refunded >= 0 AND refunded <= total")
    returned_at_most_what_was_paid = Check("points_returned >= 0 AND points_returned <= points_paid")


class PurchaseLine(Table, schema="points"):
    """One line of an order; ``amount`` is the whole line's, after discounts."""

    id = UUID(primary_key=True, default=ids.new)
    purchase = ForeignKey(Purchase, null=False, on_delete=OnDelete.restrict)
    number = Integer(null=False, default=None)
    sku = Text(null=False, default=None)
    labels = JSONB(null=False, default=None)
    kind = Varchar(length=10, null=False, default=None)
    quantity = Integer(null=False, default=None)
    amount = BigInt(null=False, default=None)
    refunded = BigInt(null=False, default=0)

    each_line_once = Unique(["purchase", "number"])
    a_line_is_refunded_at_most_once = Check("refunded >= 0 AND refunded <= amount")


class PurchaseRefund(Table, schema="points"):
    """What was given back of an order, and the points of its member that followed, by wallet. Never changed.

    ``restored`` is what the order had taken (deductions) and came back, ``returned`` what had paid for it.
    """

    id = UUID(primary_key=True, default=ids.new)
    purchase = ForeignKey(Purchase, null=False, on_delete=OnDelete.restrict)
    refund_id = Text(null=False, default=None)
    amount = BigInt(null=False, default=None)
    lines = JSONB(null=False, default=None)  # amounts by the number of the line
    names_lines = Boolean(null=False, default=None)
    clawed_back = JSONB(null=False, default=None)
    waived = JSONB(null=False, default=None)
    returned = JSONB(null=False, default=None)
    restored = JSONB(null=False, default={})
    journals = JSONB(null=False, default=None)
    refunded_at = Timestamptz(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_refund_once = Unique(["purchase", "refund_id"])


class RefundPart(Table, schema="points"):
    """What refunds of an order mean to one person's wallet, in minor units. Rows are only added; their sums hold.

    ``taken`` is to be taken back of what the person earned by it (``clawed_back`` of that was, ``waived`` could not be),
    ``restored`` came back of what it took from the person. Without ``refund``: an award that came, changed or was undone
    after refunds, of which only the part that was kept is posted.
    """

    id = UUID(primary_key=True, default=ids.new)
    purchase = ForeignKey(Purchase, null=False, on_delete=OnDelete.restrict, index=True)
    refund = ForeignKey(PurchaseRefund, null=True, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None, index=True)
    wallet = Text(null=False, default=None)
    taken = BigInt(null=False, default=0)
    restored = BigInt(null=False, default=0)
    clawed_back = BigInt(null=False, default=0)
    waived = BigInt(null=False, default=0)
    created_at = Timestamptz(null=False, default=None)


class RefundWaiting(Table, schema="points"):
    """A refund that was reported before its order; it is done with the order."""

    id = UUID(primary_key=True, default=ids.new)
    source = Text(null=False, default=None)
    external_id = Text(null=False, default=None)
    refund_id = Text(null=False, default=None)
    member = UUID(null=False, default=None, index=True)
    said = JSONB(null=False, default=None)
    refunded_at = Timestamptz(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_waits_once = Unique(["source", "external_id", "refund_id"])
