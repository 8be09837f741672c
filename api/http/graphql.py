"""The one GraphQL endpoint: POST and GET, the playground for browsers, WebSockets for subscriptions."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError
from litestar import WebSocket, asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send
from strawberry import Schema

from api import context as contexts
from api import errors, rates
from api.http import request, run, websocket
from api.http.answer import Answer, send, wants_html
from api.http.headers import headers_of, ip_of
from api.playground import page


def endpoint(schema: Schema) -> ASGIRouteHandler:
    """The handler of ``/graphql`` for this schema."""

    @asgi("/graphql", copy_scope=False)
    async def graphql(scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        if scope["type"] == "websocket":
            await websocket.serve(schema, WebSocket(scope, receive, send), headers, ip_of(scope))
        elif scope["type"] == "http":
            await _http(schema, scope, receive, send, headers)

    return graphql


async def _http(schema: Schema, scope: Any, receive: Receive, out: Send, headers: dict[str, str]) -> None:
    accept = headers.get("accept", "")
    if scope["method"] == "GET" and wants_html(accept) and b"query=" not in scope["query_string"]:
        await page.send(scope, out)
        return
    if scope["method"] not in ("GET", "POST"):
        await send(
            _malformed(request.Malformed(405, "Send a GET or a POST.", {"allow": "GET, POST"})), out, accept
        )
        return
    await send(await _answer(schema, scope, receive, headers), out, accept)


async def _answer(schema: Schema, scope: Any, receive: Receive, headers: dict[str, str]) -> Answer:
    language = contexts.language_of(headers.get("accept-language", ""))
    try:
        asked = await request.read(scope, receive, headers)
        context = await contexts.build(headers, ip_of(scope))
        await rates.count(context.actor)
    except request.Malformed as exc:
        return _malformed(exc)
    except Exception as exc:
        return run.refusal(exc, headers["x-request-id"], language)
    allowed = run.READ_ONLY if scope["method"] == "GET" else run.ONE_ANSWER
    return await run.run(schema, asked.query, asked.variables, asked.operation_name, context, allowed)


def _malformed(exc: request.Malformed) -> Answer:
    shown = errors.shown([GraphQLError(str(exc), extensions={"code": "BAD_INPUT"})], "")
    return Answer(errors=shown, is_executed=False, status=exc.status, headers=dict(exc.headers))
