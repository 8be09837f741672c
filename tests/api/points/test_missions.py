"""Missions over GraphQL: defined, listed, joined, done and claimed."""

from __future__ import annotations

from typing import Any

import pytest

from domain import stepping, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.profile import interactions
from tests import make
from tests.domain.points.test_earning import PUBLISHED

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
