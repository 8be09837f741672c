"""Tables of points (schema ``points``). Amounts are minor units of the wallet's scale; time spans end exclusive.

Partial indexes, triggers and the functions that write a posting are raw SQL in the migrations.
"""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids


class JournalKind(StrEnum):
    EARN = "EARN"
    ACTIVATE = "ACTIVATE"
    CANCEL = "CANCEL"
    SPEND = "SPEND"
    HOLD = "HOLD"
    CAPTURE = "CAPTURE"
    VOID = "VOID"
    EXPIRE = "EXPIRE"
    REINSTATE = "REINSTATE"
    CLAW_BACK = "CLAW_BACK"
    REFUND = "REFUND"
    GIFT = "GIFT"
    ADJUST = "ADJUST"
    IMPORT = "IMPORT"
    REVERSE = "REVERSE"
    CORRECT = "CORRECT"
    MERGE = "MERGE"


class HoldState(StrEnum):
    OPEN = "OPEN"
    CAPTURED = "CAPTURED"
    PARTIALLY_CAPTURED = "PARTIALLY_CAPTURED"
    VOIDED = "VOIDED"
    EXPIRED = "EXPIRED"


class LotState(StrEnum):
    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    CANCELLED = "CANCELLED"
    CLOSED = "CLOSED"


class RuleState(StrEnum):
    DRAFT = "DRAFT"
    IN_REVIEW = "IN_REVIEW"
    SCHEDULED = "SCHEDULED"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"


class Programme(Table, schema="points"):
    """A brand's points programme; days start at ``day_starts_at`` minutes after midnight of its zone."""

    id = UUID(primary_key=True, default=ids.new)
    code = Text(null=False, default=None, unique=True)
    zone = Text(null=False, default=None)
    day_starts_at = SmallInt(null=False, default=0)
    requires_enrolment = Boolean(null=False, default=False)
    created_at = Timestamptz(null=False, default=None)


class Enrolment(Table, schema="points"):
    """A member's time in a programme; one open row per pair [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None, index=True)
    programme = ForeignKey(Programme, null=False, on_delete=OnDelete.restrict)
    number = Text(null=False, default=None)
    joined_on = Date(null=False, default=None)
    left_on = Date(null=True, default=None)
    source = Text(null=False, default="")
    promotion = Text(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_membership_number_once = Unique(["programme", "number"])
    nobody_leaves_before_joining = Check("left_on >= joined_on")


class WalletType(Table, schema="points"):
    """A kind of worth (POINTS, GROWTH); code, scale and has_lots are frozen once an entry exists [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    programme = ForeignKey(Programme, null=False, on_delete=OnDelete.restrict)
    code = Text(null=False, default=None, unique=True)
    names = JSONB(null=False, default=None)  # {"zh", "en"}
    scale = SmallInt(null=False, default=None)
    is_spendable = Boolean(null=False, default=None)
    has_lots = Boolean(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)

    a_scale_is_small = Check("scale BETWEEN 0 AND 4")


class WalletPolicy(Table, schema="points"):
    """How a wallet behaves from a moment on; never edited, the newest in force counts."""

    id = UUID(primary_key=True, default=ids.new)
    wallet_type = ForeignKey(WalletType, null=False, on_delete=OnDelete.restrict)
    version = Integer(null=False, default=None)
    effective_from = Timestamptz(null=False, default=None)
    pending = JSONB(
        null=False, default=None
    )  # {"immediate": true} | {"after": period} | {"dates": ["MM-DD"]}
    expiry = JSONB(null=False, default=None)  # never, rolling or sliding period, calendar ["MM-DD"]
    refund_policy = Varchar(length=20, null=False, default="ALLOW_NEGATIVE")
    debt_limit = BigInt(null=True, default=None)  # null: none
    refund_grace_days = Integer(null=False, default=0)
    reinstate_window = JSONB(null=True, default=None)  # a period from the expiry; null: never
    hold_seconds = Integer(null=False, default=900)
    gift = JSONB(
        null=False, default=None
    )  # {} or {"minimum", "daily_limit", "monthly_limit", "accept_hours"}
    pay = JSONB(null=False, default=None)  # {} or {"points", "money", "minimum", "max_share_percent"}
    point_value = JSONB(
        null=True, default=None
    )  # what one point is worth, a decimal text in the currency's own unit
    created_at = Timestamptz(null=False, default=None)

    each_policy_version_once = Unique(["wallet_type", "version"])
    a_known_refund_policy = Check("refund_policy IN ('ONLY_PENDING', 'WITHIN_BALANCE', 'ALLOW_NEGATIVE')")


class Account(Table, schema="points"):
    """A member's parts of one wallet, and the row that every posting locks.

    ``next_due`` is never later than the earliest moment at which a lot or hold of it falls due; ``announce_due`` never
    later than the next one at which its owner is told that points will expire.
    """

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None)
    wallet_type = ForeignKey(WalletType, null=False, on_delete=OnDelete.restrict)
    pending = BigInt(null=False, default=0)
    available = BigInt(null=False, default=0)
    held = BigInt(null=False, default=0)
    debt = BigInt(null=False, default=0)
    lifetime_earned = BigInt(null=False, default=0)
    seq = BigInt(null=False, default=0)
    is_frozen = Boolean(null=False, default=False)
    frozen_until = Timestamptz(null=True, default=None)
    next_due = Timestamptz(null=True, default=None)
    announce_due = Timestamptz(null=True, default=None)
    is_closed = Boolean(null=False, default=False)  # its member was merged into another
    created_at = Timestamptz(null=False, default=None)

    one_account_a_wallet = Unique(["member", "wallet_type"])
    parts_are_never_negative = Check("pending >= 0 AND available >= 0 AND held >= 0 AND debt >= 0")
    nobody_in_debt_has_points = Check("debt = 0 OR available = 0")


class Journal(Table, schema="points"):
    """One posting; its business key posts once for ever [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    kind = Varchar(length=10, null=False, default=None)
    source = Text(null=False, default=None)
    source_id = Text(null=False, default=None)
    rule_version = UUID(null=True, default=None)
    leg = Text(null=True, default=None)
    reason = Text(null=True, default=None)
    actor = UUID(null=True, default=None)
    approval = UUID(null=True, default=None)
    reverses = UUID(null=True, default=None)
    is_full = Boolean(null=False, default=False)  # reverses all that was left; once per journal [raw]
    reference = Text(null=True, default=None)
    facts = JSONB(null=False, default=None)  # desired, waived, ...
    occurred_at = Timestamptz(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)


class Entry(Table, schema="points"):
    """One movement between two parts; entries are only ever added [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    journal = ForeignKey(Journal, null=False, on_delete=OnDelete.restrict, index=True)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    seq = BigInt(null=False, default=None)
    source_part = Varchar(length=12, null=False, default=None)
    target_part = Varchar(length=12, null=False, default=None)
    amount = BigInt(null=False, default=None)
    pending_after = BigInt(null=False, default=None)
    available_after = BigInt(null=False, default=None)
    held_after = BigInt(null=False, default=None)
    debt_after = BigInt(null=False, default=None)
    occurred_at = Timestamptz(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_entry_number_once = Unique(["account", "seq"])
    an_entry_moves_something = Check("amount > 0 AND source_part <> target_part")


class Lot(Table, schema="points"):
    """Points that came in together and leave in the order of their expiry.

    While PENDING, ``remaining`` is what is pending. ``expiry`` is what starts at activation; afterwards only a sliding
    lot keeps it.
    """

    id = UUID(primary_key=True, default=ids.new)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    journal = ForeignKey(Journal, null=False, on_delete=OnDelete.restrict, index=True)
    state = Varchar(length=10, null=False, default=None)
    original = BigInt(null=False, default=None)
    remaining = BigInt(null=False, default=None)
    held = BigInt(null=False, default=0)
    occurred_at = Timestamptz(null=False, default=None)
    activates_at = Timestamptz(null=True, default=None)
    cancel_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
    expiry = JSONB(null=True, default=None)
    funding_source = Text(null=True, default=None)
    parent = UUID(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    a_lot_holds_what_it_got = Check(
        "remaining >= 0 AND held >= 0 AND remaining + held <= original AND original > 0"
    )


class Hold(Table, schema="points"):
    """Points set aside for something that is not certain yet; resolved once."""

    id = UUID(primary_key=True, default=ids.new)
    source = Text(null=False, default=None)
    source_id = Text(null=False, default=None)
    member = UUID(null=False, default=None, index=True)
    state = Varchar(length=20, null=False, default="OPEN")
    reason = Text(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)
    resolved_at = Timestamptz(null=True, default=None)

    each_cause_holds_once = Unique(["source", "source_id"])


class HoldLeg(Table, schema="points"):
    """What a hold keeps of one account; open until captured + released = amount."""

    id = UUID(primary_key=True, default=ids.new)
    hold = ForeignKey(Hold, null=False, on_delete=OnDelete.restrict)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    amount = BigInt(null=False, default=None)
    captured = BigInt(null=False, default=0)
    released = BigInt(null=False, default=0)

    one_leg_an_account = Unique(["hold", "account"])
    captured_at_most_what_is_held = Check("captured >= 0 AND released >= 0 AND captured + released <= amount")


class LotUse(Table, schema="points"):
    """What happened to a lot; every spend knows its lots. Append-only [raw].

    USE, EXPIRE and CANCEL take from the lot (a refund is a negative USE); HOLD is set aside (negative when let go);
    MOVE names the lots that a merge moved.
    """

    id = UUID(primary_key=True, default=ids.new)
    lot = ForeignKey(Lot, null=False, on_delete=OnDelete.restrict, index=True)
    journal = ForeignKey(Journal, null=False, on_delete=OnDelete.restrict, index=True)
    hold = UUID(null=True, default=None)
    kind = Varchar(length=10, null=False, default=None)
    amount = BigInt(null=False, default=None)

    a_use_is_something = Check("amount <> 0")
    a_known_kind = Check("kind IN ('USE', 'EXPIRE', 'CANCEL', 'HOLD', 'MOVE')")


class EarnRule(Table, schema="points"):
    """A rule by its code; what it says stands in its versions."""

    id = UUID(primary_key=True, default=ids.new)
    code = Text(null=False, default=None, unique=True)
    version = Integer(null=False, default=1)
    created_at = Timestamptz(null=False, default=None)


class EarnRuleVersion(Table, schema="points"):
    """What a rule says for a time; never edited once published. No overlap per rule [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    rule = ForeignKey(EarnRule, null=False, on_delete=OnDelete.restrict)
    version = Integer(null=False, default=None)
    state = Varchar(length=10, null=False, default="DRAFT")
    title = Text(null=False, default=None)
    definition = JSONB(null=False, default=None)
    priority = Integer(null=False, default=0)
    effective_from = Timestamptz(null=True, default=None)
    effective_to = Timestamptz(null=True, default=None)
    maker = UUID(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_rule_version_once = Unique(["rule", "version"])


class EarnDecision(Table, schema="points"):
    """Why a fact earned, or not. ``granted`` is what stands now; a NET cap may grant something else than desired."""

    id = UUID(primary_key=True, default=ids.new)
    interaction = UUID(null=False, default=None)
    rule = ForeignKey(EarnRule, null=False, on_delete=OnDelete.restrict)
    rule_version = ForeignKey(EarnRuleVersion, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None, index=True)
    outcome = Varchar(length=10, null=False, default=None)
    reasons = JSONB(null=False, default=None)
    desired = JSONB(null=False, default=None)  # wallet code -> minor units
    granted = JSONB(null=False, default=None)
    lines = JSONB(
        null=True, default=None
    )  # wallet code -> what of it each line of an order earned, where it has several
    multipliers = JSONB(null=False, default=None)
    windows = JSONB(null=False, default=None)  # the counters that the fact used
    journal = UUID(null=True, default=None)
    is_reversed = Boolean(null=False, default=False)
    turns = SmallInt(null=False, default=0)  # how often it was reversed or granted again
    gate = Varchar(length=10, null=True, default=None)  # HELD, WAITING, OPENED, RELEASED, CANCELLED
    subject_kind = Text(null=True, default=None)
    subject_id = Text(null=True, default=None)
    occurred_at = Timestamptz(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_fact_is_judged_once = Unique(["interaction", "rule", "member"])


class DeviceUse(Table, schema="points"):
    """Who earned on a device, where a rule counts that."""

    id = UUID(primary_key=True, default=ids.new)
    device = Text(null=False, default=None)
    member = UUID(null=False, default=None, index=True)
    first_at = Timestamptz(null=False, default=None)

    each_member_once_a_device = Unique(["device", "member"])


class AwardDue(Table, schema="points"):
    """A fact that may earn for another member than the one whose interaction it is; a sweep judges it."""

    id = UUID(primary_key=True, default=ids.new)
    interaction = UUID(null=False, default=None)
    rule = ForeignKey(EarnRule, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None, index=True)
    received_at = Timestamptz(null=False, default=None)
    fact = JSONB(null=False, default=None)
    tries = SmallInt(null=False, default=0)
    next_try_at = Timestamptz(null=True, default=None)
    last_error = Text(null=True, default=None)

    each_fact_is_due_once = Unique(["interaction", "rule", "member"])


class Setback(Table, schema="points"):
    """A due row that failed; its sweep leaves it alone until ``next_try_at``, so that it keeps nobody from their turn."""

    id = UUID(primary_key=True, default=ids.new)
    sweep = Text(null=False, default=None)
    subject = Text(null=False, default=None)
    tries = SmallInt(null=False, default=1)
    next_try_at = Timestamptz(null=False, default=None)
    last_error = Text(null=False, default=None)

    each_row_is_set_back_once = Unique(["sweep", "subject"])
