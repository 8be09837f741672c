"""Who reports: the write key, wherever an SDK puts it, and the app's token of a member beside it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from domain.access import sources, tokens
from domain.access.sources import Source
from domain.actor import Actor
from domain.errors import Unauthenticated

#: Names of the key in a query string or body, in the order in which they are believed.
NAMES = ("writeKey", "write_key", "api_key", "apiKey", "token")
LONGEST = 200


async def source_of(key: str | None) -> Source:
    """The enabled source of a key, or UNAUTHENTICATED."""
    if not key:
        raise Unauthenticated(
            "Send the source's write key: as Basic user name, in the query, or in the body."
        )
    source = await sources.by_key(key) if len(key) <= LONGEST else None
    if source is None or "tracking" not in source.scopes:
        raise Unauthenticated("This write key is not known, or its source is disabled.")
    return source


def in_headers(headers: Mapping[str, str]) -> str | None:
    """The key as the user name of Basic, as Bearer, or in X-Write-Key."""
    if given := headers.get("x-write-key"):
        return given.strip()
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() == "bearer" and secret.startswith("wk_"):
        return secret
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(secret, validate=True).decode().partition(":")[0] or None
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthenticated("This is no Basic authorization.") from None


def in_body(body: Any) -> str | None:
    """The key of a body, or of the first event in it."""
    if isinstance(body, list):
        return in_body(body[0]) if body and isinstance(body[0], dict) else None
    if key := named(body):
        return key
    properties = body.get("properties")
    if isinstance(properties, dict) and isinstance(properties.get("token"), str):
        return properties["token"]
    batch = body.get("batch")
    return in_body(batch) if isinstance(batch, list) else None


def named(given: Mapping[str, Any]) -> str | None:
    """The key under one of its names."""
    return next((given[name] for name in NAMES if isinstance(given.get(name), str) and given[name]), None)


async def member_of(headers: Mapping[str, str], ip: str | None) -> Actor | None:
    """The member whose access token came along (``Authorization: Bearer``), if one did; a bad one is refused."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or secret.strip().startswith("wk_"):
        return None
    actor = await tokens.actor_of(secret.strip(), ip=ip)
    return actor if actor.member_id else None
