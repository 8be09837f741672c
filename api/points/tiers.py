"""Tiers and their benefits over GraphQL."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import Input, enum, field, mutation, query, result
from api.permissions import SIGNED_IN, can
from api.points.policies import PeriodInput
from api.points.tier_types import Benefit, BenefitDefinition, Standing, TierScheme
from api.points.wallets import WalletNamesInput
from api.refusals import NotEligible, Refusal, VersionConflict, refusal
from domain.errors import InvalidInput
from domain.points import amounts, benefits, errors, reading, standing_keeping, tiers
from domain.points.standing_types import APPLIES, BASES, DOWNGRADES, Tier
from domain.points.tiers import Draft

OPERATOR = can("operator")

TierBasis = enum(
    Enum("TierBasis", {each: each for each in BASES}),  # type: ignore[misc]
    "What counts for a tier.",
    BALANCE="What the member has: available and held, less debt.",
    EARNED_IN_PERIOD="What was earned in the period, less what was taken back of it.",
)
TierApply = enum(
    Enum("TierApply", {each: each for each in APPLIES}),  # type: ignore[misc]
    "When a tier that was reached holds.",
    IMMEDIATELY="At once.",
    NEXT_PERIOD="From the next period on.",
)
TierDowngrade = enum(
    Enum("TierDowngrade", {each: each for each in DOWNGRADES}),  # type: ignore[misc]
    "How far a tier falls when its time is over and the points do not suffice.",
    NONE="It does not fall.",
    ONE_STEP="To the next lower tier.",
    FULL="To the tier that the points reach.",
)


@strawberry.input(description="What a tier asks for besides points; exactly one.", one_of=True)
class TierConditionInput:
    all: strawberry.Maybe[list[TierConditionInput]] = field("All of these.")
    any: strawberry.Maybe[list[TierConditionInput]] = field("One of these.")
    not_: strawberry.Maybe[TierConditionInput] = field("Not this.", name="not")
    in_segment: strawberry.Maybe[UUID] = field("The member is in this segment.")
    is_owner: strawberry.Maybe[bool] = field("The member owns a vehicle (or does not).")


@strawberry.input(description="A tier of a scheme.")
class SchemeTierInput:
    code: str = field("Its code, up to 30 letters, digits, - and _.")
    threshold: Decimal = field("From how many points on it is reached.")
    condition: TierConditionInput | None = field("What it asks for besides.", default=None)
    keeps: bool = field("Whoever reached it never falls from it.", default=False)


@strawberry.input(description="The end of a period of the scheme.")
class EndOfPeriodInput:
    next: bool = field("The end of the period after the one in which it was reached.", default=False)
    plus_days: int = field("So many days later.", default=0)


@strawberry.input(description="When a tier ends; exactly one.", one_of=True)
class TierExpiryInput:
    none: strawberry.Maybe[bool] = field("Never.")
    immediate: strawberry.Maybe[bool] = field("As soon as the points do not suffice.")
    fixed: strawberry.Maybe[PeriodInput] = field("So long after it was reached.")
    calendar: strawberry.Maybe[list[str]] = field(
        "After the next of these days of the year, MM-DD, up to 20; the day itself is the last."
    )
    end_of_period: strawberry.Maybe[EndOfPeriodInput] = field("At the end of a period.")


@strawberry.input(description="What a tier scheme says.")
class TierSchemeInput:
    code: str = field("Its code, up to 30 letters, digits, - and _.")
    wallet: str = field("The wallet whose points count.", default="GROWTH")
    basis: TierBasis = field("What counts.", default=TierBasis.BALANCE)  # type: ignore[valid-type]
    period: PeriodInput | None = field(
        "The period, which lies on the calendar: 1 YEAR, 3 MONTH (quarters), ...", default=None
    )
    apply: TierApply = field("When a tier holds.", default=TierApply.IMMEDIATELY)  # type: ignore[valid-type]
    expiry: TierExpiryInput | None = field("When a tier ends; absent: never.", default=None)
    downgrade: TierDowngrade = field("How far it falls.", default=TierDowngrade.FULL)  # type: ignore[valid-type]
    grace: PeriodInput | None = field("For how long it stays after its end.", default=None)
    tiers: list[SchemeTierInput] = field("The tiers, from the lowest to the highest.")


@strawberry.input(description="A scheme to make, or to revise by its code.")
class DefineTierSchemeInput(Input):
    scheme: TierSchemeInput = field("What it says from now on; a new one is judged over the whole history.")
    expected_version: int | None = field("The version that you read; absent: it is new.", default=None)


@strawberry.input(description="A floor under a member's tier.")
class SetFloorTierInput(Input):
    member_id: UUID = field("Whose.")
    scheme: str = field("The scheme's code.")
    tier: str | None = field("The tier; null: no floor any more.", default=None)
    until: datetime | None = field("Until when; absent: for ever.", default=None)


@strawberry.input(description="A benefit to give a tier, or to revise.")
class DefineBenefitInput(Input):
    scheme: str = field("The scheme's code.")
    tier: str = field("The tier's code.")
    code: str = field("The benefit's code; tiers that share it count its uses together.")
    names: WalletNamesInput = field("What members call it.")
    quantity: int | None = field("How often in a period; null: as often as one likes.", default=None)
    period: PeriodInput | None = field("The period, on the calendar; null: for ever.", default=None)
    expected_version: int | None = field("The version that you read; absent: it is new.", default=None)


@strawberry.input(description="A benefit that is used.")
class UseBenefitInput(Input):
    member_id: UUID = field("By whom.")
    benefit_code: str = field("The benefit's code.")
    source_id: str = field("On what, such as a visit's number; each is used on once.")


@refusal(errors.BenefitUsedUp)
class BenefitUsedUp(Refusal):
    available_at: datetime | None = field("When it is there again; null: never.")


@strawberry.type(description="The scheme is defined.")
class DefineTierSchemeSuccess:
    scheme: TierScheme = field("The scheme.")


@strawberry.type(description="The floor is set.")
class SetFloorTierSuccess:
    standing: Standing | None = field("How the member stands now; null: in no tier.")


@strawberry.type(description="The benefit is defined.")
class DefineBenefitSuccess:
    benefit: BenefitDefinition = field("The benefit.")


@strawberry.type(description="The benefit is used.")
class UseBenefitSuccess:
    benefit: Benefit = field("What is left of it.")


DefineTierSchemeResult = result("DefineTierScheme", DefineTierSchemeSuccess, VersionConflict)
SetFloorTierResult = result("SetFloorTier", SetFloorTierSuccess)
DefineBenefitResult = result("DefineBenefit", DefineBenefitSuccess, VersionConflict)
UseBenefitResult = result("UseBenefit", UseBenefitSuccess, BenefitUsedUp, NotEligible)


@strawberry.type
class TierQuery:
    @query("All tier schemes with their tiers and benefits, the oldest first.", who=SIGNED_IN)
    async def tier_schemes(self) -> list[TierScheme]:
        return await TierScheme.all()


@strawberry.type
class TierMutation:
    @mutation("Make a tier scheme, or let it say something else from now on.", who=OPERATOR)
    async def define_tier_scheme(self, info: Info, input: DefineTierSchemeInput) -> DefineTierSchemeResult:
        made = await tiers.define(info.context.actor, await _draft(input.scheme), input.expected_version)
        return DefineTierSchemeSuccess(scheme=next(s for s in await TierScheme.all() if s.id == made))

    @mutation("Let a member stand at least in a tier.", who=OPERATOR)
    async def set_floor_tier(self, info: Info, input: SetFloorTierInput) -> SetFloorTierResult:
        scheme, standing = await standing_keeping.set_floor(
            info.context.actor, input.member_id, input.scheme, input.tier, input.until
        )
        return SetFloorTierSuccess(standing=Standing.of(scheme, standing))

    @mutation("Give a tier a benefit, or revise it.", who=OPERATOR)
    async def define_benefit(self, info: Info, input: DefineBenefitInput) -> DefineBenefitResult:
        made = await benefits.define(
            info.context.actor, scheme=input.scheme, tier=input.tier, code=input.code,
            names={"zh": input.names.zh, "en": input.names.en}, quantity=input.quantity,
            period=_period(input.period) if input.period else None, expected_version=input.expected_version,
        )  # fmt: skip
        return DefineBenefitSuccess(benefit=BenefitDefinition.of(await benefits.defined(made)))

    @mutation("A member uses a benefit.", who=OPERATOR)
    async def use_benefit(self, info: Info, input: UseBenefitInput) -> UseBenefitResult:
        found = await benefits.use(info.context.actor, input.member_id, input.benefit_code, input.source_id)
        return UseBenefitSuccess(benefit=Benefit.of(found))


def _period(said: PeriodInput) -> dict[str, Any]:
    rounded = said.round_to.value if said.round_to else None
    return {"value": said.value, "unit": said.unit.value, "round_to": rounded}


async def _draft(said: TierSchemeInput) -> Draft:
    scales = await reading.scales()
    if said.wallet not in scales:
        raise InvalidInput.at("scheme.wallet", f"There is no wallet {said.wallet}.")
    scale = scales[said.wallet]
    return Draft(
        code=said.code,
        wallet=said.wallet,
        basis=said.basis.value,  # type: ignore[attr-defined]
        period=_period(said.period) if said.period else None,
        apply=said.apply.value,  # type: ignore[attr-defined]
        expiry=_expiry(said.expiry),
        downgrade=said.downgrade.value,  # type: ignore[attr-defined]
        grace=_period(said.grace) if said.grace else None,
        tiers=tuple(
            Tier(
                each.code,
                amounts.minor(each.threshold, scale, f"scheme.tiers.{number}.threshold"),
                _condition(each.condition, f"scheme.tiers.{number}.condition") if each.condition else None,
                each.keeps,
            )
            for number, each in enumerate(said.tiers)
        ),
    )


def _expiry(said: TierExpiryInput | None) -> dict[str, Any]:
    if said is None:
        return {"none": True}
    if said.fixed is not None and said.fixed.value is not None:
        return {"fixed": _period(said.fixed.value)}
    if said.calendar is not None and said.calendar.value is not None:
        return {"calendar": said.calendar.value}
    if said.end_of_period is not None and said.end_of_period.value is not None:
        end = said.end_of_period.value
        return {"end_of_period": {"next": end.next, "plus_days": end.plus_days}}
    return {"immediate": True} if said.immediate else {"none": True}


def _condition(said: TierConditionInput, path: str, depth: int = 0) -> dict[str, Any]:
    if depth > 10:
        raise InvalidInput.at(path, "Nest conditions at most 5 deep.")
    for name, several in (("all", said.all), ("any", said.any)):
        if several is not None:
            each = enumerate(several.value or [])
            return {name: [_condition(one, f"{path}.{name}.{n}", depth + 1) for n, one in each]}
    if said.not_ is not None and said.not_.value is not None:
        return {"not": _condition(said.not_.value, f"{path}.not", depth + 1)}
    if said.in_segment is not None and said.in_segment.value is not None:
        return {"in_segment": str(said.in_segment.value)}
    if said.is_owner is not None and said.is_owner.value is not None:
        return {"is_owner": said.is_owner.value}
    raise InvalidInput.at(path, "A condition says exactly one thing.")
