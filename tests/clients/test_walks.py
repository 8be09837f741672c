"""The guides, walked in a real browser: every step a saved operation, done by mouse and keyboard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain import clock, db, stepping, wiring
from domain.foundation import importing
from domain.foundation.importing import Options, Report, Row
from domain.points import health, purchase_import
from tests import database, make
from tests.clients.walking import Walk, walking


@pytest.fixture
async def walk(node_program: str, browser: str, marque: str, pool: None) -> Iterator[Walk]:
    """A browser at the playground of a brand of one's own."""
    database.touch()
    wiring.start()
    await wiring.seed_brand()
    with walking(node_program, f"{marque}/graphql", browser) as walk:
        yield walk


async def _agreed(walk: Walk, answer: dict) -> str:
    """What waits for a second person is signed by one; what became of it."""
    waiting = await walk.step("approver", "What waits for my signature")
    assert answer["approval"]["id"] in [each["id"] for each in waiting["nodes"]]
    decided = await walk.step("approver", "Decide a request", input={"approvalId": answer["approval"]["id"]})
    assert "approval" in decided, decided
    return decided["approval"]["state"]


async def _orders_of_last_month(member: str) -> None:
    paid_at = clock.now() - timedelta(days=30)
    rows = [
        {"member": member, "external_id": f"old-{n}", "paid_at": (paid_at + timedelta(days=n)).isoformat(),
         "currency": "CNY", "lines": json.dumps([{"sku": "MUG", "amount": "100.00"}]), "cash": "100.00"}
        for n in range(2)
    ]  # fmt: skip
    given = (Row(number, row) for number, row in enumerate(rows, 2))
    report = Report()
    await importing.run(
        purchase_import.PURCHASES, given, Options(file="orders.csv", apply_rules=True), report
    )
    assert report.summary()["accepted"] == 2
    await stepping.settle()


async def test_membership_ops_run_a_programme_alone(walk):
    """docs/guides/run-a-programme.md, sections 1 to 8."""
    member = await make.member_id()
    name = await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", member)
    await _orders_of_last_month(name)
    since = (clock.now() - timedelta(days=40)).isoformat()
    line = {"sku": "MODEL-CAR", "amount": {"minorUnits": 20_000}}

    policy = await walk.step("admin", "Say how a wallet behaves")
    assert await _agreed(walk, policy) == "APPROVED"

    drafted = await walk.step("operator", "Draft an earn rule", input={"rule": {"code": "WALK"}})
    version = drafted["version"]["id"]
    preview = await walk.step(
        "operator", "What would it earn?",
        input={"memberId": str(member), "interaction": None, "purchase": {"lines": [line]}, "versionIds": [version]},
    )  # fmt: skip
    assert [(each["wallet"], each["points"]) for each in preview["awards"]] == [("POINTS", "200")]
    tried = await walk.step("operator", "Try a rule on the past", input={"versionId": version, "from": since})
    assert (tried["backtest"]["awards"], tried["backtest"]["points"]) == (
        2, [{"wallet": "POINTS", "amount": "200"}],
    )  # fmt: skip

    submitted = await walk.step("operator", "Submit a draft of an earn rule", input={"versionId": version})
    assert submitted["version"]["state"] == "IN_REVIEW"
    published = await walk.step("operator", "Publish an earn rule", input={"versionId": version})
    assert await _agreed(walk, published) == "APPROVED"

    earned = []
    for number, cents in enumerate([20_000, 40_000, 10_000]):
        bought = await walk.step(
            "operator", "Try a purchase",
            input={"memberId": str(member), "externalId": f"walk-{number}", "paidAt": clock.now().isoformat(),
                   "lines": [line | {"amount": {"minorUnits": cents}}], "dryRun": False},
        )  # fmt: skip
        earned.append([each["outcome"] for each in bought["decisions"]])
    assert earned == [["AWARDED"], ["CUT"], ["REFUSED"]]
    points = await walk.step("operator", "A member's points", memberId=str(member))
    assert {each["wallet"]["code"]: each["available"] for each in points["wallets"]}["POINTS"] == "500"
    why = await walk.step(
        "operator", "Why a member earned, or did not", memberId=str(member), outcome="AWARDED"
    )
    assert [each["granted"] for each in why["decisions"]["nodes"]] == [
        [{"wallet": "POINTS", "amount": "200"}]
    ]
    why = await walk.step(
        "operator", "Why a member earned, or did not", memberId=str(member), outcome="REFUSED"
    )
    assert [each["code"] for each in why["decisions"]["nodes"][0]["reasons"]] == ["CAP_REACHED"]

    rules = await walk.step("operator", "Earn rules")
    rule = next(each for each in rules["nodes"] if each["code"] == "WALK")
    revised = await walk.step(
        "operator", "Revise an earn rule",
        input={"ruleId": rule["ruleId"], "expectedVersion": rule["ruleVersion"], "rule": {"code": "WALK"}},
    )  # fmt: skip
    second = revised["version"]["id"]
    await walk.step("operator", "Submit a draft of an earn rule", input={"versionId": second})
    published = await walk.step(
        "operator", "Publish an earn rule", input={"versionId": second, "effectiveFrom": since}
    )
    assert await _agreed(walk, published) == "APPROVED"
    retired = await walk.step("operator", "Retire an earn rule", input={"versionId": second})
    assert retired["version"]["state"] == "RETIRED"

    asked = {"ruleId": rule["ruleId"], "from": since}
    foretold = await walk.step("operator", "Correct past awards", input=asked)
    assert (foretold["figures"]["given"], foretold["figures"]["taken"]) == (
        [{"wallet": "POINTS", "amount": "600"}], [{"wallet": "POINTS", "amount": "200"}],
    )  # fmt: skip
    corrected = await walk.step("operator", "Correct past awards", input=asked | {"dryRun": False})
    assert await _agreed(walk, corrected) == "APPROVED"
    points = await walk.step("operator", "A member's points", memberId=str(member))
    assert {each["wallet"]["code"]: each["available"] for each in points["wallets"]}["POINTS"] == "900"
    corrections = await walk.step("operator", "Corrections of awards")
    assert corrections["nodes"][0]["state"] == "DONE"
    assert await health.violations() == []
