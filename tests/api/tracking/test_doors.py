"""The doors: paths, keys, encodings, limits and statuses."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import socket
import time

import asyncpg
import pytest

from api import rates, redis
from api.tracking import reading
from domain import db
from domain.access import sources
from domain.settings import settings
from tests import make
from tests.api.tracking.conftest import counts, letters, stored

CALLS = {
    "track": "app.Opened", "identify": "app.identify", "page": "app.page", "screen": "app.screen",
    "group": "app.group", "alias": "app.alias", "merge": "app.merge",
}  # fmt: skip


@pytest.mark.parametrize(("call", "kind"), CALLS.items())
@pytest.mark.parametrize("is_short", [False, True])
async def test_every_call_has_a_long_and_a_short_door(door, call, kind, is_short):
    path = f"/v1/{call[0] if is_short else call}"
    body = {"userId": "u1", "event": "Opened", "messageId": "m1"}
    assert await door.post(path, body) == counts(1)
    assert [row["kind"] for row in await stored()] == [kind]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/v1/batch/", "/beacon/v1/batch"])
async def test_a_batch_is_taken_whole(door, path):
    batch = [
        {"type": "track", "event": "Opened", "userId": "u1", "messageId": f"m{number}"} for number in range(3)
    ]
    assert await door.post(path, {"batch": batch}) == counts(3)
    assert await door.post(path, {"batch": batch}) == counts(0, 3)
    assert len(await stored()) == 3


async def test_batch_level_context_lies_under_each_item(door):
    context = {"app": {"name": "Marque", "version": "1"}, "locale": "zh-CN"}
    event = {"type": "track", "event": "A", "userId": "u1", "context": {"app": {"version": "2"}}}
    await door.post("/v1/batch", {"batch": [event], "context": context, "integrations": {"All": True}})
    [row] = await stored()
    assert row["context"] == {"app": {"name": "Marque", "version": "2"}, "locale": "zh-CN"}


@pytest.mark.parametrize("name", ["writeKey", "api_key"])
@pytest.mark.parametrize("place", ["body", "query", "item"])
async def test_the_key_is_found_where_sdks_put_it(door, name, place):
    event = {"type": "track", "event": "A", "userId": "u1"}
    body = {"batch": [event]}
    if place == "body":
        body[name] = door.key
    elif place == "item":
        event[name] = door.key
    query = {name: door.key} if place == "query" else {}
    assert await door.post("/v1/batch", body, auth=None, params=query) == counts(1)


async def test_without_a_valid_key_nothing_is_stored(door, client):
    event = {"event": "A", "userId": "u1"}
    for how in (
        {"auth": None},
        {"auth": ("wk_unknown", "")},
        {"auth": None, "headers": {"authorization": "Basic !"}},
    ):
        answer = await door.post("/v1/track", event, status=401, **how)
        assert set(answer) == {"code", "message", "detail"}
        assert answer["code"] == "UNAUTHENTICATED"
    await sources.disable(make.staff("admin"), door.source.id)
    await door.post("/v1/track", event, status=401)
    assert await stored() == await letters() == []


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "image/png", ""])
async def test_the_content_type_does_not_matter(door, media_type):
    body = json.dumps({"event": "A", "userId": "u1"}).encode()
    assert await door.post("/v1/t", body, headers={"content-type": media_type}) == counts(1)


@pytest.mark.parametrize("header", [{}, {"content-encoding": "gzip"}])
async def test_gzip_is_known_by_header_and_by_its_magic_number(door, header):
    body = gzip.compress(json.dumps({"event": "A", "userId": "u1"}).encode())
    assert await door.post("/v1/track", body, headers=header) == counts(1)


async def test_a_body_that_says_gzip_and_is_json_is_taken(door):
    body = json.dumps({"event": "A", "userId": "u1"}).encode()
    assert await door.post("/v1/track", body, headers={"content-encoding": "gzip"}) == counts(1)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'"text"', b"17", b"null", b"\xff\xfe", b"\x1f\x8bnot gzip", gzip.compress(b"{}", mtime=0)[:-6], b"[" * 5_000,
     b'{"batch": 1}'],
)  # fmt: skip
async def test_what_cannot_be_read_is_a_400_with_three_fields(door, body):
    answer = await door.post("/v1/batch", body, status=400)
    assert set(answer) == {"code", "message", "detail"}


async def test_limits_are_a_413(door):
    event = {"type": "track", "event": "A", "userId": "u1"}
    await door.post("/v1/batch", {"batch": [event] * 2_501}, status=413)
    await door.post("/v1/batch", b"[" + b" " * reading.MOST_BYTES + b"]", status=413)
    bomb = gzip.compress(b"[" + b" " * reading.MOST_DECOMPRESSED + b"]")
    answer = await door.post("/v1/batch", bomb, status=413)
    assert answer["code"] == "TOO_LARGE"
    assert await stored() == await letters() == []


async def test_2500_events_are_taken(door):
    batch = [
        {"type": "track", "event": "A", "userId": f"u{number % 50}", "messageId": str(number)}
        for number in range(2_500)
    ]
    assert await door.post("/v1/batch", {"batch": batch}) == counts(2_500)
    assert await db.value("SELECT count(*) FROM profile.member") == 50


async def test_an_event_that_is_too_large_never_loses_its_batch(door):
    good = {"type": "track", "event": "A", "userId": "u1", "messageId": "good"}
    large = {**good, "messageId": "large", "properties": {"text": "x" * 32 * 1024}}
    assert await door.post("/v1/batch", {"batch": [large, good]}) == counts(1, 0, 1)
    [letter] = await letters()
    assert (letter["reason"], letter["message_id"]) == ("too_large", "large")
    assert letter["body"]["properties"]["text"] == "x" * 32 * 1024


async def test_the_wrong_method_names_the_right_one(door, client):
    answer = await client.get("/v1/track")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")
    assert set(answer.json()) == {"code", "message", "detail"}


async def test_segments_settings(door, client):
    answer = await client.get(f"/v1/projects/{door.key}/settings")
    assert answer.status_code == 200
    assert answer.json() == {
        "integrations": {"Segment.io": {"apiKey": door.key}},
        "metrics": {"sampleRate": 0},
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
    }
    assert (await client.get("/v1/projects/wk_unknown/settings")).status_code == 401


@pytest.mark.parametrize("path", ["/flags/?v=2", "/decide/?v=3", "/flags", "/decide"])
async def test_posthogs_flags_are_off(door, path):
    answer = await door.post(path, {"api_key": door.key, "distinct_id": "u1"}, auth=None)
    assert (answer["flags"], answer["featureFlags"]) == ({}, {})
    await door.post(path, {"api_key": "wk_unknown"}, auth=None, status=401)


async def test_a_pixel_stores_an_event_and_is_an_image(door, client):
    event = {"writeKey": door.key, "userId": "u1", "event": "Mail opened", "properties": {"mail": "m1"}}
    data = base64.b64encode(json.dumps(event).encode()).decode().rstrip("=")
    answer = await client.get("/pixel/v1/track", params={"data": data})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.content.startswith(b"GIF89a")
    await client.get(
        "/pixel/v1/page", params={"writeKey": door.key, "anonymousId": "a1", "properties.path": "/"}
    )
    rows = await stored()
    assert [row["kind"] for row in rows] == ["app.Mail opened", "app.page"]
    assert rows[1]["properties"] == {"path": "/"}


async def test_a_pixel_loaded_twice_is_two_events(door, client):
    query = {"writeKey": door.key, "anonymousId": "a1"}
    await client.get("/pixel/v1/page", params=query)
    await client.get("/pixel/v1/page", params=query)
    assert len(await stored()) == 2


async def test_the_browsers_own_metrics_are_no_events_and_need_no_key(door):
    body = {"series": [{"type": "Counter", "metric": "analytics_js.invoke", "value": 1, "tags": {}}]}
    assert await door.post("/v1/m", body) == counts()
    assert await door.post("/v1/m", body, auth=None) == counts()
    assert await stored() == []


@pytest.fixture
async def away(fresh):
    """The database is gone: the pool of this process leads to a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    await db.close()
    db.engine.pool = await asyncpg.create_pool(f"postgresql://marque@127.0.0.1:{port}/marque", min_size=0)
    yield
    await db.engine.pool.close()
    db.engine.pool = None


@pytest.mark.commits
async def test_the_database_away_is_a_503_with_retry_after(away, client):
    for path in ("/v1/track", "/v1/batch", "/capture/", "/v1/projects/wk_x/settings"):
        is_read = path.endswith("settings")
        answer = await (
            client.get(path)
            if is_read
            else client.post(path, json={"event": "A", "userId": "u1"}, auth=("wk_x", ""))
        )
        assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True), path
        assert set(answer.json()) == {"code", "message", "detail"}


ASKED = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
}


async def test_a_preflight_is_answered_for_the_origins_of_sources(app_door, client):
    answer = await client.options("/v1/t", headers={"origin": "https://shop.example", **ASKED})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    allowed = answer.headers["access-control-allow-headers"]
    assert {"authorization", "content-type", "x-retry-count"} <= set(allowed.split(", "))
    other = await client.options("/v1/t", headers={"origin": "https://elsewhere.example", **ASKED})
    assert "access-control-allow-origin" not in other.headers


async def test_an_answer_may_be_read_by_the_sources_own_origins_only(app_door, door, client):
    for key, origin, is_readable in (
        (app_door.key, "https://shop.example", True),
        (app_door.key, "https://elsewhere.example", False),
        (door.key, "https://shop.example", False),
    ):
        answer = await client.post(
            "/v1/t", json={"event": "A", "anonymousId": "a1"}, auth=(key, ""), headers={"origin": origin}
        )
        assert answer.status_code == 200
        assert ("access-control-allow-origin" in answer.headers) is is_readable
    assert (
        "Retry-After"
        in (
            await client.get(
                f"/v1/projects/{app_door.key}/settings", headers={"origin": "https://shop.example"}
            )
        ).headers["access-control-expose-headers"]
    )


async def test_too_many_events_of_a_source_are_a_429(door, app_door, client, redis_url, monkeypatch):
    monkeypatch.setattr(settings(), "rate_limits", True)
    monkeypatch.setattr(rates, "_read_at", float("-inf"))
    await redis.close()
    await db.run("UPDATE foundation.rate_limit SET calls_per_minute = 1 WHERE id = 'source'")
    event = {"type": "track", "event": "A", "userId": "u1"}
    batch = [{**event, "messageId": str(number)} for number in range(rates.PLAY)]
    while time.time() % 60 > 50:  # all of it in one minute
        await asyncio.sleep(1)
    assert await door.post("/v1/batch", {"batch": batch}) == counts(rates.PLAY)
    answer = await client.post("/v1/batch", json={"batch": [event]}, auth=(door.key, ""))
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert len(await stored()) == rates.PLAY and await letters() == []
    assert await app_door.post("/v1/batch", {"batch": [{**event, "anonymousId": "a1"}]}) == counts(1)
    await redis.close()
    monkeypatch.setattr(rates, "_read_at", float("-inf"))


async def test_what_is_no_strict_json_but_real_is_taken(door):
    body = b'{"event":"A","userId":"u1","properties":{"nan":NaN,"half":"\\ud83d!","nul":1}}'
    assert await door.post("/v1/track", body) == counts(1)
    [row] = await stored()
    assert row["properties"] == {"nan": None, "half": "\ufffd!", "nul": 1}


async def test_text_that_cannot_be_stored_is_a_dead_letter(door):
    good = {"type": "track", "event": "A", "userId": "u1"}
    bad = {**good, "properties": {"text": "a\0b"}}
    assert await door.post("/v1/batch", {"batch": [bad, good]}) == counts(1, 0, 1)
    [letter] = await letters()
    assert (letter["reason"], letter["body"]["properties"]) == ("bad_text", {"text": "a\ufffdb"})


async def test_two_sources_do_not_share_ids_of_events_without_one(door, app_door):
    event = {"event": "A", "anonymousId": "a1", "timestamp": "2026-01-01T00:00:00Z"}
    assert await door.post("/v1/track", event) == counts(1)
    assert await app_door.post("/v1/track", event) == counts(1)
    assert await door.post("/v1/track", event) == counts(0, 1)
