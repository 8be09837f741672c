"""Calls a minute, by member, device and address."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from api import rates, redis
from domain import db
from domain.errors import RateLimited
from domain.foundation import ids
from domain.settings import settings


@pytest.fixture
async def counted(redis_url, monkeypatch):
    """Limits are on and read anew; nothing was counted yet."""
    monkeypatch.setattr(settings(), "rate_limits", True)
    monkeypatch.setattr(rates, "PLAY", 1)
    monkeypatch.setattr(rates, "_read_at", float("-inf"))
    await redis.close()
    yield
    await redis.close()
    monkeypatch.setattr(rates, "_read_at", float("-inf"))


async def test_the_call_after_the_last_one_is_rate_limited(client, counted):
    await db.run("UPDATE foundation.rate_limit SET calls_per_minute = 3 WHERE id = 'device'")
    headers = {"x-device-id": f"phone-{id(counted)}-{db.engine}"}
    answers = [await client.post("/graphql", json={"query": "{ hello }"}, headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    facts = answers[-1].json()["errors"][0]["extensions"]
    assert (facts["code"], facts["limit"], facts["remaining"]) == ("RATE_LIMITED", 3, 0)
    assert answers[-1].headers["retry-after"] == str(facts["retryAfterSeconds"])
    assert (await client.post("/graphql", json={"query": "{ hello }"})).status_code == 200


async def test_while_redis_is_away_calls_pass(client, counted, monkeypatch):
    from pydantic import SecretStr

    await db.run("UPDATE foundation.rate_limit SET calls_per_minute = 1")
    monkeypatch.setattr(settings(), "redis_url", SecretStr("redis://127.0.0.1:1/0"))
    headers = {"x-device-id": "phone-away"}
    for _ in range(3):
        answer = await client.post("/graphql", json={"query": "{ hello }"}, headers=headers)
        assert answer.status_code == 200


async def test_a_busy_source_is_counted_here_and_over_all_processes(counted, monkeypatch):
    await db.run("UPDATE foundation.rate_limit SET calls_per_minute = 10 WHERE id = 'source'")
    monkeypatch.setattr(rates, "time", SimpleNamespace(time=lambda: 6_000.0 * 60, monotonic=time.monotonic))
    monkeypatch.setattr(rates, "ASK_AGAIN_SECONDS", 3_600)
    source, pool = ids.new(), await redis.pool()
    key = f"events:{source}:6000"
    for _ in range(3):
        await rates.count_events(source, 2)
    assert int(await pool.get(key)) == 2, "the rest waits for the next time that Redis is asked"
    with pytest.raises(RateLimited):
        await rates.count_events(source, 5)
    await pool.incrby(key, 4)  # another process
    monkeypatch.setattr(rates, "ASK_AGAIN_SECONDS", 0)
    with pytest.raises(RateLimited):
        await rates.count_events(source, 1)
    assert int(await pool.get(key)) == 2 + 4 + 9 + 1


async def test_while_redis_is_away_events_pass(counted, monkeypatch):
    from pydantic import SecretStr

    await db.run("UPDATE foundation.rate_limit SET calls_per_minute = 1")
    monkeypatch.setattr(settings(), "redis_url", SecretStr("redis://127.0.0.1:1/0"))
    source = ids.new()
    for _ in range(3):
        await rates.count_events(source, 2)
