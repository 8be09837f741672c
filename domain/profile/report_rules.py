"""What is decided about a reported item without looking anywhere: its kind, its time, whether it can be stored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from domain.profile import catalogue, traits

MOST_BYTES = 32 * 1024
LONGEST_ID = 100
LONGEST_KIND = 200
#: Names that move points: only sources with the scope for it may report them, by a door of their own.
RESERVED = "commerce."
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(minutes=5)

#: Kinds that a selling source may report, each with what finds the wrong place in its properties; filled by wiring.
selling: dict[str, Callable[[str, Mapping[str, Any], datetime], str | None]] = {}

_sorted = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class Raw:
    """An item as a door received it, for the dead letters; ``door`` reads it again."""

    door: str
    body: Any
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One reported interaction; identities are (type, value), ``occurred_at`` is what the reporter's clock said.

    ``traits`` are set, ``traits_once`` only where they are missing. ``refusal`` is (reason, path) of an item that its
    door could not read. An item ``is_about_nobody`` when it concerns no member (a company's traits).
    """

    kind: str
    message_id: str | None = None
    occurred_at: datetime | None = None
    sent_at: datetime | None = None
    touchpoint: str | None = None
    session_key: str | None = None
    identities: tuple[tuple[str, str], ...] = ()
    subject_kind: str | None = None
    subject_id: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)
    traits_once: dict[str, Any] = field(default_factory=dict)
    is_about_nobody: bool = False
    refusal: tuple[str, str | None] | None = None
    raw: Raw | None = None

    def body(self) -> dict[str, Any]:
        """What two items must share to be the same fact; how and when it was sent is no part of it."""
        body: dict[str, Any] = {
            "kind": self.kind,
            "identities": sorted(self.identities),
            "occurredAt": self.occurred_at.isoformat() if self.occurred_at else None,
            "properties": self.properties,
            "subjectKind": self.subject_kind,
            "subjectId": self.subject_id,
        }
        if self.traits or self.traits_once:
            body |= {"traits": self.traits, "traitsOnce": self.traits_once}
        return body

    def digest(self) -> str:
        """sha256 over the body's JSON with sorted keys."""
        content = self.raw.body if self.refusal and self.raw else self.body()
        return hashlib.sha256(_sorted.encode(content)).hexdigest()


@dataclass(eq=False)
class Refused(Exception):
    """An item that cannot be taken, and where in it."""

    reason: str
    path: str | None = None


def kind_of(name: str, *, may_sell: bool = False) -> str:
    """The kind that a reported name is stored under; names of our own kinds are refused.

    A source that may sell reports orders, and nothing else that moves points.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_KIND:
        raise Refused("bad_kind", "kind")
    if name.startswith("app.") or (may_sell and name in selling):
        return name
    if name.startswith(RESERVED) or catalogue.find(name) is not None:
        raise Refused("reserved_kind", "kind")
    return f"app.{name}"


def check(item: Item, message_id: str) -> None:
    if len(message_id) > LONGEST_ID or "\0" in message_id:
        raise Refused("bad_message_id", "messageId")
    texts = msgspec.json.encode(
        (item.kind, item.properties, item.context, item.traits, item.traits_once, item.identities, item.session_key,
         item.subject_kind, item.subject_id, item.touchpoint)
    )  # fmt: skip
    if len(texts) > MOST_BYTES and item.raw is None:
        raise Refused("too_large", "properties")
    if b"\\u0000" in texts and storable(msgspec.json.decode(texts)) != msgspec.json.decode(texts):
        raise Refused("bad_text")  # Postgres keeps no NUL
    if any(not 1 <= len(name) <= traits.LONGEST_NAME for name in (*item.traits, *item.traits_once)):
        raise Refused("bad_trait_name", "traits")


def check_order(kind: str, item: Item, at: datetime) -> None:
    """A fact of commerce that cannot be read is refused at the door."""
    wrong = selling[kind](kind, item.properties, at) if kind in selling else None
    if wrong is not None:
        raise Refused("bad_order", wrong)


def time_of(item: Item, received_at: datetime) -> datetime:
    """When it happened by our clock: the reporter's clock is off by as much as its time of sending.

    Later than five minutes ahead is now; before 2000 is impossible.
    """
    if item.occurred_at is None:
        return received_at
    at = _aware(item.occurred_at)
    try:
        if item.sent_at is not None:
            at = received_at - (_aware(item.sent_at) - at)
    except OverflowError:
        raise Refused("impossible_time", "sentAt") from None
    if at > received_at + AHEAD:
        return received_at
    if at < EARLIEST:
        raise Refused("impossible_time", "occurredAt")
    return at


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def storable(value: Any) -> Any:
    """The value without NUL, which Postgres cannot keep."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd") if "\0" in value else value
    if isinstance(value, dict):
        return {storable(key): storable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each) for each in value]
    return value
