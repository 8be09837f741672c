"""Subscriptions over ``graphql-transport-ws``: the token comes with connection_init and bounds the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import msgspec
import structlog
from graphql import GraphQLError
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect
from strawberry import Schema
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL as PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.types.unset import UNSET

from api import context, documents, errors, metrics, rates
from api.http import origins
from domain import clock
from domain.errors import TopLevel
from domain.settings import settings

log = structlog.get_logger("marque.websocket")

KEEP_ALIVE_SECONDS = 30.0
INIT_WITHIN = timedelta(seconds=10)
MOST_OPERATIONS = 50
UNAUTHORIZED, FORBIDDEN, SUBPROTOCOL = 4401, 4403, 4406


async def serve(schema: Schema, socket: WebSocket, headers: Mapping[str, str], ip: str | None) -> None:
    """Serve one connection until it ends."""
    if not origins.is_allowed(headers):
        await socket.close(code=1008)  # before accepting: the handshake answers 403
        return
    if PROTOCOL not in socket.scope["subprotocols"]:
        await socket.accept()
        await socket.close(code=SUBPROTOCOL, reason=f"Speak {PROTOCOL}.")
        return
    await socket.accept(subprotocols=PROTOCOL)
    await Handler(schema, _Socket(socket), headers, ip).handle()


class Handler(BaseGraphQLTransportWSHandler[Any, None]):
    """strawberry's handler with our context, trusted documents, a keep-alive and an end."""

    def __init__(self, schema: Schema, socket: _Socket, headers: Mapping[str, str], ip: str | None) -> None:
        super().__init__(
            view=_View(),  # type: ignore[arg-type]
            websocket=socket,  # type: ignore[arg-type]
            context=None,
            root_value=None,
            schema=schema,
            connection_init_wait_timeout=INIT_WITHIN,
            max_subscriptions_per_connection=MOST_OPERATIONS,
        )
        self.headers = headers
        self.ip = ip
        self.watch: asyncio.Task[None] | None = None
        self.payload: dict[str, Any] = {}
        self.has_ponged = True

    async def handle_connection_init(self, message: Any) -> None:
        payload = message.get("payload") or {}
        if not self.connection_init_received and isinstance(payload, dict):
            try:
                self.context = await context.build(self.headers, self.ip, payload)
                self.payload = payload
                await rates.count(self.context.actor)
            except Exception as exc:
                await self._turn_away(exc)
                return
        await super().handle_connection_init({**message, "payload": payload})
        if self.connection_acknowledged and self.watch is None:
            self.watch = asyncio.create_task(self._keep_alive())
            self.watch.add_done_callback(self._task_done)

    async def handle_subscribe(self, message: Any) -> None:
        if self.connection_acknowledged:
            try:
                await rates.count(self.context.actor)
                await self._resolve(message["payload"])
            except TopLevel as exc:
                await self._refuse(message["id"], exc)
                return
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Any) -> None:
        metrics.SUBSCRIPTIONS.inc()
        try:
            await super().run_operation(operation)
        finally:
            metrics.SUBSCRIPTIONS.dec()

    async def handle_pong(self, message: Any) -> None:
        self.has_ponged = True

    async def shutdown(self) -> None:
        if self.watch:
            self.watch.cancel()
        await super().shutdown()

    async def _resolve(self, payload: dict[str, Any]) -> None:
        """Put the text of a trusted document in the place of its id."""
        if payload.get("documentId") and not payload.get("query"):
            payload["query"] = await documents.text_of(str(payload["documentId"]))

    async def _refuse(self, operation: str, exc: TopLevel) -> None:
        raw = GraphQLError(str(exc), original_error=exc)
        shown = errors.shown([raw], self.context.request_id, self.context.language)
        await self.send_message({"id": operation, "type": "error", "payload": [e.formatted for e in shown]})

    async def _turn_away(self, exc: Exception) -> None:
        if not isinstance(exc, TopLevel):
            errors.report(exc, self.headers.get("x-request-id", ""))
        code = getattr(exc, "code", "INTERNAL")
        await self.websocket.close(FORBIDDEN, f"{code}: {exc}"[:120] if isinstance(exc, TopLevel) else code)

    async def _keep_alive(self) -> None:
        """Ping every 30 s; end when the client is gone, the token has expired or the member may no longer."""
        while True:
            await asyncio.sleep(self._until_next())
            if not await self._may_stay():
                await self._end(FORBIDDEN, "UNAUTHENTICATED: The token holds no longer.")
                return
            if not self.has_ponged:
                await self._end(1001, "The keep-alive was not answered.")
                return
            self.has_ponged = False
            with suppress(WebSocketDisconnected):
                await self.send_message({"type": "ping"})

    def _until_next(self) -> float:
        until = self.context.valid_until
        left = (until - clock.now()).total_seconds() if until else KEEP_ALIVE_SECONDS
        return max(0.05, min(KEEP_ALIVE_SECONDS, left))

    async def _may_stay(self) -> bool:
        """Whether the token still opens what it opened; operations see a changed role at once."""
        try:
            now = await context.build(self.headers, self.ip, self.payload)
        except TopLevel:
            return False
        except Exception as exc:  # a database that is away ends no connection
            errors.report(exc, self.context.request_id)
            return True
        self.context.actor, self.context.valid_until = now.actor, now.valid_until
        return True

    async def _end(self, code: int, reason: str) -> None:
        for operation in list(self.operations):
            await self.cleanup_operation(operation)
        with suppress(Exception):
            await self.websocket.close(code, reason)


class _View:
    """What strawberry's handler asks of a view."""

    async def on_ws_connect(self, context: Any) -> Any:
        return UNSET


class _Socket:
    """A WebSocket as strawberry's handler wants it."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        with suppress(WebSocketDisconnect):
            while self.socket.connection_state != "disconnect":
                text = await self.socket.receive_text()
                if text == "":
                    raise NonTextMessageReceived
                if len(text) > settings().graphql_body_bytes:
                    await self.close(1009, "The message is too large.")
                    return
                try:
                    message = msgspec.json.decode(text)
                except (msgspec.DecodeError, RecursionError):
                    raise NonJsonMessageReceived from None
                if not isinstance(message, dict):
                    raise NonJsonMessageReceived
                yield message

    async def send_json(self, message: Mapping[str, object]) -> None:
        try:
            await self.socket.send_text(msgspec.json.encode(message).decode())
        except WebSocketDisconnect as exc:
            raise WebSocketDisconnected from exc

    async def close(self, code: int, reason: str) -> None:
        await self.socket.close(code=code, reason=reason)
