"""How wallets behave: what staff say, and what is shown of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.access.types import ApprovalRequired, approval_required
from api.fields import Input, arg, enum, field, mutation, query, result
from api.money import CURRENCY, Money, MoneyInput
from api.permissions import can
from domain.access.approvals import Approval
from domain.errors import InvalidInput
from domain.points import amounts, policy_rules, reading, wallets
from domain.points.policy_rules import Policy

RefundPolicy = enum(
    Enum("RefundPolicy", {each: each for each in policy_rules.REFUND_POLICIES}),  # type: ignore[misc]
    "What is taken back when a purchase is refunded.",
    ONLY_PENDING="Only what is not available yet.",
    WITHIN_BALANCE="What there is; the rest is waived.",
    ALLOW_NEGATIVE="All of it: what is spent becomes debt, up to the debt limit.",
)
PeriodUnit = enum(
    Enum("PointsPeriodUnit", {each: each for each in ("DAY", "WEEK", "MONTH", "YEAR")}),  # type: ignore[misc]
    "A unit of time of the programme's calendar.",
    DAY="A local day.",
    WEEK="An ISO week.",
    MONTH="A month.",
    YEAR="A year.",
)


@strawberry.input(description="A length of time: it ends at the start of the day after so many units.")
class PeriodInput:
    value: int = field("How many units.")
    unit: PeriodUnit = field("Of what.")  # type: ignore[valid-type]
    round_to: PeriodUnit | None = field("Move the end to the end of this unit.", default=None)  # type: ignore[valid-type]


@strawberry.input(description="When what is earned becomes available; exactly one.", one_of=True)
class WalletPendingInput:
    immediate: strawberry.Maybe[bool] = field("At once.")
    after: strawberry.Maybe[PeriodInput] = field("After this time.")
    dates: strawberry.Maybe[list[str]] = field("At the start of the next of these days of the year (MM-DD).")


@strawberry.input(description="When what is available expires; exactly one.", one_of=True)
class WalletExpiryInput:
    never: strawberry.Maybe[bool] = field("Never.")
    rolling: strawberry.Maybe[PeriodInput] = field("So long after it became available.")
    calendar: strawberry.Maybe[list[str]] = field(
        "With the end of the next of these days of the year (MM-DD)."
    )
    sliding: strawberry.Maybe[PeriodInput] = field(
        "So long after the last earning or spending of the wallet."
    )


@strawberry.input(description="How orders are paid with points.")
class WalletPayInput:
    conversion_points: Decimal = field("So many points ...")
    conversion_amount: MoneyInput = field("... are worth so much.")
    minimum: Decimal = field("Fewer points than this pay nothing.", default=Decimal(0))
    max_share_percent: int = field("The most of an order that points may pay, in percent.", default=100)


@strawberry.input(description="How points of a wallet are given away.")
class WalletGiftInput:
    minimum: Decimal | None = field("The least of one gift.", default=None)
    daily_limit: Decimal | None = field("The most that a member gives on one day.", default=None)
    monthly_limit: Decimal | None = field("The most that a member gives in one month.", default=None)
    accept_hours: int = field("For how long a gift may be accepted.", default=72)


@strawberry.input(description="How a wallet behaves from a moment on.")
class SetWalletPolicyInput(Input):
    wallet: str = field("The wallet's code.")
    effective_from: datetime | None = field("From when; absent: now.", default=None)
    pending: WalletPendingInput | None = field(
        "When what is earned becomes available; absent: at once.", default=None
    )
    expiry: WalletExpiryInput | None = field("When it expires; absent: never.", default=None)
    refund_policy: RefundPolicy = field(  # type: ignore[valid-type]
        "What a refund takes back.", default=RefundPolicy.ALLOW_NEGATIVE
    )
    debt_limit: Decimal | None = field("The most that may be owed; null: no limit.", default=None)
    refund_grace_days: int = field("For how long an expired lot lives again after a refund.", default=0)
    reinstate_window: PeriodInput | None = field(
        "For how long after their expiry points may come back; absent: never.", default=None
    )
    hold_seconds: int = field("How long a hold lasts that names no time; 0: without end.", default=900)
    gift: WalletGiftInput | None = field("How it is given away; absent: without limits.", default=None)
    pay: WalletPayInput | None = field("How it pays for orders; absent: it does not.", default=None)
    point_value: Decimal | None = field(
        f"What one point is worth in {CURRENCY}, for reports; absent: unknown.", default=None
    )


@strawberry.type(description="How orders are paid with points.")
class WalletPay:
    conversion_points: Decimal = field("So many points ...")
    conversion_amount: Money = field("... are worth so much.")
    minimum: Decimal = field("Fewer points than this pay nothing.")
    max_share_percent: int = field("The most of an order that points may pay, in percent.")


@strawberry.type(description="How points of a wallet are given away.")
class WalletGift:
    minimum: Decimal | None = field("The least of one gift.")
    daily_limit: Decimal | None = field("The most that a member gives on one day.")
    monthly_limit: Decimal | None = field("The most that a member gives in one month.")
    accept_hours: int = field("For how long a gift may be accepted.")


@strawberry.type(description="A length of time: it ends at the start of the day after so many units.")
class Period:
    value: int = field("How many units.")
    unit: PeriodUnit = field("Of what.")  # type: ignore[valid-type]
    round_to: PeriodUnit | None = field("The end is moved to the end of this unit.")  # type: ignore[valid-type]

    @classmethod
    def of(cls, said: dict[str, Any] | None) -> Period | None:
        if not said:
            return None
        rounded = said.get("round_to")
        return cls(
            value=said["value"],
            unit=PeriodUnit(said["unit"]),
            round_to=PeriodUnit(rounded) if rounded else None,
        )


@strawberry.type(description="When what is earned becomes available: one of the two.")
class WalletPending:
    after: Period | None = field("After this time.")
    dates: list[str] | None = field("At the start of the next of these days of the year (MM-DD).")


@strawberry.type(description="When what is available expires: one of the three.")
class WalletExpiry:
    rolling: Period | None = field("So long after it became available.")
    calendar: list[str] | None = field("With the end of the next of these days of the year (MM-DD).")
    sliding: Period | None = field("So long after the last earning or spending of the wallet.")


@strawberry.type(description="How a wallet behaves from a moment on; never edited.")
class WalletPolicy:
    id: UUID = field("The policy's id.")
    wallet: str = field("The wallet's code.")
    version: int = field("Its number, rising from 1.")
    effective_from: datetime = field("From when it counts.")
    pending: WalletPending | None = field("When what is earned becomes available; null: at once.")
    expiry: WalletExpiry | None = field("When what is available expires; null: never.")
    refund_policy: RefundPolicy = field("What a refund takes back.")  # type: ignore[valid-type]
    debt_limit: Decimal | None = field("The most that may be owed; null: no limit.")
    refund_grace_days: int = field("For how long an expired lot lives again after a refund.")
    reinstate_window: Period | None = field(
        "For how long after their expiry points may come back; null: never."
    )
    hold_seconds: int = field("How long a hold lasts that names no time; 0: without end.")
    gift: WalletGift | None = field("How it is given away; null: without limits.")
    pay: WalletPay | None = field("How it pays for orders; null: it does not.")
    point_value: Decimal | None = field(f"What one point is worth in {CURRENCY}; null: unknown.")

    @classmethod
    async def load_many(cls, policy_ids: list[UUID]) -> list[WalletPolicy]:
        rows = await wallets.policies(policy_ids)
        return [cls.of(rows[policy_id]) for policy_id in policy_ids]

    @classmethod
    def of(cls, row: Any) -> WalletPolicy:
        scale, limit = row["scale"], row["debt_limit"]
        value = row["point_value"]
        return cls(
            id=row["id"],
            wallet=row["code"],
            version=row["version"],
            effective_from=row["effective_from"],
            pending=_pending(row["pending"]),
            expiry=_expiry(row["expiry"]),
            refund_policy=RefundPolicy(row["refund_policy"]),
            debt_limit=None if limit is None else amounts.decimal(limit, scale),
            refund_grace_days=row["refund_grace_days"],
            reinstate_window=Period.of(row["reinstate_window"]),
            hold_seconds=row["hold_seconds"],
            gift=_gift(row["gift"], scale),
            pay=_pay(row["pay"], scale),
            point_value=None if value is None else Decimal(value),
        )


@strawberry.type(description="The policy counts, or will.")
class SetWalletPolicySuccess:
    policy: WalletPolicy = field("The policy.")


SetWalletPolicyResult = result("SetWalletPolicy", SetWalletPolicySuccess, ApprovalRequired)


@strawberry.type
class PolicyQuery:
    @query("All policies of a wallet, the newest first.", who=can("operator", "approver", "analyst", "admin"))
    async def wallet_policies(
        self, wallet: Annotated[str, arg("The wallet's code.")] = "POINTS"
    ) -> list[WalletPolicy]:
        return await WalletPolicy.load_many(await wallets.policies_of(wallet))


@strawberry.type
class PolicyMutation:
    @mutation("Let a wallet behave otherwise from a moment on.", who=can("admin"))
    async def set_wallet_policy(self, info: Info, input: SetWalletPolicyInput) -> SetWalletPolicyResult:
        done = await wallets.set_policy(
            info.context.actor, input.wallet, await _policy(input), input.effective_from
        )
        if isinstance(done, Approval):
            return approval_required(done, info)
        return SetWalletPolicySuccess(policy=(await WalletPolicy.load_many([done]))[0])


async def _policy(input: SetWalletPolicyInput) -> Policy:
    scales = await reading.scales()
    if input.wallet not in scales:
        raise InvalidInput.at("wallet", f"There is no wallet {input.wallet}.")
    scale = scales[input.wallet]
    return Policy(
        pending=_said(input.pending, ("after", "dates")) or {"immediate": True},
        expiry=_said(input.expiry, ("rolling", "calendar", "sliding")) or {"never": True},
        refund_policy=input.refund_policy.value,  # type: ignore[attr-defined]
        debt_limit=_minor(input.debt_limit, scale, "debtLimit"),
        refund_grace_days=input.refund_grace_days,
        hold_seconds=input.hold_seconds,
        reinstate_window=_period(input.reinstate_window) if input.reinstate_window else None,
        gift=_said_gift(input.gift, scale) if input.gift else {},
        pay=_said_pay(input.pay, scale) if input.pay else {},
        point_value=None if input.point_value is None else str(input.point_value),
    )


def _said(timing: Any, names: tuple[str, ...]) -> dict[str, Any] | None:
    """The one thing that a one-of input says, of those that are no plain yes."""
    for name in names:
        found = getattr(timing, name, None)
        if found is not None and found.value is not None:
            value = found.value
            return {name: _period(value) if isinstance(value, PeriodInput) else list(value)}
    return None


def _said_gift(gift: WalletGiftInput, scale: int) -> dict[str, Any]:
    return {
        "minimum": _minor(gift.minimum, scale, "gift.minimum"),
        "daily_limit": _minor(gift.daily_limit, scale, "gift.dailyLimit"),
        "monthly_limit": _minor(gift.monthly_limit, scale, "gift.monthlyLimit"),
        "accept_hours": gift.accept_hours,
    }


def _said_pay(pay: WalletPayInput, scale: int) -> dict[str, Any]:
    return {
        "points": amounts.minor(pay.conversion_points, scale, "pay.conversionPoints"),
        "money": pay.conversion_amount.minor_units,
        "currency": pay.conversion_amount.currency,
        "minimum": amounts.minor(pay.minimum, scale, "pay.minimum"),
        "max_share_percent": pay.max_share_percent,
    }


def _minor(amount: Decimal | None, scale: int, path: str) -> int | None:
    return None if amount is None else amounts.minor(amount, scale, path)


def _period(said: PeriodInput) -> dict[str, Any]:
    rounded = said.round_to.value if said.round_to else None
    return {"value": said.value, "unit": said.unit.value, "round_to": rounded}


def _pending(said: dict[str, Any]) -> WalletPending | None:
    if not said.get("after") and not said.get("dates"):
        return None
    return WalletPending(after=Period.of(said.get("after")), dates=said.get("dates"))


def _expiry(said: dict[str, Any]) -> WalletExpiry | None:
    if not any(said.get(name) for name in ("rolling", "calendar", "sliding")):
        return None
    return WalletExpiry(
        rolling=Period.of(said.get("rolling")), calendar=said.get("calendar"), sliding=Period.of(said.get("sliding"))
    )  # fmt: skip


def _gift(said: dict[str, Any], scale: int) -> WalletGift | None:
    if not said:
        return None
    shown = {
        name: None if said[name] is None else amounts.decimal(said[name], scale)
        for name in ("minimum", "daily_limit", "monthly_limit")
    }
    return WalletGift(accept_hours=said["accept_hours"], **shown)


def _pay(said: dict[str, Any], scale: int) -> WalletPay | None:
    if not said:
        return None
    return WalletPay(
        conversion_points=amounts.decimal(said["points"], scale),
        conversion_amount=Money(minor_units=said["money"], currency=said["currency"]),
        minimum=amounts.decimal(said["minimum"], scale),
        max_share_percent=said["max_share_percent"],
    )
