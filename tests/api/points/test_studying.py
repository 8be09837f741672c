"""Trying a rule on the past, publishing it, seeing what came true, and correcting last month: through the public schema."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain import clock, db, stepping
from domain.access import approvals
from domain.foundation import importing
from domain.foundation.importing import Options, Report, Row
from domain.points import correcting, purchase_import
from tests import make
from tests.api.points.test_earn_rules import KIND, buy, net, publish
from tests.api.points.test_preview import per
from tests.domain.access.test_approvals import appointed

VERSION = "version { id ruleId ruleVersion }"
TRIED = """... on BacktestEarnRuleSuccess { backtest { id state interactions awards members points { wallet amount }
    granted { amount } liability { change value { minorUnits } } overlaps { rule points { amount } }
    topGainers { member { id } points } reasons { code facts } tiers { tier members } chained { code }
    afterLaunch { forecast { amount } actual { amount } } version { id state } progress { facts seen } } }
    ... on InvalidInput { problems { path message } }"""
CORRECTED = """... on CorrectAwardsSuccess { correction { id state progress { facts seen } journals { id } }
    figures { interactions changed members given { wallet amount } taken { amount } waived { amount } }
    deltas { member { id } wallet before after posted interactionId } journals { id kind rule breakdown { rule } }
    balances { net } }
    ... on ApprovalRequired { approval { id amount effects } } ... on InvalidInput { problems { path message } }"""


@pytest.fixture
async def running(staff) -> dict[str, Any]:
    """A point for each 10.00 since yesterday, and two orders of 1,520.00 and 40.00."""
    version = await publish(staff, per("1", 1_000))
    people = [await make.member_id(), await make.member_id()]
    for who, amount in zip(people, (152_000, 4_000), strict=True):
        lines = [{"sku": "a", "amount": {"minorUnits": amount}}]
        bought = {"lines": lines, "cashPaid": {"minorUnits": amount}}
        paid_at = (clock.now() - timedelta(hours=2)).isoformat()
        await buy(staff, who, bought, paidAt=paid_at)
    await stepping.settle()
    return {"version": version, "people": people, "from": (clock.now() - timedelta(hours=6)).isoformat()}


async def revised(staff, version: dict[str, Any], *effects: dict[str, Any], **more: Any) -> dict[str, Any]:
    rule = {"code": "any", "title": "Anew", "kinds": [KIND], "effects": list(effects), **more}
    done = await staff.do(
        "reviseEarnRule", f"... on ReviseEarnRuleSuccess {{ {VERSION} }} ... on InvalidInput {{ problems {{ path }} }}",
        ruleId=version["ruleId"], expectedVersion=1, rule=rule,
    )  # fmt: skip
    return done["version"]


async def test_a_draft_is_tried_before_it_runs(staff, running) -> None:
    await publish(staff, per("1", 100_000))  # another rule for the same orders
    await staff.do(
        "correctAwards",
        "... on Refusal { message }",
        ruleId=running["version"]["ruleId"],
        **{"from": running["from"]},
    )
    cap = {"per": "MEMBER", "window": "DAY", "measure": "POINTS", "limit": "200"}
    draft = await revised(staff, running["version"], per("2", 1_000), caps=[cap])
    done = await staff.do("backtestEarnRule", TRIED, versionId=draft["id"], **{"from": running["from"]})
    found = done["backtest"]
    assert (found["state"], found["interactions"], found["awards"], found["members"]) == ("DONE", 2, 2, 2)
    assert found["points"] == [{"wallet": "POINTS", "amount": "208"}]
    assert (found["granted"], found["liability"]) == ([{"amount": "156"}], [{"change": "52", "value": None}])
    assert found["reasons"] == [{"code": "CAP_REACHED", "facts": 1}]
    first, second = [str(who) for who in running["people"]]
    assert found["topGainers"] == [
        {"member": {"id": first}, "points": "200"}, {"member": {"id": second}, "points": "8"},
    ]  # fmt: skip
    assert (found["version"]["state"], found["afterLaunch"]) == ("DRAFT", None)
    assert (await net(staff, running["people"][0]), await net(staff, running["people"][1])) == ("152", "4")
    asked = await staff.run(
        "query($id: ID!) { backtest(id: $id) { state } backtests { nodes { id } } }",
        {"id": found["id"]},
        actor=staff.operator,
    )
    assert asked["backtest"]["state"] == "DONE" and asked["backtests"]["nodes"] == [{"id": found["id"]}]


async def test_after_the_launch_the_forecast_stands_beside_what_came_true(staff, running) -> None:
    draft = await revised(staff, running["version"], per("2", 1_000))
    done = await staff.do("backtestEarnRule", TRIED, versionId=draft["id"], **{"from": running["from"]})
    await staff.do("submitEarnRule", "... on Refusal { message }", versionId=draft["id"])
    await staff.do("publishEarnRule", "... on Refusal { message }", versionId=draft["id"])
    lines = [{"sku": "a", "amount": {"minorUnits": 50_000}}]
    await staff.pass_time("PT6H")
    await buy(
        staff,
        running["people"][0],
        {"lines": lines, "cashPaid": {"minorUnits": 50_000}},
        paidAt=(clock.now() - timedelta(hours=1)).isoformat(),
    )
    asked = await staff.run(
        "query($id: ID!) { backtest(id: $id) { afterLaunch { forecast { amount } actual { amount } } } }",
        {"id": done["backtest"]["id"]}, actor=staff.operator,
    )  # fmt: skip
    launch = asked["backtest"]["afterLaunch"]
    assert launch["actual"] == [{"amount": "100"}]
    assert 300 <= int(launch["forecast"][0]["amount"]) <= 312


async def test_last_month_is_corrected_after_a_second_person_signed(staff, running) -> None:
    draft = await revised(staff, running["version"], per("2", 1_000))
    await staff.do("submitEarnRule", "... on Refusal { message }", versionId=draft["id"])
    await staff.do(
        "publishEarnRule", "... on Refusal { message }", versionId=draft["id"], effectiveFrom=running["from"]
    )
    given = {"ruleId": running["version"]["ruleId"], "from": running["from"], "to": clock.now().isoformat()}
    dry = await staff.do("correctAwards", CORRECTED, dryRun=True, **given)
    assert (dry["correction"], dry["journals"]) == (None, [])
    assert dry["figures"] == {
        "interactions": 2, "changed": 2, "members": 2, "given": [{"wallet": "POINTS", "amount": "156"}], "taken": [], "waived": [],
    }  # fmt: skip
    shown = {each["member"]["id"]: (each["before"], each["after"], each["posted"]) for each in dry["deltas"]}
    assert shown == {
        str(running["people"][0]): ("152", "304", "152"),
        str(running["people"][1]): ("4", "8", "4"),
    }
    assert await db.value("SELECT count(*) FROM points.correction") == 0
    maker, checker = await appointed("operator"), await appointed("approver")
    asked = await staff.do("correctAwards", CORRECTED, actor=maker, **given)
    assert (asked["__typename"], asked["approval"]["amount"]) == ("ApprovalRequired", "156")
    assert await net(staff, running["people"][0]) == "152"
    await staff.do(
        "decideApproval",
        "... on Refusal { message }",
        actor=checker,
        approvalId=asked["approval"]["id"],
        decision="APPROVE",
    )
    assert (await net(staff, running["people"][0]), await net(staff, running["people"][1])) == ("304", "8")
    await db.run(
        "UPDATE access.approval_threshold SET is_enabled = false WHERE action = $1", correcting.CORRECT
    )
    again = await staff.do("correctAwards", CORRECTED, clientMutationId="again", **given)
    assert (again["figures"]["changed"], again["journals"], again["deltas"]) == (0, [], [])
    assert again["correction"]["state"] == "DONE"
    replayed = await staff.do("correctAwards", CORRECTED, clientMutationId="again", **given)
    assert replayed["correction"]["id"] == again["correction"]["id"]
    found = await staff.run(
        "{ corrections { nodes { figures { changed } journals { kind rule } } } }", actor=staff.operator
    )
    first = found["corrections"]["nodes"][-1]
    assert (first["figures"]["changed"], [each["kind"] for each in first["journals"]]) == (
        2,
        ["CORRECT", "CORRECT"],
    )


async def test_a_time_that_makes_no_sense_is_named(staff, running) -> None:
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    for mutation, ask, given in (
        ("backtestEarnRule", TRIED, {"versionId": running["version"]["id"]}),
        ("correctAwards", CORRECTED, {"ruleId": running["version"]["ruleId"]}),
    ):
        done = await staff.do(mutation, ask, **given, **{"from": running["from"], "to": tomorrow})
        assert [each["path"] for each in done["problems"]] == ["to"]
        done = await staff.do(mutation, ask, **given, **{"from": tomorrow})
        assert [each["path"] for each in done["problems"]] == ["from"]


async def test_what_was_imported_without_rules_is_corrected_only_when_asked_for(staff) -> None:
    """And of an order that was refunded in part since, only for the part that was kept."""
    await approvals.set_threshold(staff.operator, correcting.CORRECT, None, False, 1)
    version = await publish(staff, per("1", 1_000), since="2020-01-01T00:00:00Z")
    who = await make.member_id()
    name = await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", who)
    rows = [
        Row(
            n,
            {
                "member": name,
                "external_id": f"o-{n}",
                "paid_at": "2026-03-01",
                "currency": "CNY",
                "cash": "100",
            },
        )
        for n in (2, 3)
    ]
    await importing.run(
        purchase_import.PURCHASES, iter(rows), Options(file="o.csv", apply_rules=False), Report()
    )
    await stepping.settle()
    await staff.do(
        "refundPurchase",
        "... on Refusal { message }",
        externalId="o-2",
        refundId="r",
        amount={"minorUnits": 4_000},
    )
    span = {"from": "2026-01-01T00:00:00Z"}
    tried = "... on BacktestEarnRuleSuccess { backtest { interactions imported includesImported points { amount } } }"
    for more, found in (({}, (2, 2, True)), ({"includesImported": False}, (0, 0, False))):
        said = (await staff.do("backtestEarnRule", tried, versionId=version["id"], **span, **more))[
            "backtest"
        ]
        assert (said["interactions"], said["imported"], said["includesImported"]) == found
    ask = """... on CorrectAwardsSuccess { correction { includesImported } figures { interactions imported changed } }"""
    rule = {"ruleId": version["ruleId"], **span}
    alone = await staff.do("correctAwards", ask, **rule)
    assert alone["figures"] == {"interactions": 0, "imported": 0, "changed": 0}
    assert await net(staff, who) == "0"
    asked = await staff.do("correctAwards", ask, **rule, includesImported=True)
    assert asked == {
        "__typename": "CorrectAwardsSuccess", "correction": {"includesImported": True},
        "figures": {"interactions": 2, "imported": 2, "changed": 2},
    }  # fmt: skip
    assert await net(staff, who) == "16"  # 10 and 10 * 60 %
    again = await staff.do("correctAwards", ask, **rule)  # judged once, they are the rule's like any other
    assert again["figures"] == {"interactions": 2, "imported": 2, "changed": 0}
    await staff.do("refundPurchase", "... on Refusal { message }", externalId="o-2", refundId="rest")
    assert await net(staff, who) == "10"
