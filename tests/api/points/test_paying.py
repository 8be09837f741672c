"""Paying orders with points: the page's vectors, and the limits in their order."""

from __future__ import annotations

import pytest

from domain.actor import member
from tests import make

ASKED = """query($id: ID, $total: MoneyInput!, $ask: Decimal!) {
    redeemablePoints(memberId: $id, wallet: "POINTS", orderTotal: $total, requested: $ask)
    { points money { minorUnits currency } limitedBy } }"""
ONE_TO_ONE = {
    "conversionPoints": "1",
    "conversionAmount": {"minorUnits": 1},
    "minimum": "500",
    "maxSharePercent": 50,
}


async def ask(staff, who, points: str, total: int = 10_000, currency: str = "CNY", actor=None) -> tuple:
    given = {
        "id": None if actor else str(who),
        "total": {"minorUnits": total, "currency": currency},
        "ask": points,
    }
    answer = await staff.run(ASKED, given, actor=actor or staff.operator)
    found = answer["redeemablePoints"]
    return found["points"], found["money"]["minorUnits"], found["limitedBy"]


async def test_at_most_the_share_of_an_order_and_nothing_below_the_minimum(staff) -> None:
    await staff.policy(pay=ONE_TO_ONE)
    who = await make.member_id()
    await staff.grant(who, "20000")
    assert await ask(staff, who, "10000") == ("5000", 5000, "SHARE")
    assert await ask(staff, who, "400") == ("0", 0, "MINIMUM")
    assert await ask(staff, who, "500") == ("500", 500, None)
    assert await ask(staff, who, "0") == ("0", 0, None)
    assert await ask(staff, who, "600", total=0) == ("0", 0, "SHARE")
    assert await ask(staff, who, "600", currency="EUR") == ("0", 0, "POLICY")
    assert await ask(staff, who, "600", actor=member(who)) == ("600", 600, None)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("5000", ("4200", 2100, "CONVERSION")),  # 4,250 there, the share is 6,000
        ("4250", ("4200", 2100, "CONVERSION")),
        ("99", ("0", 0, "CONVERSION")),
        ("200", ("200", 100, None)),
        ("100", ("0", 0, "MINIMUM")),
    ],
)
async def test_only_whole_multiples_of_the_conversion_pay(staff, asked, expected) -> None:
    pay = {
        "conversionPoints": "100",
        "conversionAmount": {"minorUnits": 50},
        "minimum": "200",
        "maxSharePercent": 30,
    }
    await staff.policy(pay=pay)
    who = await make.member_id()
    await staff.grant(who, "4250")
    assert await ask(staff, who, asked) == expected


async def test_frozen_points_and_wallets_that_do_not_pay_pay_nothing(staff) -> None:
    who = await make.member_id()
    await staff.grant(who, "1000")
    assert await ask(staff, who, "1000") == ("0", 0, "POLICY")
    await staff.policy(pay=ONE_TO_ONE)
    await staff.do("freezePoints", "", memberId=str(who), reason="fraud")
    assert await ask(staff, who, "1000") == ("0", 0, "FROZEN")
    wrong = await staff.run(
        ASKED, {"id": str(who), "total": {"minorUnits": 1}, "ask": "-1"}, actor=staff.operator
    )
    assert len(wrong.errors) == 1
    stranger = await staff.run(
        ASKED, {"id": str(who), "total": {"minorUnits": 1}, "ask": "1"}, actor=await make.member_actor()
    )
    assert stranger.codes == ["FORBIDDEN"]


SPLIT = """query($input: ConsiderationSplitInput!) { considerationSplit(input: $input) {
    goods { minorUnits currency } points { minorUnits } } }"""


@pytest.mark.parametrize(
    ("price", "points", "value", "rate", "goods"),
    [
        # A price of 100,000 and 10,000 points of 1 each, of which 95 % will be redeemed (IFRS 15, example 52).
        ({"minorUnits": 100_000, "currency": "JPY"}, "10000", "1", "0.95", 91_324),
        ({"minorUnits": 10_000}, "100", "0.10", "0.5", 9_524),
        ({"minorUnits": 10_000}, "0", "1", "1", 10_000),
        ({"minorUnits": 0}, "5", "1", "1", 0),
        ({"minorUnits": 1}, "1", "0.01", "1", 1),
    ],
)
async def test_a_price_is_shared_by_stand_alone_value(staff, price, points, value, rate, goods) -> None:
    given = {"price": price, "points": points, "pointValue": value, "redemptionRate": rate}
    found = (await staff.run(SPLIT, {"input": given}, actor=make.staff("analyst")))["considerationSplit"]
    assert found["goods"] == {"minorUnits": goods, "currency": price.get("currency", "CNY")}
    assert found["points"] == {"minorUnits": price["minorUnits"] - goods}
    refused = await staff.run(
        SPLIT, {"input": {**given, "redemptionRate": "1.1"}}, actor=make.staff("analyst")
    )
    assert len(refused.errors) == 1
