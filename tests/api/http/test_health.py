"""Health and metrics."""

from __future__ import annotations

import httpx

from api.app import create_app
from domain.foundation import heartbeat
from domain.settings import settings
from tests.api.http import small


async def test_live_says_only_that_the_process_answers(client):
    assert (await client.get("/health/live")).json() == {"status": "ok"}


async def test_ready_names_every_part(client):
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert {name: part["ok"] for name, part in parts.items()} == {
        "database": True, "redis": True, "migrations": True, "worker": False, "drain": True,
    }  # fmt: skip
    assert parts["worker"]["reason"] == "no worker has reported yet"


async def test_ready_once_a_worker_has_reported(client):
    await heartbeat.beat("worker")
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


async def test_metrics_are_kept_by_operation_name(client):
    await client.post("/graphql", json={"query": "query Weather { hello }"})
    await client.post("/graphql", json={"query": "query Weather { boom }"})
    text = (await client.get("/metrics")).text
    assert 'marque_operation_seconds_count{operation="Weather",type="query"} 2.0' in text
    assert 'marque_operation_cost_sum{operation="Weather",type="query"} 2.0' in text
    assert 'marque_operation_errors_total{code="INTERNAL",operation="Weather",type="query"} 1.0' in text


async def test_metrics_are_for_this_machine_or_for_the_token(monkeypatch):
    from pydantic import SecretStr

    monkeypatch.setattr(settings(), "metrics_token", SecretStr("s3cret"))
    transport = httpx.ASGITransport(
        app=create_app(small.schema, is_standing_alone=False), client=("203.0.113.9", 1)
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://marque.test") as away:
        assert (await away.get("/metrics")).status_code == 401
        assert (await away.get("/metrics", headers={"authorization": "Bearer wrong"})).status_code == 401
        assert (await away.get("/metrics", headers={"authorization": "Bearer s3cret"})).status_code == 200
