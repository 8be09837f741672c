"""What a programme file says, as typed shapes: the names of the GraphQL inputs, amounts as decimals of their wallet.

A field that is left out has its default, and what has its default is not written. Codes tell records apart; a record that
the file does not name stays as it is. Not in the file: stocks and codes of rewards, what is scheduled for later, drafts.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import NODEFAULT, Meta, Struct, field, structs, to_builtins

Int = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Moment = Annotated[datetime, Meta(tz=True)]
Unit = Literal["DAY", "WEEK", "MONTH", "YEAR"]


class Shape(Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """camelCase outside; a name that is not known is an error."""


class Names(Shape, kw_only=True):
    zh: str
    en: str


class Money(Shape, kw_only=True):
    minor_units: Int
    currency: str = "CNY"


class Period(Shape, kw_only=True):
    value: Int
    unit: Unit
    round_to: Unit | None = None


class Amount(Shape, kw_only=True):
    wallet: str
    amount: Decimal


class Test(Shape, kw_only=True):
    """A comparison of a trait (``key``) or of a property of the fact (``path``)."""

    key: str | None = None
    path: str | None = None
    op: str
    value: Any = None


class Condition(Shape, kw_only=True):
    """Exactly one of these; which ones may be used depends on where it stands."""

    all: list[Condition] | None = None
    any: list[Condition] | None = None
    not_: Condition | None = field(default=None, name="not")
    has_tag: str | None = None
    in_segment: str | None = None
    tier_at_least: str | None = None
    is_owner: bool | None = None
    owns_model: str | None = None
    trait: Test | None = None
    property: Test | None = None
    touchpoint: str | None = None
    enrolled_for_days: Int | None = None
    basket_at_least: Money | None = None


class Pending(Shape, kw_only=True):
    """When what is earned becomes available: one of these."""

    immediate: bool | None = None
    after: Period | None = None
    dates: list[str] | None = None
    on_activation: bool | None = None


class Expiry(Shape, kw_only=True):
    """When what is available expires: one of these."""

    never: bool | None = None
    rolling: Period | None = None
    calendar: list[str] | None = None
    sliding: Period | None = None


class Gift(Shape, kw_only=True):
    minimum: Decimal | None = None
    daily_limit: Decimal | None = None
    monthly_limit: Decimal | None = None
    accept_hours: Int = 72


class Pay(Shape, kw_only=True):
    conversion_points: Decimal
    conversion_amount: Money
    minimum: Decimal = Decimal(0)
    max_share_percent: Int = 100


class Policy(Shape, kw_only=True):
    pending: Pending | None = None
    expiry: Expiry | None = None
    refund_policy: str = "ALLOW_NEGATIVE"
    debt_limit: Decimal | None = None
    refund_grace_days: Int = 0
    reinstate_window: Period | None = None
    hold_seconds: Int = 900
    gift: Gift | None = None
    pay: Pay | None = None
    point_value: Decimal | None = None


class Programme(Shape, kw_only=True):
    code: str
    zone: str
    day_starts_at: Int = 0
    requires_enrolment: bool = False


class Wallet(Shape, kw_only=True):
    """``policy``: what is in force; left out, it stays as it is."""

    code: str
    programme: str
    names: Names
    scale: Int = 0
    is_spendable: bool = True
    has_lots: bool = True
    policy: Policy | None = None


class EndOfPeriod(Shape, kw_only=True):
    next: bool = False
    plus_days: Int = 0


class TierExpiry(Shape, kw_only=True):
    """When a tier ends: one of these."""

    none: bool | None = None
    immediate: bool | None = None
    fixed: Period | None = None
    calendar: list[str] | None = None
    end_of_period: EndOfPeriod | None = None


class Tier(Shape, kw_only=True):
    code: str
    threshold: Decimal
    condition: Condition | None = None
    keeps: bool = False


class TierScheme(Shape, kw_only=True):
    code: str
    wallet: str
    basis: str = "BALANCE"
    period: Period | None = None
    apply: str = "IMMEDIATELY"
    expiry: TierExpiry | None = None
    downgrade: str = "FULL"
    grace: Period | None = None
    tiers: list[Tier]


class Benefit(Shape, kw_only=True):
    scheme: str
    tier: str
    code: str
    names: Names
    quantity: Int | None = None
    period: Period | None = None


class Lines(Shape, kw_only=True):
    skus: list[str] = []
    not_skus: list[str] = []
    labels: list[str] = []
    not_labels: list[str] = []
    is_delivery_excluded: bool = False


class Fixed(Shape, kw_only=True):
    wallet: str
    points: Decimal
    lines: Lines | None = None
    per_unit: bool = False


class PerAmount(Shape, kw_only=True):
    wallet: str
    points: Decimal
    per: Money
    stepping: str = "WHOLE"
    lines: Lines | None = None


class FromProperty(Shape, kw_only=True):
    wallet: str
    path: str
    factor: Decimal = Decimal(1)


class Multiply(Shape, kw_only=True):
    factor: Decimal
    lines: Lines | None = None
    includes_fixed: bool = False
    is_stackable: bool = True
    priority: Int = 0


class Deduct(Shape, kw_only=True):
    wallet: str
    points: Decimal


class Effect(Shape, kw_only=True):
    """Exactly one of these."""

    fixed: Fixed | None = None
    per_amount: PerAmount | None = None
    from_property: FromProperty | None = None
    multiply: Multiply | None = None
    deduct: Deduct | None = None


class Cap(Shape, kw_only=True):
    per: str
    window: str
    measure: str
    limit: Decimal
    on_excess: Literal["CUT", "REFUSE"] = "CUT"
    mode: Literal["GROSS", "NET"] = "GROSS"
    group: str | None = None


class Hours(Shape, kw_only=True):
    from_: str = field(name="from")
    to: str
    days: list[Int] | None = None


class Beneficiary(Shape, kw_only=True):
    property: str


class EarnRule(Shape, kw_only=True):
    code: str
    title: str
    kinds: list[str]
    beneficiary: Beneficiary | None = None
    condition: Condition | None = None
    effects: list[Effect]
    caps: list[Cap] = []
    per_event_max: Decimal | None = None
    hold_above: Decimal | None = None
    device_members_max: Int | None = None
    is_stackable: bool = True
    priority: Int = 0
    rounding: str = "FLOOR"
    zone: str | None = None
    hours: list[Hours] = []
    cooldown_seconds: Int | None = None
    pending: Pending | None = None
    expiry: Expiry | None = None
    activates_on: list[str] | None = None
    cancel_after: Period | None = None
    reverses_on: list[str] | None = None
    regrants_on: list[str] | None = None
    effective_to: Moment | None = None
    funding_source: str | None = None
    follows_vehicle: bool = False


class Reward(Shape, kw_only=True):
    """``is_limited``: it has a stock, which is no configuration: a new one begins with none."""

    code: str
    kind: str
    names: Names
    prices: list[Amount] = []
    cash: Money | None = None
    is_limited: bool = False
    per_member_limit: Int | None = None
    condition: Condition | None = None
    opens_at: Moment | None = None
    closes_at: Moment | None = None


class Given(Shape, kw_only=True):
    wallet: str
    points: Decimal


class Step(Shape, kw_only=True):
    from_: date | None = field(default=None, name="from")
    to: date | None = None
    wallet: str
    points: Decimal


class Streak(Shape, kw_only=True):
    days: Int
    rewards: list[Given]


class Mission(Shape, kw_only=True):
    programme: str
    code: str
    title: Names
    kinds: list[str]
    condition: Condition | None = None
    target: Int
    period: Period | None = None
    opens_on: date | None = None
    closes_on: date | None = None
    counts_per: Literal["LOCAL_DAY", "INTERACTION"] = "LOCAL_DAY"
    steps: list[Step] = []
    streak: Streak | None = None
    recurrence: Literal["ONCE", "ON_EXPIRY", "ON_COMPLETION"] = "ONCE"
    pays_next_day: bool = False
    is_kept_after_completion: bool = False
    rewards: list[Given] = []
    badge: str | None = None
    needs_joining: bool = False


class ReferralProgramme(Shape, kw_only=True):
    programme: str
    kinds: list[str]
    friend_within_days: Int = 30
    qualify_within_days: Int = 90
    hold_days: Int = 14


class File(Shape, kw_only=True):
    """All of it, in the order in which it is brought in: what is named comes before what names it."""

    marque: Literal[1]
    programmes: list[Programme] = []
    wallets: list[Wallet] = []
    tier_schemes: list[TierScheme] = []
    benefits: list[Benefit] = []
    earn_rules: list[EarnRule] = []
    rewards: list[Reward] = []
    missions: list[Mission] = []
    referral_programmes: list[ReferralProgramme] = []


def plain(said: Any) -> Any:
    """A shape as plain data under the names outside, without what is so by default; decimals stay decimals."""
    if isinstance(said, Shape):
        return {
            each.encode_name: plain(value)
            for each in structs.fields(said)
            if (value := getattr(said, each.name)) != _default(each)
        }
    if isinstance(said, list):
        return [plain(each) for each in said]
    return to_builtins(said, builtin_types=(Decimal,))


def _default(each: structs.FieldInfo) -> Any:
    return each.default if each.default_factory is NODEFAULT else each.default_factory()


def key(entry: Any) -> str:
    """What tells a record apart from the others of its kind."""
    if isinstance(entry, Benefit):
        return f"{entry.scheme}.{entry.tier}.{entry.code}"
    return entry.programme if isinstance(entry, ReferralProgramme) else entry.code
