"""What leaves Marque: protocols of the ports, and the adapter that the settings choose.

The default adapter of every port records what it would send (``foundation.recorded_send``); a brand names another
one in the settings and registers it here at start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from domain import clock, db
from domain.errors import Forbidden
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.settings import settings

#: Channels with a port of their own; the others (inbox, webhooks) are built in.
CHANNELS = ("PUSH", "SMS", "WECHAT", "EMAIL")


@dataclass(frozen=True)
class Send:
    """One message to one recipient; ``key`` is handed to the provider so that a repeat is not sent twice."""

    channel: str
    recipient: str
    template: str
    body: dict[str, Any] = field(default_factory=dict)
    key: str = ""


class Unregistered(Exception):
    """The provider does not know the recipient any more: the address is not to be used again."""


class Unavailable(Exception):
    """The provider could not be reached, or failed: the same send is tried again later."""


class Sender(Protocol):
    """Hands one message to a provider."""

    async def send(self, send: Send) -> None:
        """Send it, or raise (Unregistered: for good; anything else: try again); at least once per key."""


class RecordingSender:
    """Keeps what would have left, for development, demonstrations and tests."""

    async def send(self, send: Send) -> None:
        await db.run(
            "INSERT INTO foundation.recorded_send (id, channel, recipient, template, body, at) "
            "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
            ids.named("send", send.key) if send.key else ids.new(),
            send.channel, send.recipient, send.template, db.json(send.body), clock.now(),
        )  # fmt: skip


#: Adapters by provider name; real ones register themselves here when the process starts.
providers: dict[str, Callable[[], Sender]] = {"recording": RecordingSender}


def sender(channel: str) -> Sender:
    """The adapter of a channel: SMS, PUSH, WECHAT or EMAIL."""
    name = getattr(settings(), f"{channel.lower()}_provider")
    return providers[name]()


def is_recording(channel: str) -> bool:
    """Whether the channel only records."""
    return getattr(settings(), f"{channel.lower()}_provider") == "recording"


async def recorded(page: Page, channel: str | None = None, recipient: str | None = None) -> list[db.Row]:
    """What recording adapters kept, newest first; Forbidden when the channel (or every channel) really sends."""
    asked = [channel] if channel else list(CHANNELS)
    if not any(is_recording(each) for each in asked if each in CHANNELS):
        raise Forbidden("This channel really sends: there is nothing recorded to show.")
    at, after = page.after or (None, None)
    return await db.fetch(
        """SELECT id, channel, recipient, template, body, at FROM foundation.recorded_send
        WHERE ($1::text IS NULL OR channel = $1) AND ($2::text IS NULL OR recipient = $2)
        AND ($3::timestamptz IS NULL OR (at, id) < ($3, $4::uuid)) ORDER BY at DESC, id DESC LIMIT $5""",
        channel, recipient, at, after, page.limit + 1,
    )  # fmt: skip
