"""Missions over GraphQL: defined, listed, joined, done and claimed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain import clock, db, stepping, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.profile import interactions, merges
from tests import make
from tests.domain.points.test_earning import PUBLISHED, REMOVED

DEFINE = """mutation($input: DefineMissionInput!) { defineMission(input: $input) { __typename
    ... on DefineMissionSuccess { mission { id code version state title target badge } }
    ... on VersionConflict { current } ... on InvalidInput { problems { path } } } }"""
JOIN = """mutation($input: JoinMissionInput!) { joinMission(input: $input) { __typename
    ... on JoinMissionSuccess { mission { state } progress { round count target state } }
    ... on MissionNotOpen { opensOn closesOn } ... on NotEligible { reasons { code nextStep } } } }"""
CLAIM = """mutation($input: ClaimMissionInput!) { claimMission(input: $input) { __typename
    ... on ClaimMissionSuccess { progress { state } journals { kind reason } balances { wallet { code } available } } } }"""
LISTED = "query($id: ID) { missions(memberId: $id) { nodes { code state progress { count streak state } } } }"
SAID: dict[str, Any] = {
    "code": "posting", "title": {"zh": "发帖", "en": "Posting"}, "kinds": ["community.post.published"], "target": 1,
    "steps": [{"from": "2020-01-01", "wallet": "GROWTH", "points": "2"}],
    "streak": {"days": 7, "rewards": [{"wallet": "POINTS", "points": "50"}]},
    "rewards": [{"wallet": "POINTS", "points": "10"}], "badge": "writer",
    "condition": {"property": {"path": "kind", "op": "EQ", "value": "LONG"}},
    "period": {"value": 6, "unit": "DAY"}, "recurrence": "ON_EXPIRY",
}  # fmt: skip


@pytest.fixture(autouse=True)
def registered():
    wiring.start()


async def defined(gql, expected: int | None = None, **said: Any) -> dict[str, Any]:
    given = {"mission": {**SAID, **said}, "expectedVersion": expected}
    return (await gql(DEFINE, {"input": given}, actor=make.staff("operator")))["defineMission"]


async def test_a_mission_from_its_definition_to_its_reward(gql) -> None:
    made = (await defined(gql))["mission"]
    assert (made["version"], made["state"], made["title"]) == (1, "OPEN", {"zh": "发帖", "en": "Posting"})
    me, given = await make.member_actor(), {"input": {"missionId": made["id"], "clientMutationId": "1"}}
    for _ in range(2):
        joined = (await gql(JOIN, given, actor=me))["joinMission"]
        assert joined["progress"] == {"round": 1, "count": 0, "target": 1, "state": "OPEN"}
    assert (await gql(CLAIM, given, actor=me))["claimMission"] == {"__typename": "NothingToClaim"}
    await interactions.record(
        SYSTEM, PUBLISHED, ("POST", 1), once=ids.new(), member=me.member_id, kind="LONG"
    )
    await stepping.settle()
    claimed = (await gql(CLAIM, {"input": {"missionId": made["id"]}}, actor=me))["claimMission"]
    assert claimed["progress"] == {"state": "CLAIMED"}
    assert claimed["journals"] == [{"kind": "EARN", "reason": "posting"}]
    found = {each["wallet"]["code"]: each["available"] for each in claimed["balances"]}
    assert (found["POINTS"], found["GROWTH"]) == ("10", "2")
    for actor, about in ((me, None), (make.staff("analyst"), str(me.member_id))):
        listed = await gql(LISTED, {"id": about}, actor=actor)
        assert listed["missions"]["nodes"] == [
            {"code": "posting", "state": "OPEN", "progress": {"count": 1, "streak": 1, "state": "CLAIMED"}}
        ]
    assert (await gql(LISTED, actor=make.staff("operator")))["missions"]["nodes"][0]["progress"] is None
    other = await gql(LISTED, {"id": str(me.member_id)}, actor=await make.member_actor())
    assert other.codes == ["FORBIDDEN"]


async def test_a_mission_is_revised_by_who_knows_its_version(gql) -> None:
    await defined(gql)
    assert await defined(gql) == {"__typename": "VersionConflict", "current": 1}
    assert (await defined(gql, 1, target=3))["mission"]["target"] == 3
    late = (await defined(gql, 2, closesOn="2020-01-01"))["mission"]
    assert late["state"] == "CLOSED"
    answer = await gql(JOIN, {"input": {"missionId": late["id"]}}, actor=await make.member_actor())
    assert answer["joinMission"]["__typename"] == "MissionNotOpen"


@pytest.mark.parametrize(
    ("said", "path"),
    [({"kinds": ["no.such.kind"]}, "mission.kinds.0"), ({"steps": [{"wallet": "NO", "points": "1"}]}, "mission.steps.0.wallet"),
     ({"rewards": [{"wallet": "POINTS", "points": "0.5"}]}, "mission.rewards.0.points"),
     ({"programme": "none"}, "programme")],
)  # fmt: skip
async def test_a_mission_that_makes_no_sense_is_refused(gql, said: dict, path: str) -> None:
    assert (await defined(gql, **said))["problems"] == [{"path": path}]
    assert (await gql(LISTED, actor=make.staff("operator")))["missions"]["nodes"] == []


GRANT = """mutation($input: GrantMissionItemsInput!) { grantMissionItems(input: $input) { __typename
    ... on GrantMissionItemsSuccess { items { freezes repairs covered } }
    ... on InvalidInput { problems { path } } } }"""
USE = """mutation($input: UseMissionItemInput!) { useMissionItem(input: $input) { __typename
    ... on UseMissionItemSuccess { progress { streak } items { freezes repairs covered } }
    ... on NoMissionItem { kind } ... on InvalidInput { problems { path } } } }"""
BADGES = "query($id: ID!) { member(id: $id) { badges { name mission times } } }"
SWEEP = """mutation($input: SweepPointsInput!) { sweepPoints(input: $input) {
    ... on SweepPointsSuccess { missionsClosed } } }"""


async def wrote(who, days_ago: int = 0):
    made = await interactions.record(
        SYSTEM, PUBLISHED, ("POST", ids.new()), once=ids.new(), member=who.member_id, kind="LONG",
        at=clock.now() - timedelta(days=days_ago),
    )  # fmt: skip
    await stepping.settle()
    return made


async def test_a_missed_day_is_mended_by_what_staff_gave(gql) -> None:
    of = (await defined(gql, target=30, recurrence="ONCE", period=None))["mission"]
    me, operator = await make.member_actor(), make.staff("operator")
    for days_ago in (3, 2, 0):
        await wrote(me, days_ago)
    use = {"input": {"missionId": of["id"], "kind": "REPAIR"}}
    assert (await gql(USE, use, actor=me))["useMissionItem"] == {
        "__typename": "NoMissionItem", "kind": "REPAIR",
    }  # fmt: skip
    given = {"memberId": str(me.member_id), "missionId": of["id"], "kind": "REPAIR", "reason": "an outage"}
    for count, path in ((0, "count"), (101, "count")):
        refused = await gql(GRANT, {"input": {**given, "count": count}}, actor=operator)
        assert refused["grantMissionItems"]["problems"] == [{"path": path}]
    granted = {"input": {**given, "count": 2, "clientMutationId": "1"}}
    for _ in range(2):
        found = (await gql(GRANT, granted, actor=operator))["grantMissionItems"]["items"]
        assert found == {"freezes": 0, "repairs": 2, "covered": []}
    done = (await gql(USE, use, actor=me))["useMissionItem"]
    assert (done["progress"], done["items"]["repairs"], len(done["items"]["covered"])) == (
        {"streak": 3},
        1,
        1,
    )
    listed = await gql("{ missions { nodes { items { repairs } } } }", actor=me)
    assert listed["missions"]["nodes"] == [{"items": {"repairs": 1}}]
    assert (await gql(GRANT, granted, actor=me)).codes == ["FORBIDDEN"]


async def test_a_badge_stands_on_the_profile_while_its_round_does(gql) -> None:
    await defined(gql)
    me, analyst = await make.member_actor(), make.staff("analyst")
    post = await wrote(me)

    async def shown() -> list[dict]:
        found = await gql(BADGES, {"id": str(me.member_id)}, actor=analyst)
        return found["member"]["badges"]

    async def told() -> list[str]:
        rows = await db.fetch(
            """SELECT kind FROM profile.interaction WHERE member = $1 AND starts_with(kind, 'profile.badge.')
            ORDER BY received_at, id""",
            me.member_id,
        )
        return [row["kind"].removeprefix("profile.badge.") for row in rows]

    assert await shown() == [{"name": "writer", "mission": "posting", "times": 1}]
    assert await told() == ["earned"]
    await interactions.record(SYSTEM, REMOVED, ("POST", post), once=1, member=me.member_id, compensates=post)
    await stepping.settle()
    assert (await shown(), await told()) == ([], ["earned", "revoked"])
    earned, revoked = await db.fetch(
        """SELECT id, compensates FROM profile.interaction WHERE starts_with(kind, 'profile.badge.')
        ORDER BY received_at, id"""
    )
    assert revoked["compensates"] == earned["id"]
    await wrote(me)
    assert (len(await shown()), await told()) == (1, ["earned", "revoked", "earned"])
    other = await make.member_actor()
    merge = await merges.merge_two(make.staff("admin"), me.member_id, other.member_id, "one person")
    await stepping.settle()
    root = await db.value("SELECT winner FROM profile.merge WHERE id = $1", merge)
    found = await gql(BADGES, {"id": str(root)}, actor=analyst)
    assert found["member"]["badges"] == [{"name": "writer", "mission": "posting", "times": 1}]
    assert await db.value("SELECT count(*) FROM profile.interaction WHERE kind = 'profile.badge.earned'") == 2


async def test_a_sweep_says_how_many_rounds_ended(gql) -> None:
    await defined(gql, target=5)  # six days
    await defined(gql, code="other", target=5, steps=[], streak=None)
    admin, people = make.staff("admin"), [await make.member_actor() for _ in range(2)]
    for each in people:
        await wrote(each)

    async def closed(**said) -> int:
        return (await gql(SWEEP, {"input": said}, actor=admin))["sweepPoints"]["missionsClosed"]

    later = clock.now() + timedelta(days=8)
    assert await closed(dryRun=True) == 0
    assert await closed(dryRun=True, asOf=later.isoformat()) == 4
    assert await closed(dryRun=True, asOf=later.isoformat(), wallet="GROWTH") == 2
    clock.shift(timedelta(days=8))
    try:
        assert (await closed(wallet="GROWTH"), await closed(), await closed()) == (2, 2, 0)
    finally:
        clock.shift(timedelta(0))
    states = await db.fetch("SELECT DISTINCT state FROM points.mission_progress")
    assert [row["state"] for row in states] == ["MISSED"]
