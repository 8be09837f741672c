"""Tables of events (schema ``events``): what takes place, its tiers, and who registered."""

from __future__ import annotations

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    Numeric,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids


class Occurrence(Table, schema="events"):
    """One gathering at one time; ``number`` is an identity column [raw], short enough for a ticket's code.

    Inside ``free_cancel_until`` (set when it is postponed) everybody may cancel for nothing.
    """

    id = UUID(primary_key=True, default=ids.new)
    title = Text(null=False, default=None)
    summary = Text(null=True, default=None)
    kind = Varchar(length=20, null=False, default=None)
    starts_at = Timestamptz(null=False, default=None, index=True)
    ends_at = Timestamptz(null=False, default=None)
    timezone = Text(null=False, default=None)
    city_adcode = Varchar(length=6, null=True, default=None)
    place = Text(null=True, default=None)
    latitude = Numeric(digits=(9, 6), null=True, default=None)
    longitude = Numeric(digits=(9, 6), null=True, default=None)
    state = Varchar(length=10, null=False, default="DRAFT")
    is_modified = Boolean(null=False, default=False)
    postponed_count = Integer(null=False, default=0)
    free_cancel_until = Timestamptz(null=True, default=None)
    check_in_opens_at = Timestamptz(null=True, default=None)
    drafted_at = Timestamptz(null=False, default=None)
    published_at = Timestamptz(null=True, default=None)
    cancelled_at = Timestamptz(null=True, default=None)
    cancel_reason = Text(null=True, default=None)
    version = Integer(null=False, default=1)
    source = Text(null=True, default=None)
    external_id = Text(null=True, default=None)

    each_external_id_names_one_occurrence = Unique(["source", "external_id"])
    it_ends_after_it_starts = Check("ends_at > starts_at")


class TicketTier(Table, schema="events"):
    """One way to take part: its price, its sale window, how large a party may be, and what cancelling gives back.

    ``price_options`` are [{id, points, cash}] per place, ``price_mix`` a free ratio; both in minor units.
    """

    id = UUID(primary_key=True, default=ids.new)
    occurrence = ForeignKey(Occurrence, null=False, on_delete=OnDelete.restrict)
    number = SmallInt(null=False, default=None)
    name = Text(null=False, default=None)
    sale_starts_at = Timestamptz(null=True, default=None)
    sale_ends_at = Timestamptz(null=True, default=None)
    min_party = Integer(null=False, default=1)
    max_party = Integer(null=False, default=1)
    max_per_member = Integer(null=True, default=None)
    price_options = JSONB(null=False, default=None)
    price_mix = JSONB(null=True, default=None)
    needs_approval = Boolean(null=False, default=False)
    needs_invitation = Boolean(null=False, default=False)
    eligibility = JSONB(null=True, default=None)
    refund_policy = JSONB(null=False, default=None)
    no_show_policy = JSONB(null=True, default=None)
    deposit_points = BigInt(null=True, default=None)
    questions = JSONB(null=False, default=None)
    grants_tag = Text(null=True, default=None)

    tiers_are_numbered = Unique(["occurrence", "number"])
    a_party_has_bounds = Check("min_party >= 1 AND max_party >= min_party")


class TierPool(Table, schema="events"):
    """A pool of capacity that a tier draws on: its own, its occurrence's, an audience's."""

    id = UUID(primary_key=True, default=ids.new)
    tier = ForeignKey(TicketTier, null=False, on_delete=OnDelete.restrict)
    pool = UUID(null=False, default=None, index=True)  # references capacity.pool [raw]

    each_pool_once = Unique(["tier", "pool"])


class Registration(Table, schema="events"):
    """A member's answer to an occurrence; one that counts per member and occurrence [raw, E3].

    ``price`` and ``refund_policy`` are snapshots: later edits of the tier change nothing here. ``points_settled`` is
    the part of ``points_paid`` that belongs to attendees who cancelled, ``points_refunded`` what they got back.
    """

    id = UUID(primary_key=True, default=ids.new)
    occurrence = ForeignKey(Occurrence, null=False, on_delete=OnDelete.restrict, index=True)
    tier = ForeignKey(TicketTier, null=True, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None, index=True)
    party_size = Integer(null=False, default=None)
    state = Varchar(length=16, null=False, default=None)
    hold = UUID(null=True, default=None)  # references capacity.hold [raw]
    price = JSONB(null=False, default=None)
    refund_policy = JSONB(null=False, default=None)
    points_hold = UUID(null=True, default=None)
    points_held = BigInt(null=False, default=0)
    points_paid = BigInt(null=False, default=0)
    points_settled = BigInt(null=False, default=0)
    points_refunded = BigInt(null=False, default=0)
    cash_due = BigInt(null=False, default=0)
    cash_paid = BigInt(null=False, default=0)
    payment_reference = Text(null=True, default=None, unique=True)
    pay_by = Timestamptz(null=True, default=None)
    answers = JSONB(null=False, default=None)
    touchpoint = Text(null=True, default=None)
    campaign = Text(null=True, default=None)
    experiment_arm = Text(null=True, default=None)
    registered_at = Timestamptz(null=False, default=None)
    version = Integer(null=False, default=0)
    source = Text(null=True, default=None)
    external_id = Text(null=True, default=None)

    each_external_id_names_one_registration = Unique(["source", "external_id"])
    refunds_stay_within_what_was_paid = Check(
        "0 <= points_refunded AND points_refunded <= points_settled AND points_settled <= points_paid"
    )


class RegistrationChange(Table, schema="events"):
    """One step of a registration; append-only [raw]. ``number`` is the registration's version after it."""

    id = UUID(primary_key=True, default=ids.new)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.restrict)
    number = Integer(null=False, default=None)
    from_state = Varchar(length=16, null=True, default=None)
    to_state = Varchar(length=16, null=False, default=None)
    actor_kind = Varchar(length=10, null=False, default=None)
    actor = UUID(null=True, default=None)
    reason = Text(null=True, default=None)
    at = Timestamptz(null=False, default=None)

    steps_are_numbered = Unique(["registration", "number"])


class Attendee(Table, schema="events"):
    """One person of a party; ``member`` is set for those we know."""

    id = UUID(primary_key=True, default=ids.new)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.restrict)
    number = SmallInt(null=False, default=None)
    name = Text(null=True, default=None)
    phone_hash = Varchar(length=64, null=True, default=None)
    member = UUID(null=True, default=None, index=True)
    cancelled_at = Timestamptz(null=True, default=None)

    attendees_are_numbered = Unique(["registration", "number"])


class RefundDue(Table, schema="events"):
    """Cash that came too late and belongs to whoever paid; no area moves money, so a person settles it.

    Without foreign keys: it is written in a transaction of its own while its registration is locked.
    """

    id = UUID(primary_key=True, default=ids.new)
    registration = UUID(null=False, default=None, index=True)
    amount = BigInt(null=False, default=None)
    reference = Text(null=False, default=None, unique=True)
    recorded_at = Timestamptz(null=False, default=None)
    settled_at = Timestamptz(null=True, default=None)


class MergeDue(Table, schema="events"):
    """A root whose registrations have to be looked at, because profiles were merged; worked off by the sweep."""

    id = UUID(primary_key=True, default=ids.new)
    interaction = UUID(null=False, default=None, unique=True)
    root = UUID(null=False, default=None)
    due_at = Timestamptz(null=False, default=None)
    done_at = Timestamptz(null=True, default=None)
