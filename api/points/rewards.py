"""Rewards and redemptions over GraphQL."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.access.types import ApprovalRequired, approval_required
from api.fields import Input, arg, enum, field, mutation, query, result
from api.money import MoneyInput
from api.paging import After, Connection, First
from api.permissions import MEMBER, SIGNED_IN, can
from api.points.household_refusals import HouseholdLimitReached, NotInHousehold
from api.points.inputs import WalletAmountInput
from api.points.reward_types import Redemption, Reward, RewardKind
from api.points.types import WalletBalance
from api.points.wallets import WalletNamesInput
from api.refusals import (
    AccountFrozen,
    IllegalTransition,
    InsufficientPoints,
    MemberSuspended,
    NotEligible,
    Refusal,
    VersionConflict,
    refusal,
)
from domain.access.approvals import Approval
from domain.errors import InvalidInput
from domain.points import amounts, errors, reading, redeeming, rewards
from domain.points.reward_tables import RedemptionState

OPERATOR = can("operator")

RewardOrder = enum(
    Enum("RewardOrder", {each: each for each in rewards.ORDERS}),  # type: ignore[misc]
    "In which order rewards are listed.",
    NEWEST="The newest first.",
    PRICE="The cheapest in points first.",
)
RedemptionDecision = enum(
    Enum("RedemptionDecision", {"APPROVE": "APPROVED", "REJECT": "REJECTED", "FULFIL": "FULFILLED"}),  # type: ignore[misc]
    "What staff decide about a redemption.",
    APPROVE="It will be handed over.",
    REJECT="No; everything goes back.",
    FULFIL="It was handed over.",
)


@strawberry.input(description="What a reward asks of the member; exactly one.", one_of=True)
class RewardConditionInput:
    all: strawberry.Maybe[list[RewardConditionInput]] = field("All of these.")
    any: strawberry.Maybe[list[RewardConditionInput]] = field("One of these.")
    not_: strawberry.Maybe[RewardConditionInput] = field("Not this.", name="not")
    tier_at_least: strawberry.Maybe[str] = field("The member stands in this tier or higher.")
    in_segment: strawberry.Maybe[UUID] = field("The member is in this segment.")
    is_owner: strawberry.Maybe[bool] = field("The member owns a vehicle (or does not).")
    has_tag: strawberry.Maybe[str] = field("The member has a tag of this key.")
    enrolled_for_days: strawberry.Maybe[int] = field("The member is in a programme for so many days.")


@strawberry.input(description="A new reward.")
class DefineRewardInput(Input):
    code: str | None = field("Its code, unique, up to 100 characters; absent: made up.", default=None)
    kind: RewardKind = field("How it is handed over.")  # type: ignore[valid-type]
    names: WalletNamesInput = field("What members call it.")
    prices: list[WalletAmountInput] = field("What it costs of each wallet.", default_factory=list)
    cash: MoneyInput | None = field("What it costs besides, paid elsewhere.", default=None)
    stock: int | None = field("How many there are; null: no limit.", default=None)
    per_member_limit: int | None = field("How many each member may have; null: no limit.", default=None)
    condition: RewardConditionInput | None = field("What it asks of the member.", default=None)
    opens_at: datetime | None = field("From when it is on sale.", default=None)
    closes_at: datetime | None = field("Until when (exclusive).", default=None)
    codes: list[str] | None = field("Codes to give, for the kind CODE.", default=None)


@strawberry.input(description="A reward as it shall be.")
class ReviseRewardInput(Input):
    reward_id: UUID = field("The reward.")
    expected_version: int = field("The version that you read.")
    kind: RewardKind = field("How it is handed over; stays.")  # type: ignore[valid-type]
    names: WalletNamesInput = field("What members call it.")
    prices: list[WalletAmountInput] = field("What it costs of each wallet.", default_factory=list)
    cash: MoneyInput | None = field("What it costs besides, paid elsewhere.", default=None)
    stock: strawberry.Maybe[int | None] = field(
        "How many are left from now on; null: no limit; absent: as it is."
    )
    per_member_limit: int | None = field("How many each member may have; null: no limit.", default=None)
    condition: RewardConditionInput | None = field("What it asks of the member.", default=None)
    opens_at: datetime | None = field("From when it is on sale.", default=None)
    closes_at: datetime | None = field("Until when (exclusive).", default=None)
    codes: list[str] | None = field("Further codes to give, for the kind CODE.", default=None)


@strawberry.input(description="Which reward to take.")
class RedeemRewardInput(Input):
    reward_id: UUID = field("The reward.")
    touchpoint: str | None = field("Where it is done; absent: the token's.", default=None)
    payment_reference: str | None = field("The payment of the cash part, each used once.", default=None)
    from_household: bool = field(
        "What you lack is taken of the household's points, within your limit.", default=False
    )


@strawberry.input(description="What becomes of a redemption.")
class DecideRedemptionInput(Input):
    redemption_id: UUID = field("The redemption.")
    decision: RedemptionDecision = field("The decision.")  # type: ignore[valid-type]
    note: str | None = field("What the member may read, up to 500 characters.", default=None)
    tracking: str | None = field("Where it is, such as a parcel's number.", default=None)


@strawberry.input(description="A redemption to call off.")
class CancelRedemptionInput(Input):
    redemption_id: UUID = field("The redemption.")
    note: str | None = field("Why, up to 500 characters.", default=None)


@strawberry.input(description="A redemption to take back.")
class RefundRedemptionInput(Input):
    redemption_id: UUID = field("The redemption.")
    note: str | None = field("Why, up to 500 characters.", default=None)


@strawberry.input(description="Which rewards.")
class RewardFilter:
    kind: RewardKind | None = field("Only those handed over so.", default=None)  # type: ignore[valid-type]
    is_on_sale: bool | None = field("Only those on sale now, or only the others.", default=None)


@refusal(errors.RewardSoldOut)
class RewardSoldOut(Refusal):
    pass


@refusal(errors.RewardNotOnSale)
class RewardNotOnSale(Refusal):
    opens_at: datetime | None = field("From when it is on sale.")
    closes_at: datetime | None = field("Until when (exclusive).")


@refusal(errors.RewardLimitReached)
class RewardLimitReached(Refusal):
    limit: int = field("How many each member may have.")


@strawberry.type(description="The reward is there.")
class DefineRewardSuccess:
    reward: Reward = field("The reward.")


@strawberry.type(description="The reward is otherwise from now on.")
class ReviseRewardSuccess:
    reward: Reward = field("The reward.")


@strawberry.type(description="The reward is the member's, or will be.")
class RedeemRewardSuccess:
    redemption: Redemption = field("The trade.")
    balances: list[WalletBalance] = field("The balances after it.")


@strawberry.type(description="The redemption goes on.")
class DecideRedemptionSuccess:
    redemption: Redemption = field("The redemption.")
    balances: list[WalletBalance] = field("The balances, where points came back.")


@strawberry.type(description="The redemption is called off.")
class CancelRedemptionSuccess:
    redemption: Redemption = field("The redemption.")
    balances: list[WalletBalance] = field("The balances after it.")


@strawberry.type(description="The reward is taken back.")
class RefundRedemptionSuccess:
    redemption: Redemption = field("The redemption.")
    balances: list[WalletBalance] = field("The balances after it.")


DefineRewardResult = result("DefineReward", DefineRewardSuccess, ApprovalRequired)
ReviseRewardResult = result("ReviseReward", ReviseRewardSuccess, VersionConflict, ApprovalRequired)
RedeemRewardResult = result(
    "RedeemReward", RedeemRewardSuccess, InsufficientPoints, RewardSoldOut, RewardNotOnSale, RewardLimitReached,
    NotEligible, AccountFrozen, MemberSuspended, NotInHousehold, HouseholdLimitReached,
)  # fmt: skip
DecideRedemptionResult = result("DecideRedemption", DecideRedemptionSuccess, IllegalTransition)
CancelRedemptionResult = result("CancelRedemption", CancelRedemptionSuccess, IllegalTransition)
RefundRedemptionResult = result("RefundRedemption", RefundRedemptionSuccess, IllegalTransition)


@strawberry.type
class RewardQuery:
    @query("Rewards.", who=SIGNED_IN)
    async def rewards(
        self,
        filter: Annotated[RewardFilter | None, arg("Which; absent: all.")] = None,
        order_by: Annotated[RewardOrder, arg("In which order.")] = RewardOrder.NEWEST,  # type: ignore[valid-type]
        first: First = 20,
        after: After = None,
    ) -> Connection[Reward]:
        page, wanted = paging.page(first, after), filter or RewardFilter()
        found = await rewards.listed(
            page, kind=wanted.kind, is_on_sale=wanted.is_on_sale, order=order_by.value
        )
        scales, is_newest = await reading.scales(), order_by.value == "NEWEST"
        return paging.connection(
            found,
            page,
            key=lambda r: (r.created_at if is_newest else r.total, r.id),
            nodes=[Reward.of(each, scales) for each in found],
        )


@strawberry.type
class RewardMutation:
    @mutation("Offer a reward.", who=OPERATOR)
    async def define_reward(self, info: Info, input: DefineRewardInput) -> DefineRewardResult:
        said = await _said(input, input.code, input.stock)
        done = await rewards.define(info.context.actor, said)
        if isinstance(done, Approval):
            return approval_required(done, info)
        return DefineRewardSuccess(reward=Reward.of(done, await reading.scales()))

    @mutation("Let a reward be otherwise from now on.", who=OPERATOR)
    async def revise_reward(self, info: Info, input: ReviseRewardInput) -> ReviseRewardResult:
        said = await _said(input, None, input.stock.value if input.stock else None)
        done = await rewards.revise(
            info.context.actor, input.reward_id, input.expected_version, said, keeps_stock=input.stock is None
        )
        if isinstance(done, Approval):
            return approval_required(done, info)
        return ReviseRewardSuccess(reward=Reward.of(done, await reading.scales()))

    @mutation("Trade points for a reward.", who=MEMBER)
    async def redeem_reward(self, info: Info, input: RedeemRewardInput) -> RedeemRewardResult:
        done = await redeeming.redeem(
            info.context.actor, input.reward_id, payment_reference=input.payment_reference, touchpoint=input.touchpoint,
            from_household=input.from_household,
        )  # fmt: skip
        return await _done(RedeemRewardSuccess, done)

    @mutation("Approve, reject or fulfil a redemption.", who=OPERATOR)
    async def decide_redemption(self, info: Info, input: DecideRedemptionInput) -> DecideRedemptionResult:
        done = await redeeming.decide(
            info.context.actor, input.redemption_id, RedemptionState(input.decision.value), note=input.note,  # type: ignore[attr-defined]
            tracking=input.tracking,
        )  # fmt: skip
        return await _done(DecideRedemptionSuccess, done)

    @mutation("Call a redemption off before it is fulfilled.", who=can("member", "operator"))
    async def cancel_redemption(self, info: Info, input: CancelRedemptionInput) -> CancelRedemptionResult:
        done = await redeeming.cancel(info.context.actor, input.redemption_id, input.note)
        return await _done(CancelRedemptionSuccess, done)

    @mutation("Take a fulfilled reward back.", who=OPERATOR)
    async def refund_redemption(self, info: Info, input: RefundRedemptionInput) -> RefundRedemptionResult:
        done = await redeeming.refund(info.context.actor, input.redemption_id, input.note)
        return await _done(RefundRedemptionSuccess, done)


async def _done(success: Any, done: tuple[redeeming.Redemption, Any]) -> Any:
    redemption, balances = done
    return success(
        redemption=Redemption.of(redemption, await reading.scales()),
        balances=[WalletBalance.of(each) for each in balances],
    )


async def _said(
    input: DefineRewardInput | ReviseRewardInput, code: str | None, stock: int | None
) -> dict[str, Any]:
    """What the domain keeps of an input, and an approval too: snake_case, minor units, times as text."""
    scales, prices = await reading.scales(), {}
    for number, each in enumerate(input.prices):
        if each.wallet not in scales or each.wallet in prices:
            raise InvalidInput.at(f"prices.{number}.wallet", "Name each wallet that there is once.")
        prices[each.wallet] = amounts.positive(each.amount, scales[each.wallet], f"prices.{number}.amount")
    return {
        "code": code.strip() if code else None,
        "kind": input.kind.value,  # type: ignore[attr-defined]
        "names": {"zh": input.names.zh, "en": input.names.en},
        "prices": prices,
        "cash": input.cash.minor_units if input.cash else None,
        "currency": input.cash.currency if input.cash else None,
        "stock": stock,
        "per_member_limit": input.per_member_limit,
        "condition": _condition(input.condition) if input.condition else None,
        "opens_at": input.opens_at.isoformat() if input.opens_at else None,
        "closes_at": input.closes_at.isoformat() if input.closes_at else None,
        "codes": rewards.sealed(input.codes or []),
    }


def _condition(said: RewardConditionInput, depth: int = 0) -> dict[str, Any]:
    if depth > 10:
        raise InvalidInput.at("condition", "Nest conditions at most 5 deep.")
    for name in ("all", "any"):
        given = getattr(said, name)
        if given is not None:
            return {name: [_condition(each, depth + 1) for each in given.value or []]}
    if said.not_ is not None and said.not_.value is not None:
        return {"not": _condition(said.not_.value, depth + 1)}
    for name in ("tier_at_least", "in_segment", "is_owner", "has_tag", "enrolled_for_days"):
        given = getattr(said, name)
        if given is not None and given.value is not None:
            return {name: str(given.value) if isinstance(given.value, UUID) else given.value}
    raise InvalidInput.at("condition", "Say exactly one thing.")
