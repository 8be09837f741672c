"""Statements, totals and the liability through GraphQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain import clock
from domain.points.keeping import chain
from tests import make

LINES = ("earned", "activated", "adjusted", "imported", "moved", "-spent", "-expired", "-clawedBack")
STATEMENT = """statement(wallet: "POINTS", month: "{0}") {{ from to opening earned activated spent expired clawedBack
    adjusted imported moved closing }}"""
TOTALS = """query($by: TotalsGroup!) { pointsTotals(wallet: "POINTS", groupBy: $by) {
    key earned spent expired clawedBack adjusted imported net members membersInDebt } }"""
LIABILITY = """query($at: DateTime!) { liabilityReport(wallet: "POINTS", asOf: $at) { outstanding value { minorUnits }
    cohorts { month issued redeemed expired outstanding byExpiryMonth { month amount } deferred { minorUnits }
        expectedPoints recognisedToDate { minorUnits } recognisedInPeriod { minorUnits } } } }"""
ESTIMATED = "... on SetRedemptionEstimateSuccess { estimate { effectiveFrom } } ... on InvalidInput { problems { path } }"


def change(told: dict[str, str]) -> Decimal:
    return sum((-1 if name[0] == "-" else 1) * Decimal(told[name.lstrip("-")]) for name in LINES)


async def test_each_month_opens_as_the_one_before_closed(staff) -> None:
    await staff.set_clock(datetime(2027, 1, 10, tzinfo=UTC))
    who = await make.member_id()
    await staff.grant(who, "100", expiresAt="2027-02-20T00:00:00Z")
    await staff.spend(who, "30")
    await staff.set_clock(datetime(2027, 2, 10, tzinfo=UTC))
    await staff.grant(who, "5")
    await staff.set_clock(datetime(2027, 3, 10, tzinfo=UTC))
    months = [(await staff.of(who, STATEMENT.format(f"2027-0{n}")))["statement"] for n in (1, 2, 3)]
    assert [(m["opening"], m["closing"]) for m in months] == [("0", "70"), ("70", "5"), ("5", "5")]
    assert [(m["earned"], m["spent"], m["expired"]) for m in months] == [("100", "30", "0"), ("5", "0", "70"), ("0", "0", "0")]  # fmt: skip
    assert all(Decimal(m["closing"]) - Decimal(m["opening"]) == change(m) for m in months)
    assert months[0]["from"] == "2027-01-01T00:00:00+08:00"


async def test_totals_count_everybody_once_a_key(staff) -> None:
    await staff.set_clock(datetime(2027, 1, 10, tzinfo=UTC))
    one, two = await make.member_id(), await make.member_id()
    await staff.grant(one, "100")
    await staff.grant(two, "50")
    await staff.spend(one, "30")
    await staff.set_clock(datetime(2027, 2, 10, tzinfo=UTC))
    await staff.grant(one, "1")
    months = (await staff.run(TOTALS, {"by": "MONTH"}, actor=make.staff("analyst")))["pointsTotals"]
    assert [(m["key"], m["earned"], m["spent"], m["net"], m["members"]) for m in months] == [
        ("2027-01", "150", "30", "120", 2), ("2027-02", "1", "0", "1", 1),
    ]  # fmt: skip
    (all_of_it,) = (await staff.run(TOTALS, {"by": "NONE"}, actor=make.staff("analyst")))["pointsTotals"]
    assert (all_of_it["key"], all_of_it["net"], all_of_it["members"], all_of_it["membersInDebt"]) == (
        "ALL",
        "121",
        2,
        0,
    )
    kinds = (await staff.run(TOTALS, {"by": "KIND"}, actor=make.staff("analyst")))["pointsTotals"]
    assert {k["key"]: k["net"] for k in kinds} == {"EARN": "151", "SPEND": "-30"}
    (tiers,) = (await staff.run(TOTALS, {"by": "TIER"}, actor=make.staff("analyst")))["pointsTotals"]
    assert tiers["members"] == 2


async def test_deferred_revenue_is_recognised_as_points_are_redeemed(staff) -> None:
    await staff.set_clock(datetime(2027, 1, 10, tzinfo=UTC))
    who = await make.member_id()
    await staff.grant(who, "10000")
    deferred = {"minorUnits": 9_000, "currency": "JPY"}
    given = {"wallet": "POINTS", "cohort": "2027-01", "deferred": deferred, "expectedPoints": "9700"}
    made = await staff.do("setRedemptionEstimate", ESTIMATED, actor=staff.admin, **given)
    assert made["__typename"] == "SetRedemptionEstimateSuccess"
    await staff.spend(who, "4500")
    report = await liability(staff)
    (cohort,) = report["cohorts"]
    assert (report["outstanding"], cohort["issued"], cohort["redeemed"]) == ("5500", "10000", "4500")
    assert cohort["recognisedToDate"] == cohort["recognisedInPeriod"] == {"minorUnits": 4_175}
    assert cohort["byExpiryMonth"] == [{"month": None, "amount": "5500"}]
    await staff.set_clock(datetime(2027, 2, 10, tzinfo=UTC))
    await staff.do(
        "setRedemptionEstimate", ESTIMATED, actor=staff.admin, **{**given, "expectedPoints": "9000"}
    )
    (later,) = (await liability(staff))["cohorts"]
    assert later["recognisedToDate"] == {"minorUnits": 4_500}
    assert later["recognisedInPeriod"] == {"minorUnits": 325}


async def liability(staff) -> dict:
    said = await staff.run(LIABILITY, {"at": clock.now().isoformat()}, actor=make.staff("analyst"))
    return said["liabilityReport"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"wallet": "NONE"}, "wallet"),
        ({"cohort": "2027-13"}, "cohort"),
        ({"expectedPoints": "0"}, "expectedPoints"),
        ({"deferred": {"minorUnits": -1, "currency": "CNY"}}, "deferred.minorUnits"),
    ],
)
async def test_an_estimate_that_makes_no_sense_is_refused(staff, wrong, path) -> None:
    deferred = {"minorUnits": 1, "currency": "CNY"}
    given = {"wallet": "POINTS", "cohort": "2027-01", "deferred": deferred, "expectedPoints": "1", **wrong}
    made = await staff.do("setRedemptionEstimate", ESTIMATED, actor=staff.admin, **given)
    assert made["problems"] == [{"path": path}]


async def test_an_estimate_is_never_edited(staff) -> None:
    deferred = {"minorUnits": 1, "currency": "CNY"}
    given = {"wallet": "POINTS", "cohort": "2027-01", "deferred": deferred, "from": "2027-01-01T00:00:00Z"}
    await staff.do("setRedemptionEstimate", ESTIMATED, actor=staff.admin, expectedPoints="1", **given)
    again = await staff.do("setRedemptionEstimate", ESTIMATED, actor=staff.admin, expectedPoints="2", **given)
    assert again["problems"] == [{"path": "from"}]


async def test_the_books_show_the_head_of_their_chain(staff) -> None:
    asked = "{ ledgerHealth { isHealthy chainHead } }"
    who = await make.member_id()
    await staff.grant(who, "10")
    await chain.extend()
    told = (await staff.run(asked, actor=staff.admin))["ledgerHealth"]
    assert told == {"isHealthy": True, "chainHead": (await chain.head()).hash}


async def test_the_settlement_is_shown_page_by_page(staff) -> None:
    await staff.set_clock(datetime(2027, 1, 10, tzinfo=UTC))
    who = await make.member_id()
    await staff.grant(who, "100", fundingSource="dealer:1")
    await staff.grant(who, "50")
    await staff.policy(pending={"immediate": True}, expiry={"never": True}, pointValue="0.5")
    await staff.spend(who, "120")
    asked = """query($after: String) { settlementReport(wallet: "POINTS", first: 1, after: $after) {
        nodes { month fundingSource issued redeemed debtPaid outstanding
            value { redeemed { minorUnits currency } outstanding { minorUnits } } }
        pageInfo { hasNextPage endCursor } } }"""
    first = (await staff.run(asked, actor=staff.operator))["settlementReport"]
    assert first["nodes"] == [
        {"month": "2027-01", "fundingSource": "dealer:1", "issued": "100", "redeemed": "100", "debtPaid": "0",
         "outstanding": "0", "value": {"redeemed": {"minorUnits": 5_000, "currency": "CNY"}, "outstanding": {"minorUnits": 0}}}
    ]  # fmt: skip
    after = first["pageInfo"]["endCursor"]
    rest = (await staff.run(asked, {"after": after}, actor=staff.operator))["settlementReport"]
    (row,) = rest["nodes"]
    assert (row["fundingSource"], row["redeemed"], row["outstanding"]) == (None, "20", "30")
    assert rest["pageInfo"]["hasNextPage"] is False
