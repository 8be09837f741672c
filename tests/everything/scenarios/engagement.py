"""Points: gifts, check-ins, missions and referrals."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from domain import clock, stepping
from domain.actor import SYSTEM, Actor
from domain.foundation import ids
from domain.points import gifts, missions, referrals
from domain.points.mission_items import ItemKind
from domain.profile import catalogue, interactions
from tests import make
from tests.everything.scenarios import CONFIGURES, Call, changes_nobody, leaves
from tests.everything.scenarios.people import OPERATOR, with_points


@leaves("offerGift")
async def points_are_offered_to_a_friend() -> Call:
    me, friend = await with_points(), await make.member_id()
    given = {"recipientId": str(friend), "amount": "10"}
    left = {me.member_id: "points.entry.held points.gift.offered", friend: "points.gift.offered"}
    return Call(me, given, left)


async def _offered() -> tuple[UUID, Actor, UUID]:
    me, friend = await with_points(), await make.member_actor()
    gift = await gifts.offer(me, friend.member_id, "POINTS", Decimal(10))
    return me.member_id, friend, gift.id


@leaves("acceptGift")
async def a_gift_is_accepted() -> Call:
    giver, friend, gift = await _offered()
    both = "points.entry.gifted points.gift.accepted"
    return Call(friend, {"giftId": str(gift)}, {giver: both, friend.member_id: both})


@leaves("declineGift")
async def a_gift_is_declined() -> Call:
    giver, friend, gift = await _offered()
    left = {giver: "points.entry.released points.gift.declined", friend.member_id: "points.gift.declined"}
    return Call(friend, {"giftId": str(gift)}, left)


@leaves("dailyCheckIn")
async def a_member_is_here_today() -> Call:
    me = await make.member_actor()
    return Call(me, {}, {me.member_id: "points.member.checked_in"})


_MISSION = {
    "code": "posting", "title": "Posting", "kinds": ["community.post.published"], "target": 1,
    "rewards": [{"wallet": "POINTS", "points": "10"}],
}  # fmt: skip


@changes_nobody("defineMission", CONFIGURES)
async def a_mission_is_defined() -> Call:
    return Call(OPERATOR, {"mission": _MISSION})


async def _mission(target: int = 1) -> UUID:
    said = {
        "programme": "marque", "code": "posting", "title": {"zh": "", "en": ""}, "condition": None, "period": None,
        "kinds": ["community.post.published"], "target": target, "opens_on": None, "closes_on": None, "streak": None,
        "counts_per": "LOCAL_DAY", "steps": [], "recurrence": "ONCE", "pays_next_day": False, "badge": None,
        "is_kept_after_completion": False, "rewards": [{"wallet": "POINTS", "points": 10}], "needs_joining": False,
    }  # fmt: skip
    return (await missions.define(OPERATOR, said)).id


@leaves("joinMission")
async def a_member_takes_part_in_a_mission() -> Call:
    me, mission = await make.member_actor(), await _mission()
    return Call(me, {"missionId": str(mission)}, {me.member_id: "points.mission.joined"})


@leaves("claimMission")
async def a_member_claims_what_a_mission_gives() -> Call:
    me, mission = await make.member_actor(), await _mission()
    kind = catalogue.find("community.post.published")
    assert kind is not None
    await interactions.record(
        SYSTEM, kind, ("POST", ids.new()), once=ids.new(), member=me.member_id, at=clock.now()
    )
    await stepping.settle()
    left = "points.mission.claimed points.entry.earned"
    return Call(me, {"missionId": str(mission)}, {me.member_id: left})


@leaves("grantMissionItems")
async def a_member_is_given_what_keeps_a_streak() -> Call:
    me, mission = await make.member_id(), await _mission()
    given = {"memberId": str(me), "missionId": str(mission), "kind": "FREEZE", "count": 2, "reason": "sorry"}
    return Call(OPERATOR, given, {me: "points.mission.item_granted"})


@leaves("useMissionItem")
async def a_member_covers_a_missed_day() -> Call:
    me, mission = await make.member_actor(), await _mission(target=30)
    await missions.grant_items(OPERATOR, mission, me.member_id, ItemKind.REPAIR, 1, "sorry")
    kind = catalogue.find("community.post.published")
    assert kind is not None
    await interactions.record(
        SYSTEM, kind, ("POST", ids.new()), once=ids.new(), member=me.member_id, at=clock.now() - timedelta(days=2)
    )  # fmt: skip
    await stepping.settle()
    given = {"missionId": str(mission), "kind": "REPAIR"}
    return Call(me, given, {me.member_id: "points.mission.item_used"})


@changes_nobody("defineReferralProgramme", CONFIGURES)
async def referrals_are_offered() -> Call:
    return Call(OPERATOR, {"kinds": ["commerce.order.paid"]})


@leaves("useReferralCode")
async def a_friend_says_who_recommended_the_brand() -> Call:
    me, advocate = await make.member_actor(), await make.member_id()
    await referrals.define(
        OPERATOR,
        "marque",
        ["commerce.order.paid"],
        friend_within_days=30,
        qualify_within_days=90,
        hold_days=14,
    )
    code = await referrals.code_of(advocate)
    return Call(me, {"code": code}, {me.member_id: "points.referral.signed_up"})
