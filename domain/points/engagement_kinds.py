"""Interactions of gifts, check-ins, missions and referrals."""

from __future__ import annotations

from domain.profile.catalogue import declare

GIFT_OFFERED = declare("points.gift.offered", zh="积分赠送待领取", en="A gift of points was offered")
GIFT_ACCEPTED = declare("points.gift.accepted", zh="积分赠送已领取", en="A gift of points was accepted")
GIFT_DECLINED = declare("points.gift.declined", zh="积分赠送被谢绝", en="A gift of points was declined")
GIFT_EXPIRED = declare("points.gift.expired", zh="积分赠送已过期", en="A gift of points expired")

CHECKED_IN = declare("points.member.checked_in", zh="每日签到", en="Checked in for the day")

MISSION_JOINED = declare("points.mission.joined", zh="参加任务", en="Joined a mission")
MISSION_ADVANCED = declare("points.mission.advanced", zh="任务有进展", en="Advanced in a mission")
MISSION_COMPLETED = declare("points.mission.completed", zh="完成任务", en="Completed a mission")
MISSION_MISSED = declare("points.mission.missed", zh="任务未完成", en="Missed a mission")
MISSION_ROLLED_BACK = declare("points.mission.rolled_back", zh="任务进度回退", en="Fell back in a mission")
MISSION_CLAIMED = declare("points.mission.claimed", zh="领取任务奖励", en="Claimed the reward of a mission")
MISSION_ITEM_GRANTED = declare(
    "points.mission.item_granted", zh="获得补签道具", en="Was given items of a mission"
)
MISSION_ITEM_USED = declare("points.mission.item_used", zh="使用补签道具", en="Used an item of a mission")

REFERRAL_SIGNED_UP = declare("points.referral.signed_up", zh="受邀注册", en="Came by a referral")
REFERRAL_QUALIFIED = declare("points.referral.qualified", zh="推荐达标", en="A referral qualified")
REFERRAL_REWARDED = declare("points.referral.rewarded", zh="推荐奖励", en="A referral is rewarded")
REFERRAL_EXPIRED = declare("points.referral.expired", zh="推荐已过期", en="A referral expired")
REFERRAL_REJECTED = declare("points.referral.rejected", zh="推荐无效", en="A referral was rejected")

VEHICLE_FOLLOWED = declare(
    "points.vehicle.followed", zh="积分随车转移", en="Points followed a car to its next owner"
)
