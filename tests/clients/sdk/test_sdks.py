"""Unmodified SDKs: everything they send is stored exactly once, whatever the network does."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from domain import db
from domain.access import sources
from domain.access.sources import Source, Trust
from domain.foundation import ids
from domain.profile import traits
from tests import make
from tests.clients.conftest import ROOT
from tests.clients.sdk import proxy

HERE = Path(__file__).parent
CALLS = ["app.Opened", "app.alias", "app.group", "app.identify", "app.page", "app.screen"]
PATIENCE_SECONDS = 180
KINDS = {
    ("python", "segment"): CALLS,
    ("python", "rudder"): CALLS,
    ("python", "posthog"): ["app.Opened", "app.alias", "app.group", "app.identify", "app.identify"],
    ("node", "segment"): CALLS,
    ("node", "rudder"): CALLS,
    ("node", "posthog"): ["app.Opened", "app.alias", "app.group", "app.identify"],
}


@pytest.fixture
async def source(pool) -> tuple[Source, str]:
    return await registered(Trust.SERVER)


async def registered(trust: Trust, *origins: str) -> tuple[Source, str]:
    """A source of its own, so that its rows can be told from those of other tests."""
    return await sources.register(
        make.staff("admin"), f"sdk {ids.new()}", "OTHER", trust, allowed_origins=list(origins)
    )


def say(language: str, sdk: str, url: str, key: str, person: str, more: int, node) -> list[str]:
    """Run the SDK in a process of its own; answers what it complained about."""
    if language == "node":
        return node("sdk/say.mjs", sdk, url, key, person, str(more), within=PATIENCE_SECONDS)["problems"]
    done = subprocess.run(
        [sys.executable, str(HERE / "say.py"), sdk, url, key, person, str(more)],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS, env=os.environ | {"NO_PROXY": "127.0.0.1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["problems"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def browse(url: str, key: str, person: str, port: int, browser: str, node) -> dict[str, list]:
    """Run the browser's SDK on a website at this port; answers what went wrong and the statuses that it saw."""
    return node("sdk/say_browser.mjs", url, key, person, browser, str(port), within=PATIENCE_SECONDS)


async def stored(source: Source) -> list[db.Row]:
    """What this source reported."""
    return await db.fetch(
        "SELECT i.kind, i.properties, m.root FROM profile.interaction AS i LEFT JOIN profile.member AS m "
        "ON m.id = i.member WHERE i.source = $1 ORDER BY i.kind",
        str(source.id),
    )


async def letters(source: Source) -> list[str]:
    rows = await db.fetch("SELECT reason FROM profile.dead_letter WHERE source = $1", source.id)
    return [row["reason"] for row in rows]


async def must_be_one_person(person: str) -> None:
    """Both ids lead to one root, which has the trait."""
    rows = await db.fetch(
        "SELECT DISTINCT m.root FROM profile.identity AS i JOIN profile.member AS m ON m.id = i.member "
        "WHERE i.value_norm = ANY($1)",
        [f"{person}-user", f"{person}-previous"],
    )
    assert len(rows) == 1
    assert await traits.values_of(rows[0]["root"], ["plan"]) == {"plan": "gold"}


@pytest.mark.parametrize("fault", proxy.FAULTS)
@pytest.mark.parametrize(("language", "sdk"), KINDS)
async def test_everything_is_stored_exactly_once(language, sdk, fault, marque, source, node):
    person = str(ids.new())
    registered_source, key = source
    with proxy.standing(marque, fault) as (url, seen):
        problems = await asyncio.to_thread(say, language, sdk, url, key, person, 30, node)
    assert problems == []
    assert set(seen.statuses) == {200}
    rows = await stored(registered_source)
    told = [row["kind"] for row in rows if row["kind"] != "app.Driven"]
    assert sorted(told) == KINDS[language, sdk]
    assert sorted(row["properties"]["number"] for row in rows if row["kind"] == "app.Driven") == list(
        range(30)
    )
    assert await letters(registered_source) == []
    await must_be_one_person(person)


@pytest.mark.parametrize("fault", proxy.FAULTS)
async def test_a_browser_on_another_origin_is_stored_exactly_once(fault, marque, pool, node, browser):
    person, port = str(ids.new()), free_port()
    source, key = await registered(Trust.CLIENT, f"http://127.0.0.1:{port}")
    with proxy.standing(marque, fault) as (url, seen):
        answer = await asyncio.to_thread(browse, url, key, person, port, browser, node)
    assert answer["problems"] == []
    assert seen.preflights > 0
    assert [row["kind"] for row in await stored(source)] == sorted([*CALLS, "app.Seen"])
    assert await letters(source) == []
    await must_be_one_person(person)


async def test_a_body_that_cannot_be_read_is_given_up_at_once(marque, source):
    """rudder-sdk-python reads code and message of an error, and sends a refused batch once only."""
    from rudderstack.analytics.request import APIError, post

    with pytest.raises(APIError) as refused:
        await asyncio.to_thread(post, "wk_unknown", marque, batch=[])
    assert (refused.value.status, refused.value.code) == (401, "UNAUTHENTICATED")
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{marque}/v1/batch", content=b"{", auth=(source[1], ""))
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message", "detail"}


async def test_an_alias_of_either_sdk_is_the_same_person(marque, pool, node):
    """PostHog: alias('a1', 'u1') in Python, and the other direction in Node."""
    person = str(ids.new())
    for language in ("python", "node"):
        _, key = await registered(Trust.SERVER)
        assert await asyncio.to_thread(say, language, "posthog", marque, key, person, 0, node) == []
    await must_be_one_person(person)
