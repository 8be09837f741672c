"""Requests as GraphQL-over-HTTP words them."""

from __future__ import annotations

import json

import pytest

HELLO = {"query": "{ hello }"}


async def test_a_post_answers_json_in_utf_8_without_escapes(client):
    answer = await client.post("/graphql", json=HELLO)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert "你好,世界".encode() in answer.content
    assert answer.json() == {"data": {"hello": "你好,世界"}, "extensions": {"cost": 1}}


async def test_the_new_media_type_is_answered_when_it_is_preferred(client):
    for accept, expected in (
        ("application/graphql-response+json", "application/graphql-response+json"),
        ("application/graphql-response+json, application/json;q=0.9", "application/graphql-response+json"),
        ("application/graphql-response+json;q=0.1, application/json", "application/json"),
        ("*/*", "application/json"),
    ):
        answer = await client.post("/graphql", json=HELLO, headers={"accept": accept})
        assert answer.headers["content-type"].startswith(expected), accept


async def test_get_serves_queries_only(client):
    assert (await client.get("/graphql", params=HELLO)).json()["data"] == {"hello": "你好,世界"}
    answer = await client.get("/graphql", params={"query": "mutation { change }"})
    assert answer.status_code == 405
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"


@pytest.mark.parametrize(
    "body", [b"5", b"[]", b'[{"query": "{ hello }"}]', b'"text"', b"null", b"{", b"\xff", b"", b"{}"]
)
async def test_a_body_that_is_no_request_is_400(client, body):
    answer = await client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"
    assert "data" not in answer.json()


@pytest.mark.parametrize("name", ["query", "documentId", "operationName", "variables", "extensions"])
async def test_a_parameter_of_the_wrong_type_is_400(client, name):
    answer = await client.post("/graphql", json={**HELLO, name: 5})
    assert answer.status_code == 400
    assert name in answer.json()["errors"][0]["message"]


async def test_a_lone_surrogate_is_400(client):
    body = b'{"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": "\\ud800"}}'
    answer = await client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


async def test_a_large_body_is_413_however_it_is_sent(client):
    body = json.dumps({**HELLO, "extensions": {"x": "x" * 300_000}}).encode()

    async def chunks():
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    for content in (body, chunks()):
        answer = await client.post("/graphql", content=content, headers={"content-type": "application/json"})
        assert answer.status_code == 413
        assert answer.json()["errors"][0]["message"] == "The request is larger than 256 KB."


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "multipart/form-data; boundary=x", "application/json; charset=latin-1"]
)
async def test_other_content_types_are_415(client, content_type):
    headers = {"content-type": content_type} if content_type else {}
    assert (
        await client.post("/graphql", content=b'{"query": "{ hello }"}', headers=headers)
    ).status_code == 415


async def test_other_methods_are_405(client):
    assert (await client.put("/graphql", json=HELLO)).status_code == 405


async def test_a_subscription_over_http_is_refused(client):
    answer = await client.post("/graphql", json={"query": "subscription { count }"})
    assert answer.status_code == 400
    assert "WebSocket" in answer.json()["errors"][0]["message"]


async def test_the_operation_is_chosen_by_name(client):
    two = {"query": "query A { hello } query B { items(first: 1) { nodes { name } } }"}
    assert (await client.post("/graphql", json={**two, "operationName": "A"})).json()["data"] == {
        "hello": "你好,世界"
    }
    assert (await client.post("/graphql", json={**two, "operationName": "C"})).json()["errors"][0][
        "extensions"
    ] == {"code": "BAD_INPUT"}
    assert "errors" in (await client.post("/graphql", json=two)).json()


async def test_every_answer_carries_the_request_id_and_the_security_headers(client):
    answer = await client.post("/graphql", json=HELLO, headers={"x-request-id": "app-12345678"})
    assert answer.headers["x-request-id"] == "app-12345678"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    other = await client.post("/graphql", json=HELLO, headers={"x-request-id": "bad\tid"})
    assert len(other.headers["x-request-id"]) == 36
