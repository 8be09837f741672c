"""All seven SDKs while the API is killed: they send again by themselves, and nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.stack import postgres, process
from tests import prepared
from tests.clients.sdk import proxy
from tests.clients.sdk.test_sdks import CALLS, KINDS, browse, free_port, say
from tests.running import Running

pytestmark = pytest.mark.journey

MORE = 300  # several requests of every SDK: they send at most 100 events at a time
HEAL_SECONDS = 120
REGISTER = """mutation($input: RegisterSourceInput!) { registerSource(input: $input) {
    __typename ... on RegisterSourceSuccess { writeKey source { id } } } }"""


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """One Marque as users run it, whose API is killed again and again."""
    with tempfile.TemporaryDirectory(prefix="marque-sdk-", ignore_cleanup_errors=True) as parent:
        Path(parent).chmod(0o755)
        prepared.fill(Path(parent) / "data")
        one = Running(Path(parent) / "data")
        try:
            one.url()
            yield one
        finally:
            one.stop()


@pytest.fixture(scope="module")
def admin(running: Running) -> dict[str, str]:
    return {"authorization": f"Bearer {running.token('admin')}"}


def registered(running: Running, admin: dict[str, str], trust: str, *origins: str) -> tuple[str, str]:
    """(id, write key) of a source of its own, once the API answers again after the kill before."""
    assert process.wait_until(lambda: _is_ready(running), HEAL_SECONDS), running.said
    given = {"name": f"sdk {free_port()}", "kind": "OTHER", "trust": trust, "allowedOrigins": list(origins)}
    with httpx.Client(trust_env=False, timeout=60) as client:
        answer = client.post(
            f"{running.url()}/graphql", json={"query": REGISTER, "variables": {"input": given}}, headers=admin
        )
    made = answer.json()["data"]["registerSource"]
    return made["source"]["id"], made["writeKey"]


def _is_ready(running: Running) -> bool:
    try:
        return httpx.get(f"{running.url()}/health/ready", trust_env=False, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def kill(running: Running) -> None:
    os.kill(running.children()["api"], signal.SIGKILL)


def rows(running: Running, select: str, source: str, where: str = "true") -> list[str]:
    """One column of what this source reported, in order."""
    found = postgres.query(
        running.layout,
        f"SELECT {select} FROM profile.interaction WHERE source = '{source}' AND {where} ORDER BY 1",
    )
    return found.splitlines()


def letters(running: Running, source: str) -> str:
    return postgres.query(
        running.layout, f"SELECT count(*) FROM profile.dead_letter WHERE source = '{source}'"
    )


@pytest.mark.parametrize(("language", "sdk"), KINDS)
def test_a_killed_api_loses_and_doubles_nothing(language, sdk, running, admin, node) -> None:
    source, key = registered(running, admin, "SERVER")
    with proxy.standing(running.url(), kill=lambda: kill(running)) as (url, seen):
        assert say(language, sdk, url, key, f"{language}-{sdk}", MORE, node) == []
    assert seen.is_killed
    assert rows(running, "kind", source, "kind <> 'app.Driven'") == sorted(KINDS[language, sdk])
    driven = rows(running, "(properties ->> 'number')::int", source, "kind = 'app.Driven'")
    assert driven == [str(number) for number in range(MORE)]
    assert letters(running, source) == "0"


def test_a_killed_api_loses_and_doubles_nothing_of_a_browser(running, admin, node, browser) -> None:
    port = free_port()
    source, key = registered(running, admin, "CLIENT", f"http://127.0.0.1:{port}")
    with proxy.standing(running.url(), kill=lambda: kill(running)) as (url, seen):
        answer = browse(url, key, "browser", port, browser, node)
    assert seen.is_killed and seen.preflights > 0
    assert answer == {"problems": [], "statuses": [200] * 7}
    assert rows(running, "kind", source) == sorted([*CALLS, "app.Seen"])
    assert letters(running, source) == "0"
