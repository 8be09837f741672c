"""Beside GraphQL: other routes, other origins, the wake-up of the drain."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from litestar import get

from api import nudge, redis
from api.app import create_app
from domain.errors import Forbidden
from domain.settings import settings
from tests.api.http import small


def client_of(**options):
    app = create_app(small.schema, is_standing_alone=False, **options)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://marque.test")


async def test_other_routes_mask_what_nobody_expected():
    @get("/boom")
    async def boom() -> None:
        raise RuntimeError("the phone number is 13800000000")

    @get("/forbidden")
    async def forbidden() -> None:
        raise Forbidden("Not for you.")

    @get("/lost")
    async def lost() -> None:
        raise ConnectionRefusedError("no postgres")

    async with client_of(routes=[boom, forbidden, lost]) as client:
        answer = await client.get("/boom")
        assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
        assert "13800000000" not in answer.text
        assert answer.json()["requestId"] == answer.headers["x-request-id"]
        assert (await client.get("/forbidden")).json() == {"code": "FORBIDDEN", "message": "Not for you."}
        answer = await client.get("/lost")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert (await client.get("/nothing")).status_code == 404


async def test_only_origins_of_the_settings_read_answers(monkeypatch):
    monkeypatch.setattr(settings(), "allowed_origins", "https://app.example")
    async with client_of() as client:
        for origin, allowed in (
            ("https://app.example", "https://app.example"),
            ("https://elsewhere.example", None),
        ):
            answer = await client.post("/graphql", json={"query": "{ hello }"}, headers={"origin": origin})
            assert answer.headers.get("access-control-allow-origin") == allowed
        asked = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
        assert (
            await client.options("/graphql", headers={"origin": "https://app.example", **asked})
        ).status_code == 204
        answer = await client.options("/graphql", headers={"origin": "https://elsewhere.example", **asked})
        assert answer.status_code == 400


async def test_browsers_are_told_to_stay_on_https_in_production(monkeypatch):
    monkeypatch.setattr(settings(), "env", "production")
    async with client_of() as client:
        answer = await client.get("/health/live")
        assert answer.headers["strict-transport-security"].startswith("max-age=")


@pytest.fixture
async def queue(redis_url):
    await redis.close()
    pool = await redis.pool()
    await pool.delete("arq:job:drain", "arq:queue")
    yield pool
    await pool.delete("arq:job:drain", "arq:queue")
    await redis.close()


async def woken(queue) -> int:
    await asyncio.wait_for(nudge._task, 5)
    return await queue.zcard("arq:queue")


async def test_a_mutation_wakes_the_drain_once(client, queue):
    await client.post("/graphql", json={"query": "mutation { a: change b: change }"})
    assert await woken(queue) == 1
    assert await queue.exists("arq:job:drain")


async def test_a_call_in_the_pause_after_a_wake_up_wakes_the_drain_at_its_end(queue):
    nudge.drain_soon()
    while not await queue.zcard("arq:queue"):
        await asyncio.sleep(0.001)
    await queue.delete("arq:job:drain", "arq:queue")  # the worker has done it
    for _ in range(3):
        nudge.drain_soon()
    assert await woken(queue) == 1


async def test_a_query_wakes_nobody(client, queue):
    nudge._task = None
    await client.post("/graphql", json={"query": "{ hello }"})
    assert nudge._task is None


async def test_a_mutation_does_not_notice_that_redis_is_away(client, monkeypatch):
    from pydantic import SecretStr

    await redis.close()
    monkeypatch.setattr(settings(), "redis_url", SecretStr("redis://127.0.0.1:1/0"))
    answer = await client.post("/graphql", json={"query": "mutation { change }"})
    assert answer.json()["data"] == {"change": "changed"}
    await asyncio.wait_for(nudge._task, 5)
