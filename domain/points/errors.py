"""Why points refuse. Amounts are minor units together with their wallet's scale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.errors import Refusal


@dataclass(eq=False)
class InsufficientPoints(Refusal):
    """There are not enough points; ``missing`` = price - balance, all in minor units of ``wallet``."""

    wallet: str
    scale: int
    balance: int
    price: int
    zh = "积分不足。"
    en = "There are not enough points."

    @property
    def missing(self) -> int:
        return self.price - self.balance


@dataclass(eq=False)
class AccountFrozen(Refusal):
    """The account is frozen: it still earns and expires, but nothing may be spent."""

    wallet: str
    until: datetime | None
    zh = "积分账户已冻结。"
    en = "These points are frozen."


@dataclass(eq=False)
class WalletNotSpendable(Refusal):
    """Worth of this kind is only ever earned."""

    wallet: str
    zh = "{wallet} 不可消费。"
    en = "{wallet} cannot be spent."


@dataclass(eq=False)
class WalletFrozen(Refusal):
    """The wallet has entries, which its scale and lots give their meaning."""

    code: str
    zh = "钱包 {code} 已有记录,不能更改精度与批次。"
    en = "{code} has entries already; its scale and lots stay as they are."


@dataclass(eq=False)
class ReferenceTaken(Refusal):
    """Another journal (or an order, that may have posted nothing) carries this reference."""

    journal: UUID | None
    zh = "该参考号已被使用。"
    en = "This reference was used before."


@dataclass(eq=False)
class HoldNotOpen(Refusal):
    """The hold was resolved before, or its time is over."""

    state: str
    zh = "冻结单已处于 {state}。"
    en = "The hold is {state}."


@dataclass(eq=False)
class HoldExceeded(Refusal):
    """More was asked for than is held, in minor units of ``wallet``."""

    wallet: str
    scale: int
    held: int
    asked: int
    zh = "超过冻结的积分。"
    en = "More than is held was asked for."


@dataclass(eq=False)
class AlreadyReversed(Refusal):
    """All of the journal was reversed before."""

    by: UUID
    zh = "该记录已冲正。"
    en = "This was reversed before."


@dataclass(eq=False)
class PointsAlreadySpent(Refusal):
    """What the journal gave is spent; ``missing`` in minor units of ``wallet``."""

    wallet: str
    scale: int
    missing: int
    zh = "积分已被使用,无法冲正。"
    en = "The points were spent already."


@dataclass(eq=False)
class NothingToReverse(Refusal):
    """The journal moved nothing that could be taken back."""

    zh = "没有可冲正的积分。"
    en = "There is nothing to reverse."


@dataclass(eq=False)
class ReinstatementOver(Refusal):
    """The policy gives no time (any more) for points of this wallet to come back; it was over at ``until``."""

    wallet: str
    until: datetime | None
    zh = "已超过积分恢复期限。"
    en = "The time in which expired points may come back is over."


class AlreadyPosted(Exception):
    """A business key was posted before; rolls back, and the caller answers what stands."""

    def __init__(self, journal: UUID | None) -> None:
        super().__init__(f"posted before as {journal}")
        self.journal = journal


@dataclass(eq=False)
class AlreadyEnrolled(Refusal):
    """The member is in the programme at that time."""

    enrolment: UUID
    zh = "已加入该会员计划。"
    en = "The member is in this programme already."


@dataclass(eq=False)
class NotEnrolled(Refusal):
    """The programme asks for an enrolment, and there is none at that time."""

    programme: str
    zh = "尚未加入会员计划 {programme}。"
    en = "The member is not enrolled in {programme}."


@dataclass(eq=False)
class BenefitUsedUp(Refusal):
    """The benefit was used as often as the tier allows; it is there again at ``available_at`` (None: never)."""

    available_at: datetime | None
    zh = "该权益已用完。"
    en = "This benefit is used up."


@dataclass(eq=False)
class RewardSoldOut(Refusal):
    """Nothing of the reward is left."""

    zh = "奖品已兑完。"
    en = "This reward is sold out."


@dataclass(eq=False)
class RewardNotOnSale(Refusal):
    """The reward is not on sale yet, or not any more."""

    opens_at: datetime | None
    closes_at: datetime | None
    zh = "该奖品当前不可兑换。"
    en = "This reward is not on sale now."


@dataclass(eq=False)
class RewardLimitReached(Refusal):
    """The member has had as many of this reward as one may have."""

    limit: int
    zh = "每人限兑 {limit} 件。"
    en = "Each member may have {limit} of these."
