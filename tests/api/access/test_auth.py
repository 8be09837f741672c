"""From headers to an actor."""

from __future__ import annotations

import base64

import pytest

from api.auth import actor_from
from domain.access import sessions, sources, tokens
from domain.access.sources import Trust
from domain.actor import SYSTEM, ActorKind
from domain.errors import Unauthenticated
from domain.foundation import ids

HEADERS = {"x-device-id": "d-1", "x-touchpoint": "app"}


async def test_without_a_token_the_caller_is_a_visitor_with_device_and_touchpoint():
    actor, until = await actor_from(HEADERS, "10.0.0.1")
    assert (actor.kind, actor.device, actor.touchpoint, actor.ip, until) == (
        ActorKind.VISITOR, "d-1", "app", "10.0.0.1", None,
    )  # fmt: skip


async def test_a_bearer_token_is_a_member_until_it_ends():
    member = ids.new()
    opened = await sessions.open(member=member, device="phone")
    actor, until = await actor_from({**HEADERS, "authorization": f"Bearer {opened.access_token}"}, None)
    assert (actor.member_id, actor.device, actor.touchpoint) == (member, "d-1", "app")
    assert until is not None


async def test_a_websocket_says_the_same_in_its_first_message():
    opened = await sessions.open(member=ids.new())
    actor, _ = await actor_from(
        {}, None, {"Authorization": f"bearer {opened.access_token}", "X-Touchpoint": "web"}
    )
    assert (actor.kind, actor.touchpoint) == (ActorKind.MEMBER, "web")


def basic(user: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:".encode()).decode()


async def test_a_write_key_is_its_source_however_it_comes():
    source, key = await sources.register(
        SYSTEM, "shop", "SERVER", Trust.SERVER, scopes=["tracking", "commerce"]
    )
    for headers in ({"authorization": basic(key)}, {"authorization": f"Bearer {key}"}, {"x-write-key": key}):
        actor, until = await actor_from(headers, None)
        assert (actor.kind, actor.id, actor.roles, until) == (
            ActorKind.SOURCE,
            source.id,
            frozenset({"source"}),
            None,
        )
        assert actor.scopes == {"tracking", "commerce"}


async def test_a_rotated_or_disabled_key_is_refused():
    source, old = await sources.register(SYSTEM, "shop", "SERVER", Trust.SERVER)
    _, new = await sources.rotate(SYSTEM, source.id)
    with pytest.raises(Unauthenticated):
        await actor_from({"x-write-key": old}, None)
    await actor_from({"x-write-key": new}, None)
    await sources.disable(SYSTEM, source.id)
    with pytest.raises(Unauthenticated):
        await actor_from({"x-write-key": new}, None)


@pytest.mark.parametrize(
    "value",
    [
        "Bearer x",
        "Bearer",
        "Basic !!!",
        "Basic //8=",
        "Digest abc",
        "token",
        "Bearer wk_none",
        basic("nobody"),
    ],
)
async def test_what_is_no_authorization_is_unauthenticated(value):
    with pytest.raises(Unauthenticated):
        await actor_from({"authorization": value}, None)


async def test_a_development_write_key_is_stable_and_works():
    first = await tokens.development_token("source")
    assert first == await tokens.development_token("source")
    actor, _ = await actor_from({"x-write-key": first}, None)
    assert actor.kind is ActorKind.SOURCE
