"""Joining and leaving a programme, and who is counted in it on which day."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from domain import db, stepping
from domain.actor import member
from domain.foundation import importing
from domain.foundation.importing import Options, Reject, Report, Row
from domain.points import balances, enrolment_import, enrolments
from domain.profile import merges
from tests import make
from tests.api.points.test_wallets import never_asks
from tests.domain.points.test_earning import NOON, posted, rule

ENROL = """mutation($input: EnrolInput!) { enrol(input: $input) { __typename
    ... on EnrolSuccess { enrolment { programme number joinedOn leftOn source promotion } }
    ... on AlreadyEnrolled { enrolment { number } } ... on InvalidInput { problems { path } } } }"""
LEAVE = """mutation($input: LeaveProgrammeInput!) { leaveProgramme(input: $input) { __typename
    ... on LeaveProgrammeSuccess { enrolment { number leftOn } } ... on NotEnrolled { programme }
    ... on InvalidInput { problems { path } } } }"""
COUNTS = """query($on: Date!, $by: EnrolmentGroup) {
    enrolmentCounts(programme: "marque", on: $on, groupBy: $by) { key count } }"""
PROGRAMME = """mutation($input: DefineProgrammeInput!) { defineProgramme(input: $input) { __typename
    ... on DefineProgrammeSuccess { programme { code zone requiresEnrolment } }
    ... on InvalidInput { problems { path } } } }"""


@pytest.fixture(autouse=True)
def registered():
    from domain import wiring

    wiring.start()


async def rows() -> int:
    return await db.value("SELECT count(*) FROM points.enrolment")


async def counted(gql, on: str, by: str = "NONE") -> dict[str | None, int]:
    answer = await gql(COUNTS, {"on": on, "by": by}, actor=make.staff("analyst"))
    return {row["key"]: row["count"] for row in answer["enrolmentCounts"]}


async def joined(gql, who: UUID, on: str, **more: str) -> dict:
    given = {"memberId": str(who), "joinedOn": on, **more}
    return (await gql(ENROL, {"input": given}, actor=make.staff("operator")))["enrol"]


async def test_a_member_joins_once_and_leaves_once(gql) -> None:
    actor = await make.member_actor()
    first = (await gql(ENROL, {"input": {"promotion": "autumn"}}, actor=actor))["enrol"]["enrolment"]
    assert (first["programme"], first["source"], first["promotion"]) == ("marque", "app", "autumn")
    assert len(first["number"]) == 12
    again = await gql(ENROL, {"input": {}}, actor=actor)
    assert again["enrol"] == {"__typename": "AlreadyEnrolled", "enrolment": {"number": first["number"]}}
    assert await rows() == 1
    shown = await gql("{ points { enrolment { number } } }", actor=actor)
    assert shown["points"]["enrolment"] == {"number": first["number"]}
    left = await gql(LEAVE, {"input": {}}, actor=actor)
    assert left["leaveProgramme"]["enrolment"]["leftOn"] is not None
    gone = await gql(LEAVE, {"input": {}}, actor=actor)
    assert gone["leaveProgramme"] == {"__typename": "NotEnrolled", "programme": "marque"}
    kinds = await db.fetch(
        "SELECT kind FROM profile.interaction WHERE member = $1 ORDER BY kind", actor.member_id
    )
    assert [row["kind"] for row in kinds] == ["points.enrolment.ended", "points.enrolment.started"]
    assert (await gql("{ points { enrolment { number } } }", actor=actor))["points"]["enrolment"] is None


@pytest.mark.parametrize(("given", "path"), [({"joinedOn": "2020-01-01"}, "joinedOn"), ({"number": "1"}, "number"),
                                             ({"programme": "none"}, "programme"), ({"promotion": " "}, "promotion")])  # fmt: skip
async def test_what_a_member_may_not_say_of_an_enrolment(gql, given: dict, path: str) -> None:
    answer = await gql(ENROL, {"input": given}, actor=await make.member_actor())
    assert [each["path"] for each in answer["enrol"]["problems"]] == [path]
    assert await rows() == 0


async def test_nobody_enrols_another_member_and_a_number_is_carried_once(gql) -> None:
    one, two = await make.member_id(), await make.member_id()
    refused = await gql(ENROL, {"input": {"memberId": str(one)}}, actor=member(two))
    assert refused.codes == ["FORBIDDEN"]
    assert (await joined(gql, one, "2026-01-05", number="M1"))["enrolment"]["number"] == "M1"
    taken = await joined(gql, two, "2026-01-05", number="M1")
    assert taken["problems"] == [{"path": "number"}]
    assert await rows() == 1


async def test_people_are_counted_on_the_days_from_joining_until_before_leaving(gql) -> None:
    first, second = await make.member_id(), await make.member_id()
    await joined(gql, first, "2026-01-05", promotion="winter")
    await joined(gql, second, "2026-02-01")
    left = {"memberId": str(first), "leftOn": "2026-03-01"}
    assert (await gql(LEAVE, {"input": left}, actor=make.staff("operator")))["leaveProgramme"]["enrolment"]
    assert await counted(gql, "2026-01-04") == {None: 0}
    assert await counted(gql, "2026-01-05") == {None: 1}
    assert await counted(gql, "2026-02-28") == {None: 2}
    assert await counted(gql, "2026-03-01") == {None: 1}
    assert await counted(gql, "2026-02-28", "PROMOTION") == {"winter": 1, None: 1}
    assert await counted(gql, "2026-02-28", "SOURCE") == {"staff": 2}
    # Whoever comes back counts once, and not for the days outside.
    assert (await joined(gql, first, "2026-02-15"))["__typename"] == "AlreadyEnrolled"
    assert (await joined(gql, first, "2026-04-01"))["__typename"] == "EnrolSuccess"
    assert await counted(gql, "2026-04-01") == {None: 2}


async def test_a_programme_that_asks_for_enrolment_gives_nothing_to_others(gql) -> None:
    await never_asks("points.ADJUST")
    admin = make.staff("admin")
    made = await gql(PROGRAMME, {"input": {"code": "marque", "requiresEnrolment": True}}, actor=admin)
    assert made["defineProgramme"]["programme"]["requiresEnrolment"] is True
    who = await make.member_id()
    grant = """mutation($input: GrantPointsInput!) { grantPoints(input: $input) { __typename } }"""
    given = {"memberId": str(who), "amount": "5", "reason": "sorry"}
    refused = await gql(grant, {"input": given}, actor=make.staff("operator"))
    assert refused["grantPoints"]["__typename"] == "NotEnrolled"
    assert await db.value("SELECT count(*) FROM points.journal") == 0
    await joined(gql, who, "2026-05-01")
    late = {**given, "occurredAt": "2026-04-30T15:59:59Z"}  # one second before the day begins in Shanghai
    assert (await gql(grant, {"input": late}, actor=make.staff("operator")))["grantPoints"][
        "__typename"
    ] == "NotEnrolled"
    on_time = {**given, "occurredAt": "2026-04-30T16:00:00Z"}
    done = await gql(grant, {"input": on_time}, actor=make.staff("operator"))
    assert done["grantPoints"]["__typename"] == "GrantPointsSuccess"


async def test_rules_award_only_who_was_enrolled_when_it_happened(gql) -> None:
    await gql(PROGRAMME, {"input": {"code": "marque", "requiresEnrolment": True}}, actor=make.staff("admin"))
    await rule()
    inside, outside = await make.member_id(), await make.member_id()
    await enrolments.enrol(make.staff("operator"), inside, "marque", joined_on=NOON.date())
    for who in (inside, outside):
        await posted(who, NOON)
        await posted(who, NOON - timedelta(days=1))
    await stepping.settle()
    assert (await balances.of_wallet(outside, "POINTS")).available == 0
    assert (await balances.of_wallet(inside, "POINTS")).available == 10
    decisions = await db.fetch("SELECT outcome, reasons FROM points.earn_decision WHERE member = $1", outside)
    assert [(row["outcome"], row["reasons"][0]["code"]) for row in decisions] == [
        ("REFUSED", "NOT_ENROLLED")
    ] * 2


async def test_two_enrolled_members_who_become_one_count_once_and_part_again(gql) -> None:
    one, two = await make.member_id(), await make.member_id()
    await joined(gql, one, "2026-01-05")
    await joined(gql, two, "2025-01-05")
    merge = await merges.merge_two(make.staff("operator"), one, two, "the same person", one)
    assert await counted(gql, "2026-06-01") == {None: 1}
    assert (await enrolments.present([one]))[one].joined_on == date(2025, 1, 5)
    await merges.undo(make.staff("operator"), merge, "they were two")
    assert await counted(gql, "2026-06-01") == {None: 2}


async def test_a_programme_that_cannot_be_is_named_by_its_problems(gql) -> None:
    answer = await gql(
        PROGRAMME,
        {"input": {"code": "X Y", "zone": "Mars/Base", "dayStartsAt": 1440}},
        actor=make.staff("admin"),
    )
    assert [p["path"] for p in answer["defineProgramme"]["problems"]] == ["code", "zone", "dayStartsAt"]
    unknown = await gql(
        '{ enrolmentCounts(programme: "none", on: "2026-01-01") { key count } }', actor=make.staff("analyst")
    )
    assert unknown.codes == ["BAD_INPUT"]


async def imported(rows: list[dict], name: str) -> tuple[dict, list[str]]:
    rejects: list[Reject] = []
    report = Report(on_reject=rejects.append)
    given = (
        Row(number, {"member": name, "programme": "marque", **row}) for number, row in enumerate(rows, 2)
    )
    await importing.run(enrolment_import.ENROLMENTS, given, Options(source="default"), report)
    return report.summary(), [reject.reason for reject in rejects]


async def test_an_import_enrols_once_and_its_tier_is_the_floor(gql) -> None:
    tiers = [{"code": "BASE", "threshold": "0"}, {"code": "GOLD", "threshold": "1000"}]
    made = await gql(
        """mutation($input: DefineTierSchemeInput!) { defineTierScheme(input: $input) { __typename } }""",
        {"input": {"scheme": {"code": "CLUB", "wallet": "GROWTH", "tiers": tiers}}}, actor=make.staff("operator"),
    )  # fmt: skip
    assert made["defineTierScheme"]["__typename"] == "DefineTierSchemeSuccess"
    who, plain = await make.member_id(), await make.member_id()
    name = await db.value("SELECT value_norm FROM profile.identity WHERE member = $1", who)
    old = {"number": "A1", "joined_on": "2018-02-01", "left_on": "2019-02-01", "promotion": "2018 Promotion"}
    new = {"number": "A2", "joined_on": "2020-05-01", "tier": "GOLD"}
    bad = [{"number": "A3", "joined_on": "2020-06-01"}, {"number": "A4", "joined_on": "2017-01-01", "tier": "RUBY"},
           {"number": "A5", "joined_on": "2019-01-01", "left_on": "2019-03-01"}, {"joined_on": "2020-01-01"},
           {"number": "A6", "joined_on": "2018-01-01", "left_on": "2017-01-01"}]  # fmt: skip
    summary, rejects = await imported([old, new, *bad], name)
    assert (summary["accepted"], rejects) == (
        2, ["already_enrolled", "unknown_tier", "already_enrolled", "missing", "IMPLAUSIBLE_DATE"],
    )  # fmt: skip
    again, _ = await imported([old, new], name)
    assert (again["accepted"], again["unchanged"]) == (0, 2)
    await joined(gql, plain, "2018-03-01")
    for _ in range(2):  # what is not judged yet counts by its floor
        assert await counted(gql, "2018-12-31", "TIER") == {"BASE": 2}
        assert await counted(gql, "2020-05-01", "TIER") == {"BASE": 1, "GOLD": 1}
        await stepping.settle()
    assert await counted(gql, "2018-12-31", "PROMOTION") == {"2018 Promotion": 1, None: 1}
    assert await counted(gql, "2018-12-31", "SOURCE") == {"default": 1, "staff": 1}
    reached = await db.fetch(
        "SELECT properties ->> 'tier' AS tier FROM profile.interaction WHERE kind = 'points.tier.reached' AND member = $1",
        who,
    )
    assert [row["tier"] for row in reached] == ["GOLD"]
