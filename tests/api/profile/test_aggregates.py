"""Counts, sums and frequent values of what a person did, and what showed two of them to be one, through GraphQL."""

from __future__ import annotations

from typing import Any

import pytest

from domain import db, wiring
from domain.actor import SYSTEM
from domain.profile import drain, interactions, kinds
from tests import make

RECORD = """mutation($input: RecordInteractionsInput!) { recordInteractions(input: $input) {
    ... on RecordInteractionsSuccess { accepted deadLettered } } }"""
MEMBERS = """query($kinds: [String!]!, $name: String!, $first: Int!) { members { nodes { id
    aggregates(kinds: $kinds) { kind count sum topValues(property: $name, first: $first) { value count } } } } }"""
MINE = """query($kinds: [String!]!) { me { aggregates(kinds: $kinds) { count sum
    topValues(property: "type") { value count } } } }"""
MERGES = """query($id: ID!) { merges(memberId: $id) { rule
    cause { messageId kind originMember { id } member { id } } } }"""


@pytest.fixture(autouse=True)
def wired() -> None:
    wiring.start()


async def tell(gql: Any, *items: dict[str, Any]) -> dict[str, int]:
    answer = await gql(RECORD, {"input": {"items": list(items)}}, actor=make.source())
    await drain.drain_all([])
    return answer["recordInteractions"]


def said(message: str, kind: str, *who: str, **properties: object) -> dict[str, Any]:
    """A report; ``who`` are type=value."""
    named = [dict(zip(("type", "value"), each.split("="), strict=True)) for each in who]
    return {"messageId": message, "kind": kind, "identities": named, "properties": properties}


async def test_an_analyst_reads_sums_and_frequent_values_of_many_in_as_many_statements_as_of_one(gql):
    async def statements(first: int) -> tuple[int, list[Any]]:
        sql: list[str] = []
        token = db.recorder.set(sql)
        given = {"kinds": ["app.bought", "app.opened"], "name": "colour", "first": first}
        found = await gql(MEMBERS, given, actor=make.staff("analyst"))
        db.recorder.reset(token)
        return len(sql), [node["aggregates"] for node in found["members"]["nodes"] if node["aggregates"]]

    async def buy(user: str) -> None:
        who = f"user_id={user}"
        await tell(
            gql,
            said(f"{user}1", "bought", who, revenue="19.90", colour="red"),
            said(f"{user}2", "bought", who, revenue=0.1, colour="blue"),
            said(f"{user}3", "bought", who, colour="blue"),
            said(f"{user}4", "opened", who),
        )

    await buy("one")
    await statements(10)  # the driver asks once how the server's types look
    number, [one] = await statements(10)
    assert one == [
        {"kind": "app.bought", "count": 3, "sum": "20.00",
         "topValues": [{"value": "blue", "count": 2}, {"value": "red", "count": 1}]},
        {"kind": "app.opened", "count": 1, "sum": None, "topValues": []},
    ]  # fmt: skip
    await buy("two")
    assert await statements(10) == (number, [one, one])
    _, [shown, _] = await statements(1)
    assert shown[0]["topValues"] == [{"value": "blue", "count": 2}]


@pytest.mark.parametrize("first", [0, 101])
async def test_more_values_than_a_page_are_refused(gql, first):
    await tell(gql, said("1", "bought", "user_id=one", colour="red"))
    given = {"kinds": ["app.bought"], "name": "colour", "first": first}
    answer = await gql(MEMBERS, given, actor=make.staff("analyst"))
    assert answer.codes == ["BAD_INPUT"]


async def test_members_do_not_read_values_of_what_only_staff_see(gql):
    me = await make.member_actor()
    for kind in (kinds.IDENTITY_DEMOTED, kinds.SESSION_STARTED):
        await interactions.record(SYSTEM, kind, None, once=1, member=me.id, type="phone")
    await drain.drain_all([])
    both = [kinds.IDENTITY_DEMOTED.name, kinds.SESSION_STARTED.name]
    demoted, started = (await gql(MINE, {"kinds": both}, actor=me))["me"]["aggregates"]
    assert demoted == {"count": 1, "sum": None, "topValues": []}
    assert started == {"count": 1, "sum": None, "topValues": [{"value": "phone", "count": 1}]}


async def test_a_merge_names_the_report_that_showed_two_to_be_one(gql):
    assert await tell(
        gql,
        said("1", "opened", "anonymous_id=a"),
        said("2", "opened", "user_id=u"),
        said("3", "identify", "anonymous_id=a", "user_id=u"),
        said("4", "opened", "anonymous_id=a", "user_id=u"),
    ) == {"accepted": 4, "deadLettered": 0}
    [merge] = await db.fetch("SELECT * FROM profile.merge")
    found = await gql(MERGES, {"id": str(merge["loser"])}, actor=make.staff("analyst"))
    winner = {"id": str(merge["winner"])}
    assert found["merges"] == [
        {"rule": "AUTO",
         "cause": {"messageId": "3", "kind": "app.identify", "originMember": winner, "member": winner}},
    ]  # fmt: skip
