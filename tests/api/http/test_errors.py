"""Errors carry a code of the public contract, or are masked and logged once."""

from __future__ import annotations

import pytest


def lines_of(caplog):
    """What was logged at warning or above."""
    return [record.msg for record in caplog.records if record.levelname in ("WARNING", "ERROR", "CRITICAL")]


async def errors_of(client, query, **headers):
    answer = await client.post("/graphql", json={"query": query}, headers=headers)
    return answer, [error["extensions"] for error in answer.json()["errors"]]


async def test_an_unknown_exception_is_masked_and_logged_once(client, caplog):
    answer, (extensions,) = await errors_of(client, "{ boom hello }")
    assert answer.status_code == 200
    assert extensions == {"code": "INTERNAL", "requestId": answer.headers["x-request-id"]}
    assert "13800000000" not in answer.text
    assert answer.json()["data"] == {"boom": None, "hello": "你好,世界"}
    (line,) = lines_of(caplog)
    assert line["request_id"] == extensions["requestId"]
    assert isinstance(line["exc_info"], RuntimeError)


async def test_a_masked_message_is_in_the_callers_language(client):
    answer, _ = await errors_of(client, "{ boom }", **{"accept-language": "en"})
    assert answer.json()["errors"][0]["message"].startswith("Something went wrong")
    answer, _ = await errors_of(client, "{ boom }")
    assert answer.json()["errors"][0]["message"].startswith("服务")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ forbidden }", {"code": "FORBIDDEN"}),
        (
            "{ limited }",
            {"code": "RATE_LIMITED", "retryAfterSeconds": 7, "limit": 10, "remaining": 0, "resetAt": None},
        ),
        ("{ refused }", {"code": "BAD_INPUT", "problems": [{"path": "name", "message": "Too long."}]}),
        ("{ nothingLikeThis }", {"code": "BAD_INPUT"}),
        ("{", {"code": "BAD_INPUT"}),
        ("query($n: String!) { hello(name: $n) }", {"code": "BAD_INPUT"}),
        ("{ hello(name: 5) }", {"code": "BAD_INPUT"}),
    ],
)
async def test_a_clients_mistake_has_a_code_and_leaves_no_traceback(client, caplog, query, expected):
    _, extensions = await errors_of(client, query)
    assert extensions == [expected]
    assert lines_of(caplog) == []


async def test_a_database_that_is_away_is_503_and_comes_with_retry_after(client):
    answer, (extensions,) = await errors_of(client, "{ lost }")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert extensions["code"] == "INTERNAL"
    assert "postgres" not in answer.text


async def test_what_takes_too_long_is_stopped(client, monkeypatch):
    from domain.settings import settings

    monkeypatch.setattr(settings(), "execution_timeout_seconds", 0.05)
    answer, (extensions,) = await errors_of(client, "{ slow }")
    assert answer.status_code == 503
    assert extensions["code"] == "INTERNAL"
