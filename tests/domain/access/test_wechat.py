"""Signing in by WeChat, against a small server on loopback that answers as WeChat does."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from domain import db
from domain.access import oidc
from domain.access.errors import ProviderRefused
from domain.access.oidc import Protocol
from domain.errors import InvalidInput
from domain.profile import identities, members, sign_in
from tests import make

SECRET = "wechat-secret-1"
PATHS = {
    Protocol.WECHAT: ("/sns/oauth2/access_token", "code"),
    Protocol.WECHAT_MINI: ("/sns/jscode2session", "js_code"),
}


class WeChat:
    """``people`` are the answers by code."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        wechat = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = dict(parse_qsl(parts.query))
                wechat.asked.append((parts.path, query))
                code = query.get("code") or query.get("js_code") or ""
                answer = wechat.people.get(code, {"errcode": 40029, "errmsg": "invalid code"})
                self.send_response(200)
                self.send_header("content-type", "text/plain")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None: ...

        return Handler


@pytest.fixture
def wechat(monkeypatch):
    monkeypatch.setenv("MARQUE_OIDC_WECHAT", SECRET)
    running = WeChat()
    yield running
    running.server.shutdown()
    running.server.server_close()


async def defined(wechat: WeChat, protocol: Protocol, app_id: str, **changes: Any) -> oidc.Provider:
    given: dict[str, Any] = {
        "name": f"{protocol}-{app_id}", "title": "微信", "issuer": wechat.url, "client_id": app_id,
        "secret_name": "MARQUE_OIDC_WECHAT", "scopes": ["snsapi_userinfo"], "redirect_uris": [], "audience": "MEMBER",
        "is_enabled": True, "expected_version": None, "protocol": protocol, **changes,
    }  # fmt: skip
    return await oidc.define(make.staff("admin"), **given)


async def signed_in(provider: oidc.Provider, code: str, anonymous_id: str | None = None) -> sign_in.SignedIn:
    return await sign_in.with_oidc(
        make.visitor(), provider.name, code, redirect_uri="", nonce="", anonymous_id=anonymous_id
    )


async def named(root: Any) -> list[tuple[str, str, bool]]:
    return [(r["type"], r["value_norm"], r["is_verified"]) for r in await identities.of_root(root)]


@pytest.mark.parametrize("protocol", list(PATHS))
async def test_wechat_names_a_member_by_openid_and_unionid(wechat, protocol):
    provider = await defined(wechat, protocol, "wx1")
    wechat.people["c1"] = {
        "openid": "o-1",
        "unionid": "u-1",
        "session_key": "hidden",
        "access_token": "hidden",
    }
    first = await signed_in(provider, "c1", "a1")
    assert first.is_new and not (await signed_in(provider, "c1")).is_new
    assert await named(first.member) == [
        ("wechat_unionid", "u-1", True), ("wechat_openid:wx1", "o-1", True), ("anonymous_id", "a1", False),
    ]  # fmt: skip
    path, query = wechat.asked[0]
    assert (path, query) == (
        PATHS[protocol][0],
        {"appid": "wx1", "secret": SECRET, PATHS[protocol][1]: "c1", "grant_type": "authorization_code"},
    )
    kept = await db.value("SELECT string_agg(i.properties::text, ' ') FROM profile.interaction AS i")
    assert "hidden" not in kept


async def test_the_unionid_joins_the_apps_of_a_brand(wechat):
    app, mini = (
        await defined(wechat, Protocol.WECHAT, "wx1"),
        await defined(wechat, Protocol.WECHAT_MINI, "wx2"),
    )
    wechat.people |= {"app": {"openid": "o-1"}, "mini": {"openid": "o-2", "unionid": "u-1"}}
    alone, other = await signed_in(app, "app"), await signed_in(mini, "mini")
    assert alone.member != other.member, "nothing joins them yet"
    wechat.people["app"] = {"openid": "o-1", "unionid": "u-1"}
    both = await signed_in(app, "app")
    assert await members.root_of(alone.member) == await members.root_of(other.member) == both.member
    assert {type_ for type_, *_ in await named(both.member)} == {
        "wechat_unionid", "wechat_openid:wx1", "wechat_openid:wx2",
    }  # fmt: skip
    assert await db.value("SELECT rule FROM profile.merge") == "SIGN_IN"


@pytest.mark.parametrize("answer", [None, {}, {"errcode": 40163}, {"openid": ""}, ["openid"]])
async def test_a_code_that_wechat_does_not_know_is_refused(wechat, answer):
    provider = await defined(wechat, Protocol.WECHAT, "wx1")
    if answer is not None:
        wechat.people["stolen"] = answer
    with pytest.raises(ProviderRefused) as refused:
        await signed_in(provider, "stolen")
    assert SECRET not in str(refused.value)
    assert await db.value("SELECT count(*) FROM profile.member") == 0


async def test_wechat_that_is_away_is_refused(wechat, monkeypatch):
    provider = await defined(wechat, Protocol.WECHAT, "wx1")
    monkeypatch.delenv("MARQUE_OIDC_WECHAT")
    with pytest.raises(ProviderRefused):
        await signed_in(provider, "c1")
    assert wechat.asked == []
    monkeypatch.setenv("MARQUE_OIDC_WECHAT", SECRET)
    wechat.server.shutdown()
    wechat.server.server_close()
    with pytest.raises(ProviderRefused) as refused:
        await signed_in(provider, "c1")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "wrong", [{"secret_name": None}, {"audience": "STAFF"}, {"issuer": "http://api.weixin.qq.com"}]
)
async def test_what_cannot_be_wechat_is_refused(wechat, wrong):
    with pytest.raises(InvalidInput):
        await defined(wechat, Protocol.WECHAT, "wx1", **wrong)
    assert await oidc.providers() == []
