"""What would be earned: the page's vectors of baskets and stacking, and every effect, condition and gate that it names.

The baskets are those of open-loyalty's evaluator test, the stacking that of Setono's calculator test.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import earn_rules
from domain.profile import tags, traits
from tests import make
from tests.api.points.test_tiers import scheme

RED, BLUE = {"key": "color", "value": "red"}, {"key": "color", "value": "blue"}


def money(minor_units: int) -> dict[str, Any]:
    return {"minorUnits": minor_units, "currency": "CNY"}


B = {
    "lines": [
        {"sku": "123", "labels": [RED], "amount": money(1200)},
        {"sku": "000", "labels": [BLUE], "amount": money(10000)},
        {"sku": "0001", "kind": "DELIVERY", "amount": money(4000)},
    ]
}
A_SALE = {"lines": [{"sku": "A", "amount": money(1999)}]}

DRAFT = """mutation($rule: EarnRuleInput!) { draftEarnRule(input: {rule: $rule}) { __typename
    ... on DraftEarnRuleSuccess { version { id } } ... on InvalidInput { problems { path } } } }"""
PREVIEW = """query($input: PreviewEarningInput!) { previewEarning(input: $input) {
    awards { wallet points state breakdown { rule points bonus multiplier cutBy } }
    decisions { id outcome rule desired { wallet amount } granted { wallet amount }
        reasons { code message fact nextStep facts } } } }"""


def per(points: str, minor_units: int, **more: Any) -> dict[str, Any]:
    return {"perAmount": {"wallet": "POINTS", "points": points, "per": money(minor_units), **more}}


def fixed(points: str, **more: Any) -> dict[str, Any]:
    return {"fixed": {"wallet": "POINTS", "points": points, **more}}


def times(factor: str, **more: Any) -> dict[str, Any]:
    return {"multiply": {"factor": factor, **more}}


class Desk:
    """An operator who drafts rules and tries them on one member."""

    def __init__(self, gql, member: UUID) -> None:
        self.gql, self.member, self.operator = gql, member, make.staff("operator")

    async def rule(self, *effects: dict[str, Any], **more: Any) -> str:
        said = {
            "code": f"rule-{ids.new()}", "title": "A rule", "kinds": ["app.bought"], "effects": list(effects), **more,
        }  # fmt: skip
        answer = (await self.gql(DRAFT, {"rule": said}, actor=self.operator))["draftEarnRule"]
        assert answer["__typename"] == "DraftEarnRuleSuccess", answer
        return answer["version"]["id"]

    async def tried(self, *versions: str, bought: dict[str, Any] | None = B, **fact: Any) -> dict[str, Any]:
        given = {
            "memberId": str(self.member), "versionIds": list(versions), "purchase": bought,
            "interaction": {"kind": "app.bought", **fact},
        }  # fmt: skip
        return (await self.gql(PREVIEW, {"input": given}, actor=self.operator))["previewEarning"]

    async def earned(self, *versions: str, **more: Any) -> int:
        found = await self.tried(*versions, **more)
        return sum(int(award["points"]) for award in found["awards"])

    async def reasons(self, *versions: str, **more: Any) -> list[str]:
        found = await self.tried(*versions, **more)
        return [reason["code"] for decision in found["decisions"] for reason in decision["reasons"]]


@pytest.fixture
async def desk(gql) -> Desk:
    from domain import wiring

    wiring.start()
    return Desk(gql, await make.member_id())


@pytest.mark.parametrize(
    ("effects", "more", "expected"),
    [
        ([per("4", 100)], {}, 608),
        ([per("4", 100, lines={"notLabels": [RED]})], {}, 560),
        ([fixed("200", lines={"skus": ["000"]})], {}, 200),
        ([fixed("100", lines={"skus": ["123"]}), per("4", 100)], {}, 708),
        ([per("4", 100), times("3", lines={"skus": ["123"]})], {}, 704),
        ([per("4", 100)], {"condition": {"basketAtLeast": money(30000)}}, 0),
        ([per("4", 100)], {"condition": {"basketAtLeast": money(15200)}}, 608),
        ([per("4", 100, lines={"isDeliveryExcluded": True})], {}, 448),
        ([per("4", 100, lines={"labels": [RED], "notSkus": ["123"]})], {}, 0),
        ([fixed("200", lines={"skus": ["none"]})], {}, 0),
    ],
)
async def test_the_vectors_of_baskets(desk: Desk, effects: list, more: dict, expected: int) -> None:
    assert await desk.earned(await desk.rule(*effects, **more)) == expected


async def test_the_vectors_of_baskets_with_a_rule_for_each_effect(desk: Desk) -> None:
    amount, red = await desk.rule(per("4", 100)), await desk.rule(times("3", lines={"skus": ["123"]}))
    assert await desk.earned(amount, red) == 704
    assert await desk.earned(red) == 0
    bonus = (await desk.tried(amount, red))["awards"][0]["breakdown"]
    assert [(part["points"], part["bonus"]) for part in bonus] == [("608", "96")]
    assert bonus[0]["multiplier"].startswith("1.157")
    assert await desk.earned(amount, await desk.rule(fixed("100", lines={"skus": ["123"]}))) == 708


@pytest.mark.parametrize(("rounding", "expected"), [("FLOOR", 28), ("HALF_UP", 29), ("CEIL", 29)])
@pytest.mark.parametrize("is_split", [False, True])
async def test_the_vector_of_rounding(desk: Desk, rounding: str, expected: int, is_split: bool) -> None:
    more = {"rounding": rounding}
    rules = [[per("1", 100)], [times("1.5")]] if is_split else [[per("1", 100), times("1.5")]]
    assert await desk.earned(*[await desk.rule(*one, **more) for one in rules], bought=A_SALE) == expected


async def test_the_vectors_of_stacking(desk: Desk) -> None:
    one, two = await desk.rule(per("1", 100)), await desk.rule(per("1", 200))
    assert await desk.earned(one, two, bought=A_SALE) == 28
    alone = {"isStackable": False}
    low = await desk.rule(fixed("50"), priority=5, **alone)
    high = await desk.rule(fixed("200"), priority=20, **alone)
    assert await desk.earned(low, high, bought=A_SALE) == 200
    assert await desk.earned(low, high, one, bought=A_SALE) == 200
    assert await desk.reasons(low, high, bought=A_SALE) == ["NOT_STACKABLE"]


async def test_of_equal_priority_the_lowest_id_stands_alone(desk: Desk) -> None:
    first = await desk.rule(fixed("1"), isStackable=False)
    second = await desk.rule(fixed("2"), isStackable=False)
    assert await desk.earned(second, first) == 1


async def test_rules_that_do_not_count_say_why(desk: Desk) -> None:
    over, later = await desk.rule(per("1", 100)), await desk.rule(per("1", 100))
    await in_force(over, datetime(2020, 1, 1, tzinfo=UTC))
    await earn_rules.retire(SYSTEM, UUID(over))
    await in_force(later, datetime(2099, 1, 1, tzinfo=UTC))
    found = await desk.tried(over, later, bought=A_SALE)
    assert found["awards"] == []
    assert {reason["code"] for each in found["decisions"] for reason in each["reasons"]} == {
        "RULE_RETIRED",
        "NOT_YET_IN_FORCE",
    }
    of_all = {"memberId": str(desk.member), "purchase": A_SALE, "interaction": {"kind": "app.bought"}}
    all_ = (await desk.gql(PREVIEW, {"input": of_all}, actor=desk.operator))["previewEarning"]
    assert {reason["code"] for each in all_["decisions"] for reason in each["reasons"]} == {
        "RULE_RETIRED",
        "NOT_YET_IN_FORCE",
    }


async def in_force(version: str, since: datetime) -> None:
    await earn_rules.submit(SYSTEM, UUID(version))
    await earn_rules.put_in_force(UUID(version), since)


async def test_multipliers_of_a_line_are_multiplied_or_stand_alone(desk: Desk) -> None:
    amount = await desk.rule(per("1", 100))
    double, half = await desk.rule(times("2")), await desk.rule(times("1.5", lines={"skus": ["123"]}))
    assert await desk.earned(amount, double, half) == 12 * 3 + 140 * 2
    alone = await desk.rule(times("1.5", lines={"skus": ["123"]}, isStackable=False))
    assert await desk.earned(amount, double, alone) == 12 + 6 + 140 * 2
    higher = await desk.rule(times("4", isStackable=False, priority=3))
    assert await desk.earned(amount, double, alone, higher) == 152 * 4


async def test_steps_are_counted_in_each_group_of_lines(desk: Desk) -> None:
    """19.50 and 0.50 are 20 steps of 1.00, but the group of the first line has 19."""
    bought = {"lines": [{"sku": "A", "amount": money(1950)}, {"sku": "B", "amount": money(50)}]}
    amount, twice = await desk.rule(per("1", 100)), await desk.rule(times("2", lines={"skus": ["A"]}))
    assert await desk.earned(amount, twice, bought=bought) == 20 + 19
    exact = await desk.rule(per("1", 100, stepping="PROPORTIONAL"))
    assert await desk.earned(exact, twice, bought=bought) == 39


async def test_fixed_points_are_multiplied_only_when_included(desk: Desk) -> None:
    some, plain = await desk.rule(fixed("10")), await desk.rule(times("3"))
    assert await desk.earned(some, plain) == 10
    assert await desk.earned(some, await desk.rule(times("3", includesFixed=True))) == 30
    assert await desk.earned(some, await desk.rule(times("3", includesFixed=True)), bought=None) == 30
    only = await desk.rule(times("3", includesFixed=True, lines={"skus": ["none"]}))
    assert await desk.earned(some, only) == 10


async def test_points_for_each_piece(desk: Desk) -> None:
    bought = {
        "lines": [{"sku": "A", "quantity": 3, "amount": money(100)}, {"sku": "B", "amount": money(100)}]
    }
    each = await desk.rule(fixed("7", lines={"skus": ["A"]}, perUnit=True))
    assert await desk.earned(each, bought=bought) == 21
    assert await desk.earned(each, await desk.rule(times("2", includesFixed=True)), bought=bought) == 42


async def test_only_cash_earns_by_amount(desk: Desk) -> None:
    amount = await desk.rule(per("1", 100))
    assert await desk.earned(amount, bought={**B, "cashPaid": money(7600)}) == 76
    paid = {"currency": "JPY", "minorUnits": 7600}
    yen = {"lines": [{"sku": "A", "amount": paid}]}
    assert await desk.earned(amount, bought=yen) == 0
    assert await desk.reasons(amount, bought=yen) == ["NOTHING_TO_EARN"]


@pytest.mark.parametrize(
    ("value", "expected"), [(12, 18), ("7.9", 11), (0, 0), (-3, 0), ("many", 0), (None, 0), (True, 0)]
)
async def test_points_from_a_property(desk: Desk, value: Any, expected: int) -> None:
    rule = await desk.rule({"fromProperty": {"wallet": "POINTS", "path": "trip.km", "factor": "1.5"}})
    assert await desk.earned(rule, bought=None, properties={"trip": {"km": value}}) == expected


async def test_what_no_wallet_can_keep_is_refused(desk: Desk) -> None:
    rule = await desk.rule({"fromProperty": {"wallet": "POINTS", "path": "km"}})
    assert await desk.reasons(rule, bought=None, properties={"km": "1e40"}) == ["TOO_LARGE"]


async def test_a_deduction_takes(desk: Desk) -> None:
    rule = await desk.rule({"deduct": {"wallet": "POINTS", "points": "5"}})
    assert await desk.earned(rule) == -5


async def test_more_than_one_fact_may_earn_is_refused(desk: Desk) -> None:
    rule = await desk.rule(per("4", 100), perEventMax="607")
    found = await desk.tried(rule)
    assert found["awards"] == []
    (decision,) = found["decisions"]
    assert (decision["id"], decision["outcome"]) == (None, "REFUSED")
    assert decision["desired"] == [{"wallet": "POINTS", "amount": "608"}]
    assert decision["reasons"][0]["fact"] == "limit 607, actual 608"


CONDITIONS: list[tuple[dict[str, Any], str]] = [
    ({"hasTag": "vip"}, "TAG_MISSING"),
    ({"hasTag": "vip:gold"}, "TAG_MISSING"),
    ({"isOwner": True}, "NOT_OWNER"),
    ({"ownsModel": "ET5"}, "MODEL_NOT_OWNED"),
    ({"trait": {"key": "city", "op": "EQ", "value": "上海"}}, "TRAIT_NOT_MET"),
    ({"trait": {"key": "home.kind", "op": "IN", "value": ["flat", "house"]}}, "TRAIT_NOT_MET"),
    ({"property": {"path": "shop.id", "op": "GT", "value": 3}}, "CONDITION_NOT_MET"),
    ({"property": {"path": "shop", "op": "EXISTS"}}, "CONDITION_NOT_MET"),
    ({"touchpoint": "app"}, "WRONG_TOUCHPOINT"),
    ({"enrolledForDays": 30}, "NOT_ENROLLED"),
    ({"all": [{"hasTag": "vip"}, {"touchpoint": "app"}]}, "TAG_MISSING WRONG_TOUCHPOINT"),
    ({"any": [{"hasTag": "none"}, {"hasTag": "vip"}]}, "TAG_MISSING TAG_MISSING"),
    ({"not": {"trait": {"key": "city", "op": "NE", "value": "上海"}}}, None),  # type: ignore[list-item]
]


@pytest.mark.parametrize(("condition", "code"), CONDITIONS)
async def test_each_condition_holds_and_names_what_is_missing(
    desk: Desk, condition: dict, code: str | None
) -> None:
    rule = await desk.rule(fixed("10"), condition=condition)
    if code is not None:
        found = await desk.reasons(rule, touchpoint="web")
        assert " ".join(found) == code
    await know(desk.member)
    fact = {"touchpoint": "app", "properties": {"shop": {"id": 4}}}
    assert await desk.earned(rule, **fact) == 10


async def know(member: UUID) -> None:
    """What the conditions above ask for."""
    await tags.assign(SYSTEM, tags.TagSubject.MEMBER, [member], "vip", "gold")
    known = {"vehicle.models": ["ET5"], "vehicle.count": 1, "city": "上海", "home": {"kind": "flat"}}
    await traits.put(member, known, at=clock.now(), origin="EVENT")
    programme = await db.value("SELECT id FROM points.programme WHERE code = 'marque'")
    await db.run(
        """INSERT INTO points.enrolment (id, member, programme, number, joined_on, source, created_at)
        VALUES ($1, $2, $3, 'N-1', ($4::timestamptz AT TIME ZONE 'Asia/Shanghai')::date - 30, '', $4)""",
        ids.new(), member, programme, clock.now(),
    )  # fmt: skip


async def test_a_segment_is_looked_up(desk: Desk) -> None:
    segment = ids.new()
    rule = await desk.rule(fixed("10"), condition={"inSegment": str(segment)})
    assert await desk.reasons(rule) == ["NOT_IN_SEGMENT"]
    await db.run(
        """INSERT INTO profile.segment_membership (id, segment, member, since_at, version, cause)
        VALUES ($1, $2, $3, $4, 1, 'TEST')""",
        ids.new(), segment, desk.member, clock.now(),
    )  # fmt: skip
    assert await desk.earned(rule) == 10


async def test_a_tier_is_reached_by_those_that_stand_in_it_or_above(desk: Desk) -> None:
    await scheme(desk.gql, ("BASIC", 0), ("SILVER", 20), ("GOLD", 30))
    rule = await desk.rule(fixed("10"), condition={"tierAtLeast": "SILVER"})
    for tier, expected in (("BASIC", 0), ("SILVER", 10), ("GOLD", 10), ("NONE", 0)):
        await traits.declare(desk.member, "tier", tier)
        assert await desk.earned(rule) == expected, tier
    await traits.declare(desk.member, "tier", "BASIC")
    (decision,) = (await desk.tried(rule))["decisions"]
    assert decision["reasons"] == [
        {
            "code": "TIER_TOO_LOW",
            "message": "The member's tier is too low.",
            "fact": "required SILVER, actual BASIC",
            "nextStep": "REACH_TIER",
            "facts": {"required": "SILVER", "actual": "BASIC"},
        }
    ]


async def test_hours_are_those_of_the_rules_zone(desk: Desk) -> None:
    """Saturday from 22:00 to 02:00 on Sunday, in Shanghai (8 hours before UTC)."""
    rule = await desk.rule(
        fixed("10"), hours=[{"from": "22:00", "to": "02:00", "days": [6]}], zone="Asia/Shanghai"
    )
    for at, expected in (
        ("2026-11-21T13:59:59Z", 0),
        ("2026-11-21T14:00:00Z", 10),
        ("2026-11-21T17:59:59Z", 10),
        ("2026-11-21T18:00:00Z", 0),
        ("2026-11-20T14:00:00Z", 0),
        ("2026-11-22T14:00:00Z", 0),
    ):
        assert await desk.earned(rule, occurredAt=at) == expected, at
    assert await desk.reasons(rule, occurredAt="2026-11-22T14:00:00Z") == ["OUTSIDE_HOURS"]


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({}, "AVAILABLE"),
        ({"pending": {"immediate": True}}, "AVAILABLE"),
        ({"pending": {"after": {"value": 7, "unit": "DAY"}}}, "PENDING"),
        ({"pending": {"dates": ["01-01"]}}, "PENDING"),
        ({"activatesOn": ["app.picked"]}, "PENDING"),
        ({"holdAbove": "9"}, "PENDING"),
        ({"holdAbove": "10"}, "AVAILABLE"),
    ],
)
async def test_a_preview_says_whether_points_are_available_at_once(
    desk: Desk, more: dict, state: str
) -> None:
    found = await desk.tried(await desk.rule(fixed("10"), **more))
    assert [award["state"] for award in found["awards"]] == [state]


async def test_a_preview_writes_nothing(desk: Desk) -> None:
    cap = {"per": "MEMBER", "window": "DAY", "measure": "POINTS", "limit": "15"}
    rule = await desk.rule(fixed("10"), caps=[cap], deviceMembersMax=1)
    tables = ("journal", "account", "earn_decision", "counter", "device_use", "award_due")
    before = [await db.value(f"SELECT count(*) FROM points.{table}") for table in tables]
    for _ in range(2):
        assert await desk.earned(rule) == 10
    assert [await db.value(f"SELECT count(*) FROM points.{table}") for table in tables] == before


async def test_members_preview_their_own_by_the_rules_in_force(gql) -> None:
    who = await make.member_actor()
    desk = Desk(gql, who.member_id)
    await in_force(await desk.rule(fixed("10")), datetime(2020, 1, 1, tzinfo=UTC))
    given: dict[str, Any] = {"interaction": {"kind": "app.bought"}}
    found = (await gql(PREVIEW, {"input": given}, actor=who))["previewEarning"]
    assert [award["points"] for award in found["awards"]] == ["10"]
    drafts = {**given, "versionIds": [str(ids.new())]}
    assert (await gql(PREVIEW, {"input": drafts}, actor=who)).codes == ["FORBIDDEN"]
    other = {**given, "memberId": str(await make.member_id())}
    assert (await gql(PREVIEW, {"input": other}, actor=who)).codes == ["FORBIDDEN"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"purchase": {}},
        {"interaction": {"kind": "no.such.kind"}},
        {"interaction": {"kind": "app.bought", "properties": [1]}},
        {"purchase": {"lines": [{"sku": "A", "quantity": 0, "amount": money(1)}]}},
        {"purchase": {"lines": [{"sku": " ", "amount": money(1)}]}},
        {"purchase": {"lines": [{"sku": "A", "amount": money(-1)}]}},
        {"interaction": {"kind": "app.bought"}, "versionIds": [str(ids.NAMESPACE)]},
    ],
)
async def test_what_cannot_be_looked_at_is_named(desk: Desk, given: dict) -> None:
    answer = await desk.gql(PREVIEW, {"input": {"memberId": str(desk.member), **given}}, actor=desk.operator)
    assert answer.codes == ["BAD_INPUT"]


TWICE = {"per": "MEMBER", "window": "DAY", "measure": "TIMES", "limit": "5", "mode": "GROSS"}


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"kinds": []}, "kinds"),
        ({"kinds": ["no.such.kind"]}, "kinds.0"),
        ({"reversesOn": ["no.such.kind"]}, "reversesOn.0"),
        ({"effects": []}, "effects"),
        ({"effects": [per("1", 0)]}, "effects.0.perAmount.per"),
        ({"effects": [per("1", -100)]}, "effects.0.perAmount.per"),
        ({"effects": [per("0", 100)]}, "effects.0.perAmount.points"),
        ({"effects": [per("0.5", 100)]}, "effects.0.perAmount.points"),
        ({"effects": [{"fixed": {"wallet": "GOLD", "points": "1"}}]}, "effects.0.fixed.wallet"),
        ({"effects": [times("0")]}, "effects.0.multiply.factor"),
        ({"effects": [times("-2")]}, "effects.0.multiply.factor"),
        ({"effects": [{"fromProperty": {"wallet": "POINTS", "path": ""}}]}, "effects.0.fromProperty.path"),
        ({"effects": [{"fromProperty": {"wallet": "POINTS", "path": "a..b"}}]}, "effects.0.fromProperty.path"),
        ({"effects": [fixed("1", lines={"skus": [""]})]}, "effects.0.fixed.lines.skus"),
        ({"beneficiary": {"property": ""}}, "beneficiary.property"),
        ({"condition": {"property": {"path": " ", "op": "EQ"}}}, "condition.property.path"),
        ({"condition": {"property": {"path": "a", "op": "MATCHES"}}}, "condition.property.op"),
        ({"condition": {"property": {"path": "a", "op": "IN", "value": 1}}}, "condition.property.value"),
        ({"condition": {"trait": {"key": "", "op": "EQ"}}}, "condition.trait.key"),
        ({"condition": {"all": []}}, "condition.all"),
        ({"condition": {"any": [{"touchpoint": ""}]}}, "condition.any.0.touchpoint"),
        ({"condition": {"not": {"hasTag": ""}}}, "condition.not.hasTag"),
        ({"condition": {"enrolledForDays": -1}}, "condition.enrolledForDays"),
        ({"condition": {"basketAtLeast": {"minorUnits": -1}}}, "condition.basketAtLeast"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"hours": [{"from": "24:00", "to": "02:00"}]}, "hours.0.from"),
        ({"hours": [{"from": "10:00", "to": "12:00", "days": [0]}]}, "hours.0.days"),
        ({"cooldownSeconds": 0}, "cooldownSeconds"),
        ({"perEventMax": "-1"}, "perEventMax"),
        ({"deviceMembersMax": 0}, "deviceMembersMax"),
        ({"pending": {"onActivation": True}}, "activatesOn"),
        ({"pending": {"dates": ["02-30"]}}, "pending.dates.0"),
        ({"pending": {"after": {"value": -1, "unit": "DAY"}}}, "pending.after"),
        ({"expiry": {"calendar": []}}, "expiry.calendar"),
        ({"cancelAfter": {"value": 3, "unit": "DAY"}}, "cancelAfter"),
        ({"activatesOn": ["app.picked"], "effects": [{"fixed": {"wallet": "GROWTH", "points": "1"}}]}, "effects"),
        ({"effectiveFrom": "2026-02-01T00:00:00Z", "effectiveTo": "2026-01-01T00:00:00Z"}, "effectiveTo"),
        ({"caps": [{"per": "MEMBER", "window": "DAY", "measure": "TIMES", "limit": "0"}]}, "caps.0.limit"),
        ({"caps": [{"per": "MEMBER", "window": "DAY", "measure": "TIMES", "limit": "1", "mode": "NET"}]}, "caps.0.mode"),
        ({"caps": [{"per": "MEMBER", "window": "DAY", "measure": "POINTS", "limit": "1"}], "effects": [times("2")]}, "caps"),
        ({"caps": [TWICE, {**TWICE, "window": "WEEK"}, {**TWICE, "limit": "9", "onExcess": "REFUSE"}]}, "caps.2"),
        ({"caps": [{**TWICE, "group": "g"}, TWICE, {**TWICE, "group": "g"}]}, "caps.2"),
        ({"code": " "}, "code"),
    ],
)  # fmt: skip
async def test_an_unsound_rule_is_refused_with_the_path(desk: Desk, more: dict, path: str) -> None:
    said = {
        "code": f"rule-{ids.new()}",
        "title": "A rule",
        "kinds": ["app.bought"],
        "effects": [fixed("1")],
        **more,
    }
    answer = (await desk.gql(DRAFT, {"rule": said}, actor=desk.operator))["draftEarnRule"]
    assert answer["__typename"] == "InvalidInput"
    assert f"rule.{path}" in [problem["path"] for problem in answer["problems"]]
    assert await db.value("SELECT count(*) FROM points.earn_rule WHERE code = $1", said["code"]) == 0
