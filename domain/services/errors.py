"""Why owner services may refuse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.errors import Refusal


@dataclass(eq=False)
class SlotTaken(Refusal):
    """No unit is free at this time any more; the nearest starts that are free come with it."""

    alternatives: list[datetime]
    zh = "该时段已被约满。"
    en = "This time is taken."


@dataclass(eq=False)
class OutsideHours(Refusal):
    """The store offers no start at this time."""

    zh = "该时间不在可预约时段内。"
    en = "The store offers no appointment at this time."


@dataclass(eq=False)
class TooSoon(Refusal):
    """The start is earlier than can be arranged."""

    earliest: datetime
    zh = "预约时间过早，请选择更晚的时段。"
    en = "This is too soon; choose a later time."


@dataclass(eq=False)
class BeyondHorizon(Refusal):
    """The start is further ahead than can be booked."""

    latest: datetime
    zh = "该日期尚未开放预约。"
    en = "This day is not open for booking yet."


@dataclass(eq=False)
class LimitReached(Refusal):
    """The member has as many of these appointments in the period as are allowed."""

    period: str
    limit: int
    zh = "您在该周期内的预约次数已达上限（{limit} 次）。"
    en = "You have reached the limit of {limit} appointments in this {period}."


@dataclass(eq=False)
class AlreadyBooked(Refusal):
    """The member has this very appointment already."""

    appointment: UUID
    zh = "您已预约该时段。"
    en = "You have this appointment already."


@dataclass(eq=False)
class TooLate(Refusal):
    """The appointment can no longer be changed by the member; the store can."""

    until: datetime
    zh = "已超过可变更时间，请联系门店。"
    en = "It is too late to change this; please call the store."


@dataclass(eq=False)
class ResourceUnavailable(Refusal):
    """The unit does not serve this kind of appointment at this store."""

    zh = "该资源不可用。"
    en = "This unit is not available."


@dataclass(eq=False)
class VehicleNotYours(Refusal):
    """The vehicle is not bound to the member."""

    zh = "该车辆未绑定到您的账户。"
    en = "This vehicle is not bound to you."


@dataclass(eq=False)
class EvidenceMissing(Refusal):
    """The step needs evidence that was not shown."""

    required: list[str]
    zh = "缺少必要凭证。"
    en = "Evidence is missing for this step."
