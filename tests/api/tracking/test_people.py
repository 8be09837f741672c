"""Who the events are about: the acceptance vectors of resolution, through HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import clock, db
from domain.profile import kinds, members
from tests.api.tracking.conftest import counts, letters, root, stored, traits_of


async def event_(door, distinct_id, name="Opened", **properties):
    body = {"api_key": door.key, "event": name, "distinct_id": distinct_id, "properties": properties}
    return await door.post("/capture/", body, auth=None)


async def test_set_beats_set_once_in_one_event(door):
    """PostHog, person-state: $set_once {a:1,b:2} and $set {b:3,c:4} of a new person."""
    await event_(door, "new", **{"$set_once": {"a": 1, "b": 2}, "$set": {"b": 3, "c": 4}})
    assert await traits_of(await root("anonymous_id", "new")) == {"a": 1, "b": 3, "c": 4}


async def test_an_anonymous_person_and_a_user_become_one_and_the_users_untimed_traits_stay(door):
    """PostHog, person-state: old {a:1,b:2} is anonymous, new {b:3,c:4} was sent as the user."""
    await door.post("/v1/identify", {"anonymousId": "old", "traits": {"a": 1, "b": 2}})
    older = await db.value("SELECT min(first_seen_at) FROM profile.member")
    await door.post("/v1/identify", {"userId": "new", "traits": {"b": 3, "c": 4}})
    await door.post("/v1/identify", {"userId": "new", "anonymousId": "old"})
    one = await root("user_id", "new")
    assert one == await root("anonymous_id", "old")
    assert await traits_of(one) == {"a": 1, "b": 3, "c": 4}
    assert (await members.by_id(one))["first_seen_at"] == older


async def test_identify_of_two_unknown_values_makes_one_member_with_both(door):
    await event_(door, "u1", "$identify", **{"$anon_distinct_id": "a1"})
    assert await root("user_id", "u1") == await root("anonymous_id", "a1")
    assert await db.value("SELECT count(*) FROM profile.member") == 1


async def test_identify_of_a_known_anonymous_value_keeps_its_member(door):
    await event_(door, "a1")
    before = await root("anonymous_id", "a1")
    await event_(door, "u1", "$identify", **{"$anon_distinct_id": "a1"})
    assert before == await root("user_id", "u1") == await root("anonymous_id", "a1")


async def test_an_identified_member_and_an_anonymous_one_are_merged(door):
    await door.track(userId="u1", messageId="1")
    await door.track(anonymousId="a1", messageId="2")
    user = await root("user_id", "u1")
    await door.track(userId="u1", anonymousId="a1", messageId="3")
    assert await root("anonymous_id", "a1") == user
    assert await db.value("SELECT count(*) FROM profile.merge") == 1


async def test_a_shared_email_is_demoted(door):
    """Segment, identity resolution settings: user_id 1 (priority 1), email 5."""

    def event(user, number):
        email = {"type": "email", "id": "jane@example1.com"}
        return {"userId": user, "messageId": number, "context": {"externalIds": [email]}}

    await door.track(**event("abc123", "1"))
    old = await root("user_id", "abc123")
    await door.track(**event("abc456", "2"))
    new = await root("user_id", "abc456")
    assert new != old == await root("email", "jane@example1.com")
    demoted = await db.fetch(
        "SELECT member FROM profile.interaction WHERE kind = $1", kinds.IDENTITY_DEMOTED.name
    )
    assert [row["member"] for row in demoted] == [new]


@pytest.mark.parametrize("first", ["python", "node"])
async def test_an_alias_has_no_direction(door, first):
    """PostHog's Python SDK puts the previous id first, its Node SDK the distinct id: both mean one person."""
    await event_(door, "a1")
    await event_(door, "u1")
    ways = [("a1", "u1"), ("u1", "a1")]
    for distinct, alias in ways if first == "python" else reversed(ways):
        await event_(door, distinct, "$create_alias", alias=alias)
    assert await root("anonymous_id", "a1") == await root("anonymous_id", "u1")
    assert await db.value("SELECT count(DISTINCT root) FROM profile.member") == 1
    assert await db.value("SELECT count(*) FROM profile.shared_device") == 0


async def test_a_value_that_an_alias_or_identify_names_as_the_user_is_the_same_member(door):
    await event_(door, "u1", **{"$set": {"a": 1}})
    await door.post("/v1/alias", {"userId": "u1", "previousId": "p1"})
    await event_(door, "u1", **{"$set": {"b": 2}})
    one = await root("user_id", "u1")
    assert one == await root("anonymous_id", "u1") == await root("anonymous_id", "p1")
    assert await traits_of(one) == {"a": 1, "b": 2}
    assert {row["root"] for row in await stored()} == {one}


async def test_a_distinct_id_that_is_a_known_user_needs_no_second_identity(door):
    await door.track(userId="u1")
    await event_(door, "u1")
    assert len({row["root"] for row in await stored()}) == 1
    assert await root("anonymous_id", "u1") is None


async def test_a_device_of_two_members_names_nobody_afterwards(door):
    await door.track(userId="u1", anonymousId="tablet", messageId="1")
    await door.track(userId="u2", anonymousId="tablet", messageId="2")
    await door.track(anonymousId="tablet", messageId="3")
    roots = [row["root"] for row in await stored()]
    assert len(set(roots)) == 3
    assert await db.value("SELECT value_norm FROM profile.shared_device") == "tablet"


async def test_a_whole_story_in_one_batch_is_the_same_as_one_by_one(door):
    story = [
        {"type": "track", "event": "A", "anonymousId": "a1"},
        {"type": "track", "event": "A", "userId": "u1"},
        {"type": "identify", "userId": "u1", "anonymousId": "a1", "traits": {"x": 1}},
        {"type": "track", "event": "B", "anonymousId": "a1", "$set_once": {"x": 9, "y": 2}},
        {"type": "track", "event": "A", "userId": "u2", "anonymousId": "a1"},
        {"type": "track", "event": "C", "anonymousId": "a2"},
        {"type": "alias", "userId": "u2", "previousId": "a2"},
        {"type": "track", "event": "D", "userId": "null"},
    ]

    def told(prefix):
        return [
            {
                **each, "messageId": f"{prefix}{number}",
                **{n: f"{prefix}{each[n]}" for n in ("userId", "anonymousId", "previousId") if each.get(n, "null") != "null"},
            }
            for number, each in enumerate(story)
        ]  # fmt: skip

    assert await door.post("/v1/batch", {"batch": told("x")}) == counts(7, 0, 1)
    for event in told("y"):
        await door.post("/v1/batch", {"batch": [event]})
    shapes = []
    for prefix in "xy":
        u1, u2 = await root("user_id", f"{prefix}u1"), await root("user_id", f"{prefix}u2")
        names = {u1: "u1", u2: "u2"}
        rows = [row for row in await stored() if row["message_id"].startswith(prefix)]
        shapes.append(
            (
                [names.get(row["root"]) for row in rows], await traits_of(u1), u1 == u2,
                await root("anonymous_id", f"{prefix}a1") is None, await root("anonymous_id", f"{prefix}a2") == u2,
            )
        )  # fmt: skip
    assert shapes[0] == shapes[1]
    assert shapes[0] == (["u1", "u1", "u1", "u1", "u2", "u2", "u2"], {"x": 1, "y": 2}, False, True, True)


async def test_an_older_value_of_a_trait_arrives_too_late(door):
    noon = clock.now().replace(hour=12) - timedelta(days=2)
    for at, city in ((noon, "Shanghai"), (noon - timedelta(hours=1), "Beijing")):
        await door.post(
            "/v1/identify", {"userId": "u1", "traits": {"city": city}, "timestamp": at.isoformat()}
        )
    assert await traits_of(await root("user_id", "u1")) == {"city": "Shanghai"}
    at = clock.now()
    batch = [
        {
            "type": "identify",
            "userId": "u2",
            "traits": {"city": city},
            "timestamp": (at - timedelta(hours=ago)).isoformat(),
        }
        for ago, city in ((1, "Shanghai"), (3, "Beijing"), (2, "Nanjing"))
    ]
    await door.post("/v1/batch", {"batch": batch})
    assert await traits_of(await root("user_id", "u2")) == {"city": "Shanghai"}


async def test_the_traits_of_a_company_are_nobodys(door):
    """The SDKs send a group's traits under a distinct id of their own making: no member comes of it."""
    await event_(
        door,
        "$company_id:5",
        "$groupidentify",
        **{"$group_type": "company", "$group_key": "id:5", "$group_set": {"n": 1}},
    )
    [row] = await stored()
    assert (row["kind"], row["member"], row["subject_id"]) == ("app.group", None, "company:id:5")
    assert await db.value("SELECT count(*) FROM profile.member") == 0


async def test_posthog_bodies_of_every_kind(door):
    event = {"event": "A", "distinct_id": "u1", "uuid": "0190a5e0-0000-7000-8000-000000000001"}
    assert await door.post("/batch/", {"api_key": door.key, "batch": [event]}, auth=None) == counts(1)
    assert await door.post("/batch", {"api_key": door.key, "batch": [event]}, auth=None) == counts(0, 1)
    in_array = [{"event": "B", "properties": {"token": door.key, "distinct_id": "u1"}}]
    assert await door.post("/e/", in_array, auth=None) == counts(1)
    assert await door.post(
        "/capture/", {"api_key": door.key, **event, "uuid": None, "event": "$pageview"}, auth=None
    ) == counts(1)
    assert [row["kind"] for row in await stored()] == ["app.A", "app.B", "app.page"]
    assert await letters() == []
