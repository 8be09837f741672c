"""Purchases through the public schema: the page's vectors of claw back, and who sees what."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock, db
from domain.actor import member
from tests import make
from tests.domain.points.buying import rule

LINES = [
    {"sku": "A", "amount": {"minorUnits": 6000}, "labels": [{"key": "color", "value": "red"}]},
    {"sku": "B", "amount": {"minorUnits": 4000}, "quantity": 2},
]
BOUGHT = """... on RecordPurchaseSuccess { purchase { id externalId total { minorUnits currency } cashPaid { minorUnits }
        pointsPaid { amount } lines { sku labels quantity } } journals { kind } decisions { outcome granted { amount } }
        balances { wallet { code } available net } }
    ... on Refusal { message } ... on InvalidInput { problems { path } } ... on ReferenceTaken { journal { kind } }
    ... on HoldNotOpen { state } ... on InsufficientPoints { missing }"""
BACK = """... on RefundPurchaseSuccess { journals { kind reason } clawedBack { amount } waived { amount }
        returned { amount } balances { wallet { code } available net }
        purchase { refunded { minorUnits } refunds { refundId clawedBack { amount } } } }
    ... on Refusal { message } ... on InvalidInput { problems { path } }"""


async def buy(staff, who, **more) -> dict:
    given = {
        "memberId": str(who),
        "externalId": "o-1",
        "paidAt": clock.now().isoformat(),
        "lines": LINES,
        **more,
    }
    return await staff.do("recordPurchase", BOUGHT, **given)


async def refund(staff, refund_id: str = "r-1", **more) -> dict:
    return await staff.do("refundPurchase", BACK, externalId="o-1", refundId=refund_id, **more)


async def test_a_purchase_earns_and_its_refund_takes_it_back(staff) -> None:
    await rule(150)
    who = await make.member_id()
    done = await buy(staff, who)
    assert done["purchase"]["total"] == {"minorUnits": 10_000, "currency": "CNY"}
    assert done["purchase"]["lines"][0] == {"sku": "A", "labels": ["color:red"], "quantity": 1}
    assert done["decisions"] == [{"outcome": "AWARDED", "granted": [{"amount": "150"}]}]
    assert done["balances"][0]["available"] == "150"
    line = await refund(staff, lines=[{"sku": "B", "amount": {"minorUnits": 4000}}])
    assert (line["clawedBack"], line["balances"][0]["net"]) == ([{"amount": "60"}], "90")
    rest = await refund(staff, "r-2")
    assert (rest["clawedBack"], rest["balances"][0]["net"]) == ([{"amount": "90"}], "0")
    again = await refund(staff, "r-2")
    assert (again["clawedBack"], again["balances"][0]["net"]) == ([{"amount": "90"}], "0")
    assert [each["refundId"] for each in again["purchase"]["refunds"]] == ["r-1", "r-2"]
    assert (await refund(staff, "r-3"))["__typename"] == "NothingToReverse"


async def test_a_refund_says_what_it_did_to_others_and_what_came_back(staff) -> None:
    who, advisor = await make.member_id(), await make.member_id()
    name = await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", advisor)
    await rule(100)
    await rule(effects=[{"deduct": {"wallet": "POINTS", "points": 30}}])
    await rule(50, beneficiary={"property": "external_id"})
    await buy(staff, who, externalId=name)
    await staff.pass_time("PT1S")
    ask = """... on RefundPurchaseSuccess { clawedBack { amount } restored { amount } journals { kind }
        others { memberId clawedBack { wallet amount } waived { amount } restored { amount } }
        purchase { refunds { clawedBack { amount } restored { amount } } } }"""
    half = {"externalId": name, "refundId": "r-1", "amount": {"minorUnits": 5000}}
    share = {"memberId": str(advisor), "clawedBack": [{"wallet": "POINTS", "amount": "25"}], "waived": [],
             "restored": []}  # fmt: skip
    tried = await staff.do("refundPurchase", ask, **half, dryRun=True)
    assert (tried["others"], tried["journals"]) == ([share], [])
    assert (await staff.wallet(advisor, "net"))["net"] == "50"
    done = await staff.do("refundPurchase", ask, **half)
    assert (done["clawedBack"], done["restored"], done["others"]) == (
        [{"amount": "50"}],
        [{"amount": "15"}],
        [share],
    )
    assert sorted(each["kind"] for each in done["journals"]) == ["CLAW_BACK", "CLAW_BACK", "REFUND"]
    assert done["purchase"]["refunds"] == [{"clawedBack": [{"amount": "50"}], "restored": [{"amount": "15"}]}]
    assert ((await staff.wallet(who, "net"))["net"], (await staff.wallet(advisor, "net"))["net"]) == (
        "35",
        "25",
    )


async def test_what_was_spent_since_becomes_debt(staff) -> None:
    await rule(150)
    who = await make.member_id()
    await buy(staff, who)
    await staff.spend(who, "100")
    assert (await refund(staff))["balances"][0]["net"] == "-100"


async def test_points_paid_come_back_into_the_same_lots(staff) -> None:
    who = await make.member_id()
    await staff.grant(who, "1000", expiresAt=(clock.now() + timedelta(days=9)).isoformat())
    lots = await staff.of(who, "lots { id remaining expiresAt }")
    done = await buy(staff, who, cashPaid={"minorUnits": 7000}, pointsPaid="300")
    assert (done["balances"][0]["available"], done["journals"]) == ("700", [{"kind": "SPEND"}])
    assert (await refund(staff))["returned"] == [{"amount": "300"}]
    assert await staff.of(who, "lots { id remaining expiresAt }") == lots


async def test_a_hold_pays_for_an_order_once(staff) -> None:
    who = await make.member_id()
    await staff.grant(who, "100")
    held = (await staff.hold(who, "60", "cart"))["hold"]["id"]
    done = await buy(staff, who, holdId=held, cashPaid={"minorUnits": 9000})
    assert (done["purchase"]["pointsPaid"], done["balances"][0]["available"]) == ({"amount": "60"}, "40")
    assert (await buy(staff, who, externalId="o-2", holdId=held))["state"] == "CAPTURED"
    assert (await buy(staff, who, externalId="o-2", pointsPaid="41"))["missing"] == "1"
    assert await db.value("SELECT count(*) FROM points.purchase") == 1


async def test_trying_posts_nothing(staff) -> None:
    await rule(150)
    who = await make.member_id()
    tried = await buy(staff, who, dryRun=True)
    assert (tried["purchase"], tried["journals"], tried["balances"][0]["available"]) == (None, [], "150")
    assert tried["decisions"] == [{"outcome": "AWARDED", "granted": [{"amount": "150"}]}]
    assert (await staff.wallet(who, "available seq")) == {"available": "0", "seq": 0}
    await buy(staff, who)
    back = await refund(staff, dryRun=True)
    assert (back["clawedBack"], back["journals"], back["purchase"]["refunds"]) == (
        [{"amount": "150"}],
        [],
        [],
    )
    assert (await staff.wallet(who, "available"))["available"] == "150"


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"externalId": " "}, "externalId"),
        ({"paidAt": "2999-01-01T00:00:00Z"}, "paidAt"),
        ({"cashPaid": {"minorUnits": 10_001}}, "cashPaid"),
        ({"pointsPaid": "-1"}, "pointsPaid"),
        ({"pointsPaid": "1.5"}, "pointsPaid"),
        ({"pointsWallet": "GOLD"}, "pointsWallet"),
        ({"lines": []}, "lines"),
    ],
)
async def test_an_order_that_cannot_be_is_named_by_its_problem(staff, said, path) -> None:
    answer = await buy(staff, await make.member_id(), **said)
    assert [problem["path"] for problem in answer["problems"]] == [path]
    assert await db.value("SELECT count(*) FROM points.purchase") == 0


async def test_members_see_their_own_purchases_and_staff_everybody_s(staff) -> None:
    who = await make.member_id()
    for name in ("o-1", "o-2"):
        await buy(staff, who, externalId=name)
    asked = "query($id: ID) { purchases(memberId: $id, first: 1) { nodes { externalId } pageInfo { hasNextPage } } }"
    mine = await staff.run(asked, actor=member(who))
    assert mine["purchases"] == {"nodes": [{"externalId": "o-2"}], "pageInfo": {"hasNextPage": True}}
    stranger = await staff.run(asked, {"id": str(who)}, actor=await make.member_actor())
    assert stranger.codes == ["FORBIDDEN"]
    shown = await staff.run(asked, {"id": str(who)}, actor=make.staff("analyst"))
    assert shown["purchases"]["nodes"] == [{"externalId": "o-2"}]
    one = 'query { purchase(externalId: "o-1") { source } }'
    assert (await staff.run(one, actor=staff.operator))["purchase"] == {"source": "default"}
    assert (await staff.run(one, actor=member(who))).codes == ["FORBIDDEN"]
    node = await db.value("SELECT id FROM points.purchase WHERE external_id = 'o-1'")
    by_id = "query($id: ID!) { node(id: $id) { ... on Purchase { externalId } } }"
    assert (await staff.run(by_id, {"id": str(node)}, actor=member(who)))["node"] == {"externalId": "o-1"}
    hidden = await staff.run(by_id, {"id": str(node)}, actor=await make.member_actor())
    assert not hidden.data or hidden.data["node"] is None
