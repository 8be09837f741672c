"""Headers in and out: a request id for every request, and what keeps browsers safe on every answer."""

from __future__ import annotations

import re

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from domain.foundation import ids
from domain.settings import settings

_REQUEST_ID = re.compile(r"^[\w.:-]{8,64}$")
_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_CLOSED = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_HSTS = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


def guarded(app: ASGIApp) -> ASGIApp:
    """The app with a request id (taken from the caller or made) and the security headers."""
    fixed = [*_ALWAYS, _HSTS] if settings().is_production else list(_ALWAYS)

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await app(scope, receive, send)
            return
        request_id = _request_id(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", []))
                names = {name.lower() for name, _ in given}
                closed = [] if b"content-security-policy" in names else [_CLOSED]
                message["headers"] = [*given, *fixed, *closed, (b"x-request-id", request_id.encode())]
            await send(message)

        await app(scope, receive, with_headers)

    return guard


def headers_of(scope: Scope) -> dict[str, str]:
    """The request's headers by lower-case name, the request id among them."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    headers["x-request-id"] = scope["marque_request_id"]  # type: ignore[typeddict-item]
    return headers


def ip_of(scope: Scope) -> str | None:
    """The caller's address; a proxy in front is known to the server that fills in ``client``."""
    client = scope.get("client")
    return client[0] if client else None


def _request_id(scope: Scope) -> str:
    given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
    request_id = given if _REQUEST_ID.match(given) else str(ids.new())
    scope["marque_request_id"] = request_id  # type: ignore[typeddict-unknown-key]
    return request_id
