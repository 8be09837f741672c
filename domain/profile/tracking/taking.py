"""What a tracking door hands over: events of one request, read by their shape and taken as one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import msgspec

from domain import db
from domain.access import sources
from domain.access.sources import Source, Trust, WithoutConsent
from domain.actor import Actor
from domain.actor import member as member_actor
from domain.profile import identities, members, report_rules, reporting
from domain.profile.report_rules import Item, Raw, Refused
from domain.profile.reporting import Counts, Outcome, Reporter
from domain.profile.tracking import gathering, posthog, segment, values

MOST_EVENTS = 2_500
#: So many are stored in one transaction: few enough for its locks, enough to be quick.
PER_TRANSACTION = 500


@dataclass(frozen=True)
class Delivery:
    """The events of one request. ``door`` names how to read them; ``context`` and ``sent_at`` hold for all of them."""

    door: str
    events: Sequence[Any]
    sent_at: Any = None
    context: dict[str, Any] | None = None
    integrations: dict[str, Any] | None = None


async def take(source: Source, delivery: Delivery, *, member: Actor | None = None) -> Counts:
    """Store what a source reports; the parts of the answer sum to the events sent, and all of it is committed.

    ``member`` is who the app's token speaks for. Sent again, whole or in part, events that are there are duplicates.
    """
    reporter = await _reporter(source, member)
    items = _items(reporter, delivery)
    outcomes: list[Outcome] = []
    for start in range(0, len(items), PER_TRANSACTION):
        outcomes += await gathering.taken(reporter, items[start : start + PER_TRANSACTION])
    return Counts.of(outcomes)


async def again(row: db.Row) -> bool:
    """Take a dead letter once more, as of its first arrival; answers whether it is stored. Without its content it is not."""
    if row["reason"] == reporting.NO_CONSENT:
        return False
    source = (await sources.by_ids([row["source"]])).get(row["source"]) if row["source"] else None
    if row["door"] is None or source is None:
        return await reporting.again(row)
    reporter = await _reporter(source, member_actor(row["member"]) if row["member"] else None)
    item = _item(reporter, Raw(row["door"], row["body"], row["sent_at"]))
    return await reporting.taken_again(reporter, item, row)


async def _reporter(source: Source, member: Actor | None) -> Reporter:
    return Reporter(
        sources.actor_of(source),
        is_trusted=source.trust is Trust.SERVER,
        proof=await _proof(member.member_id) if member and member.member_id else None,
        may_sell=source.trust is Trust.SERVER and "commerce" in source.scopes,
        purpose=source.required_purpose, refuses=source.without_consent is WithoutConsent.REFUSE,
        member=member.member_id if member else None,
    )  # fmt: skip


async def _proof(member: UUID) -> tuple[str, str] | None:
    """The strongest identity of the member that a token speaks for."""
    carried = await identities.of_root(await members.root_of(member))
    return (carried[0]["type"], carried[0]["value_norm"]) if carried else None


def _items(reporter: Reporter, delivery: Delivery) -> list[Item]:
    try:
        sent_at = values.time(delivery.sent_at, "sentAt")
    except Refused:
        sent_at = None  # then the events' own times count
    common = {
        name: under
        for name, under in (("context", delivery.context), ("integrations", delivery.integrations))
        if under
    }
    if common and len(msgspec.json.encode(common)) > report_rules.MOST_BYTES:
        raws = [Raw(delivery.door, event, sent_at) for event in delivery.events]
        return [Item(kind="", refusal=("too_large", "context"), raw=raw) for raw in raws]
    return [_item(reporter, Raw(delivery.door, _under(event, common), sent_at)) for event in delivery.events]


def _under(event: Any, common: dict[str, dict[str, Any]]) -> Any:
    """The event with what holds for all events of its batch."""
    if not common or not isinstance(event, dict):
        return event
    both = {name: values.merged(under, values.mapping(event.get(name))) for name, under in common.items()}
    return {**event, **both}


def _item(reporter: Reporter, raw: Raw) -> Item:
    """The item of an event, or one that says why the event cannot be read."""
    event = raw.body
    try:
        if not isinstance(event, dict):
            raise Refused("no_object")
        if len(msgspec.json.encode(event)) > report_rules.MOST_BYTES:
            raise Refused("too_large")
        shape, _, call = raw.door.partition("/")
        item = posthog.read(event) if shape == "posthog" else segment.read(event, call or None)
        sent_at = raw.sent_at or values.time(event.get("sentAt") or event.get("sent_at"), "sentAt")
        return replace(item, sent_at=sent_at, raw=replace(raw, sent_at=sent_at))
    except Refused as refused:
        message_id = (
            values.text(event.get("messageId") or event.get("uuid")) if isinstance(event, dict) else None
        )
        return Item(kind="", message_id=message_id, refusal=(refused.reason, refused.path), raw=raw)
