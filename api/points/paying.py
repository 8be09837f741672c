"""Paying with points, and what of a price is paid for the points that it earns."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry import Info

from api.fields import arg, enum, field, query
from api.money import Money, MoneyInput
from api.permissions import SIGNED_IN, can
from api.points.queries import OwnOrOther, root_of
from domain.points import baskets, paying
from domain.points.amounts import decimal

RedeemableLimit = enum(
    paying.Limit,
    "What lets fewer points be paid than were asked for.",
    POLICY="The wallet pays for no orders, or not in this currency.",
    FROZEN="The points are frozen.",
    BALANCE="There are no more.",
    SHARE="Points pay at most a share of an order.",
    CONVERSION="Only whole multiples of the conversion are paid.",
    MINIMUM="So few pay nothing.",
)


@strawberry.type(description="How many points may pay for an order.")
class RedeemablePoints:
    points: Decimal = field("So many points ...")
    money: Money = field("... pay so much of it.")
    limited_by: RedeemableLimit | None = field(  # type: ignore[valid-type]
        "Why fewer than were asked for; null: all of them."
    )


@strawberry.input(description="A price, and the points that it earns.")
class ConsiderationSplitInput:
    price: MoneyInput = field("What is paid for all of it.")
    points: Decimal = field("How many points it earns.")
    point_value: Decimal = field("What one point is worth alone, in the currency's own unit.")
    redemption_rate: Decimal = field("The part of all points that will be redeemed, 0 to 1.")


@strawberry.type(description="A price by what it is paid for; the two add up to it.")
class ConsiderationSplit:
    goods: Money = field("What is paid for the goods.")
    points: Money = field("What is paid for the points: deferred until they are redeemed.")


@strawberry.type
class PayingQuery:
    @query("How many of the requested points may pay for an order now; nothing is taken.", who=SIGNED_IN)
    async def redeemable_points(
        self,
        info: Info,
        wallet: Annotated[str, arg("The wallet's code.")],
        order_total: Annotated[MoneyInput, arg("What the order costs.")],
        requested: Annotated[Decimal, arg("How many points the member wants to pay with.")],
        member_id: OwnOrOther = None,
        from_household: Annotated[
            bool, arg("Count what the member may take of the household's too.")
        ] = False,
    ) -> RedeemablePoints:
        root = await root_of(info.context.actor, member_id)
        found = await paying.redeemable(
            root, wallet, order_total.minor_units, order_total.currency, requested, from_household=from_household
        )  # fmt: skip
        return RedeemablePoints(
            points=decimal(found.points, found.scale),
            money=Money(minor_units=found.money, currency=found.currency),
            limited_by=found.limited_by,
        )

    @query("Share a price between goods and points by stand-alone value (IFRS 15).", who=can("operator", "approver", "analyst", "admin"))  # fmt: skip
    async def consideration_split(
        self, input: Annotated[ConsiderationSplitInput, arg("The price and the points.")]
    ) -> ConsiderationSplit:
        currency = input.price.currency
        found = paying.split(
            input.price.minor_units, input.points, input.point_value, input.redemption_rate, baskets.digits(currency)
        )  # fmt: skip
        return ConsiderationSplit(
            goods=Money(minor_units=found.goods, currency=currency),
            points=Money(minor_units=found.points, currency=currency),
        )
