"""The public changelog of the earn rules, and what a change means for whoever reads it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain import clock
from domain.actor import Actor, member
from domain.points import rule_changes, rule_words
from domain.points.definitions import Version
from tests import make
from tests.api.points.test_earn_rules import publish
from tests.api.points.test_preview import fixed, per

CHANGES = """query($first: Int = 20, $after: String) { earnRuleChanges(first: $first, after: $after) {
    nodes { kind code text isAhead before { version says } after { version about says }
        forMe { isEligible wasEligible reasons { code facts } gains { wallet before after difference } } }
    pageInfo { hasNextPage endCursor } } }"""
REVISED = "... on ReviseEarnRuleSuccess { version { id } } ... on InvalidInput { problems { path message } }"


async def read(staff, who: Actor, **given: Any) -> list[dict[str, Any]]:
    return (await staff.run(CHANGES, given, actor=who))["earnRuleChanges"]["nodes"]


async def revise(staff, version: dict, *effects: dict, publishes: bool = True, **said: Any) -> dict[str, Any]:
    rule = {"code": "x", "title": "More for gold", "kinds": ["points.purchase.recorded"], "effects": list(effects), **said}  # fmt: skip
    given = {"ruleId": version["ruleId"], "expectedVersion": version["ruleVersion"], "rule": rule}
    made = (await staff.do("reviseEarnRule", REVISED, **given))["version"]
    if publishes:
        await staff.do("submitEarnRule", "", versionId=made["id"])
        await staff.do("publishEarnRule", "", versionId=made["id"])
    return made


async def test_a_member_reads_what_changed_and_what_it_means(staff) -> None:
    me = await make.member_actor()
    old = await publish(staff, per("1", 100), title="A point for a yuan")
    gold = {"all": [{"hasTag": "gold"}, {"basketAtLeast": {"minorUnits": 100, "currency": "CNY"}}]}
    new = await revise(staff, old, per("2", 100), condition=gold)
    await revise(staff, {**old, "ruleVersion": old["ruleVersion"] + 1}, per("9", 100), publishes=False)
    revised, published = await read(staff, me)
    assert (published["kind"], published["before"], published["text"]) == ("PUBLISHED", None, "New: A point for a yuan")  # fmt: skip
    assert published["after"]["says"] == ["1 Points for each 1.00 CNY paid"]
    assert published["forMe"] == {
        "isEligible": True, "wasEligible": None, "reasons": [],
        "gains": [{"wallet": "POINTS", "before": "0", "after": "100", "difference": "100"}],
    }  # fmt: skip
    assert (revised["kind"], revised["text"], revised["isAhead"]) == (
        "REVISED",
        "Changed: More for gold",
        False,
    )
    assert revised["forMe"] == {
        "isEligible": False, "wasEligible": True, "reasons": [{"code": "TAG_MISSING", "facts": {}}],
        "gains": [{"wallet": "POINTS", "before": "100", "after": "0", "difference": "-100"}],
    }  # fmt: skip
    await staff.do("retireEarnRule", "... on Refusal { message }", versionId=new["id"])
    retired = (await read(staff, me))[0]
    assert (retired["kind"], retired["after"], retired["forMe"]["isEligible"]) == ("RETIRED", None, False)
    assert [each["code"] for each in retired["forMe"]["reasons"]] == ["RULE_RETIRED"]
    assert "9 Points" not in str(await read(staff, me))  # a draft is nobody's business


async def test_a_change_to_come_is_told_ahead_and_a_planned_end_too(staff) -> None:
    me = await make.member_actor()
    soon, later = clock.now() + timedelta(days=1), clock.now() + timedelta(days=9)
    await publish(staff, fixed("5"), since=soon.isoformat(), effectiveTo=later.isoformat())
    end, begin = await read(staff, me)
    assert [(each["kind"], each["isAhead"]) for each in (end, begin)] == [
        ("RETIRED", True),
        ("PUBLISHED", True),
    ]
    staff_sees = (await read(staff, staff.operator))[0]
    assert staff_sees["forMe"] is None


async def test_pages_of_the_changelog_are_the_changelog(staff) -> None:
    me = await make.member_actor()
    for n in range(3):
        await publish(staff, fixed("5"), effectiveTo=(clock.now() + timedelta(days=n + 1)).isoformat())
    whole = [(each["code"], each["kind"]) for each in await read(staff, me)]
    seen, after = [], None
    for _ in range(3):
        page = (await staff.run(CHANGES, {"first": 2, "after": after}, actor=me))["earnRuleChanges"]
        seen += [(each["code"], each["kind"]) for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert (seen, page["pageInfo"]["hasNextPage"], len(whole)) == (whole, False, 6)


async def test_who_may_not_earn_in_a_programme_is_told_so(staff) -> None:
    me = await make.member_actor()
    await publish(staff, fixed("5"))
    await staff.do(
        "defineProgramme", "... on InvalidInput { problems { path } }", actor=staff.admin, code="marque",
        zone="Asia/Shanghai", requiresEnrolment=True,
    )  # fmt: skip
    (change,) = await read(staff, me)
    assert change["forMe"]["reasons"] == [{"code": "NOT_ENROLLED", "facts": {}}]
    assert change["forMe"]["gains"] == []


async def test_words_are_in_the_language_of_the_request(staff) -> None:
    from api.context import Context
    from api.schema import schema

    me = await make.member_actor()
    await publish(staff, per("1", 100))
    answer = await schema.execute(
        "{ earnRuleChanges { nodes { text after { about says } forMe { example } } } }",
        context_value=Context(actor=member(me.member_id), language="zh-CN", request_id="test"),
    )
    (told,) = answer.data["earnRuleChanges"]["nodes"]
    assert told["text"].startswith("新规则") and told["after"]["says"] == ["每实付 1.00 CNY 得 1 积分"]
    assert told["forMe"]["example"] == "一笔实付 100 的订单"


PERSON, FACT = {"hasTag": "a"}, {"touchpoint": "app"}


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        (None, None), (PERSON, PERSON), (FACT, None), ({"all": [PERSON, FACT]}, {"all": [PERSON]}),
        ({"any": [PERSON, FACT]}, None), ({"any": [PERSON, {"all": [PERSON, FACT]}]}, {"any": [PERSON, {"all": [PERSON]}]}),
        ({"not": PERSON}, {"not": PERSON}), ({"not": FACT}, None), ({"not": {"all": [PERSON, FACT]}}, None),
        ({"all": [FACT]}, None),
    ],
)  # fmt: skip
def test_only_what_is_asked_of_the_person_decides_about_the_person(condition, kept) -> None:
    assert rule_changes.personal(condition) == kept


def test_everything_that_a_rule_may_give_has_words() -> None:
    said = {
        "kinds": ["app.x"],
        "effects": [
            {"fixed": {"wallet": "W", "points": 250, "per_unit": True, "lines": {"skus": ["1"]}}},
            {"per_amount": {"wallet": "W", "points": 100, "per": {"minor_units": 500, "currency": "JPY"}, "stepping": "PROPORTIONAL"}},
            {"from_property": {"wallet": "W", "path": "km", "factor": "0.5", "scale": 2}},
            {"multiply": {"factor": "1.5", "includes_fixed": True}},
            {"deduct": {"wallet": "W", "points": 1}},
        ],
        "caps": [
            {"per": "MEMBER_SUBJECT", "window": "WEEK", "measure": "TIMES", "limit": 1},
            {"per": "RULE", "window": "EVER", "measure": "POINTS", "limit": 100_000},
        ],
        "per_event_max": 5_000,
        "hours": [{"from": "08:00", "to": "20:00", "days": [6, 7]}],
    }  # fmt: skip
    version = Version.of({"id": uuid4(), "rule": uuid4(), "code": "r", "priority": 0, "definition": said})
    told = list(rule_words.says(version, {"W": (("元宝", "Coins"), 2)}))
    assert [en for _, en in told] == [
        "2.50 Coins for each piece (certain goods only)", "1.00 Coins for each 500 JPY paid, broken steps too",
        "Coins by the number reported, times 0.5", "1.5 times everything earned", "0.01 Coins less",
        "at most once a week for each member and subject", "at most 1000.00 Coins ever for all members together",
        "nothing where one fact would give more than 50.00 Coins", "only on Sat, Sun 08:00-20:00 (Asia/Shanghai)",
    ]  # fmt: skip
    assert all(zh != en for zh, en in told)
