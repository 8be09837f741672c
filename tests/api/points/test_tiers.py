"""Tiers over GraphQL, with the clock moved: reached, kept, lost, explained; benefits used and used up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain import clock, db, stepping
from domain.actor import SYSTEM, member
from domain.foundation import ids
from domain.points import ledger
from domain.points.ledger import Cause
from domain.profile import merges, traits
from tests import make
from tests.api.points.test_wallets import never_asks

DEFINE = """mutation($input: DefineTierSchemeInput!) { defineTierScheme(input: $input) { __typename
    ... on DefineTierSchemeSuccess { scheme { code version tiers { code rank threshold } } }
    ... on VersionConflict { current } ... on InvalidInput { problems { path } } } }"""
TIER = """query($id: ID!, $asOf: DateTime) { points(memberId: $id) { tier(scheme: "CLUB", asOf: $asOf) {
    tier { code rank } since endsAt floorTier { code } graceUntil } } }"""
FLOOR = """mutation($input: SetFloorTierInput!) { setFloorTier(input: $input) { __typename
    ... on SetFloorTierSuccess { standing { tier { code } endsAt floorTier { code } } }
    ... on InvalidInput { problems { path } } } }"""

#: Any year that the test clock may begin in lies before it.
YEAR = 2030
FIXED = {"fixed": {"value": 30, "unit": "DAY"}}


@pytest.fixture(autouse=True)
def moving(monkeypatch):
    from domain import wiring
    from domain.settings import settings

    wiring.start()
    monkeypatch.setattr(settings(), "test_clock", True)
    yield
    clock.shift(timedelta(0))


def local(month: int, day: int, hour: int = 0, year: int = YEAR) -> datetime:
    """A moment in Shanghai."""
    return datetime(year, month, day, hour, tzinfo=UTC) - timedelta(hours=8)


async def at(moment: datetime) -> None:
    """Move the clock, working off all that falls due on the way."""
    await stepping.set_clock(moment)


async def scheme(gql, *tiers: tuple[str, int], **said) -> dict:
    given = {
        "code": "CLUB", "wallet": "POINTS", "expiry": FIXED,
        "tiers": [{"code": code, "threshold": str(points)} for code, points in tiers or (("SILVER", 100),)], **said,
    }  # fmt: skip
    version = given.pop("expected_version", None)
    answer = await gql(
        DEFINE, {"input": {"scheme": given, "expectedVersion": version}}, actor=make.staff("operator")
    )
    return answer["defineTierScheme"]


async def earn(who: UUID, amount: int, when: datetime | None = None, wallet: str = "POINTS") -> None:
    await ledger.earn(SYSTEM, who, wallet, amount, Cause("TEST", ids.new()), at=when)


async def spend(who: UUID, amount: int) -> None:
    await ledger.spend(SYSTEM, who, {"POINTS": amount}, Cause("TEST", ids.new()))


async def standing(gql, who: UUID, as_of: datetime | None = None) -> dict | None:
    answer = await gql(
        TIER, {"id": str(who), "asOf": as_of and as_of.isoformat()}, actor=make.staff("analyst")
    )
    return answer["points"]["tier"]


async def code(gql, who: UUID, as_of: datetime | None = None) -> str | None:
    found = await standing(gql, who, as_of)
    return found and found["tier"]["code"]


async def told(who: UUID) -> list[tuple[str, str | None]]:
    """Steps that were told, in the order of their times."""
    rows = await db.fetch(
        """SELECT kind, properties FROM profile.interaction WHERE member = $1 AND starts_with(kind, 'points.tier.')
        ORDER BY occurred_at, id""",
        who,
    )
    return [(row["kind"].removeprefix("points.tier."), row["properties"].get("tier")) for row in rows]


async def test_a_tier_reached_by_balance_lasts_its_thirty_days_although_the_points_are_spent(gql) -> None:
    assert (await scheme(gql))["scheme"]["version"] == 1
    who = await make.member_id()
    await at(local(7, 20, 10))
    await earn(who, 150)
    await stepping.settle()
    await at(local(7, 25, 10))
    await spend(who, 150)
    await stepping.settle()
    found = await standing(gql, who)
    assert found["tier"] == {"code": "SILVER", "rank": 1}
    assert datetime.fromisoformat(found["endsAt"]) == local(8, 20)
    assert await traits.values_of(who, ["tier"]) == {"tier": "SILVER"}
    await at(local(8, 20) - timedelta(seconds=1))
    assert await code(gql, who) == "SILVER"
    await at(local(8, 20))
    assert await code(gql, who) is None
    assert await traits.values_of(who, ["tier"]) == {}
    # The fall is thirty days off when the tier is reached and spent: it is told on the day of the spending.
    assert await told(who) == [("reached", "SILVER"), ("will_lower", "SILVER"), ("left", None)]


@pytest.mark.parametrize(
    ("period", "reached", "ends"),
    [({"value": 1, "unit": "MONTH"}, (1, 31), (3, 1)), ({"value": 0, "unit": "MONTH"}, (5, 6), (5, 7)),
     ({"value": 1, "unit": "MONTH", "roundTo": "YEAR"}, (5, 6), (13, 1)), ({"value": 2, "unit": "WEEK"}, (3, 1), (3, 16))],
)  # fmt: skip
async def test_periods_end_at_the_start_of_the_day_after(gql, period, reached, ends) -> None:
    await scheme(gql, expiry={"fixed": period})
    who = await make.member_id()
    await at(local(*reached, 23))
    await earn(who, 100)
    found = await standing(gql, who)
    expected = local(1, 1, year=YEAR + 1) if ends == (13, 1) else local(*ends)
    assert datetime.fromisoformat(found["endsAt"]) == expected


async def test_a_floor_lifts_but_never_lowers(gql) -> None:
    await scheme(gql, ("A", 0), ("B", 20), ("C", 30))
    who = await make.member_id()
    assert await code(gql, who) == "A"
    set_ = {"memberId": str(who), "scheme": "CLUB", "tier": "B"}
    answer = await gql(FLOOR, {"input": set_}, actor=make.staff("operator"))
    assert answer["setFloorTier"]["standing"] == {
        "tier": {"code": "B"},
        "endsAt": None,
        "floorTier": {"code": "B"},
    }
    await earn(who, 40)
    assert await code(gql, who) == "C"
    wrong = await gql(FLOOR, {"input": {**set_, "tier": "Z"}}, actor=make.staff("operator"))
    assert wrong["setFloorTier"]["problems"] == [{"path": "tier"}]


async def test_a_floor_ends_by_itself(gql) -> None:
    await scheme(gql, ("A", 0), ("B", 20))
    who = await make.member_id()
    await at(local(2, 1))
    until = local(2, 10)
    given = {"memberId": str(who), "scheme": "CLUB", "tier": "B", "until": until.isoformat()}
    answer = await gql(FLOOR, {"input": given}, actor=make.staff("operator"))
    assert datetime.fromisoformat(answer["setFloorTier"]["standing"]["endsAt"]) == until
    await at(local(3, 1))
    assert await code(gql, who) == "A"
    assert ("lowered", "A") in await told(who)
    row = await db.one(
        "SELECT occurred_at FROM profile.interaction WHERE member = $1 AND kind = 'points.tier.lowered'", who
    )
    assert row["occurred_at"] == until


async def test_a_late_fact_changes_the_history_from_its_time_on(gql) -> None:
    await scheme(gql)
    who = await make.member_id()
    await at(local(6, 1, 12))
    assert await code(gql, who) is None
    await earn(who, 150, when=local(5, 10, 9))
    await stepping.settle()
    assert await code(gql, who, local(5, 10, 8)) is None
    assert datetime.fromisoformat((await standing(gql, who, local(5, 11)))["endsAt"]) == local(6, 10)
    assert await code(gql, who) == "SILVER"
    at_ = await db.value(
        "SELECT occurred_at FROM profile.interaction WHERE member = $1 AND kind = 'points.tier.reached'", who
    )
    assert at_ == local(5, 10, 9)


async def test_what_a_late_spend_undoes_no_longer_counts(gql) -> None:
    await scheme(gql)
    who = await make.member_id()
    await at(local(6, 1, 12))
    await earn(who, 60, when=local(5, 1, 9))
    await earn(who, 60, when=local(5, 10, 9))
    await stepping.settle()
    assert await code(gql, who) == "SILVER"
    await ledger.spend(SYSTEM, who, {"POINTS": 60}, Cause("TEST", ids.new()), at=local(5, 5, 9))
    await stepping.settle()
    assert await code(gql, who) is None
    assert [kind for kind, _ in await told(who)] == ["reached", "corrected"]
    reached = await db.value(
        "SELECT id FROM profile.interaction WHERE member = $1 AND kind = 'points.tier.reached'", who
    )
    assert await db.value("SELECT profile.counts($1)", reached) is False


async def test_points_earned_in_a_year_hold_until_the_end_of_the_next(gql) -> None:
    await scheme(
        gql, ("SILVER", 100), ("GOLD", 200), basis="EARNED_IN_PERIOD", period={"value": 1, "unit": "YEAR"},
        expiry={"endOfPeriod": {"next": True}}, downgrade="ONE_STEP",
    )  # fmt: skip
    who = await make.member_id()
    await at(local(3, 1, 10))
    await earn(who, 250)
    await spend(who, 200)  # spends do not count
    await stepping.settle()
    assert datetime.fromisoformat((await standing(gql, who))["endsAt"]) == local(1, 1, year=YEAR + 2)
    await at(local(6, 1, 10, year=YEAR + 1))
    await earn(who, 120)  # enough for SILVER in the second year
    await at(local(1, 1, 1, year=YEAR + 2))
    assert await code(gql, who) == "SILVER"
    assert await told(who) == [("reached", "GOLD"), ("will_lower", "GOLD"), ("lowered", "SILVER")]
    warned = await db.one(
        "SELECT occurred_at, properties FROM profile.interaction WHERE member = $1 AND kind = 'points.tier.will_lower'", who
    )  # fmt: skip
    assert warned["occurred_at"] - (local(1, 1, year=YEAR + 2) - timedelta(days=30)) < timedelta(seconds=1)
    assert warned["properties"]["needed"] == "80"


async def test_a_tier_of_the_next_period_waits_for_it(gql) -> None:
    await scheme(
        gql, ("SILVER", 100), basis="EARNED_IN_PERIOD", period={"value": 1, "unit": "MONTH"}, apply="NEXT_PERIOD",
        expiry={"endOfPeriod": {}},
    )  # fmt: skip
    who = await make.member_id()
    await at(local(3, 10, 10))
    await earn(who, 100)
    await stepping.settle()
    assert await code(gql, who) is None
    await at(local(4, 1))
    assert await code(gql, who) == "SILVER"
    await earn(who, 100)
    await at(local(5, 1))
    assert await code(gql, who) == "SILVER"
    await at(local(6, 1))
    assert await code(gql, who) is None
    assert [step for step, _ in await told(who) if step != "will_lower"] == ["reached", "extended", "left"]


async def test_grace_keeps_a_tier_and_points_within_it_renew_it(gql) -> None:
    await scheme(gql, expiry={"immediate": True}, grace={"value": 5, "unit": "DAY"})
    who, other = await make.member_id(), await make.member_id()
    await at(local(4, 1, 10))
    for each in (who, other):
        await earn(each, 100)
        await spend(each, 50)
    await stepping.settle()
    assert datetime.fromisoformat((await standing(gql, who))["graceUntil"]) == local(4, 7)
    await at(local(4, 3, 10))
    await earn(who, 50)
    await at(local(4, 8))
    assert (await standing(gql, who))["graceUntil"] is None
    assert await code(gql, other) is None


async def test_a_tier_may_need_an_owner_and_a_tier_may_be_kept_for_ever(gql) -> None:
    await at(local(4, 1))
    given = [{"code": "OWNERS", "threshold": "0", "condition": {"isOwner": True}}, {"code": "LIFE", "threshold": "1000", "keeps": True}]  # fmt: skip
    await scheme(gql, expiry={"immediate": True}, tiers=given)
    who = await make.member_id()
    await earn(who, 5)
    await stepping.settle()
    assert await code(gql, who) is None
    await at(local(4, 2))
    await traits.declare(who, "owner.since", local(4, 2).isoformat())
    assert await code(gql, who) == "OWNERS"
    await earn(who, 1_000)
    await spend(who, 1_000)
    assert await code(gql, who) == "LIFE"


async def test_a_revised_scheme_raises_at_once_and_lowers_only_when_the_time_is_over(gql) -> None:
    await scheme(gql, ("SILVER", 100), ("GOLD", 200))
    who, rich = await make.member_id(), await make.member_id()
    await at(local(4, 1, 10))
    await earn(who, 100)
    await earn(rich, 180)
    await stepping.settle()
    stale = await scheme(gql, ("SILVER", 120), ("GOLD", 170))
    assert stale == {"__typename": "VersionConflict", "current": 1}
    missing = await scheme(gql, ("GOLD", 170), expected_version=1)
    assert missing["problems"] == [{"path": "scheme.tiers"}]
    done = await scheme(gql, ("SILVER", 120), ("GOLD", 170), expected_version=1)
    assert done["scheme"]["version"] == 2
    await stepping.settle()
    assert (await code(gql, who), await code(gql, rich)) == ("SILVER", "GOLD")
    await at(local(5, 2))
    assert (await code(gql, who), await code(gql, rich)) == (None, "GOLD")


async def test_the_higher_tier_stays_when_members_become_one_and_goes_back_when_they_part(gql) -> None:
    await scheme(gql, ("SILVER", 100), ("GOLD", 200))
    one, two = await make.member_id(), await make.member_id()
    await at(local(4, 1, 10))
    await earn(one, 100)
    await earn(two, 200)
    await spend(two, 200)
    await stepping.settle()
    merge = await merges.merge_two(make.staff("operator"), one, two, "the same person", one)
    await stepping.settle()
    assert await code(gql, one) == "GOLD"
    assert await traits.values_of(one, ["tier"]) == {"tier": "GOLD"}
    await merges.undo(make.staff("operator"), merge, "they were two")
    await stepping.settle()
    assert (await code(gql, one), await code(gql, two)) == ("SILVER", "GOLD")
    assert await traits.values_of(one, ["tier"]) == {"tier": "SILVER"}
    assert await traits.values_of(two, ["tier"]) == {"tier": "GOLD"}


async def test_an_explanation_says_what_counts_and_what_comes(gql) -> None:
    await scheme(gql, ("A", 0), ("B", 50), ("C", 120))
    who = await make.member_id()
    await at(local(4, 1, 10))
    await earn(who, 60)
    await at(local(4, 2, 10))
    await spend(who, 20)
    answer = await gql(
        """query($id: ID!) { points(memberId: $id) { tierExplain(scheme: "CLUB") { counted toNext toStay
            projectedTier { code } projectedAt entries { effect } standing { tier { code } } } } }""",
        {"id": str(who)}, actor=make.staff("analyst"),
    )  # fmt: skip
    found = answer["points"]["tierExplain"]
    assert (found["counted"], found["toNext"], found["toStay"]) == ("40", "80", "10")
    assert found["standing"]["tier"]["code"] == "B"
    assert found["projectedTier"] == {"code": "A"}
    assert datetime.fromisoformat(found["projectedAt"]) == local(5, 2)
    assert [entry["effect"] for entry in found["entries"]] == ["-20", "60"]


@pytest.mark.parametrize(
    ("said", "path"),
    [({"basis": "EARNED_IN_PERIOD"}, "period"), ({"code": "a b"}, "code"), ({"wallet": "GOLD"}, "wallet"),
     ({"expiry": {"calendar": ["02-30"]}}, "expiry.calendar.0"), ({"expiry": {"calendar": []}}, "expiry.calendar"),
     ({"expiry": {"fixed": {"value": -1, "unit": "DAY"}}}, "expiry.fixed.value"), ({"tiers": []}, "tiers"),
     ({"tiers": [{"code": "B", "threshold": "5"}, {"code": "A", "threshold": "1"}]}, "tiers.1.threshold"),
     ({"tiers": [{"code": "A", "threshold": "1", "condition": {"all": []}}]}, "tiers.0.condition.all")],
)  # fmt: skip
async def test_a_scheme_that_cannot_be_is_named_by_its_problem(gql, said: dict, path: str) -> None:
    assert (await scheme(gql, **said))["problems"] == [{"path": f"scheme.{path}"}]
    assert await db.value("SELECT count(*) FROM points.tier_scheme") == 0


BENEFIT = """mutation($input: DefineBenefitInput!) { defineBenefit(input: $input) { __typename
    ... on DefineBenefitSuccess { benefit { code version } } ... on VersionConflict { current }
    ... on InvalidInput { problems { path } } } }"""
USE = """mutation($input: UseBenefitInput!) { useBenefit(input: $input) { __typename
    ... on UseBenefitSuccess { benefit { used left } } ... on BenefitUsedUp { availableAt }
    ... on NotEligible { reasons { code nextStep required } } ... on InvalidInput { problems { path } } } }"""


async def test_a_benefit_is_used_as_often_as_the_tier_allows_each_thing_once(gql) -> None:
    await scheme(gql)
    operator = make.staff("operator")
    given = {"scheme": "CLUB", "tier": "SILVER", "code": "WASH", "names": {"zh": "洗车", "en": "Car wash"}, "quantity": 2, "period": {"value": 1, "unit": "MONTH"}}  # fmt: skip
    made = await gql(BENEFIT, {"input": given}, actor=operator)
    assert made["defineBenefit"]["benefit"] == {"code": "WASH", "version": 1}
    assert (await gql(BENEFIT, {"input": given}, actor=operator))["defineBenefit"]["current"] == 1
    who = await make.member_id()
    await at(local(4, 10, 10))

    async def use(source: str) -> dict:
        given = {"memberId": str(who), "benefitCode": "WASH", "sourceId": source}
        return (await gql(USE, {"input": given}, actor=operator))["useBenefit"]

    low = await use("visit-1")
    assert low["reasons"] == [{"code": "TIER_TOO_LOW", "nextStep": "REACH_TIER", "required": "SILVER"}]
    await earn(who, 100)
    assert (await use("visit-1"))["benefit"] == {"used": 1, "left": 1}
    assert (await use("visit-1"))["benefit"] == {"used": 1, "left": 1}
    assert (await use("visit-2"))["benefit"] == {"used": 2, "left": 0}
    assert datetime.fromisoformat((await use("visit-3"))["availableAt"]) == local(5, 1)
    assert await db.value("SELECT count(*) FROM points.benefit_use") == 2
    mine = await gql("{ points { benefits { code left names { en } } } }", actor=member(who))
    assert mine["points"]["benefits"] == [{"code": "WASH", "left": 0, "names": {"en": "Car wash"}}]
    await at(local(5, 1))
    assert (await use("visit-3"))["benefit"] == {"used": 1, "left": 1}


async def test_grants_through_the_contract_raise_a_tier_without_waiting(gql) -> None:
    await never_asks("points.ADJUST")
    await scheme(gql)
    who = await make.member_id()
    answer = await gql(
        """mutation($input: GrantPointsInput!) { grantPoints(input: $input) { __typename } }""",
        {"input": {"memberId": str(who), "amount": "150", "reason": "welcome"}}, actor=make.staff("operator"),
    )  # fmt: skip
    assert answer["grantPoints"]["__typename"] == "GrantPointsSuccess"
    assert await code(gql, who) == "SILVER"


async def test_a_sweep_says_how_many_tiers_it_changes_and_a_dry_one_changes_none(gql) -> None:
    await scheme(gql)
    who = await make.member_id()
    await at(local(4, 1, 10))
    await earn(who, 100)
    await spend(who, 100)
    await stepping.settle()
    sweep = """mutation($input: SweepPointsInput!) { sweepPoints(input: $input) {
        ... on SweepPointsSuccess { tiersChanged } } }"""
    admin = make.staff("admin")
    for day, expected in ((30, 0), (2, 1)):
        moment = local(4 if day == 30 else 5, day)
        looked = await gql(sweep, {"input": {"dryRun": True, "asOf": moment.isoformat()}}, actor=admin)
        assert looked["sweepPoints"]["tiersChanged"] == expected
    assert await code(gql, who) == "SILVER"
    clock.shift(local(5, 2, 1) - datetime.now(UTC))  # nobody swept meanwhile
    await db.run(
        "UPDATE foundation.clock_offset SET microseconds = $1",
        (local(5, 2, 1) - datetime.now(UTC)) // timedelta(microseconds=1),
    )
    done = await gql(sweep, {"input": {}}, actor=admin)
    assert done["sweepPoints"]["tiersChanged"] == 1
    assert ("left", None) in await told(who)


async def test_a_preview_says_the_tier_right_after_it_and_stores_nothing(gql) -> None:
    who, operator = await make.member_id(), make.staff("operator")
    draft = """mutation($rule: EarnRuleInput!) { draftEarnRule(input: {rule: $rule}) {
        ... on DraftEarnRuleSuccess { version { id } } } }"""
    preview = (
        "query($input: PreviewEarningInput!) { previewEarning(input: $input) { tierAfter { code rank } } }"
    )

    async def after(points: int, **rule: object) -> dict | None:
        said = {"code": f"rule-{ids.new()}", "title": "A rule", "kinds": ["app.bought"], **rule}
        said["effects"] = [{"fixed": {"wallet": "POINTS", "points": str(points)}}]
        version = (await gql(draft, {"rule": said}, actor=operator))["draftEarnRule"]["version"]["id"]
        given = {"memberId": str(who), "versionIds": [version], "interaction": {"kind": "app.bought"}}
        return (await gql(preview, {"input": given}, actor=operator))["previewEarning"]["tierAfter"]

    assert await after(1_000) is None  # no scheme
    await scheme(gql, ("SILVER", 100), ("GOLD", 200))
    await earn(who, 90)
    assert (await after(9), await after(10)) == (None, {"code": "SILVER", "rank": 1})
    assert await after(110) == {"code": "GOLD", "rank": 2}
    assert (
        await after(110, condition={"property": {"path": "size", "op": "GTE", "value": 2}}) is None
    )  # no award
    assert await after(110, pending={"after": {"value": 1, "unit": "DAY"}}) is None  # no balance yet
    await earn(who, 10)
    assert await after(1) == {"code": "SILVER", "rank": 1}
    assert await code(gql, who) == "SILVER"


async def test_the_portrait_shows_the_standing_in_each_scheme(gql) -> None:
    who, portrait = await make.member_id(), "query($id: ID!) { portrait(memberId: $id) { parts } }"
    await scheme(gql)
    await scheme(gql, ("ROOKIE", 1), code="OTHER")
    await at(local(7, 20))
    await earn(who, 99)
    await at(local(7, 21))
    await earn(who, 1)
    await stepping.settle()
    found = await gql(portrait, {"id": str(who)}, actor=make.staff("analyst"))
    club, other = found["portrait"]["parts"]["points"]["tiers"]
    assert (club["scheme"], club["tier"], club["floor_tier"]) == ("CLUB", "SILVER", None)
    assert datetime.fromisoformat(club["ends_at"]) == local(8, 21)
    assert (other["scheme"], other["tier"]) == ("OTHER", "ROOKIE")
    stranger = await gql(portrait, {"id": str(await make.member_id())}, actor=make.staff("analyst"))
    assert stranger["portrait"]["parts"]["points"]["tiers"] == []
