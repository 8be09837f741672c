"""GraphQL over HTTP, as the package graphql-http audits it."""

from __future__ import annotations

import httpx


def test_all_61_audits_are_ok(node, small):
    results = node("audits.mjs", f"{small}/graphql")
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61


def test_ten_megabytes_are_answered_with_413_and_not_with_a_broken_connection(small):
    body = b'{"query": "{ hello }", "extensions": {"x": "' + b"x" * 10_000_000 + b'"}}'
    with httpx.Client(trust_env=False, timeout=20) as client:
        for content in (body, (body[start : start + 65_536] for start in range(0, len(body), 65_536))):
            answer = client.post(
                f"{small}/graphql", content=content, headers={"content-type": "application/json"}
            )
            assert answer.status_code == 413
            assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"
        assert client.post(f"{small}/graphql", json={"query": "{ hello }"}).status_code == 200
