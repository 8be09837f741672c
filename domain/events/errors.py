"""Why events refuses."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.capacity.rules import Availability
from domain.errors import Refusal
from domain.events.rules import CancellationBlock, Price


@dataclass(eq=False)
class EventFull(Refusal):
    """There are not as many places left."""

    availability: Availability
    can_join_waitlist: bool = False
    zh = "名额已满。"
    en = "No places are left."


@dataclass(eq=False)
class AlreadyRegistered(Refusal):
    """The member has a registration for this occurrence that counts."""

    registration_id: UUID
    zh = "您已报名该活动。"
    en = "You have registered for this event already."


@dataclass(eq=False)
class PriceChanged(Refusal):
    """The price is not the one that was shown; ``price`` is what the whole party pays now."""

    price: Price
    zh = "价格已更新,请确认后再报名。"
    en = "The price has changed; look at it again."


@dataclass(eq=False)
class PartyTooLarge(Refusal):
    """A party of this tier has at most ``max`` people."""

    max: int
    zh = "每次最多报名 {max} 人。"
    en = "A party has at most {max} people."


_WHY_BLOCKED = {
    CancellationBlock.ALREADY_CANCELLED: ("已取消", "it is cancelled already"),
    CancellationBlock.CHECKED_IN: ("已签到", "you have checked in"),
    CancellationBlock.EVENT_STARTED: ("活动已开始", "the event has begun"),
    CancellationBlock.NOT_PERMITTED: ("当前状态不可取消", "it is in a state that cannot be cancelled"),
    CancellationBlock.PAST_DEADLINE: ("已过取消截止时间", "the deadline is over"),
}


@dataclass(eq=False)
class CancellationBlocked(Refusal):
    """The registration cannot be cancelled."""

    reason: CancellationBlock
    zh = "无法取消报名:{why_zh}。"
    en = "This registration cannot be cancelled: {why_en}."

    def __post_init__(self) -> None:
        self.why_zh, self.why_en = _WHY_BLOCKED[self.reason]


@dataclass(eq=False)
class AmountMismatch(Refusal):
    """The amount paid is not the amount due."""

    due: int
    zh = "支付金额与应付金额不符。"
    en = "The amount is not the one that is due."


@dataclass(eq=False)
class DuplicateReference(Refusal):
    """Another registration was paid with this reference."""

    zh = "该支付流水号已使用。"
    en = "This payment reference was used before."


@dataclass(eq=False)
class PaymentTooLate(Refusal):
    """The registration is over and its places are gone."""

    zh = "支付超时,名额已释放。"
    en = "The payment came too late: the places are gone."
