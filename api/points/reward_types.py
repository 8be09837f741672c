"""Types of rewards: what can be had, and what became of a trade."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.context import Context
from api.fields import Json, Node, enum, field
from api.loaders import load
from api.money import Money
from api.points.types.ledger import WalletAmount
from domain import clock
from domain.points import reading, redeeming, reward_tables, rewards
from domain.points.amounts import decimal
from domain.profile import members

RewardKind = enum(
    reward_tables.RewardKind,
    "How a reward is handed over.",
    GOODS="A thing that is sent or picked up.",
    SERVICE="Something that is done for the member.",
    CODE="A code, shown at once to its owner.",
    DIGITAL="Something that is given at once without a code.",
)
RedemptionState = enum(
    reward_tables.RedemptionState,
    "How a redemption stands.",
    PENDING="Waits for staff.",
    APPROVED="Will be handed over.",
    FULFILLED="Was handed over.",
    REJECTED="Staff said no; the points are back.",
    CANCELLED="It was called off; the points are back.",
    REFUNDED="It was taken back; the points are back.",
)


@strawberry.type(description="What a reward is called.")
class RewardNames:
    zh: str = field("In Chinese.")
    en: str = field("In English.")


@strawberry.type(description="Something to be had for points, and cash where it says so.")
class Reward(Node):
    code: str = field("Its code.")
    kind: RewardKind = field("How it is handed over.")  # type: ignore[valid-type]
    names: RewardNames = field("What members call it.")
    prices: list[WalletAmount] = field("What it costs of each wallet.")
    cash: Money | None = field("What it costs besides; paid elsewhere and named by its reference.")
    stock: int | None = field("How many are left; null: no limit.")
    is_sold_out: bool = field("Whether none is left.")
    per_member_limit: int | None = field("How many each member may have; null: no limit.")
    condition: Json | None = field("What it asks of the member.")
    opens_at: datetime | None = field("From when it is on sale; null: from the beginning.")
    closes_at: datetime | None = field("Until when (exclusive); null: without end.")
    is_on_sale: bool = field("Whether it can be had now.")
    version: int = field("Its version; hand it back as expectedVersion.")

    @classmethod
    def of(cls, found: rewards.Reward, scales: dict[str, int]) -> Reward:
        return cls(
            id=found.id,
            code=found.code,
            kind=reward_tables.RewardKind(found.kind),
            names=RewardNames(zh=found.names["zh"], en=found.names["en"]),
            prices=_amounts(found.prices, scales),
            cash=_money(found),
            stock=found.left,
            is_sold_out=found.left == 0,
            per_member_limit=found.per_member_limit,
            condition=found.condition,
            opens_at=found.opens_at,
            closes_at=found.closes_at,
            is_on_sale=found.is_on_sale(clock.now()),
            version=found.version,
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Reward]:
        if not context.actor.is_staff and context.actor.member_id is None:
            return {}
        scales = await reading.scales()
        return {id: cls.of(found, scales) for id, found in (await rewards.by_ids(ids)).items()}


@strawberry.type(description="A trade of points for a reward.")
class Redemption(Node):
    found: strawberry.Private[redeeming.Redemption]
    state: RedemptionState = field("How it stands.")  # type: ignore[valid-type]
    prices: list[WalletAmount] = field("What it cost of each wallet.")
    cash: Money | None = field("What it cost besides.")
    payment_reference: str | None = field("The payment of the cash part.")
    tracking: str | None = field("Where it is, as staff wrote it.")
    note: str | None = field("What was said with the last decision.")
    created_at: datetime = field("When it was traded.")

    @field("The reward, as it is now.")
    async def reward(self, info: Info) -> Reward:
        found = await load(info, "points.reward", self.found.reward, rewards.by_ids)
        return Reward.of(found, await reading.scales())

    @field("The code, for its owner alone; null for staff and for rewards without one.")
    async def code(self, info: Info) -> str | None:
        actor = info.context.actor
        if actor.member_id is None or await members.root_of(actor.member_id) != self.found.root:
            return None
        return self.found.code

    @classmethod
    def of(cls, found: redeeming.Redemption, scales: dict[str, int]) -> Redemption:
        return cls(
            id=found.id,
            found=found,
            state=reward_tables.RedemptionState(found.state),
            prices=_amounts(found.prices, scales),
            cash=_money(found),
            payment_reference=found.payment_reference,
            tracking=found.tracking,
            note=found.note,
            created_at=found.created_at,
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Redemption]:
        actor, scales = context.actor, await reading.scales()
        is_reader = actor.is_staff and actor.has("operator", "approver", "analyst")
        own = await members.root_of(actor.member_id) if actor.member_id else None
        return {
            found.id: cls.of(found, scales)
            for found in await redeeming.by_ids(ids)
            if is_reader or found.root == own
        }


def _amounts(prices: dict[str, int], scales: dict[str, int]) -> list[WalletAmount]:
    return [
        WalletAmount(wallet=wallet, amount=decimal(amount, scales[wallet]))
        for wallet, amount in sorted(prices.items())
    ]


def _money(found: Any) -> Money | None:
    return None if found.cash is None else Money(minor_units=found.cash, currency=found.currency)
