"""Messages that leave: whom they reach, their words, and the hand-over to the port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import db, ports
from domain.messaging import rules, tokens, words
from domain.messaging.tables import Channel, SkipReason
from domain.messaging.types import NOTICES, NoticeType, Words
from domain.profile import members

#: The identity that a channel sends to; pushes go to tokens.
_ADDRESS = {Channel.SMS: "phone", Channel.EMAIL: "email", Channel.WECHAT: "wechat_openid"}


@dataclass(frozen=True)
class Recipient:
    """A phone number, an address or a device token; ``key`` tells one device from the other."""

    address: str
    key: str = ""


@dataclass(frozen=True)
class Written:
    """A message in words, and to whom."""

    words: Words
    language: str
    version: int
    recipients: list[Recipient]
    count: int


def channels_of(message: db.Row) -> tuple[Channel, ...]:
    """Where notices of this type go."""
    return NOTICES[NoticeType(message["type"])].channels


async def by_id(message_id: UUID) -> db.Row | None:
    """The message as it stands."""
    return await db.one("SELECT * FROM messaging.message WHERE id = $1", message_id)


async def why_not(message: db.Row, root: UUID) -> SkipReason | None:
    """What speaks against letting it leave: nobody to reach, or its inbox item is read or gone meanwhile."""
    if message["inbox_item"] is not None and not await db.value(
        "SELECT EXISTS (SELECT FROM messaging.inbox_item WHERE id = $1 AND read_at IS NULL)",
        message["inbox_item"],
    ):
        return SkipReason.EXPIRED
    if not await _recipients(Channel(message["channel"]), root):
        return SkipReason.NOT_REACHABLE
    return None


async def summarise(message: db.Row, root: UUID) -> None:
    """Of several pushes that waited for the end of quiet hours, this one speaks for all."""
    others = await db.run(
        """UPDATE messaging.message SET state = 'SKIPPED', skip_reason = 'SUMMARISED'
        WHERE member IN (SELECT id FROM profile.member WHERE root = $1) AND id <> $2 AND channel = 'PUSH'
        AND state = 'DEFERRED' AND tag = $3 AND due_at <= $4""",
        root, message["id"], message["tag"], message["due_at"],
    )  # fmt: skip
    if others:
        await db.run(
            "UPDATE messaging.message SET type = 'SUMMARY', inbox_item = NULL, facts = $2 WHERE id = $1",
            message["id"], {"count": others + 1},
        )  # fmt: skip


async def write(message: db.Row) -> Written | SkipReason:
    """The message in the member's language, or why it cannot be written."""
    root = await members.root_of(message["member"])
    person = await members.by_id(root)
    assert person is not None
    language = words.language_of(person["locale"])
    template = (await words.templates([NoticeType(message["type"])]))[NoticeType(message["type"]), language]
    facts = await _facts(message)
    try:
        text = words.write(template, facts, person["zone"])
    except rules.MissingFact:
        return SkipReason.MISSING_FACTS
    return Written(
        text,
        language,
        template.version,
        await _recipients(Channel(message["channel"]), root),
        facts["count"],
    )


async def hand_over(message: db.Row, written: Written) -> bool:
    """Give it to the channel's port, once a recipient; False when the provider knows none of them any more.

    What the port raises goes to the caller, who tries again: the keys are the same then.
    """
    sender = ports.sender(message["channel"])
    body: dict[str, Any] = {
        "title": written.words.title,
        "body": written.words.body,
        "type": message["type"],
        "count": written.count,
        "language": written.language,
    }
    if message["inbox_item"] is not None:
        body["inboxItem"] = str(message["inbox_item"])
    reached, lost = 0, []
    for recipient in written.recipients:
        key = f"{message['idempotency_key']}{recipient.key and ':' + recipient.key}"
        try:
            await sender.send(
                ports.Send(
                    message["channel"], recipient.address, f"messaging.{message['type'].lower()}", body, key
                )
            )
            reached += 1
        except ports.Unregistered:
            lost.append(recipient.address)
        except OSError as failure:  # not to be mistaken for a database that is away
            raise ports.Unavailable(str(failure)) from failure
    if lost and message["channel"] == Channel.PUSH:
        await tokens.invalidate(lost)
    return reached > 0


async def _recipients(channel: Channel, root: UUID) -> list[Recipient]:
    if channel is Channel.PUSH:
        return [Recipient(row["token"], str(row["id"])) for row in await tokens.usable(root)]
    address = await db.value(
        """SELECT i.value_norm FROM profile.identity AS i JOIN profile.member AS m ON m.id = i.member
        WHERE m.root = $1 AND split_part(i.type, ':', 1) = $2 ORDER BY i.is_verified DESC, i.last_seen_at DESC LIMIT 1""",
        root, _ADDRESS.get(channel, ""),
    )  # fmt: skip
    return [Recipient(address)] if address else []


async def channels_with_address(root: UUID) -> set[Channel]:
    """The channels on which somebody could be reached, by what they are known by."""
    families = await db.fetch(
        """SELECT DISTINCT split_part(i.type, ':', 1) AS family FROM profile.identity AS i
        JOIN profile.member AS m ON m.id = i.member WHERE m.root = $1""",
        root,
    )
    named = {row["family"] for row in families}
    found = {channel for channel, family in _ADDRESS.items() if family in named}
    return found | {Channel.PUSH} if await tokens.usable(root) else found


async def _facts(message: db.Row) -> dict[str, Any]:
    count = 1
    if message["inbox_item"] is not None:
        count = await db.value(
            """SELECT greatest(1, count(DISTINCT coalesce(m.root, a.actor))) FROM messaging.inbox_actor AS a
            LEFT JOIN profile.member AS m ON m.id = a.actor WHERE a.item = $1""",
            message["inbox_item"],
        )
    actor = message["actor"]
    names = await words.actor_names([actor]) if actor else {}
    return {"count": count, **message["facts"], "actor": names.get(actor) if actor else None}
