"""Purchases: recorded by staff and given back."""

from __future__ import annotations

from uuid import UUID

from domain import clock
from domain.actor import SYSTEM
from domain.points import purchases
from tests import make
from tests.domain.points.buying import order, rule
from tests.everything.scenarios import Call, leaves
from tests.everything.scenarios.people import OPERATOR

LINES = [{"sku": "A", "amount": {"minorUnits": 1000}}]


async def _bought() -> UUID:
    await rule(10)
    one = await make.member_id()
    await purchases.record(SYSTEM, one, order(1_000))
    return one


@leaves("recordPurchase")
async def a_purchase_earns() -> Call:
    await rule(10)
    one = await make.member_id()
    given = {
        "memberId": str(one),
        "externalId": "o-1",
        "paidAt": clock.now().isoformat(),
        "lines": LINES,
    }
    return Call(OPERATOR, given, {one: "points.purchase.recorded points.entry.earned"})


@leaves("refundPurchase")
async def a_purchase_is_given_back() -> Call:
    one = await _bought()
    given = {"externalId": "o-1", "refundId": "r-1"}
    return Call(OPERATOR, given, {one: "points.purchase.refunded points.entry.clawed_back"})
