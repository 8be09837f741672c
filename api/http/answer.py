"""The answer to a GraphQL request: media type, status and bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from graphql import GraphQLError
from litestar.types import Send

JSON = "application/json; charset=utf-8"
GRAPHQL = "application/graphql-response+json; charset=utf-8"
RETRY_SECONDS = 2

_encoder = msgspec.json.Encoder(decimal_format="string", uuid_format="canonical")


@dataclass(slots=True)
class Answer:
    """A GraphQL result; ``is_executed`` is false when it failed before any field ran."""

    data: dict[str, Any] | None = None
    errors: Sequence[GraphQLError] = ()
    extensions: dict[str, Any] | None = None
    is_executed: bool = True
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The result as the specification orders it; without ``data`` when nothing was executed."""
        body: dict[str, Any] = {}
        if self.errors:
            body["errors"] = [error.formatted for error in self.errors]
        if self.is_executed:
            body["data"] = self.data
        if self.extensions:
            body["extensions"] = self.extensions
        return body


async def send(answer: Answer, send: Send, accept: str) -> None:
    """Send it as the media type that the client prefers."""
    media_type = _preferred(accept)
    status = answer.status or (400 if media_type == GRAPHQL and not answer.is_executed else 200)
    await send_bytes(
        send,
        status,
        media_type,
        _encoder.encode(answer.body()),
        {"cache-control": "no-store", **answer.headers},
    )


async def send_bytes(
    send: Send, status: int, media_type: str, body: bytes, headers: Mapping[str, str] | None = None
) -> None:
    """Send a whole response."""
    head = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def wants_html(accept: str) -> bool:
    """Whether a browser asks for a page."""
    return "text/html" in accept


def _preferred(accept: str) -> str:
    """application/json, unless application/graphql-response+json is liked better (or first, when liked the same)."""
    if "graphql-response+json" not in accept:
        return JSON
    likings: dict[str, tuple[float, int]] = {}
    for place, item in enumerate(accept.split(",")):
        name, *parameters = (part.strip() for part in item.lower().split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            likings.setdefault(name, (float(quality), -place))
        except ValueError:
            continue
    graphql = likings.get("application/graphql-response+json", (0.0, 0))
    return GRAPHQL if graphql[0] > 0 and graphql >= likings.get("application/json", (0.0, 0)) else JSON
