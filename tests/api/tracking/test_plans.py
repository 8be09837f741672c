"""Tracking plans: what is stored, trimmed or refused, and what is counted."""

from __future__ import annotations

from typing import Any

import pytest

from domain.profile import deadletters, plans
from domain.profile.tracking import taking
from tests import make
from tests.api.tracking.conftest import counts, letters, root, stored, traits_of

PUBLISH = """mutation($input: PublishTrackingPlanInput!) { publishTrackingPlan(input: $input) { __typename
    ... on PublishTrackingPlanSuccess { plan { id version unplanned events { event schema mode } }
        wouldViolate { event path count sample } }
    ... on SchemaInvalid { path } ... on VersionConflict { current } ... on Refusal { message } } }"""
VIOLATIONS = "query($id: ID!) { planViolations(sourceId: $id) { event path count sample } }"
SCHEMA = {
    "type": "object",
    "properties": {
        "price": {"type": "integer", "minimum": 0},
        "model": {"type": "object", "properties": {"code": {"type": "string"}}},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["price"],
    "additionalProperties": False,
}
BAD = {"price": -1, "model": {"code": 7, "name": "M1"}, "tags": ["a", 1], "email": "jane@example.com"}


@pytest.fixture
def publish(gql, door):
    async def run(
        mode: str = "ALLOW", unplanned: str = "ALLOW", version: int = 0, **more: Any
    ) -> dict[str, Any]:
        events = more.pop("events", [{"event": "Opened", "schema": SCHEMA, "mode": mode}])
        given = {
            "sourceId": str(door.source.id),
            "events": events,
            "unplanned": unplanned,
            "expectedVersion": version,
        }
        return (await gql(PUBLISH, {"input": given | more}, actor=make.staff("operator")))[
            "publishTrackingPlan"
        ]

    return run


@pytest.fixture
def violations(gql, door):
    async def run() -> dict[tuple[str, str], int]:
        found = await gql(VIOLATIONS, {"id": str(door.source.id)}, actor=make.staff("analyst"))
        return {(each["event"], each["path"]): each["count"] for each in found["planViolations"]}

    return run


async def test_what_keeps_the_plan_is_stored_as_it_is(door, publish, violations):
    assert (await publish("BLOCK", "BLOCK"))["plan"]["version"] == 1
    assert await door.track(userId="u1", properties={"price": 3}) == counts(1)
    assert await violations() == {}


async def test_allow_stores_and_counts(door, publish, violations):
    await publish("ALLOW")
    for number in range(3):
        assert await door.track(userId="u1", messageId=str(number), properties=BAD) == counts(1)
    assert await door.track(userId="u1", messageId="0", properties=BAD) == counts(0, 1)
    assert (await stored())[0]["properties"] == BAD
    assert await violations() == {
        ("app.Opened", "properties.email"): 3, ("app.Opened", "properties.price"): 3,
        ("app.Opened", "properties.model.code"): 3, ("app.Opened", "properties.tags.1"): 3,
    }  # fmt: skip


async def test_omit_stores_what_keeps_the_plan(door, publish, violations):
    await publish("OMIT")
    assert await door.track(userId="u1", messageId="1", properties=BAD) == counts(1)
    assert (await stored())[0]["properties"] == {"model": {"name": "M1"}}
    assert await door.track(userId="u1", messageId="1", properties=BAD) == counts(0, 1)
    assert len(await violations()) == 4


async def test_omit_takes_traits_along(door, publish):
    schema = {"properties": {"traits": {"type": "object", "properties": {"age": {"type": "integer"}}}}}
    await publish(events=[{"event": "identify", "schema": schema, "mode": "OMIT"}])
    await door.post("/v1/identify", {"userId": "u1", "traits": {"age": "old", "city": "Wuhan"}})
    assert await traits_of(await root("user_id", "u1")) == {"city": "Wuhan"}


async def test_block_refuses_and_a_later_plan_lets_the_letter_in(door, publish, violations):
    await publish("BLOCK")
    assert await door.track(userId="u1", properties={"price": "3"}) == counts(dead=1)
    [letter] = await letters()
    assert (letter["reason"], letter["path"]) == ("plan_violation", "properties.price")
    assert await stored() == []
    loose = [{"event": "Opened", "schema": {}, "mode": "BLOCK"}]
    await publish(version=1, events=loose)
    assert await deadletters.replay(deadletters.Filter(), 10, is_dry_run=False, again=taking.again) == (1, 0)
    assert [row["properties"] for row in await stored()] == [{"price": "3"}]


async def test_unplanned_events_are_refused_when_the_plan_says_so(door, publish, violations):
    await publish(unplanned="BLOCK")
    batch = [
        {"type": "track", "event": name, "userId": "u1", "properties": {"price": 1}}
        for name in ("Opened", "Closed")
    ]
    assert await door.post("/v1/batch", {"batch": batch}) == counts(1, 0, 1)
    assert await violations() == {("app.Closed", "event"): 1}


async def test_a_dry_run_says_what_would_break_and_changes_nothing(door, publish):
    await door.track(userId="u1", messageId="1", properties={"price": 1})
    await door.track(userId="u1", messageId="2", properties={"price": "much too expensive"})
    answer = await publish("BLOCK", dryRun=True)
    assert answer["plan"] is None
    assert answer["wouldViolate"] == [
        {"event": "app.Opened", "path": "properties.price", "count": 1, "sample": "muc... (18 characters)"}
    ]
    assert await plans.of_source(door.source.id) is None
    assert await door.track(userId="u1", messageId="3", properties={}) == counts(1)


async def test_another_version_than_the_one_that_was_read_is_refused(publish):
    await publish()
    answer = await publish(version=0)
    assert (answer["__typename"], answer["current"]) == ("VersionConflict", 1)
    assert (await publish(version=1))["plan"]["version"] == 2


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "text"}, "events.0.schema.type"),
        ({"properties": {"a": {"type": 3}}}, "events.0.schema.properties.a.type"),
        ({"$ref": "https://elsewhere.example/schema.json"}, "events.0.schema.$ref"),
        ({"properties": {"a": {"$ref": "#"}}}, "events.0.schema.properties.a.$ref"),
        ({"properties": {"a": {"pattern": "(a+)+$"}}}, "events.0.schema.properties.a.pattern"),
        ([], "events.0.schema"),
    ],
)
async def test_a_schema_that_cannot_be_used_is_refused(publish, schema, path):
    answer = await publish(events=[{"event": "Opened", "schema": schema, "mode": "BLOCK"}])
    assert (answer["__typename"], answer["path"]) == ("SchemaInvalid", path)


async def test_a_schema_that_never_ends_judges_nothing(door, publish):
    endless = {"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}
    await publish(events=[{"event": "Opened", "schema": endless, "mode": "BLOCK"}])
    assert await door.track(userId="u1") == counts(1)
