"""A GraphQL request, read from HTTP as the GraphQL-over-HTTP specification words it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar.types import Receive, Scope

from api import documents
from domain.settings import settings

DEEPEST = 50
#: A client that sends more than this many times the limit is cut off while it sends.
DISCARDED_BODIES = 64


class Malformed(Exception):
    """The request cannot be read; ``status`` is the HTTP status that says why."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Request:
    """What to run; ``query`` is a :class:`documents.Trusted` when it came from the manifest."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


async def read(scope: Scope, receive: Receive, headers: Mapping[str, str]) -> Request:
    """The request of a GET or POST; raises Malformed, or NOT_FOUND for an unknown document."""
    if scope["method"] == "GET":
        return await parsed(_from_url(scope["query_string"]))
    _must_be_json(headers)
    return await parsed(_json(await _body(receive), "The body"))


async def parsed(params: Any) -> Request:
    """The request in these parameters, each checked for its type."""
    if not isinstance(params, dict):
        raise Malformed(400, "The body must be one JSON object with the GraphQL request.")
    for name, kinds, words in (
        ("query", str, "a string"),
        ("documentId", str, "a string"),
        ("operationName", str, "a string"),
        ("variables", dict, "an object"),
        ("extensions", dict, "an object"),
    ):
        if not isinstance(params.get(name), kinds | None):
            raise Malformed(400, f"`{name}` must be {words} or null.")
    query, document_id = params.get("query"), params.get("documentId")
    if query and document_id:
        raise Malformed(400, "Send `query` or `documentId`, not both.")
    if not query and not document_id:
        raise Malformed(400, "The request has neither `query` nor `documentId`.")
    text = await documents.text_of(document_id) if document_id else query
    return Request(text, params.get("variables"), params.get("operationName") or None)


def _from_url(query_string: bytes) -> dict[str, Any]:
    params: dict[str, Any] = dict(parse_qsl(query_string.decode("ascii", "replace"), keep_blank_values=True))
    for name in ("variables", "extensions"):
        if name in params:
            params[name] = _json(params[name].encode(), f"`{name}`") if params[name] else None
    return params


def _must_be_json(headers: Mapping[str, str]) -> None:
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    if media_type.strip().lower() != "application/json":
        raise Malformed(415, "Send the request as application/json.")
    charset = parameters.lower().replace(" ", "").partition("charset=")[2].strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise Malformed(415, "Send the request in UTF-8.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Malformed(415, "Send the request without a content encoding.")


async def _body(receive: Receive) -> bytes:
    """The whole body; one that is too large is read to its end (within reason) so that the answer arrives."""
    limit = settings().graphql_body_bytes
    chunks: list[bytes] = []
    size, more = 0, True
    while more and size <= limit * DISCARDED_BODIES:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed(400, "The client went away.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        more = message.get("more_body", False)
    if size > limit:
        raise Malformed(413, f"The request is larger than {limit // 1024} KB.", {"connection": "close"})
    return b"".join(chunks)


def _json(text: bytes, what: str) -> Any:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed(400, f"{what} is not JSON in UTF-8.") from None
    if text.count(b"[") + text.count(b"{") > DEEPEST and not _is_flat(value):
        raise Malformed(400, f"{what} is nested more than {DEEPEST} levels deep.")
    return value


def _is_flat(value: Any) -> bool:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            return False
        nested = [v for v in level if isinstance(v, dict | list)]
        level = [inner for v in nested for inner in (v.values() if isinstance(v, dict) else v)]
    return True
