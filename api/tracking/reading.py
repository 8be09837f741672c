"""A request's body: whatever its Content-Type says, it is JSON, perhaps compressed, perhaps inside a form."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar.types import Receive

MOST_BYTES = 4 * 1024 * 1024
MOST_DECOMPRESSED = 32 * 1024 * 1024
#: A client that sends more than this many times the limit is cut off while it sends.
DISCARDED_BODIES = 16
_GZIP = b"\x1f\x8b"


class Unreadable(Exception):
    """The request cannot be taken; ``status`` is the HTTP status that says why."""

    def __init__(self, status: int, code: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.detail = status, code, detail


async def body(receive: Receive, headers: Mapping[str, str]) -> Any:
    """The JSON value of the body. Raises Unreadable with 400 or 413."""
    return decoded(_plain(await _bytes(receive), headers.get("content-encoding", "")))


def decoded(text: bytes) -> Any:
    """An object or an array. Takes what SDKs send although it is no strict JSON: NaN, halves of a surrogate pair."""
    if text.startswith(b"data="):
        text = from_base64(dict(parse_qsl(text.decode("latin-1"))).get("data", ""))
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        value = _leniently(text)
    except RecursionError:
        value = None
    if not isinstance(value, dict | list):
        raise Unreadable(400, "BAD_INPUT", "The body is no JSON object or array.", "Send JSON in UTF-8.")
    return value


def from_base64(text: str) -> bytes:
    """JSON in base64 (also for URLs, also without padding), or the text itself when it is JSON already."""
    if text.lstrip()[:1] in ("{", "["):
        return text.encode()
    try:
        packed = text.strip().replace(" ", "+").replace("-", "+").replace("_", "/")
        return _plain(base64.b64decode(packed + "=" * (-len(packed) % 4)), "")
    except (binascii.Error, ValueError):
        raise Unreadable(400, "BAD_INPUT", "`data` is neither JSON nor base64.") from None


def _leniently(text: bytes) -> Any:
    try:
        value = json.loads(text)
        # A round trip turns NaN into null and a lone surrogate into a replacement character.
        return msgspec.json.decode(msgspec.json.encode(_clean(value)))
    except (ValueError, RecursionError, UnicodeError):
        return None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_clean(key): _clean(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return value


async def _bytes(receive: Receive) -> bytes:
    """The whole body; one that is too large is read to its end (within reason) so that the answer arrives."""
    chunks: list[bytes] = []
    size, more = 0, True
    while more and size <= MOST_BYTES * DISCARDED_BODIES:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise Unreadable(400, "BAD_INPUT", "The client went away.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= MOST_BYTES:
            chunks.append(chunk)
        more = message.get("more_body", False)
    if size > MOST_BYTES:
        raise Unreadable(413, "TOO_LARGE", f"The body is larger than {MOST_BYTES} bytes.")
    return b"".join(chunks)


def _plain(content: bytes, encoding: str) -> bytes:
    """Decompressed when it begins like gzip; a body that only says so and does not is taken as it is."""
    if not content.startswith(_GZIP):
        if "gzip" in encoding.lower() and content[:1] not in (b"{", b"["):
            raise Unreadable(400, "BAD_INPUT", "The body is not gzip, although its Content-Encoding says so.")
        return content
    parts, left, size = [], content, 0
    try:
        while left.startswith(_GZIP):  # a gzip file may have several members
            member = zlib.decompressobj(wbits=31)
            part = member.decompress(left, MOST_DECOMPRESSED - size + 1)
            size += len(part)
            if size > MOST_DECOMPRESSED:
                raise Unreadable(
                    413, "TOO_LARGE", f"The body is larger than {MOST_DECOMPRESSED} bytes when decompressed."
                )
            if not member.eof:
                raise zlib.error("incomplete")
            parts.append(part)
            left = member.unused_data
    except zlib.error:
        raise Unreadable(400, "BAD_INPUT", "The body is no complete gzip.") from None
    return b"".join(parts)
