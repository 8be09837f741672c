"""Who is who, through GraphQL."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain import clock, db, wiring
from domain.access import approvals, staff
from domain.access.approvals import Decision
from domain.actor import SYSTEM, Actor
from domain.points import ledger
from domain.points.ledger import Cause
from domain.profile import members, merges, resolution, traits
from tests import make

MERGE = """mutation($input: MergeMembersInput!) { mergeMembers(input: $input) { __typename
    ... on MergeMembersSuccess { merge { id rule winner { id } movedCount undoneAt }
        effects { winner { id } loser { id } movedIdentities { type value }
            traitsInConflict { name winnerValue loserValue keptValue } areas } }
    ... on ApprovalRequired { approval { id action effects } }
    ... on MergeForbidden { rule } ... on InvalidInput { problems { path } } } }"""
UNDO = """mutation($input: UndoMergeInput!) { undoMerge(input: $input) { __typename
    ... on UndoMergeSuccess { members { id } waived { area what amount } } ... on MergeNotUndoable { reason } } }"""
DETACH = """mutation($input: DetachIdentityInput!) { detachIdentity(input: $input) { __typename
    ... on DetachIdentitySuccess { members { id identities { type value } } } } }"""


@pytest.fixture(autouse=True)
def wired() -> None:
    wiring.start()


async def account(role: str) -> Actor:
    """A member of staff with an account, who can ask and sign."""
    made = await staff.appoint(SYSTEM, name=role.title(), email=f"{role}@example.com", role=role)
    found = await staff.actor_of(made.id)
    assert found is not None
    return found


async def test_two_identified_members_wait_for_a_second_person(gql):
    one, two = await make.member_id(), await make.member_id()
    await traits.put(one, {"city": "Shanghai"}, at=clock.now(), message_id="1")
    await traits.put(two, {"city": "Beijing"}, at=clock.now(), message_id="2")
    body = {"memberIds": [str(one), str(two)], "reason": "the same person"}
    shown = await gql(MERGE, {"input": {**body, "dryRun": True}}, actor=make.staff("operator"))
    effects = shown["mergeMembers"]["effects"]
    assert (effects["winner"]["id"], effects["loser"]["id"]) == (str(one), str(two))
    assert [each["type"] for each in effects["movedIdentities"]] == ["user_id"]
    assert effects["traitsInConflict"] == [
        {"name": "city", "winnerValue": "Shanghai", "loserValue": "Beijing", "keptValue": "Beijing"}
    ]
    assert set(effects["areas"]["points"]) == {str(one), str(two)}
    assert await merges_in_force() == 0
    answer = await gql(MERGE, {"input": body}, actor=make.staff("operator"))
    assert answer["mergeMembers"]["__typename"] == "ApprovalRequired"
    assert answer["mergeMembers"]["approval"]["action"] == "profile.members.merge"
    assert await merges_in_force() == 0


async def test_the_signed_merge_is_done_as_its_maker(gql):
    one, two = await make.member_id(), await make.member_id()
    body = {"memberIds": [str(one), str(two)], "reason": "the same person"}
    asked = await gql(MERGE, {"input": body}, actor=await account("operator"))
    approval = UUID(asked["mergeMembers"]["approval"]["id"])
    decided = await approvals.decide(await account("approver"), approval, Decision.APPROVE)
    assert await members.root_of(one) == await members.root_of(two)
    row = await db.one(
        "SELECT rule, reason FROM profile.merge WHERE id = $1", UUID(decided.outcome["mergeId"])
    )
    assert tuple(row.values()) == ("STAFF", "the same person")


async def test_a_visitor_is_merged_at_once_and_parted_again(gql):
    one = await make.member_id()
    visitor = (await resolution.resolve([("anonymous_id", "a1", False)])).member
    operator = make.staff("operator")
    body = {"memberIds": [str(one), str(visitor)], "reason": "seen at the counter"}
    done = (await gql(MERGE, {"input": body}, actor=operator))["mergeMembers"]
    assert (done["merge"]["winner"]["id"], done["merge"]["movedCount"]) == (str(one), 1)
    again = await gql(MERGE, {"input": body}, actor=operator)
    assert again["mergeMembers"] == {"__typename": "MergeForbidden", "rule": "SAME_MEMBER"}
    listed = await gql(
        "query($id: ID!) { merges(memberId: $id) { id rule loser { id status root { id } identities { type } } } }",
        {"id": str(one)}, actor=operator,
    )  # fmt: skip
    loser = {
        "id": str(visitor), "status": "MERGED", "root": {"id": str(one)},
        "identities": [{"type": "user_id"}, {"type": "anonymous_id"}],
    }  # fmt: skip
    assert listed["merges"] == [{"id": done["merge"]["id"], "rule": "STAFF", "loser": loser}]
    undo = {"mergeId": done["merge"]["id"], "reason": "somebody else"}
    dry = await gql(UNDO, {"input": {**undo, "dryRun": True}}, actor=operator)
    assert dry["undoMerge"]["__typename"] == "UndoMergeSuccess"
    assert await merges_in_force() == 1
    parted = await gql(UNDO, {"input": undo}, actor=operator)
    assert [each["id"] for each in parted["undoMerge"]["members"]] == [str(one), str(visitor)]
    refused = await gql(UNDO, {"input": undo}, actor=operator)
    assert refused["undoMerge"] == {"__typename": "MergeNotUndoable", "reason": "ALREADY_UNDONE"}


async def test_what_was_spent_since_is_listed_when_the_merge_is_taken_back(gql):
    one, two = await make.member_id(), await make.member_id()
    for member in (one, two):
        await ledger.earn(SYSTEM, member, "POINTS", 100, Cause("TEST", member))
    operator = make.staff("operator")
    merge = await merges.merge_two(operator, one, two, "one person", one)
    await ledger.spend(SYSTEM, one, {"POINTS": 130}, Cause("TEST", 1))
    undo = {"mergeId": str(merge), "reason": "two after all"}
    expected = {
        "__typename": "UndoMergeSuccess",
        "members": [{"id": str(one)}, {"id": str(two)}],
        "waived": [{"area": "points", "what": "POINTS", "amount": "30"}],
    }
    dry = await gql(UNDO, {"input": {**undo, "dryRun": True}}, actor=operator)
    assert (dry["undoMerge"], await merges_in_force()) == (expected, 1)
    assert await members.root_of(two) == one
    done = await gql(UNDO, {"input": undo}, actor=operator)
    assert (done["undoMerge"], await merges_in_force()) == (expected, 0)


async def test_a_suspended_member_is_not_merged(gql):
    one, two = await make.member_id(), await make.member_id()
    await members.suspend(one)
    body = {"memberIds": [str(one), str(two)], "reason": "the same person"}
    answer = await gql(MERGE, {"input": body}, actor=make.staff("operator"))
    assert answer["mergeMembers"] == {"__typename": "MergeForbidden", "rule": "SUSPENDED"}


async def test_an_identity_that_names_the_wrong_person_goes_to_a_new_one(gql):
    known = (await resolution.resolve([("user_id", "u1", False), ("email", "li@example.com", False)])).member
    body = {"type": "email", "value": "LI@example.com", "reason": "a typing error", "newMember": True}
    answer = await gql(DETACH, {"input": body}, actor=make.staff("operator"))
    old, new = answer["detachIdentity"]["members"]
    assert (old["id"], [i["type"] for i in old["identities"]]) == (str(known), ["user_id"])
    assert new["identities"] == [{"type": "email", "value": "l***@example.com"}]
    last = await gql(
        DETACH, {"input": {**body, "type": "user_id", "value": "u1"}}, actor=make.staff("operator")
    )
    assert last["detachIdentity"]["__typename"] == "LastIdentity"


async def test_shared_devices_are_listed_masked(gql):
    for user in ("u1", "u2"):
        await resolution.resolve([("user_id", user, False), ("device_id", "tablet-17", False)])
    answer = await gql("{ sharedDevices { nodes { type value } } }", actor=make.staff("operator"))
    assert answer["sharedDevices"]["nodes"] == [{"type": "device_id", "value": "ta*****17"}]


async def merges_in_force() -> int:
    return await db.value("SELECT count(*) FROM profile.merge WHERE undone_at IS NULL")
