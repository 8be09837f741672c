"""Tables of capacity (schema ``capacity``): pools and the holds on them."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids


class Pool(Table, schema="capacity"):
    """So many places of one thing; the counters are the sums of its hold lines by state (E1).

    ``size`` null is unlimited. ``waiting`` places are asked for by a waitlist, and the public cannot take them.
    One pool a scope and start [raw].
    """

    id = UUID(primary_key=True, default=ids.new)
    scope_kind = Varchar(length=10, null=False, default=None)
    scope_id = UUID(null=False, default=None)
    starts_at = Timestamptz(null=True, default=None)  # slots only
    size = Integer(null=True, default=None)
    taken = Integer(null=False, default=0)
    pending = Integer(null=False, default=0)
    held = Integer(null=False, default=0)
    waiting = Integer(null=False, default=0)
    closes_when_full = Boolean(null=False, default=False)
    closed_at = Timestamptz(null=True, default=None)
    frees_on_exit = Boolean(null=False, default=False)
    mode = Varchar(length=7, null=False, default="COUNTER")

    no_counter_is_negative = Check("taken >= 0 AND pending >= 0 AND held >= 0 AND waiting >= 0")
    no_more_than_its_size = Check("size IS NULL OR taken + pending + held <= size")
    scope_kind_is_known = Check("scope_kind IN ('OCCURRENCE', 'TIER', 'AUDIENCE', 'SLOT', 'DROP')")
    mode_is_known = Check("mode IN ('COUNTER', 'UNITS')")


class Hold(Table, schema="capacity"):
    """Places that belong to somebody: held in a checkout, pending a decision, or taken.

    ``member`` is the member it was made for; a hold with ``expires_at`` ends then unless it was moved on before.
    """

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=True, default=None, index=True)
    purpose = Varchar(length=12, null=False, default=None)
    subject_kind = Varchar(length=20, null=False, default=None)
    subject_id = UUID(null=False, default=None, index=True)
    state = Varchar(length=8, null=False, default=None)
    held_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=True, default=None)

    purpose_is_known = Check("purpose IN ('CHECKOUT', 'OFFER', 'INVITATION', 'REGISTRATION', 'APPOINTMENT')")
    state_is_known = Check("state IN ('HELD', 'PENDING', 'TAKEN', 'RELEASED', 'EXPIRED')")


class HoldLine(Table, schema="capacity"):
    """How many places of which pool a hold has."""

    id = UUID(primary_key=True, default=ids.new)
    hold = ForeignKey(Hold, null=False, on_delete=OnDelete.restrict)
    pool = ForeignKey(Pool, null=False, on_delete=OnDelete.restrict, index=True)
    quantity = Integer(null=False, default=None)

    one_line_a_pool = Unique(["hold", "pool"])
    quantity_is_positive = Check("quantity > 0")
