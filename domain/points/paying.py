"""Paying an order with points, and sharing its price between the goods and the points that it earns. Money in minor units."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any
from uuid import UUID

from domain.errors import InvalidInput
from domain.points import amounts, balances, wallets
from domain.points.households import reading


class Limit(StrEnum):
    """What lets fewer points be paid than were asked for: the last one that counted."""

    POLICY = "POLICY"
    FROZEN = "FROZEN"
    BALANCE = "BALANCE"
    SHARE = "SHARE"
    CONVERSION = "CONVERSION"
    MINIMUM = "MINIMUM"


@dataclass(frozen=True)
class Redeemable:
    """How many points may pay for an order, and how much of it they pay."""

    points: int
    scale: int
    money: int
    currency: str
    limited_by: Limit | None


async def redeemable(
    member: UUID, wallet: str, total: int, currency: str, requested: Decimal, *, from_household: bool = False
) -> Redeemable:
    """How many of the requested points (own, then the household's) may pay for an order of this total now; nothing is taken."""
    found = await balances.of_wallet(member, wallet)
    if found is None:
        raise InvalidInput.at("wallet", f"There is no wallet {wallet}.")
    scale = found.wallet.scale
    asked = amounts.minor(requested, scale, "requested")
    if asked < 0:
        raise InvalidInput.at("requested", "Use 0 or more.")
    if total < 0:
        raise InvalidInput.at("orderTotal.minorUnits", "Use 0 or more.")
    policy = await wallets.in_force(wallet)
    pay: dict[str, Any] = policy["pay"] if policy else {}
    if not pay or not found.wallet.is_spendable or pay["currency"] != currency:
        return Redeemable(0, scale, 0, currency, Limit.POLICY if asked else None)
    if found.is_frozen:
        return Redeemable(0, scale, 0, currency, Limit.FROZEN if asked else None)
    there = found.available
    if from_household:
        drawable = await reading.drawable(found.member)
        there += drawable.points if drawable and drawable.wallet == wallet else 0
    points, money, limit = limited(pay, asked, there, total)
    return Redeemable(points, scale, money, currency, limit)


def limited(pay: dict[str, Any], requested: int, balance: int, total: int) -> tuple[int, int, Limit | None]:
    """(points, money, what limited them): what was asked for and is there, at most the share of the order, down to a
    whole multiple of the conversion, and nothing below the minimum.
    """
    steps = (
        (Limit.BALANCE, lambda points: min(points, balance)),
        (Limit.SHARE, lambda points: min(points, _worth_of(pay, total * pay["max_share_percent"]))),
        (Limit.CONVERSION, lambda points: points - points % pay["points"]),
        (Limit.MINIMUM, lambda points: points if points >= pay["minimum"] else 0),
    )
    points, limit = requested, None
    for name, step in steps:
        left = step(points)
        if left < points:
            points, limit = left, name
    return points, points // pay["points"] * pay["money"], limit


def _worth_of(pay: dict[str, Any], percents: int) -> int:
    """How many points are worth at most so many hundredths of money."""
    return percents * pay["points"] // (100 * pay["money"])


@dataclass(frozen=True)
class Split:
    """A price by what it is paid for; the two add up to it."""

    goods: int
    points: int


def split(price: int, points: Decimal, point_value: Decimal, redemption_rate: Decimal, digits: int) -> Split:
    """Share a price by stand-alone value (IFRS 15): ``goods = price * price / (price + points * pointValue * rate)``.

    ``point_value`` is in the currency's own unit, which has ``digits`` digits; half a minor unit goes to the goods.
    """
    problems = [
        (price < 0, "price.minorUnits", "Use 0 or more."),
        (points < 0, "points", "Use 0 or more."),
        (point_value < 0, "pointValue", "Use 0 or more."),
        (not 0 <= redemption_rate <= 1, "redemptionRate", "Use 0 to 1."),
    ]
    for is_wrong, path, message in problems:
        if is_wrong:
            raise InvalidInput.at(path, message)
    promised = Fraction(points) * Fraction(point_value) * Fraction(redemption_rate) * 10**digits
    if not price:
        return Split(0, 0)
    exact = Fraction(price * price) / (price + promised)
    goods = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    return Split(goods, price - goods)
