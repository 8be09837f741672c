"""Earn rules from the draft to the wallet, all through the public schema: the page's vectors of baskets, stacking and caps."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain import clock, db, stepping
from domain.actor import member
from domain.foundation import ids
from tests import make
from tests.api.points.test_preview import A_SALE, RED, B, fixed, money, per, times

KIND = "points.purchase.recorded"
BOUGHT = """... on RecordPurchaseSuccess { journals { kind rule desired { amount } breakdown { points bonus multiplier cutBy } }
    decisions { outcome rule granted { amount } reasons { code } } balances { wallet { code } net } }
    ... on Refusal { message } ... on InvalidInput { problems { path } }"""


async def publish(staff, *effects: dict[str, Any], since: str | None = None, **more: Any) -> dict[str, Any]:
    """A rule from its draft to its publication; answers the version."""
    version = "version {{ id ruleId code state ruleVersion }}"
    said = {"code": f"rule-{ids.new()}", "title": "A rule", "kinds": [KIND], "effects": list(effects), **more}
    ask = "... on {0}Success {{ " + version + " }} ... on InvalidInput {{ problems {{ path message }} }}"
    made = await staff.do("draftEarnRule", ask.format("DraftEarnRule"), rule=said)
    given = {"versionId": made["version"]["id"]}
    await staff.do("submitEarnRule", ask.format("SubmitEarnRule"), **given)
    since = since or (clock.now() - timedelta(days=1)).isoformat()
    done = await staff.do("publishEarnRule", ask.format("PublishEarnRule"), effectiveFrom=since, **given)
    assert done["__typename"] == "PublishEarnRuleSuccess", done
    return done["version"]


async def buy(staff, who: UUID, bought: dict[str, Any] = B, **more: Any) -> dict[str, Any]:
    given = {
        "memberId": str(who),
        "externalId": str(ids.new()),
        "paidAt": clock.now().isoformat(),
        **bought,
        **more,
    }
    done = await staff.do("recordPurchase", BOUGHT, **given)
    assert done["__typename"] == "RecordPurchaseSuccess", done
    return done


async def net(staff, who: UUID) -> str:
    return (await staff.wallet(who, "net"))["net"]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([[per("4", 100)]], "608"),
        ([[per("4", 100, lines={"notLabels": [RED]})]], "560"),
        ([[fixed("200", lines={"skus": ["000"]})]], "200"),
        ([[fixed("100", lines={"skus": ["123"]})], [per("4", 100)]], "708"),
        ([[per("4", 100)], [times("3", lines={"skus": ["123"]})]], "704"),
    ],
)
async def test_the_vectors_of_baskets(staff, rules: list, expected: str) -> None:
    for effects in rules:
        await publish(staff, *effects)
    who = await make.member_id()
    await buy(staff, who)
    assert await net(staff, who) == expected
    await stepping.settle()
    assert await net(staff, who) == expected


async def test_an_order_below_the_minimum_earns_nothing(staff) -> None:
    await publish(staff, per("4", 100), condition={"basketAtLeast": money(30000)})
    who = await make.member_id()
    done = await buy(staff, who)
    assert (done["journals"], await net(staff, who)) == ([], "0")
    assert [each["reasons"] for each in done["decisions"]] == [[{"code": "BASKET_TOO_SMALL"}]]


async def test_the_vectors_of_stacking(staff) -> None:
    one, other = await publish(staff, per("1", 100)), await publish(staff, per("1", 200))
    who = await make.member_id()
    await buy(staff, who, A_SALE)
    assert await net(staff, who) == "28"
    for version in (one, other):
        await staff.do("retireEarnRule", "... on Refusal { message }", versionId=version["id"])
    await publish(staff, fixed("50"), isStackable=False, priority=5)
    await publish(staff, fixed("200"), isStackable=False, priority=20)
    second = await make.member_id()
    await buy(staff, second, A_SALE)
    assert await net(staff, second) == "200"


@pytest.mark.parametrize(("rounding", "expected"), [("FLOOR", "28"), ("HALF_UP", "29"), ("CEIL", "29")])
async def test_the_vector_of_rounding(staff, rounding: str, expected: str) -> None:
    await publish(staff, per("1", 100), rounding=rounding)
    await publish(staff, times("1.5"), rounding=rounding)
    who = await make.member_id()
    done = await buy(staff, who, A_SALE)
    assert await net(staff, who) == expected
    (journal,) = done["journals"]
    assert journal["breakdown"] == [{"points": "19", "bonus": "9.5", "multiplier": "1.5", "cutBy": None}]


async def test_a_retired_rule_and_one_of_2099_give_nothing_and_say_why(staff) -> None:
    over = await publish(staff, per("1", 100))
    await staff.do("retireEarnRule", "... on Refusal { message }", versionId=over["id"])
    later = await publish(staff, per("1", 100), since="2099-01-01T00:00:00Z")
    assert later["state"] == "SCHEDULED"
    who = await make.member_id()
    done = await buy(staff, who, A_SALE)
    found = {each["rule"]: [reason["code"] for reason in each["reasons"]] for each in done["decisions"]}
    assert found == {over["code"]: ["RULE_RETIRED"], later["code"]: ["NOT_YET_IN_FORCE"]}
    assert await net(staff, who) == "0"


@pytest.mark.parametrize("seed", range(2))
async def test_the_vector_of_caps(staff, seed: int) -> None:
    """NET 200 a UTC day: 21 x +10 and 3 x -2 in any order > 200; then 2 x -2 > 200; then 2 x -2 > 196."""
    cap = {
        "per": "MEMBER",
        "window": "DAY",
        "measure": "POINTS",
        "limit": "200",
        "mode": "NET",
        "group": "reputation",
    }
    await publish(
        staff, fixed("10"), kinds=["app.voted_up"], caps=[cap], zone="UTC", since="2026-01-01T00:00:00Z"
    )
    down = {"deduct": {"wallet": "POINTS", "points": "2"}}
    await publish(staff, down, kinds=["app.voted_down"], caps=[cap], zone="UTC", since="2026-01-01T00:00:00Z")
    who = await make.member_id()
    votes = ["voted_up"] * 21 + ["voted_down"] * 3
    random.Random(seed).shuffle(votes)
    for facts, expected in ((votes, "200"), (["voted_down"] * 2, "200"), (["voted_down"] * 2, "196")):
        items = [
            {"kind": kind, "messageId": str(ids.new()), "occurredAt": "2026-03-01T10:00:00Z"}
            for kind in facts
        ]
        await staff.do("recordInteractions", "... on Refusal { message }", actor=member(who), items=items)
        await stepping.settle()
        assert await net(staff, who) == expected


async def test_a_cut_award_says_what_was_desired_and_what_cut_it(staff) -> None:
    cap = {"per": "MEMBER", "window": "DAY", "measure": "POINTS", "limit": "100"}
    await publish(staff, per("1", 100), caps=[cap])
    who = await make.member_id()
    done = await buy(staff, who)
    assert done["decisions"] == [
        {
            **done["decisions"][0],
            "outcome": "CUT",
            "granted": [{"amount": "100"}],
            "reasons": [{"code": "CAP_REACHED"}],
        }
    ]
    (journal,) = done["journals"]
    assert journal["desired"] == [{"amount": "152"}]
    assert [part["cutBy"] for part in journal["breakdown"]] == ["CAP_REACHED"]
    ask = 'decisions(outcome: "CUT") { nodes { outcome } }'
    assert (await staff.of(who, ask))["decisions"]["nodes"] == [{"outcome": "CUT"}]
    assert (await staff.of(who, 'decisions(outcome: "REFUSED") { nodes { outcome } }'))["decisions"][
        "nodes"
    ] == []


HELD = "query { heldAwards { nodes { decision { waits granted { amount } journal { id } reasons { code } } points { wallet { pending } } } } }"
DECIDED = """... on DecideAwardSuccess { journal { id kind } balances { wallet { code } available pending } }
    ... on IllegalTransition { from to allowed } ... on InvalidInput { problems { path } }"""


@pytest.mark.parametrize(("decision", "available"), [("RELEASE", "152"), ("CANCEL", "0")])
async def test_an_operator_decides_about_a_held_award(staff, decision: str, available: str) -> None:
    await publish(staff, per("1", 100), holdAbove="100")
    who = await make.member_id()
    await buy(staff, who)
    (held,) = (await staff.run(HELD, actor=staff.operator))["heldAwards"]["nodes"]
    assert held["decision"]["waits"] == "HELD"
    assert held["decision"]["granted"] == [{"amount": "152"}]
    assert held["points"]["wallet"] == {"pending": "152"}
    given = {"journalId": held["decision"]["journal"]["id"], "decision": decision}
    unsaid = await staff.do("decideAward", DECIDED, note="", **given)
    assert unsaid["problems"] == [{"path": "note"}]
    done = await staff.do("decideAward", DECIDED, note="looked at", **given)
    assert done["balances"] == [{"wallet": {"code": "POINTS"}, "available": available, "pending": "0"}]
    again = await staff.do("decideAward", DECIDED, note="again", **given)
    assert again["__typename"] == "IllegalTransition"
    assert (await staff.run(HELD, actor=staff.operator))["heldAwards"]["nodes"] == []
    refused = await staff.run(HELD, actor=member(who))
    assert refused.codes == ["FORBIDDEN"]


async def test_a_version_that_was_handed_in_goes_back_to_its_maker(staff) -> None:
    ask = "... on {0}Success {{ version {{ id state }} }} ... on IllegalTransition {{ from to allowed }}"
    said = {"code": "checkup", "title": "A check-up", "kinds": ["app.checkup"], "effects": [fixed("1")]}
    made = await staff.do("draftEarnRule", ask.format("DraftEarnRule").split("... on Ill")[0], rule=said)
    given = {"versionId": made["version"]["id"]}
    early = await staff.do("returnEarnRule", ask.format("ReturnEarnRule"), **given)
    assert early == {
        "__typename": "IllegalTransition",
        "from": "DRAFT",
        "to": "DRAFT",
        "allowed": ["IN_REVIEW"],
    }
    await staff.do("submitEarnRule", ask.format("SubmitEarnRule"), **given)
    back = await staff.do("returnEarnRule", ask.format("ReturnEarnRule"), **given)
    assert back["version"]["state"] == "DRAFT"


async def test_what_a_dry_run_earns_leaves_nothing(staff) -> None:
    await publish(staff, per("4", 100))
    who = await make.member_id()
    done = await buy(staff, who, dryRun=True)
    assert [each["granted"] for each in done["decisions"]] == [[{"amount": "608"}]]
    assert await net(staff, who) == "0"
    assert await db.value("SELECT count(*) FROM points.earn_decision WHERE member = $1", who) == 0
