"""Acceptance vectors of the profile through GraphQL, as an app and a brand's staff see them.

Those that concern what SDKs send stand with the tracking doors (``tests/api/tracking``), and the SDKs themselves speak
in ``tests/clients/sdk``.
"""

from __future__ import annotations

import asyncio
import csv
from typing import Any

import pytest

from domain.profile import drain
from tests import make, shared

RECORD = """mutation($input: RecordInteractionsInput!) { recordInteractions(input: $input) { __typename
    ... on RecordInteractionsSuccess { accepted duplicates deadLettered suppressed } } }"""
FIND = """query($type: String!, $value: String!) { memberByIdentity(type: $type, value: $value) {
    id firstSeenAt lastSeenAt identities { type } traits { name value }
    aggregates(kinds: ["app.opened", "app.identify"]) { kind count firstAt lastAt } } }"""
TIMELINE = """query($id: ID!) { timeline(memberId: $id, filter: { kindPrefix: "app." }, first: 100) {
    nodes { messageId originMember { id } member { id } } } }"""
MERGE = """mutation($input: MergeMembersInput!) { mergeMembers(input: $input) { __typename
    ... on MergeMembersSuccess { merge { id winner { id } } effects { traitsInConflict { name keptValue } } } } }"""
UNDO = """mutation($input: UndoMergeInput!) { undoMerge(input: $input) { __typename
    ... on UndoMergeSuccess { members { id } } } }"""


class People:
    """What a server reports, and what an analyst then reads."""

    def __init__(self, gql: Any) -> None:
        self.gql = gql
        self.source, self.operator = make.source(), make.staff("operator")

    async def tell(self, *items: dict[str, Any]) -> dict[str, int]:
        answer = await self.gql(RECORD, {"input": {"items": list(items)}}, actor=self.source)
        told = dict(answer["recordInteractions"])
        assert told.pop("__typename") == "RecordInteractionsSuccess"
        return told

    async def find(self, type_: str, value: str) -> dict[str, Any]:
        await drain.drain_all([])
        answer = await self.gql(FIND, {"type": type_, "value": value}, actor=make.staff("analyst"))
        return answer["memberByIdentity"]

    async def timeline(self, member: dict[str, Any]) -> dict[str, str]:
        answer = await self.gql(TIMELINE, {"id": member["id"]}, actor=make.staff("analyst"))
        nodes = answer["timeline"]["nodes"]
        assert {node["member"]["id"] for node in nodes} <= {member["id"]}
        return {node["messageId"]: node["originMember"]["id"] for node in nodes}

    async def merge(self, winner: dict[str, Any], loser: dict[str, Any]) -> dict[str, Any]:
        given = {"memberIds": [winner["id"], loser["id"]], "winnerId": winner["id"], "reason": "one person"}
        answer = await self.gql(MERGE, {"input": given}, actor=self.operator)
        assert answer["mergeMembers"]["__typename"] == "MergeMembersSuccess"
        return answer["mergeMembers"]


@pytest.fixture
def people(gql) -> People:
    return People(gql)


def event(
    number: object, type_: str, value: str, at: str, kind: str = "opened", **properties: Any
) -> dict[str, Any]:
    return {
        "messageId": f"m{number}", "kind": kind, "occurredAt": at, "properties": properties,
        "identities": [{"type": type_, "value": value}],
    }  # fmt: skip


def values(member: dict[str, Any]) -> dict[str, Any]:
    return {trait["name"]: trait["value"] for trait in member["traits"]}


@pytest.mark.commits
async def test_twenty_first_events_of_one_id_at_once_make_one_member(people):
    """PostHog, the race tests of person-state."""
    told = await asyncio.gather(
        *(people.tell(event(number, "user_id", "rush", "2026-01-01T10:00:00Z")) for number in range(20))
    )
    assert told == [{"accepted": 1, "duplicates": 0, "deadLettered": 0, "suppressed": 0}] * 20
    member = await people.find("user_id", "rush")
    assert await people.timeline(member) == {f"m{number}": member["id"] for number in range(20)}
    assert member["aggregates"][0]["count"] == 20


async def test_the_mobile_log_is_129_interactions_and_one_conflict(people):
    """Snowplow's integration data: 130 rows, of which two share an event id with different bodies."""
    path = shared.path("data/snowplow_mobile") / "snowplow_mobile_events.csv"
    with path.open() as file:
        rows = list(csv.DictReader(file))
    items = [
        {
            "messageId": row["event_id"], "kind": row["event_name"], "occurredAt": _time(row["derived_tstamp"]),
            "identities": [{"type": "user_id", "value": row["user_id"]}],
            "properties": {"created": row["dvce_created_tstamp"], "os": row["os_timezone"]},
        }
        for row in rows
    ]  # fmt: skip
    told = await people.tell(*items)
    assert told == {"accepted": 129, "duplicates": 0, "deadLettered": 1, "suppressed": 0}
    letters = await people.gql("{ deadLetters { nodes { reason } } }", actor=people.operator)
    assert letters["deadLetters"]["nodes"] == [{"reason": "duplicate_conflict"}]
    again = await people.tell(*items)
    assert again == {"accepted": 0, "duplicates": 129, "deadLettered": 1, "suppressed": 0}


async def test_merged_contacts_were_seen_from_the_first_to_the_last_and_keep_the_newest_trait(people, gql):
    """Mautic, ContactMergerTest: last seen is the later, first seen the earlier, and the newest trait wins."""
    await people.tell(
        event(1, "anonymous_id", "old", "2024-03-01T10:00:00Z"),
        event(2, "anonymous_id", "old", "2024-08-01T10:00:00Z"),
        event(3, "user_id", "new", "2024-05-01T10:00:00Z"),
    )
    old, new = await people.find("anonymous_id", "old"), await people.find("user_id", "new")
    set_traits = "mutation($input: SetTraitsInput!) { setTraits(input: $input) { __typename } }"
    for who, at, traits in (
        (old, "2024-04-01T10:00:00Z", {"city": "Hefei", "province": "Anhui"}),
        (new, "2024-06-01T10:00:00Z", {"city": "Wuhan", "gender": "F"}),
        (old, "2024-07-01T10:00:00Z", {"gender": "M"}),
    ):
        given = {"memberId": who["id"], "traits": traits, "occurredAt": at}
        answer = await gql(set_traits, {"input": given}, actor=people.operator)
        assert answer["setTraits"]["__typename"] == "SetTraitsSuccess"
    done = await people.merge(new, old)
    assert done["effects"]["traitsInConflict"] == [
        {"name": "city", "keptValue": "Wuhan"}, {"name": "gender", "keptValue": "M"},
    ]  # fmt: skip
    one = await people.find("anonymous_id", "old")
    assert one["id"] == new["id"]
    assert values(one) == {"city": "Wuhan", "gender": "M", "province": "Anhui"}
    [opened] = one["aggregates"]
    assert (one["firstSeenAt"], opened["firstAt"]) == (opened["firstAt"], "2024-03-01T10:00:00+00:00")
    assert max(old["lastSeenAt"], new["lastSeenAt"]) == one["lastSeenAt"]


async def test_a_merge_three_events_and_its_undo_leave_both_as_if_never_merged(people):
    """The same story is told of two pairs; only the first is merged and parted again. The events in between resolved to
    the member that stood for both, and stay with it.
    """

    def told(pair: str) -> list[dict[str, Any]]:
        return [
            event(f"{pair}1", "anonymous_id", f"{pair}a", "2025-01-01T10:00:00Z"),
            event(f"{pair}2", "user_id", f"{pair}u", "2025-01-02T10:00:00Z"),
            event(
                f"{pair}3",
                "anonymous_id",
                f"{pair}a",
                "2025-01-03T10:00:00Z",
                "identify",
                traits={"city": "Hefei"},
            ),
            event(
                f"{pair}4",
                "user_id",
                f"{pair}u",
                "2025-01-04T10:00:00Z",
                "identify",
                traits={"city": "Wuhan"},
            ),
        ]

    async def pair(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        return await people.find("anonymous_id", f"{name}a"), await people.find("user_id", f"{name}u")

    for name in ("one", "two"):
        await people.tell(*told(name))
    visitor, user = await pair("one")
    done = await people.merge(user, visitor)
    between = [("a", "anonymous_id"), ("u", "user_id"), ("a", "anonymous_id")]
    for number, (who, type_) in enumerate(between, 5):
        await people.tell(event(f"one{number}", type_, f"one{who}", f"2025-01-0{number}T10:00:00Z", "closed"))
    one = await people.find("anonymous_id", "onea")
    assert (one["id"], values(one), len(await people.timeline(one))) == (user["id"], {"city": "Wuhan"}, 7)
    undo = {"mergeId": done["merge"]["id"], "reason": "two after all"}
    answer = await people.gql(UNDO, {"input": undo}, actor=people.operator)
    assert [each["id"] for each in answer["undoMerge"]["members"]] == [user["id"], visitor["id"]]

    parted, control = await pair("one"), await pair("two")
    assert [each["id"] for each in parted] == [visitor["id"], user["id"]]
    for ours, theirs in zip(parted, control, strict=True):
        for name in ("identities", "traits", "aggregates"):
            assert ours[name] == theirs[name], name
    assert await people.timeline(parted[0]) == dict.fromkeys(("mone1", "mone3"), visitor["id"])
    stays = ("mone2", "mone4", "mone5", "mone6", "mone7")
    assert await people.timeline(parted[1]) == dict.fromkeys(stays, user["id"])


def _time(text: str) -> str:
    return text.strip().replace(" ", "T") + "Z"
