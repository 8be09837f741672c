"""The demonstration's inboxes: what the last sixty days of the community told its authors, mostly read."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.foundation import ids
from domain.messaging.tables import MessageState
from domain.messaging.types import NOTICES, NoticeType
from domain.profile import demo as people

SPAN = timedelta(days=60)
_TYPES = {
    "community.comment.published": NoticeType.REPLY,
    "community.reaction.set": NoticeType.REACTION,
}

_MESSAGES = """
INSERT INTO messaging.message (id, idempotency_key, member, type, category, tag, channel, state, actor, subject_kind,
    subject_id, target_kind, target_id, facts, cause, inbox_item, is_silent, tries, requested_at, due_at, sent_at,
    delivered_at, opened_at)
SELECT g.id, 'demo:' || g.id, g.member, g.type, 'SERVICE', 'social', 'INBOX', g.state, g.actor, g.subject_kind,
    g.subject_id, g.target_kind, g.target_id, '{}', g.cause, g.item, true, 0, g.at, g.at, g.at, g.at, g.read_at
FROM jsonb_to_recordset($1::jsonb) AS g(id uuid, item uuid, member uuid, type text, state text, actor uuid,
    subject_kind text, subject_id text, target_kind text, target_id text, cause uuid, at timestamptz, read_at timestamptz)
"""
_ITEMS = """
INSERT INTO messaging.inbox_item (id, member, type, grouped_by, target_kind, target_id, facts, opened_at, updated_at,
    read_at)
SELECT item, (array_agg(member))[1], min(type), CASE min(type) WHEN 'REACTION' THEN 'TARGET' ELSE 'SINGLE' END,
    min(target_kind), min(target_id), '{}', min(at), max(at), max(read_at)
FROM jsonb_to_recordset($1::jsonb) AS g(item uuid, member uuid, type text, target_kind text, target_id text,
    at timestamptz, read_at timestamptz) GROUP BY item
"""
_ACTORS = """
INSERT INTO messaging.inbox_actor (id, item, message, actor, subject_kind, subject_id, at)
SELECT g.id, g.item, g.id, g.actor, g.subject_kind, g.subject_id, g.at
FROM jsonb_to_recordset($1::jsonb) AS g(id uuid, item uuid, actor uuid, subject_kind text, subject_id text, at timestamptz)
"""


async def load() -> None:
    """Fill the inboxes, and let some members choose; nothing when they are filled already."""
    if await db.value("SELECT EXISTS (SELECT FROM messaging.inbox_item)"):
        return
    now = clock.now()
    dice = random.Random("marque messaging")  # noqa: S311 - invented, the same every time
    members = set(await people.members())
    facts = await db.fetch(
        """SELECT id, member, kind, subject_kind, subject_id, properties, occurred_at FROM profile.interaction
        WHERE kind = ANY($1) AND occurred_at > $2 AND member = ANY($3) ORDER BY occurred_at, id""",
        list(_TYPES), now - SPAN, list(members),
    )  # fmt: skip
    told = [row for fact in facts if (row := _told(fact, members)) is not None]
    _read_most(told, dice, now)
    async with db.transaction():
        for statement in (_MESSAGES, _ITEMS, _ACTORS):
            await db.run(statement, db.json(told))
        await _wishes(sorted(members), dice, now)


def _told(fact: db.Row, members: set[UUID]) -> dict[str, Any] | None:
    """What one fact told whom; None for one's own deed and for authors that nobody knows."""
    author = fact["properties"].get("author")
    if not author or UUID(author) == fact["member"] or UUID(author) not in members:
        return None
    type_ = _TYPES[fact["kind"]]
    is_reply = type_ is NoticeType.REPLY
    target_kind, target_id = (
        ("POST", fact["properties"].get("post")) if is_reply else (fact["subject_kind"], fact["subject_id"])
    )
    group = fact["id"] if not NOTICES[type_].is_grouped else f"{fact['occurred_at']:%Y-%m-%d}:{target_id}"
    return {
        "id": ids.named("demo notice", fact["id"]),
        "item": ids.named("demo inbox", type_, author, group),
        "member": author,
        "type": type_,
        "actor": fact["member"],
        "subject_kind": fact["subject_kind"],
        "subject_id": fact["subject_id"],
        "target_kind": target_kind,
        "target_id": target_id,
        "cause": fact["id"],
        "at": fact["occurred_at"],
    }


def _read_most(told: Sequence[dict[str, Any]], dice: random.Random, now: datetime) -> None:
    """Whoever looks, reads everything up to that moment; three of four have looked within the last days."""
    looked: dict[str, datetime | None] = {}
    for row in told:
        member = row["member"]
        if member not in looked:
            looked[member] = now - timedelta(hours=dice.randint(1, 240)) if dice.random() < 0.75 else None
    last: dict[UUID, datetime] = {}
    for row in told:
        last[row["item"]] = max(row["at"], last.get(row["item"], row["at"]))
    for row in told:
        at = looked[row["member"]]
        is_read = at is not None and last[row["item"]] <= at
        row["read_at"] = at if is_read else None
        row["state"] = MessageState.OPENED if is_read else MessageState.DELIVERED


async def _wishes(members: Sequence[UUID], dice: random.Random, now: datetime) -> None:
    """Some want no pushes of likes, some sleep early, most have a phone."""
    quiet = [(ids.new(), each, time(21, 30), time(7, 0), now) for each in members if dice.random() < 0.1]
    await db.run_many(
        "INSERT INTO messaging.quiet_hours (id, member, starts, ends, set_at, version) VALUES ($1, $2, $3, $4, $5, 1)",
        quiet,
    )
    await db.run_many(
        "INSERT INTO messaging.preference (id, member, type, channel, is_on, set_at) "
        "VALUES ($1, $2, 'REACTION', 'PUSH', false, $3)",
        [(ids.new(), each, now) for each in members if dice.random() < 0.2],
    )
    await db.run_many(
        "INSERT INTO messaging.push_token (id, member, token, platform, registered_at, seen_at) "
        "VALUES ($1, $2, $3, $4, $5, $5)",
        [
            (ids.new(), each, f"demo-token-{number:03}", dice.choice(("IOS", "ANDROID", "HARMONY")), now)
            for number, each in enumerate(members)
            if dice.random() < 0.8
        ],
    )
