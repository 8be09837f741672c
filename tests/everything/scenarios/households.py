"""Points: households that share them."""

from __future__ import annotations

from uuid import UUID

from domain.actor import Actor
from domain.foundation import ids
from domain.points import rewards
from domain.points.households import places
from tests import make
from tests.everything.scenarios import Call, leaves
from tests.everything.scenarios.people import OPERATOR, with_points


async def _home(*more: Actor) -> Actor:
    owner = await with_points()
    await places.create(owner, "POINTS")
    for who in more:
        await places.accept(who, (await places.invite(owner, who.member_id)).id)
    return owner


@leaves("createHousehold")
async def a_household_is_begun() -> Call:
    me = await make.member_actor()
    return Call(me, {}, {me.member_id: "points.household.created"})


@leaves("inviteToHousehold")
async def somebody_is_invited_home() -> Call:
    me, friend = await _home(), await make.member_id()
    given = {"memberId": str(friend), "monthlyLimit": "50"}
    return Call(me, given, {friend: "points.household.invited"})


async def _invited() -> tuple[Actor, UUID]:
    friend = await make.member_actor()
    return friend, (await places.invite(await _home(), friend.member_id)).id


@leaves("acceptHouseholdInvitation")
async def an_invitation_home_is_accepted() -> Call:
    me, invitation = await _invited()
    return Call(me, {"invitationId": str(invitation)}, {me.member_id: "points.household.joined"})


@leaves("declineHouseholdInvitation")
async def an_invitation_home_is_declined() -> Call:
    me, invitation = await _invited()
    return Call(me, {"invitationId": str(invitation)}, {me.member_id: "points.household.declined"})


@leaves("leaveHousehold")
async def the_last_one_leaves_the_household() -> Call:
    friend = await make.member_id()
    me = await _home()
    await places.invite(me, friend)
    return Call(me, {}, {me.member_id: "points.household.left", friend: "points.household.withdrawn"})


@leaves("removeFromHousehold")
async def somebody_is_put_out_of_the_household() -> Call:
    friend = await make.member_actor()
    me = await _home(friend)
    return Call(me, {"memberId": str(friend.member_id)}, {friend.member_id: "points.household.left"})


@leaves("dissolveHousehold")
async def a_household_is_dissolved() -> Call:
    friend = await make.member_actor()
    me = await _home(friend)
    both = dict.fromkeys((me.member_id, friend.member_id), "points.household.left")
    return Call(me, {}, both)


@leaves("setHouseholdLimit")
async def a_child_may_take_so_much_a_month() -> Call:
    child = await make.member_actor()
    me = await _home(child)
    given = {"memberId": str(child.member_id), "monthlyLimit": "30"}
    return Call(me, given, {child.member_id: "points.household.limited"})


@leaves("spendPoints")
async def the_household_pays_at_a_counter() -> Call:
    child = await make.member_actor()
    owner = await _home(child)
    given = {
        "memberId": str(child.member_id), "amounts": [{"wallet": "POINTS", "amount": "10"}], "reason": "coffee",
        "fromHousehold": True,
    }  # fmt: skip
    return Call(OPERATOR, given, {owner.member_id: "points.entry.spent points.household.drawn"})


@leaves("redeemReward")
async def the_household_pays_for_a_reward() -> Call:
    child = await with_points(4)
    owner, reward = await _home(child), ids.new()
    said = {
        "code": "MUG", "kind": "GOODS", "names": {"zh": "杯", "en": "Mug"}, "prices": {"POINTS": 10},
        "cash": None, "currency": None, "stock": 1, "per_member_limit": None, "condition": None, "opens_at": None,
        "closes_at": None, "codes": [],
    }  # fmt: skip
    await rewards.put(reward, said)
    left = {
        child.member_id: "points.entry.spent points.reward.redeemed",
        owner.member_id: "points.entry.spent points.household.drawn",
    }
    return Call(child, {"rewardId": str(reward), "fromHousehold": True}, left)
