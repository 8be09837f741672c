"""Why gifts, check-ins, missions and referrals are refused. Amounts are minor units with their wallet's scale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from domain.errors import Refusal


@dataclass(eq=False)
class GiftLimitReached(Refusal):
    """No more of this wallet may be given in this day or month; ``limit`` in minor units."""

    limit: int
    scale: int
    resets_at: datetime
    zh = "已达到赠送上限。"
    en = "The limit for gifts is reached."


@dataclass(eq=False)
class MissionNotOpen(Refusal):
    """The mission has not begun, or is over; local days of its programme, the last one exclusive."""

    opens_on: date | None
    closes_on: date | None
    zh = "任务当前未开放。"
    en = "The mission is not open."


@dataclass(eq=False)
class NothingToClaim(Refusal):
    """No completed round has a reward that was not claimed."""

    zh = "没有可领取的奖励。"
    en = "There is nothing to claim."


@dataclass(eq=False)
class NoMissionItem(Refusal):
    """The member has no free item of this kind (FREEZE or REPAIR) for the mission."""

    kind: str
    zh = "没有可用的补签道具。"
    en = "You have no such item for this mission."


@dataclass(eq=False)
class AlreadyCheckedIn(Refusal):
    """The member was here on this local day; the next one begins at ``next_at``."""

    local_date: date
    next_at: datetime
    zh = "今天已经签到。"
    en = "You have checked in today."


@dataclass(eq=False)
class ReferralRefused(Refusal):
    """The code cannot be used by this member: SELF, SAME_DEVICE, SAME_HOUSEHOLD, ALREADY_REFERRED, CIRCULAR, NOT_NEW, ..."""

    reason: str
    zh = "无法使用该推荐码({reason})。"
    en = "This referral code cannot be used ({reason})."
