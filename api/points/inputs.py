"""Inputs of an earn rule."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

from api.fields import Json, enum, field
from api.money import MoneyInput
from api.operations.inputs import Operator
from api.points.baskets import LabelInput
from api.points.policies import PeriodInput, WalletExpiryInput


def _enum(name: str, description: str, **values: str) -> Any:
    return enum(Enum(name, {value: value for value in values}), description, **values)  # type: ignore[misc]


CapPer = _enum("CapPer", "Whose use is counted.", MEMBER="A member's.", MEMBER_SUBJECT="A member's, on one subject.",
               DEVICE="A device's.", RULE="Everybody's together.")  # fmt: skip
CapWindow = _enum("CapWindow", "Over how long, in the rule's zone.", DAY="A local day.", WEEK="An ISO week.",
                  MONTH="A month.", QUARTER="A quarter.", YEAR="A year.", EVER="For ever.")  # fmt: skip
CapMeasure = _enum("CapMeasure", "What is counted.", TIMES="How often.", POINTS="How many points.")
CapExcess = _enum("CapExcess", "What happens above the limit.", CUT="What is left is granted.",
                  REFUSE="Nothing is granted.")  # fmt: skip
CapMode = _enum("CapMode", "How reversals count.", GROSS="A reversal gives no room back.",
                NET="The sum of plus and minus, at most the limit.")  # fmt: skip
Stepping = _enum("EarnStepping", "How an amount of money is counted.", WHOLE="Only whole steps count.",
                 PROPORTIONAL="Broken steps count, too.")  # fmt: skip
Rounding = _enum("EarnRounding", "How the sum is rounded to the wallet's digits, once.", FLOOR="Down.",
                 HALF_UP="To the nearest, halves up.", CEIL="Up.")  # fmt: skip


@strawberry.input(description="An amount of one wallet.")
class WalletAmountInput:
    wallet: str = field("The wallet's code.")
    amount: Decimal = field("How much, above 0, with at most the wallet's digits.")


@strawberry.input(description="Which lines of an order; each list that is given must fit.")
class LineFilterInput:
    skus: list[str] = field("Only these articles.", default_factory=list)
    not_skus: list[str] = field("Not these articles.", default_factory=list)
    labels: list[LabelInput] = field("Only lines with one of these labels.", default_factory=list)
    not_labels: list[LabelInput] = field("No lines with one of these labels.", default_factory=list)
    is_delivery_excluded: bool = field("Leave the delivery out.", default=False)


@strawberry.input(description="A fixed number of points of one wallet.")
class FixedEffectInput:
    wallet: str = field("The wallet's code.")
    points: Decimal = field("How many, above 0.")
    lines: LineFilterInput | None = field("Only when a line fits; absent: always.", default=None)
    per_unit: bool = field("For each piece of the lines that fit, instead of once.", default=False)


@strawberry.input(description="Points for money: points for each per of the cash that was paid.")
class PerAmountEffectInput:
    wallet: str = field("The wallet's code.")
    points: Decimal = field("How many, above 0.")
    per: MoneyInput = field("For each such amount, above 0.")
    stepping: Stepping = field("How broken steps count.", default=Stepping.WHOLE)  # type: ignore[valid-type]
    lines: LineFilterInput | None = field("Only for lines that fit; absent: for all of them.", default=None)


@strawberry.input(description="As many points as a property of the fact says, times a factor.")
class FromPropertyEffectInput:
    wallet: str = field("The wallet's code.")
    path: str = field("The dotted path of the property.")
    factor: Decimal = field("How many points for one.", default=Decimal(1))


@strawberry.input(description="Multiply what matching lines earn by amount, by this and other rules.")
class MultiplyEffectInput:
    factor: Decimal = field("By how much, above 0.")
    lines: LineFilterInput | None = field("Only lines that fit; absent: all of them.", default=None)
    includes_fixed: bool = field("Multiply fixed points, too.", default=False)
    is_stackable: bool = field(
        "Whether it is multiplied with others; otherwise the first stands alone.", default=True
    )
    priority: int = field("Of those that stand alone, the highest counts.", default=0)


@strawberry.input(description="Points of one wallet to take.")
class DeductEffectInput:
    wallet: str = field("The wallet's code.")
    points: Decimal = field("How many, above 0.")


@strawberry.input(description="What a rule does; exactly one.", one_of=True)
class EffectInput:
    fixed: strawberry.Maybe[FixedEffectInput] = field("Give this many.")
    per_amount: strawberry.Maybe[PerAmountEffectInput] = field("Give so many for money.")
    from_property: strawberry.Maybe[FromPropertyEffectInput] = field("Give as many as a property says.")
    multiply: strawberry.Maybe[MultiplyEffectInput] = field("Multiply what is given for money.")
    deduct: strawberry.Maybe[DeductEffectInput] = field("Take this many.")


@strawberry.input(description="At most so much in a window.")
class CapInput:
    per: CapPer = field("Whose use is counted.")  # type: ignore[valid-type]
    window: CapWindow = field("Over how long.")  # type: ignore[valid-type]
    measure: CapMeasure = field("What is counted.")  # type: ignore[valid-type]
    limit: Decimal = field("The limit, in points or times.")
    on_excess: CapExcess = field("What happens above it.", default=CapExcess.CUT)  # type: ignore[valid-type]
    mode: CapMode = field("How reversals count.", default=CapMode.GROSS)  # type: ignore[valid-type]
    group: str | None = field("Rules that name the same group share the cap.", default=None)


@strawberry.input(description="A comparison of a property of the fact.")
class PropertyConditionInput:
    path: str = field("The dotted path; subject.kind and subject.id name the subject.")
    op: Operator = field("How to compare: EQ NE LT LTE GT GTE IN or EXISTS.")  # type: ignore[valid-type]
    value: Json | None = field("With what.", default=None)


@strawberry.input(description="A comparison of a trait of the person.")
class TraitComparisonInput:
    key: str = field("The trait's name.")
    op: Operator = field("How to compare: EQ NE LT LTE GT GTE IN or EXISTS.")  # type: ignore[valid-type]
    value: Json | None = field("With what.", default=None)


@strawberry.input(description="What must hold for the fact; exactly one.", one_of=True)
class FactConditionInput:
    all: strawberry.Maybe[list[FactConditionInput]] = field("All of these.")
    any: strawberry.Maybe[list[FactConditionInput]] = field("One of these.")
    not_: strawberry.Maybe[FactConditionInput] = field("Not this.", name="not")
    has_tag: strawberry.Maybe[str] = field("The person carries this tag: key, or key:value.")
    in_segment: strawberry.Maybe[UUID] = field("The person is in this segment.")
    tier_at_least: strawberry.Maybe[str] = field("The person stands in this tier of a scheme, or above it.")
    is_owner: strawberry.Maybe[bool] = field("Whether the person owns a vehicle.")
    owns_model: strawberry.Maybe[str] = field("The person owns a vehicle of this model.")
    trait: strawberry.Maybe[TraitComparisonInput] = field("A trait compares so.")
    property: strawberry.Maybe[PropertyConditionInput] = field("A property compares so.")
    touchpoint: strawberry.Maybe[str] = field("It was done on this.")
    enrolled_for_days: strawberry.Maybe[int] = field("In a programme for at least so many days.")
    basket_at_least: strawberry.Maybe[MoneyInput] = field("At least so much was paid in cash.")


@strawberry.input(description="Whom a rule means; exactly one.", one_of=True)
class BeneficiaryInput:
    actor: strawberry.Maybe[bool] = field("The member whose fact it is.")
    property: strawberry.Maybe[str] = field("The member that a property names, by member id or external id.")


@strawberry.input(description="A span of the day in which facts earn, in the rule's zone.")
class HoursInput:
    from_: str = field("From then on, as HH:MM.", name="from")
    to: str = field("Until then (exclusive), as HH:MM; before from: on the next day.")
    days: list[int] = field("On these days, 1 (Monday) to 7; none: every day.", default_factory=list)


@strawberry.input(description="When an award becomes available; exactly one.", one_of=True)
class EarnPendingInput:
    immediate: strawberry.Maybe[bool] = field("At once.")
    after: strawberry.Maybe[PeriodInput] = field("After this time.")
    dates: strawberry.Maybe[list[str]] = field("On the next of these days of the year, MM-DD.")
    on_activation: strawberry.Maybe[bool] = field("When a fact of activatesOn comes.")


@strawberry.input(description="What an earn rule says.")
class EarnRuleInput:
    code: str = field("Its code, unique; up to 100 characters.")
    title: str = field("What it is called.")
    kinds: list[str] = field("The kinds of interactions that it listens to.")
    beneficiary: BeneficiaryInput | None = field("Whom it means; absent: the actor.", default=None)
    condition: FactConditionInput | None = field("What must hold; absent: nothing.", default=None)
    effects: list[EffectInput] = field("What it gives or takes.")
    caps: list[CapInput] = field("Its limits.", default_factory=list)
    per_event_max: Decimal | None = field("Refuse a fact that would earn more than this.", default=None)
    hold_above: Decimal | None = field("An award of more than this waits for an operator.", default=None)
    device_members_max: int | None = field(
        "An award from a device on which more members than this earned waits for an operator.", default=None
    )
    is_stackable: bool = field(
        "Whether it adds up with other rules; otherwise the first of those that do not stands alone.",
        default=True,
    )
    priority: int = field("Higher ones are looked at first.", default=0)
    rounding: Rounding = field("How the sum is rounded.", default=Rounding.FLOOR)  # type: ignore[valid-type]
    zone: str | None = field("The IANA zone of its windows and hours; absent: Asia/Shanghai.", default=None)
    hours: list[HoursInput] = field("When facts earn; none: always.", default_factory=list)
    cooldown_seconds: int | None = field(
        "How long after an award a person earns nothing more by it.", default=None
    )
    pending: EarnPendingInput | None = field(
        "When an award becomes available; absent: as the wallet says.", default=None
    )
    expiry: WalletExpiryInput | None = field("When it expires; absent: as the wallet says.", default=None)
    activates_on: list[str] = field(
        "An award waits for one of these kinds about the same subject.", default_factory=list
    )
    cancel_after: PeriodInput | None = field("For how long it waits; absent: for ever.", default=None)
    reverses_on: list[str] | None = field(
        "Which compensations take the award back; absent: removals by a moderator.", default=None
    )
    regrants_on: list[str] | None = field(
        "Which compensations of those give it again; absent: restorations.", default=None
    )
    effective_from: datetime | None = field("From when; absent: from its publication.", default=None)
    effective_to: datetime | None = field(
        "Until when (exclusive); absent: until it is retired.", default=None
    )
    funding_source: str | None = field("Who pays for the points.", default=None)
    follows_vehicle: bool = field(
        "What it gave for something about a car goes along when the car is sold; otherwise it stays with who earned it.",
        default=False,
    )
