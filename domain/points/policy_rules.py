"""What a wallet's policy says, and what can be wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.errors import Problem
from domain.points import periods

REFUND_POLICIES = ("ONLY_PENDING", "WITHIN_BALANCE", "ALLOW_NEGATIVE")
MOST_DATES = 20
_LONGEST = {"DAY": 36_600, "WEEK": 5_200, "MONTH": 1_200, "YEAR": 100}


@dataclass(frozen=True)
class Policy:
    """How a wallet behaves from ``effective_from`` on; amounts in minor units of the wallet.

    ``pending``: ``{"immediate": true}``, ``{"after": period}`` or ``{"dates": ["MM-DD"]}``. ``expiry``: ``{"never":
    true}``, ``{"rolling": period}`` counted from the activation, ``{"calendar": ["MM-DD"]}`` (the end of the next such
    day), or ``{"sliding": period}`` counted anew from each earning and spending. ``debt_limit`` None: no limit.
    ``reinstate_window``: for how long after its expiry a lot may come back (None: never). ``pay``: ``points`` are worth
    ``money`` (minor units), below ``minimum`` nothing is paid, at most ``max_share_percent`` of an order. ``gift``:
    ``minimum``, ``daily_limit``, ``monthly_limit``, ``accept_hours``. ``point_value``: what one point is worth in the
    currency's own unit, for reports.
    """

    pending: dict[str, Any]
    expiry: dict[str, Any]
    refund_policy: str = "ALLOW_NEGATIVE"
    debt_limit: int | None = None
    refund_grace_days: int = 0
    hold_seconds: int = 900
    reinstate_window: dict[str, Any] | None = None
    gift: dict[str, Any] = field(default_factory=dict)
    pay: dict[str, Any] = field(default_factory=dict)
    point_value: str | None = None


def problems(policy: Policy) -> list[Problem]:
    """Everything wrong with a policy; paths are those of ``SetWalletPolicyInput``."""
    return [Problem(path, message) for path, message in _problems(policy)]


def _problems(policy: Policy) -> Iterator[tuple[str, str]]:
    yield from _period("pending.after", policy.pending.get("after"))
    yield from _dates("pending.dates", policy.pending.get("dates"))
    yield from _period("expiry.rolling", policy.expiry.get("rolling"))
    yield from _period("expiry.sliding", policy.expiry.get("sliding"))
    yield from _dates("expiry.calendar", policy.expiry.get("calendar"))
    yield from _period("reinstateWindow", policy.reinstate_window)
    if policy.refund_policy not in REFUND_POLICIES:
        yield "refundPolicy", f"Use one of {', '.join(REFUND_POLICIES)}."
    if policy.debt_limit is not None and policy.debt_limit < 0:
        yield "debtLimit", "Use 0 or more; null: no limit."
    if not 0 <= policy.refund_grace_days <= 3_660:
        yield "refundGraceDays", "Use 0 to 3660 days."
    if not 0 <= policy.hold_seconds <= 366 * 86_400:
        yield "holdSeconds", "Use 0 (without end) to a year."
    if policy.point_value is not None and not 0 <= Decimal(policy.point_value) <= 10**9:
        yield "pointValue", "Use 0 or more, at most 1,000,000,000."
    yield from _pay(policy.pay)
    yield from _gift(policy.gift)


def _pay(pay: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if not pay:
        return
    for name, path in (("points", "conversionPoints"), ("money", "conversionAmount")):
        if pay[name] <= 0:
            yield f"pay.{path}", "Use an amount above 0."
    if pay["minimum"] < 0:
        yield "pay.minimum", "Use 0 or more."
    if not 0 <= pay["max_share_percent"] <= 100:
        yield "pay.maxSharePercent", "Use 0 to 100."


def _gift(gift: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, path in (
        ("minimum", "minimum"),
        ("daily_limit", "dailyLimit"),
        ("monthly_limit", "monthlyLimit"),
    ):
        if gift.get(name) is not None and gift[name] < 0:
            yield f"gift.{path}", "Use 0 or more."
    if not 1 <= gift.get("accept_hours", 72) <= 24 * 366:
        yield "gift.acceptHours", "Use 1 hour to a year."


def _period(path: str, period: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    if period is None:
        return
    most = _LONGEST.get(period["unit"])
    if most is None or period.get("round_to") not in (None, *periods.UNITS):
        yield path, f"Use one of {', '.join(periods.UNITS)}."
    elif not 0 <= period["value"] <= most:
        yield f"{path}.value", f"Use 0 to {most}."


def _dates(path: str, dates: list[str] | None) -> Iterator[tuple[str, str]]:
    if dates is None:
        return
    if not 1 <= len(dates) <= MOST_DATES:
        yield path, f"Name 1 to {MOST_DATES} days."
    for number, each in enumerate(dates):
        if not periods.is_month_day(each):
            yield f"{path}.{number}", "Write a day of the year as MM-DD, such as 12-31."
