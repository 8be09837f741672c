"""What the SDKs' events become: kinds, people, times, traits."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain import clock, db
from domain.access import sessions
from domain.profile import deadletters, identities, identity_types
from domain.profile.tracking import taking
from tests import make
from tests.api.tracking.conftest import counts, letters, root, stored, traits_of


async def test_identify_sets_traits_from_every_place(door):
    await door.post("/v1/identify", {"userId": "u1", "traits": {"a": 1}, "context": {"traits": {"b": 2}}})
    await door.post("/v1/track", {"userId": "u1", "event": "A", "properties": {"$set": {"c": 3}, "x": 1}})
    await door.post("/v1/track", {"userId": "u1", "event": "B", "$set_once": {"a": 9, "d": 4}})
    assert await traits_of(await root("user_id", "u1")) == {"a": 1, "b": 2, "c": 3, "d": 4}


async def test_traits_of_a_group_are_not_the_persons(door):
    await door.post("/v1/group", {"userId": "u1", "groupId": "g1", "traits": {"plan": "gold"}})
    [row] = await stored()
    assert (row["kind"], row["subject_kind"], row["subject_id"]) == ("app.group", "GROUP", "g1")
    assert row["properties"] == {"traits": {"plan": "gold"}}
    assert await traits_of(row["root"]) == {}


@pytest.mark.parametrize("call", ["page", "screen"])
async def test_a_page_carries_its_name_and_category(door, call):
    await door.post(
        f"/v1/{call}", {"userId": "u1", "name": "Home", "category": "Docs", "properties": {"path": "/"}}
    )
    [row] = await stored()
    assert row["properties"] == {"name": "Home", "category": "Docs", "path": "/"}


async def test_a_numeric_user_is_its_decimal_text_and_null_is_absent(door):
    await door.track(userId=42, anonymousId=None, messageId="1")
    await door.track(userId="42", messageId="2")
    rows = await stored()
    assert rows[0]["root"] == rows[1]["root"] == await root("user_id", "42")


@pytest.mark.parametrize("value", ["", "   ", None, "undefined", "[object Object]", {}, [], True, "0000"])
async def test_a_value_that_names_nobody_is_a_dead_letter(door, value):
    assert await door.track(userId=value) == counts(dead=1)
    assert [letter["reason"] for letter in await letters()] == ["no_identity"]
    assert await db.value("SELECT count(*) FROM profile.member") == 0


async def test_an_event_in_a_kind_of_ours_is_refused_and_any_other_name_is_the_apps(door):
    batch = [
        {"type": "track", "event": name, "userId": "u1", "messageId": name}
        for name in (
            "profile.member.joined",
            "commerce.order.paid",
            "commerce.payment.recorded",
            "shop.opened",
        )
    ]
    answer = await door.post("/v1/batch", {"batch": batch})
    assert answer == counts(1, 0, 3)
    assert [row["kind"] for row in await stored()] == ["app.shop.opened"]
    assert {letter["reason"] for letter in await letters()} == {"reserved_kind"}


async def test_the_senders_clock_is_put_right(door):
    now = clock.now()
    original = now - timedelta(hours=2)
    await door.track(
        userId="u1",
        originalTimestamp=original.isoformat(),
        sentAt=(original + timedelta(seconds=10)).isoformat(),
    )
    [row] = await stored()
    assert row["occurred_at"] == row["received_at"] - timedelta(seconds=10)
    assert row["original_at"] == original


async def test_the_vector_of_the_common_fields(door):
    """Original 10:00:00, sent 10:00:10, received 12:00:00: it happened at 11:59:50 (Segment, common fields)."""
    clock.shift(datetime(2026, 3, 1, 12, tzinfo=UTC) - datetime.now(UTC))
    try:
        await door.post(
            "/v1/batch",
            {
                "sentAt": "2026-03-01T10:00:10Z",
                "batch": [
                    {"type": "track", "event": "A", "userId": "u1", "timestamp": "2026-03-01T10:00:00.000Z"}
                ],
            },
        )
    finally:
        clock.shift(timedelta(0))
    [row] = await stored()
    expected = datetime(2026, 3, 1, 11, 59, 50, tzinfo=UTC)
    assert abs(row["occurred_at"] - expected) < timedelta(seconds=5)


@pytest.mark.parametrize("timestamp", ["1999-12-31T23:59:59Z", 0, "1970-01-01"])
async def test_an_impossible_time_is_a_dead_letter(door, timestamp):
    assert await door.track(userId="u1", timestamp=timestamp) == counts(dead=1)
    assert [letter["reason"] for letter in await letters()] == ["impossible_time"]


async def test_a_time_in_the_future_is_now(door):
    await door.track(userId="u1", timestamp=(clock.now() + timedelta(days=3)).isoformat())
    [row] = await stored()
    assert row["occurred_at"] == row["received_at"]


async def test_a_time_in_another_notation(door):
    await door.track(userId="u1", messageId="1", timestamp=1_767_225_600_000)
    await door.track(userId="u1", messageId="2", timestamp="2026-01-01T08:00:00+08:00")
    assert {row["occurred_at"] for row in await stored()} == {datetime(2026, 1, 1, tzinfo=UTC)}
    assert await door.track(userId="u1", messageId="3", timestamp="yesterday") == counts(dead=1)
    assert [(one["reason"], one["path"]) for one in await letters()] == [("bad_time", "timestamp")]


async def test_the_same_event_sent_again_by_another_route_is_a_duplicate(door):
    event = {
        "type": "track",
        "event": "A",
        "userId": "u1",
        "messageId": "m1",
        "timestamp": "2026-01-01T00:00:00Z",
    }
    assert await door.post("/v1/batch", {"batch": [event], "sentAt": "2026-01-01T00:00:01Z"}) == counts(1)
    again = {
        **event,
        "sentAt": "2026-01-01T00:00:09Z",
        "context": {"library": {"name": "x"}, "retryCount": 1},
    }
    assert await door.post("/v1/track", again) == counts(0, 1)


async def test_the_same_id_with_another_body_is_a_dead_letter(door):
    await door.track(userId="u1", messageId="m1")
    assert await door.track(userId="u1", messageId="m1", properties={"x": 1}) == counts(dead=1)
    both = [{"type": "track", "event": name, "userId": "u1", "messageId": "m2"} for name in ("A", "B", "A")]
    assert await door.post("/v1/batch", {"batch": both}) == counts(1, 1, 1)
    assert [letter["reason"] for letter in await letters()] == ["duplicate_conflict"] * 2


async def test_what_is_no_event_is_kept_as_it_came(door):
    answer = await door.post("/v1/batch", {"batch": ["text", 7, None, {"type": "dance", "userId": "u1"}]})
    assert answer == counts(dead=4)
    assert [(one["reason"], one["body"]) for one in await letters()] == [
        ("no_object", "text"), ("no_object", 7), ("no_object", None),
        ("unknown_type", {"type": "dance", "userId": "u1"}),
    ]  # fmt: skip


async def test_too_many_traits_are_a_dead_letter(door):
    traits = {f"t{number}": number for number in range(301)}
    assert await door.post("/v1/identify", {"userId": "u1", "traits": traits}) == counts(dead=1)
    assert [letter["reason"] for letter in await letters()] == ["limit_reached"]


async def test_a_dead_letter_is_replayed_as_of_its_first_arrival_once(door):
    event = {
        "userId": "u1", "messageId": "m1", "timestamp": "2026-01-01T00:00:00Z", "traits": {"a": 1},
        "context": {"externalIds": [{"type": "loyalty_card", "id": "c1"}]},
    }  # fmt: skip
    assert await door.post("/v1/identify", event) == counts(dead=1)
    [letter] = await letters()
    assert (letter["reason"], letter["path"]) == ("unknown_identity_type", "loyalty_card")
    assert letter["body"] == event
    wanted = deadletters.Filter()
    assert await deadletters.replay(wanted, 10, is_dry_run=False, again=taking.again) == (0, 1)
    await identity_types.define(make.staff("admin"), identity_types.Draft("loyalty_card", 9, 1), None)
    assert await deadletters.replay(wanted, 10, is_dry_run=False, again=taking.again) == (1, 0)
    assert await deadletters.replay(wanted, 10, is_dry_run=False, again=taking.again) == (0, 0)
    [row] = await stored()
    assert (row["message_id"], row["received_at"]) == ("m1", letter["received_at"])
    assert await root("loyalty_card", "c1") == row["root"]
    assert await traits_of(row["root"]) == {"a": 1}
    assert len(await letters()) == 1


async def test_a_source_in_an_app_is_told_of_types_that_nobody_declared(app_door):
    context = {"externalIds": [{"type": "loyalty_card", "id": "c1"}]}
    assert await app_door.track(userId="u1", anonymousId="a1", context=context) == counts(dead=1)
    assert [letter["reason"] for letter in await letters()] == ["unknown_identity_type"]


async def test_a_source_in_an_app_names_user_ids_unverified_and_nothing_stronger(app_door):
    context = {"externalIds": [{"type": "phone", "id": "13800138001"}]}
    await app_door.track(userId="u1", anonymousId="a1", context=context)
    row = await identities.of_root(await root("anonymous_id", "a1"))
    assert [(one["type"], one["is_verified"]) for one in row] == [("user_id", False), ("anonymous_id", False)]
    assert await root("phone", "+8613800138001") is None


async def test_a_server_is_believed(app_door, door):
    await app_door.track(userId="u1", messageId="1")
    context = {"externalIds": [{"type": "phone", "id": "138 0013 8001"}]}
    await door.track(userId="u1", messageId="2", context=context)
    found = await identities.of_root(await root("user_id", "u1"))
    assert [(one["type"], one["value_norm"], one["is_verified"]) for one in found] == [
        ("user_id", "u1", True), ("phone", "+8613800138001", True),
    ]  # fmt: skip


async def test_an_app_token_outweighs_what_the_event_says(app_door):
    member = await make.member_id()
    other = await make.member_id()
    token = (await sessions.open(member=member)).access_token
    claimed = (await identities.of_root(other))[0]["value_norm"]
    event = {"event": "A", "userId": claimed, "anonymousId": "a1", "writeKey": app_door.key}
    await app_door.post("/v1/track", event, auth=None, headers={"authorization": f"Bearer {token}"})
    [row] = await stored()
    assert row["root"] == member == await root("anonymous_id", "a1")
    bad = {"authorization": "Bearer nonsense"}
    await app_door.post("/v1/track", event, auth=None, headers=bad, status=401)


async def test_a_batch_takes_a_fixed_number_of_statements_for_people_it_knows(door):
    async def statements(number: int, start: int) -> int:
        batch = [
            {"type": "track", "event": "A", "userId": f"u{n % 10}", "messageId": str(start + n)}
            for n in range(number)
        ]
        seen: list[str] = []
        token = db.recorder.set(seen)
        try:
            await taking.take(door.source, taking.Delivery("segment/", batch))
            await asyncio.sleep(0)  # the last statement is told with the loop's next turn
        finally:
            db.recorder.reset(token)
        return len(seen)

    await statements(10, 0)
    assert [await statements(number, number * 1_000) for number in (1, 10, 50, 200)] == [5, 5, 5, 4]
