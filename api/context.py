"""What a resolver knows about the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api import auth
from domain import clock
from domain.actor import Actor
from domain.foundation import ids


@dataclass
class Context:
    """The actor, the language of messages, and the id that logs and masked errors share.

    ``headers`` are those of the request in lower case, without the ones that prove who asks.
    """

    actor: Actor
    language: str = "zh-CN"
    request_id: str = ""
    valid_until: datetime | None = None
    is_bare: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)


#: Headers that no resolver sees.
_SECRET = frozenset({"authorization", "cookie", "x-write-key"})


async def build(
    headers: Mapping[str, str], ip: str | None = None, connection_params: Mapping[str, Any] | None = None
) -> Context:
    """The context of one request; a bad token raises UNAUTHENTICATED."""
    await clock.refresh()
    actor, valid_until = await auth.actor_from(headers, ip, connection_params)
    return Context(
        actor=actor,
        language=language_of(headers.get("accept-language", "")),
        request_id=headers.get("x-request-id", "")[:64] or str(ids.new()),
        valid_until=valid_until,
        headers={name: value for name, value in headers.items() if name not in _SECRET},
    )


def language_of(header: str) -> str:
    """zh-CN unless English is asked for first."""
    first = header.split(",", 1)[0].strip().lower()
    return "en" if first.startswith("en") else "zh-CN"
