"""A real community's dump goes in through the command, and its figures and points come out through GraphQL."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import shared
from tests.journeys import replay
from tests.running import Running

pytestmark = pytest.mark.journey

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "stackexchange"
MEMBERS = """query($after: String) { members(first: 100, after: $after) {
    nodes { id } pageInfo { hasNextPage endCursor } } }"""


def ask(url: str, bearer: str, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = httpx.post(
        f"{url}/graphql", json={"query": query, "variables": variables or {}}, timeout=60,
        headers={"authorization": f"Bearer {bearer}", "accept-language": "en"},
    ).json()  # fmt: skip
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def drained(url: str, bearer: str) -> None:
    """Wait until the worker has worked off the outbox and what it made due."""
    until = time.monotonic() + 120
    query = '{ profileHealth { pendingCount aggregateDrift deadLetterCount } ledgerHealth(codes: ["I12"]) { isHealthy } }'
    while True:
        found = ask(url, bearer, query)
        if found["profileHealth"]["pendingCount"] == 0 and found["ledgerHealth"]["isHealthy"]:
            assert found["profileHealth"] == {"pendingCount": 0, "aggregateDrift": 0, "deadLetterCount": 0}
            return
        assert time.monotonic() < until, "the outbox did not empty"
        time.sleep(0.5)


def at_rest(url: str, bearer: str) -> dict[str, int]:
    """Everybody's points once the outbox is empty and the worker, who looks every second, finds nothing due either."""
    until = time.monotonic() + 120
    shown: dict[str, int] = {}
    while True:
        drained(url, bearer)
        before, shown = shown, points_of_all(url, bearer)
        if shown == before:
            return shown
        assert time.monotonic() < until, "balances do not come to rest"
        time.sleep(2.5)


def points_of_all(url: str, bearer: str) -> dict[str, int]:
    """Member id -> POINTS, over all members."""
    found: dict[str, int] = {}
    after = None
    while True:
        page = ask(url, bearer, MEMBERS, {"after": after})["members"]
        ids = [node["id"] for node in page["nodes"]]
        for start in range(0, len(ids), 20):
            parts = ids[start : start + 20]
            asked = " ".join(
                f'm{n}: points(memberId: "{each}") {{ wallet(code: "POINTS") {{ available }} }}'
                for n, each in enumerate(parts)
            )
            answers = ask(url, bearer, f"{{ {asked} }}")
            for n, each in enumerate(parts):
                found[each] = int(answers[f"m{n}"]["wallet"]["available"])
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("dump", ["sample", "se_bike"])
def test_every_balance_after_an_import_equals_an_independent_replay(dump: str, up, servers) -> None:
    source = SAMPLE if dump == "sample" else shared.path("data/se_bike")
    running: Running = up(**servers)
    rejects = running.folder.parent / "rejects.jsonl"
    url = running.url()
    running.inside("domain.points.community_rule:publish()")
    first = json.loads(
        running.run("import", "stackexchange", str(source), "--rules", "apply", "--json", "--rejects", str(rejects))
    )  # fmt: skip
    assert first["accepted"] + first["rejected"] == first["rows"]
    assert len(rejects.read_text().splitlines()) == first["rejected"]
    admin = running.token("admin")
    before = at_rest(url, admin)
    again = json.loads(
        running.run("import", "stackexchange", str(source), "--rules", "apply", "--json", "--rejects", str(rejects))
    )  # fmt: skip
    assert (again["accepted"], again["unchanged"]) == (0, first["accepted"])
    assert at_rest(url, admin) == before, "importing twice changes nothing"
    expected = replay.balances(source)
    held = {external: before[member] for external, member in _members(url, admin, list(expected)).items()}
    assert held == expected
    assert sum(before.values()) == sum(expected.values()), "nobody else has any"
    health = ask(url, admin, "{ ledgerHealth { isHealthy checks { code violations } } }")
    assert health["ledgerHealth"]["isHealthy"], health


def _members(url: str, bearer: str, external_ids: list[str]) -> dict[str, str]:
    found = {}
    for start in range(0, len(external_ids), 20):
        parts = external_ids[start : start + 20]
        asked = " ".join(
            f'm{n}: memberByIdentity(type: "user_id:stackexchange", value: "{each}") {{ id }}'
            for n, each in enumerate(parts)
        )
        answers = ask(url, bearer, f"{{ {asked} }}")
        found |= {each: answers[f"m{n}"]["id"] for n, each in enumerate(parts)}
    return found
