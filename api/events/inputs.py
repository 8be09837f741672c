"""What hosts write down about occurrences, as inputs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry

from api.events.enums import OccurrenceKind
from api.fields import Input, field
from domain.events import drafts, funds, rules, tiering


@strawberry.input(description="A fixed price of one place.")
class PriceOptionInput:
    points: Decimal = field("Points.", default=Decimal(0))
    cash: int = field("Cash beside the points, in minor units.", default=0)

    def price(self, path: str) -> rules.Price:
        return rules.Price(funds.read(self.points, f"{path}.points"), self.cash)


@strawberry.input(description="A free ratio of points and cash, of one place.")
class PriceMixInput:
    cash: int = field("The price without any points, in minor units.")
    points_per_minor_unit: Decimal = field("So many points replace one minor unit of cash.")
    min_points: Decimal = field("The fewest points.", default=Decimal(0))
    max_points: Decimal = field("The most points.")

    def mix(self, path: str) -> drafts.Mix:
        return drafts.Mix(
            cash=self.cash,
            points_per_minor_unit=self.points_per_minor_unit,
            min_points=funds.read(self.min_points, f"{path}.minPoints"),
            max_points=funds.read(self.max_points, f"{path}.maxPoints"),
        )


@strawberry.input(description="So many percent come back as long as so many hours are left.")
class RefundStepInput:
    hours_before: int = field("Hours before the start, inclusive.")
    percent: int = field("0 to 100.")


@strawberry.input(
    description="What cancelling gives back. Without steps and hours: everything until the start."
)
class RefundPolicyInput:
    free_until_hours: int | None = field(
        "Until so many hours before the start all comes back, without a fee.", default=None
    )
    steps: list[RefundStepInput] = field(
        "After that; the step with the most hours that still holds.", default_factory=list
    )
    flat_fee_points: Decimal = field("Kept back from every refund that is not free.", default=Decimal(0))
    deadline_hours: int | None = field(
        "Later than so many hours before the start one cannot cancel.", default=None
    )

    def policy(self, path: str) -> rules.RefundPolicy:
        return rules.RefundPolicy(
            free_until_hours=self.free_until_hours,
            steps=tuple(rules.RefundStep(step.hours_before, step.percent) for step in self.steps),
            flat_fee_points=funds.read(self.flat_fee_points, f"{path}.flatFeePoints"),
            deadline_hours=self.deadline_hours,
        )


@strawberry.input(description="Something that every party is asked.")
class TierQuestionInput:
    id: str = field("Names the answer: letters, digits, - and _.")
    label: str = field("The question.")
    is_required: bool = field("Whether it has to be answered.", default=False)
    choices: list[str] = field("The possible answers; empty: a free text.", default_factory=list)

    def question(self) -> drafts.AskedQuestion:
        return drafts.AskedQuestion(self.id, self.label, self.is_required, tuple(self.choices))


@strawberry.input(description="A tier to be.")
class TierInput:
    name: str = field("Its name.")
    capacity: int | None = field("Its own places; absent: those of the occurrence alone.", default=None)
    min_party: int = field("The fewest people of a party.", default=1)
    max_party: int = field("The most people of a party.", default=1)
    max_per_member: int | None = field("The most places of one member.", default=None)
    sale_starts_at: datetime | None = field("From when one can register.", default=None)
    sale_ends_at: datetime | None = field("Until when (exclusive).", default=None)
    price_options: list[PriceOptionInput] = field(
        "Fixed prices of one place; none and no mix: free.", default_factory=list
    )
    price_mix: PriceMixInput | None = field("A free ratio.", default=None)
    needs_approval: bool = field("Whether a host decides on each registration.", default=False)
    refund_policy: RefundPolicyInput | None = field("What cancelling gives back.", default=None)
    questions: list[TierQuestionInput] = field("What every party is asked.", default_factory=list)

    def draft(self, path: str) -> drafts.TierDraft:
        return drafts.TierDraft(
            name=self.name,
            capacity=self.capacity,
            min_party=self.min_party,
            max_party=self.max_party,
            max_per_member=self.max_per_member,
            sale_starts_at=self.sale_starts_at,
            sale_ends_at=self.sale_ends_at,
            price_options=_prices(self.price_options, path),
            price_mix=self.price_mix.mix(f"{path}.priceMix") if self.price_mix else None,
            needs_approval=self.needs_approval,
            refund_policy=(self.refund_policy or RefundPolicyInput()).policy(f"{path}.refundPolicy"),
            questions=tuple(question.question() for question in self.questions),
        )


@strawberry.input(
    description="What to change of a tier; registrations keep the price and policy they were made with."
)
class TierEditInput:
    tier_id: UUID = field("The tier's id.")
    name: strawberry.Maybe[str] = field("Its name.")
    min_party: strawberry.Maybe[int] = field("The fewest people of a party.")
    max_party: strawberry.Maybe[int] = field("The most people of a party.")
    max_per_member: strawberry.Maybe[int | None] = field("The most places of one member; null: no limit.")
    sale_starts_at: strawberry.Maybe[datetime | None] = field("From when one can register; null: at once.")
    sale_ends_at: strawberry.Maybe[datetime | None] = field("Until when; null: until the start.")
    price_options: strawberry.Maybe[list[PriceOptionInput]] = field("All fixed prices, anew.")
    price_mix: strawberry.Maybe[PriceMixInput | None] = field("The free ratio; null takes it away.")
    needs_approval: strawberry.Maybe[bool] = field("Whether a host decides on each registration.")
    refund_policy: strawberry.Maybe[RefundPolicyInput] = field(
        "What cancelling gives back, for new registrations."
    )
    questions: strawberry.Maybe[list[TierQuestionInput]] = field("All questions, anew.")

    def edit(self, path: str) -> tiering.TierEdit:
        plain = (
            "name",
            "min_party",
            "max_party",
            "max_per_member",
            "sale_starts_at",
            "sale_ends_at",
            "needs_approval",
        )
        changes = given(self, *plain)
        if self.price_options is not None:
            changes["price_options"] = _prices(self.price_options.value, path)
        if self.price_mix is not None:
            mix = self.price_mix.value
            changes["price_mix"] = mix.mix(f"{path}.priceMix") if mix else None
        if self.refund_policy is not None:
            changes["refund_policy"] = self.refund_policy.value.policy(f"{path}.refundPolicy")
        if self.questions is not None:
            changes["questions"] = tuple(question.question() for question in self.questions.value)
        return tiering.TierEdit(self.tier_id, changes)


@strawberry.input(description="An occurrence to be.")
class DraftOccurrenceInput(Input):
    title: str = field("Its title.")
    summary: str | None = field("What it is about.", default=None)
    kind: OccurrenceKind = field("What kind of gathering it is.")
    starts_at: datetime = field("When it starts.")
    ends_at: datetime = field("When it ends.")
    timezone: str = field("Its zone (IANA).", default="Asia/Shanghai")
    city_adcode: str | None = field("The city, as a six-digit adcode.", default=None)
    place: str | None = field("Where it takes place.", default=None)
    capacity: int | None = field("Its places; absent: unlimited.", default=None)
    closes_when_full: bool = field(
        "Whether a full occurrence stays closed until a host reopens it.", default=False
    )
    frees_on_exit: bool = field("Whether leaving frees a place.", default=False)
    check_in_opens_at: datetime | None = field("From when one is let in.", default=None)
    tiers: list[TierInput] = field("The ways to take part, at least one.")

    def draft(self) -> drafts.OccurrenceDraft:
        plain = (
            "title", "summary", "kind", "starts_at", "ends_at", "timezone", "city_adcode", "place", "capacity",
            "closes_when_full", "frees_on_exit", "check_in_opens_at",
        )  # fmt: skip
        return drafts.OccurrenceDraft(
            **{name: getattr(self, name) for name in plain},
            tiers=tuple(tier.draft(f"tiers.{number}") for number, tier in enumerate(self.tiers)),
        )


@strawberry.input(description="What to change of an occurrence; what is absent stays.")
class EditOccurrenceInput(Input):
    occurrence_id: UUID = field("The occurrence's id.")
    expected_version: int = field("The version that was read.")
    title: strawberry.Maybe[str] = field("Its title.")
    summary: strawberry.Maybe[str | None] = field("What it is about.")
    place: strawberry.Maybe[str | None] = field("Where it takes place.")
    city_adcode: strawberry.Maybe[str | None] = field("The city, as a six-digit adcode.")
    timezone: strawberry.Maybe[str] = field("Its zone (IANA).")
    check_in_opens_at: strawberry.Maybe[datetime | None] = field("From when one is let in.")
    starts_at: strawberry.Maybe[datetime] = field("When it starts; a published one is postponed instead.")
    ends_at: strawberry.Maybe[datetime] = field("When it ends; a published one is postponed instead.")
    tiers: list[TierEditInput] = field("Tiers to change.", default_factory=list)
    new_tiers: list[TierInput] = field("Tiers to add.", default_factory=list)

    def changes(self) -> dict[str, Any]:
        names = (
            "title",
            "summary",
            "place",
            "city_adcode",
            "timezone",
            "check_in_opens_at",
            "starts_at",
            "ends_at",
        )
        return given(self, *names)


def given(source: Any, *names: str) -> dict[str, Any]:
    """The values of those optional fields that the input names."""
    return {name: getattr(source, name).value for name in names if getattr(source, name) is not None}


def _prices(options: list[PriceOptionInput], path: str) -> tuple[rules.Price, ...]:
    return tuple(option.price(f"{path}.priceOptions.{number}") for number, option in enumerate(options))
