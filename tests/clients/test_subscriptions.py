"""Subscriptions, with the client that apps use."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, development
from domain.access import sessions, signing, tokens


def test_a_graphql_ws_client_receives_every_result(node, small):
    answer = node("subscribe.mjs", _socket(small), "subscription { count(to: 3) }")
    assert [result["data"] for result in answer["results"]] == [{"count": 0}, {"count": 1}, {"count": 2}]


def test_a_query_and_a_mutation_run_over_the_socket_too(node, small):
    assert node("subscribe.mjs", _socket(small), "{ hello }")["results"][0]["data"] == {"hello": "你好,世界"}
    assert node("subscribe.mjs", _socket(small), "mutation { change }")["results"][0]["data"] == {
        "change": "changed"
    }


def test_an_exception_in_a_stream_is_masked(node, small):
    answer = node("subscribe.mjs", _socket(small), "subscription { broken }")
    last = answer["results"][-1]["errors"][0]
    assert last["extensions"]["code"] == "INTERNAL"
    assert "13800000000" not in str(answer)


def test_a_mistake_in_the_operation_ends_it_with_bad_input(node, small):
    answer = node("subscribe.mjs", _socket(small), "subscription { nothingLikeThis }")
    assert answer["error"][0]["extensions"]["code"] == "BAD_INPUT"


def test_the_legacy_protocol_is_turned_away(node, small):
    assert node("protocol.mjs", _socket(small), "graphql-ws") == {"code": 1006}  # the client gives up itself
    assert node("protocol.mjs", _socket(small), "") == {"code": 4406}


def test_a_page_of_another_origin_is_turned_away(node, small):
    assert node("protocol.mjs", _socket(small), "graphql-transport-ws", "https://elsewhere.example") == {
        "status": 403
    }
    assert node("protocol.mjs", _socket(small), "graphql-transport-ws", small) == {
        "open": "graphql-transport-ws"
    }


@pytest.fixture
async def token(pool) -> str:
    return await development.token("member", member="a-subscriber")


async def follow(node, small, token):
    """Follow a stream without end; the answer is how it ended."""
    answer = await asyncio.to_thread(node, "subscribe.mjs", _socket(small), "subscription { endless }", token)
    assert [result["data"] for result in answer["results"]] == [{"endless": 1}]
    return answer["error"]


async def test_a_connection_outlives_several_keep_alives(node, small, token):
    following = asyncio.create_task(follow(node, small, token))
    await asyncio.sleep(3)
    assert not following.done()
    await sessions.end(UUID(signing.opened(token, use=signing.ACCESS)["sid"]))
    assert (await following)["code"] == 4403


async def test_a_connection_ends_when_the_member_is_suspended(node, small, token):
    member = (await tokens.actor_of(token)).member_id
    following = asyncio.create_task(follow(node, small, token))
    await asyncio.sleep(1.5)
    await sessions.suspend(member)
    try:
        assert (await following)["code"] == 4403
    finally:
        await sessions.restore(member)


async def test_a_connection_ends_with_its_token(node, small, token):
    now = clock.now()
    session = UUID(signing.opened(token, use=signing.ACCESS)["sid"])
    short = signing.signed(session, use=signing.ACCESS, issued_at=now, expires_at=now + timedelta(seconds=3))
    ended = await follow(node, small, short)
    assert ended["code"] == 4403
    assert ended["reason"].startswith("UNAUTHENTICATED")


async def test_a_bad_token_opens_nothing(node, small):
    answer = await asyncio.to_thread(node, "subscribe.mjs", _socket(small), "{ hello }", "nonsense")
    assert (answer["error"]["code"], answer["results"]) == (4403, [])


def _socket(url: str) -> str:
    return url.replace("http", "ws", 1) + "/graphql"
