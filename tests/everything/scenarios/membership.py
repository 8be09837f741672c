"""Membership: tiers with their floors and benefits, rewards and what becomes of a trade."""

from __future__ import annotations

from uuid import UUID

from domain.actor import SYSTEM, Actor
from domain.foundation import ids
from domain.points import benefits, ledger, redeeming, rewards, tiers
from domain.points.reward_tables import RedemptionState
from domain.points.standing_types import Tier
from domain.points.tiers import Draft
from tests import make
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody, leaves
from tests.everything.scenarios.people import OPERATOR, with_points, without_a_second_person

NAMES = {"zh": "洗车", "en": "Car wash"}


async def scheme(code: str = "CLUB") -> None:
    """A scheme over POINTS, with SILVER from 100 on for ever."""
    await tiers.define(
        OPERATOR,
        Draft(
            code,
            "POINTS",
            "BALANCE",
            None,
            "IMMEDIATELY",
            {"none": True},
            "FULL",
            None,
            (Tier("SILVER", 100),),
        ),
    )


@changes_nobody("defineTierScheme", CONFIGURES)
async def a_tier_scheme_is_defined() -> Call:
    said = {"code": "CLUB", "wallet": "POINTS", "tiers": [{"code": "SILVER", "threshold": "100"}]}
    return Call(OPERATOR, {"scheme": said})


@leaves("setFloorTier")
async def a_member_gets_a_floor() -> Call:
    await scheme()
    one = await make.member_id()
    given = {"memberId": str(one), "scheme": "CLUB", "tier": "SILVER"}
    return Call(OPERATOR, given, {one: "points.tier.reached"})


@changes_nobody("defineBenefit", CONFIGURES)
async def a_benefit_is_defined() -> Call:
    await scheme()
    return Call(OPERATOR, {"scheme": "CLUB", "tier": "SILVER", "code": "WASH", "names": NAMES, "quantity": 1})


@leaves("useBenefit")
async def a_benefit_is_used() -> Call:
    await scheme()
    await benefits.define(
        OPERATOR, scheme="CLUB", tier="SILVER", code="WASH", names=NAMES, quantity=1, period=None
    )
    one = await make.member_id()
    await ledger.earn(SYSTEM, one, "POINTS", 100, ledger.Cause("TEST", ids.new()))
    given = {"memberId": str(one), "benefitCode": "WASH", "sourceId": "visit-1"}
    return Call(OPERATOR, given, {one: "points.benefit.used"})


SAID = {
    "code": "CUP", "kind": "GOODS", "names": {"zh": "杯子", "en": "A cup"}, "prices": {"POINTS": 10}, "cash": None,
    "currency": None, "stock": None, "per_member_limit": None, "condition": None, "opens_at": None, "closes_at": None,
    "codes": [],
}  # fmt: skip
PRICES = [{"wallet": "POINTS", "amount": "10"}]


async def reward(**said: object) -> UUID:
    made = ids.new()
    await rewards.put(made, {**SAID, **said})
    return made


async def redeemed() -> tuple[Actor, str]:
    me = await with_points()
    found, _ = await redeeming.redeem(me, await reward())
    return me, str(found.id)


@changes_nobody("defineReward", CONFIGURES)
async def a_reward_is_offered() -> Call:
    await without_a_second_person(rewards.REWARD_PRICE)
    return Call(OPERATOR, {"kind": "GOODS", "names": NAMES, "prices": PRICES})


@changes_nobody("reviseReward", CONFIGURES)
async def a_reward_becomes_cheaper() -> Call:
    await without_a_second_person(rewards.REWARD_PRICE)
    given = {"rewardId": str(await reward()), "expectedVersion": 1, "kind": "GOODS", "names": NAMES}
    return Call(OPERATOR, {**given, "prices": [{"wallet": "POINTS", "amount": "5"}]})


@leaves("redeemReward")
async def points_are_traded_for_something_instant() -> Call:
    me = await with_points()
    made = await reward(kind="DIGITAL")
    return Call(
        me,
        {"rewardId": str(made)},
        {me.member_id: "points.entry.spent points.reward.redeemed points.reward.fulfilled"},
    )


@leaves("decideRedemption")
async def a_redemption_is_approved() -> Call:
    me, made = await redeemed()
    return Call(
        OPERATOR, {"redemptionId": made, "decision": "APPROVE"}, {me.member_id: "points.reward.approved"}
    )


@leaves("decideRedemption")
async def a_redemption_is_rejected() -> Call:
    me, made = await redeemed()
    left = {me.member_id: "points.entry.refunded points.reward.rejected"}
    return Call(OPERATOR, {"redemptionId": made, "decision": "REJECT"}, left)


@leaves("cancelRedemption")
async def a_member_calls_a_redemption_off() -> Call:
    me, made = await redeemed()
    return Call(me, {"redemptionId": made}, {me.member_id: "points.entry.refunded points.reward.cancelled"})


@leaves("refundRedemption")
async def a_reward_is_taken_back() -> Call:
    me, made = await redeemed()
    for step in (RedemptionState.APPROVED, RedemptionState.FULFILLED):
        await redeeming.decide(OPERATOR, UUID(made), step)
    left = {me.member_id: "points.entry.refunded points.reward.refunded"}
    return Call(OPERATOR, {"redemptionId": made}, left)
