"""Ties, suspension, personal data, sessions, and the person as of an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain import clock, db, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.profile import identities, kinds, merges, reports, standing, tags, traits
from domain.profile.identities import Named
from domain.profile.reports import Report
from tests import make

RELATE = """mutation($input: RelateInput!) { relate(input: $input) { __typename
    ... on RelateSuccess { relation { id role validTo } } ... on RelationOverlaps { relationId }
    ... on InvalidInput { problems { path } } } }"""
END = """mutation($input: EndRelationInput!) { endRelation(input: $input) { __typename
    ... on EndRelationSuccess { relation { validTo } } ... on InvalidInput { problems { path } } } }"""
SUSPEND = """mutation($input: SuspendMemberInput!) { suspendMember(input: $input) { __typename
    ... on SuspendMemberSuccess { member { status } } ... on IllegalTransition { from to } } }"""
RESTORE = """mutation($input: RestoreMemberInput!) { restoreMember(input: $input) { __typename
    ... on RestoreMemberSuccess { member { status } } ... on IllegalTransition { from to } } }"""
REVEAL = """mutation($input: RevealPersonalDataInput!) { revealPersonalData(input: $input) { __typename
    ... on RevealPersonalDataSuccess { values } ... on ReasonTooShort { least } } }"""


@pytest.fixture(autouse=True)
def wired():
    wiring.start()
    yield
    clock.shift(timedelta(0))


async def recorded(kind) -> int:
    return await db.value("SELECT count(*) FROM profile.interaction WHERE kind = $1", kind.name)


async def test_a_tie_begins_once_and_ends(gql):
    member, advisor = await make.member_id(), make.staff("advisor")
    body = {"memberId": str(member), "targetKind": "STORE", "targetId": str(ids.new()), "role": "HOME_STORE"}
    made = (await gql(RELATE, {"input": body}, actor=advisor))["relate"]["relation"]
    again = await gql(RELATE, {"input": body}, actor=advisor)
    assert again["relate"] == {"__typename": "RelationOverlaps", "relationId": made["id"]}
    car = await gql(RELATE, {"input": {**body, "targetKind": "VEHICLE", "role": "OWNER"}}, actor=advisor)
    assert car["relate"]["problems"] == [{"path": "targetKind"}]
    ended = await gql(END, {"input": {"relationId": made["id"]}}, actor=advisor)
    assert ended["endRelation"]["relation"]["validTo"] is not None
    await gql(END, {"input": {"relationId": made["id"]}}, actor=advisor)
    assert (await recorded(kinds.RELATION_OPENED), await recorded(kinds.RELATION_ENDED)) == (1, 1)


async def test_a_suspension_ends_by_itself_or_by_hand(gql):
    member, operator = await make.member_id(), make.staff("operator")
    until = clock.now() + timedelta(days=3)
    body = {"memberId": str(member), "reason": "abusive calls", "until": until.isoformat()}
    done = await gql(SUSPEND, {"input": body}, actor=operator)
    assert done["suspendMember"]["member"] == {"status": "SUSPENDED"}
    again = await gql(SUSPEND, {"input": body}, actor=operator)
    assert again["suspendMember"] == {
        "__typename": "IllegalTransition",
        "from": "SUSPENDED",
        "to": "SUSPENDED",
    }
    assert await standing.next_due() == until
    clock.shift(timedelta(days=3, seconds=1))
    assert await standing.restore_due() == 1
    not_now = await gql(RESTORE, {"input": {"memberId": str(member), "reason": "sorry"}}, actor=operator)
    assert not_now["restoreMember"]["__typename"] == "IllegalTransition"
    assert (await recorded(kinds.MEMBER_SUSPENDED), await recorded(kinds.MEMBER_RESTORED)) == (1, 1)


async def test_personal_data_are_shown_for_a_reason_that_the_member_sees(gql):
    actor = await make.member_actor(display_name="Li Wei")
    await identities.attach(actor.id, [Named(2, "phone", "+8613900000001")])
    await traits.put(actor.id, {"city": "Shanghai"}, at=clock.now())
    body = {"memberId": str(actor.id), "fields": ["phone", "display_name", "trait.city", "email"]}
    short = await gql(REVEAL, {"input": {**body, "reason": "because"}}, actor=make.staff("advisor"))
    assert short["revealPersonalData"] == {"__typename": "ReasonTooShort", "least": 10}
    shown = await gql(
        REVEAL, {"input": {**body, "reason": "asked for a call back"}}, actor=make.staff("advisor")
    )
    assert shown["revealPersonalData"]["values"] == {
        "phone": ["+8613900000001"], "display_name": "Li Wei", "trait.city": "Shanghai", "email": [],
    }  # fmt: skip
    log = await gql("{ myAccessLog { nodes { fields reason roles } } }", actor=actor)
    assert log["myAccessLog"]["nodes"] == [
        {"fields": sorted(body["fields"]), "reason": "asked for a call back", "roles": ["advisor"]}
    ]
    own = await gql("{ myTimeline { nodes { kind } } }", actor=actor)
    assert own["myTimeline"]["nodes"] == [], "the log is the place for it"


async def test_sessions_follow_the_clients_key_or_pauses_of_half_an_hour(gql):
    member, start = await make.member_id(), datetime(2026, 5, 1, 8, tzinfo=UTC)

    async def act(minutes: float, touchpoint: str, key: str | None = None) -> None:
        at = start + timedelta(minutes=minutes)
        fact = Report(str(ids.new()), "", "app.opened", member, at, touchpoint=touchpoint, session_key=key)
        await reports.store(SYSTEM, [fact], received_at=clock.now())

    for minutes in (0, 30, 60.5):
        await act(minutes, "web")
    await act(10, "ios")
    await act(0, "ios", "s1")
    await act(1_500, "ios", "s1")
    query = """query($id: ID!) { sessions(memberId: $id) { nodes { key touchpoint interactionCount isQuarantined } } }"""
    answer = await gql(query, {"id": str(member)}, actor=make.staff("analyst"))
    found = sorted(tuple(map(str, node.values())) for node in answer["sessions"]["nodes"])
    assert found == [
        ("None", "ios", "1", "False"), ("None", "web", "1", "False"), ("None", "web", "2", "False"),
        ("s1", "ios", "2", "True"),
    ]  # fmt: skip


async def test_a_person_as_of_an_instant(gql):
    one, two = await make.member_id(), await make.member_id()
    operator, began = make.staff("operator"), clock.now()
    await traits.put(one, {"city": "Shanghai"}, at=began, message_id="1")
    await traits.put(two, {"city": "Beijing", "plan": "A"}, at=began + timedelta(hours=1), message_id="2")
    await tags.assign(operator, tags.TagSubject.MEMBER, [one], "vip")
    clock.shift(timedelta(days=1))
    merge = await merges.merge_two(operator, one, two, "same", one)
    merged = clock.now()
    clock.shift(timedelta(days=2))
    await tags.remove(operator, tags.TagSubject.MEMBER, [one], "vip")
    await merges.undo(operator, merge, "not the same")
    query = """query($id: ID!, $then: DateTime!) { member(id: $id) { at(time: $then) {
        root { id } traits { name value } tags { key } } } }"""

    async def then(member, at: datetime) -> tuple[str, dict, list]:
        answer = await gql(query, {"id": str(member), "then": at.isoformat()}, actor=make.staff("analyst"))
        found = answer["member"]["at"]
        named = {trait["name"]: trait["value"] for trait in found["traits"]}
        return found["root"]["id"], named, [tag["key"] for tag in found["tags"]]

    assert await then(two, began - timedelta(hours=1)) == (str(two), {}, [])
    assert await then(one, began + timedelta(minutes=5)) == (str(one), {"city": "Shanghai"}, ["vip"])
    both = (str(one), {"city": "Beijing", "plan": "A"}, ["vip"])
    assert (
        await then(one, merged + timedelta(hours=1)) == both == await then(two, merged + timedelta(hours=1))
    )
    assert await then(two, clock.now()) == (str(two), {"city": "Beijing", "plan": "A"}, [])
    assert await then(one, clock.now()) == (str(one), {"city": "Shanghai"}, [])
