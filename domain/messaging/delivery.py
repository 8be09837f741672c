"""The worker's side: messages that are due go into inboxes and to the ports, at least once and never out of a rollback.

A message that leaves is claimed first (SENDING with a lease, committed), handed to the provider outside of any
transaction together with its idempotency key, and then SENT. Whoever dies in between is followed by another worker
after the lease, with the same key.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.foundation.sweeps import Sweep
from domain.messaging import grouping, inbox, kinds, leaving, preferences, rules, words
from domain.messaging.tables import Category, Channel, SkipReason
from domain.messaging.types import NoticeType
from domain.profile import consents, interactions, members

log = structlog.get_logger()

#: The purpose of consent that messages of this category need, on the channel or in general.
MARKETING = "marketing"
#: What higher areas have against a notice (its sender is blocked, its subject cannot be seen); `wiring.py` fills it.
objections: list[Callable[[db.Row, UUID], Awaitable[SkipReason | None]]] = []
AT_ONCE = 200
SECONDS = 5.0
LEASE = timedelta(seconds=60)
TRIES = 5
BACKOFF = timedelta(seconds=10)
_TO_TAKE_OUT = "withdrawn_at IS NOT NULL AND inbox_item IS NOT NULL AND channel = 'INBOX'"
_WAITING = "state IN ('QUEUED', 'DEFERRED', 'SENDING')"


async def deliver_due() -> int:
    """Work off what is due, for some seconds at most; answers how many messages came further."""
    until, done = time.monotonic() + SECONDS, 0
    while batch := await _batch():
        done += batch
        if time.monotonic() > until:
            break
    return done


async def next_due() -> datetime | None:
    """When the next message is due."""
    return await db.value(
        f"""SELECT least((SELECT min(due_at) FROM messaging.message WHERE {_WAITING}),
            (SELECT min(withdrawn_at) FROM messaging.message WHERE {_TO_TAKE_OUT}))"""
    )


async def next_pruning() -> datetime | None:
    """Pruning waits for nothing: it has no instant of its own."""
    return None


SWEEPS = (
    Sweep("messaging.delivery", deliver_due, next_due),
    Sweep("messaging.pruning", inbox.prune, next_pruning, every_seconds=3_600),
)


async def _batch() -> int:
    done = 0
    rows = await db.fetch(
        f"SELECT id, channel FROM messaging.message WHERE {_WAITING} AND due_at <= $1 ORDER BY due_at, id LIMIT $2",
        clock.now(), AT_ONCE,
    )  # fmt: skip
    for row in rows:
        done += await _one(row["id"], Channel(row["channel"]))
    gone = await db.fetch(f"SELECT id FROM messaging.message WHERE {_TO_TAKE_OUT} LIMIT $1", AT_ONCE)
    for row in gone:
        done += await _take_out(row["id"])
    return done


async def _one(message_id: UUID, channel: Channel) -> int:
    try:
        if channel is Channel.INBOX:
            return await _place(message_id)
        claimed = await _claim(message_id)
        if claimed is None:
            return 0
        if claimed["state"] == "SENDING":
            await _send(claimed)
        return 1
    except Exception as failure:
        if isinstance(failure, db.Unreachable):
            raise
        await _note_failure(message_id, failure)
        return 0


async def _place(message_id: UUID) -> int:
    """Into the inbox, in one transaction: the inbox's lock, then the message."""
    async with db.transaction():
        root = await _lock_inbox(message_id)
        message = await _due(message_id)
        if root is None or message is None:
            return 0
        reason = await _why_not(message, root)
        if reason is None and message["inbox_item"] is None:
            placed = await grouping.place(message, root)
            if placed is not None:
                await _announce(message, placed)
            reason = None if placed else SkipReason.REPEATED
        if reason is not None:
            await _skip(message_id, reason)
        return 1


async def _announce(message: db.Row, placed: grouping.Placed) -> None:
    now = clock.now()
    await db.run(
        """UPDATE messaging.message SET state = 'DELIVERED', inbox_item = $2, sent_at = $3, delivered_at = $3
        WHERE id = $1""",
        message["id"], placed.item, now,
    )  # fmt: skip
    rings = placed.is_new or placed.actor_count in rules.PUSHED_AT[1:]
    if message["is_silent"] or not rings or Channel.PUSH not in leaving.channels_of(message):
        return
    step = 1 if placed.is_new else placed.actor_count
    await db.run(
        """INSERT INTO messaging.message (id, idempotency_key, member, type, category, tag, channel, state, actor,
            subject_kind, subject_id, target_kind, target_id, facts, cause, inbox_item, is_silent, tries,
            requested_at, due_at)
        SELECT $2, $3, member, type, category, tag, 'PUSH', 'QUEUED', actor, subject_kind, subject_id, target_kind,
            target_id, facts, cause, $4, false, 0, $5, $5 FROM messaging.message WHERE id = $1
        ON CONFLICT (idempotency_key) DO NOTHING""",
        message["id"], ids.new(), f"push:{placed.item}:{step}", placed.item, now,
    )  # fmt: skip


async def _take_out(message_id: UUID) -> int:
    async with db.transaction():
        await _lock_inbox(message_id)
        message = await db.one(
            "SELECT * FROM messaging.message WHERE id = $1 AND withdrawn_at IS NOT NULL FOR UPDATE",
            message_id,
        )
        if message is None:
            return 0
        await grouping.take_out(message)
        return 1


async def _claim(message_id: UUID) -> db.Row | None:
    """Decide what becomes of a message that wants to leave; answers it with its new state."""
    async with db.transaction():
        root = await _lock_inbox(message_id)
        message = await _due(message_id)
        if root is None or message is None:
            return None
        reason = await _why_not(message, root) or await leaving.why_not(message, root)
        if reason is not None:
            await _skip(message_id, reason)
            return await leaving.by_id(message_id)
        until = await _quiet_until(message, root)
        if until is not None:
            await db.run(
                "UPDATE messaging.message SET state = 'DEFERRED', due_at = $2, deferred_at = coalesce(deferred_at, $3) "
                "WHERE id = $1",
                message_id, until, clock.now(),
            )  # fmt: skip
            return await leaving.by_id(message_id)
        if message["deferred_at"] is not None and message["tag"] and message["channel"] == Channel.PUSH:
            await leaving.summarise(message, root)
        await db.run(
            "UPDATE messaging.message SET state = 'SENDING', due_at = $2, tries = tries + 1 WHERE id = $1",
            message_id, clock.now() + LEASE,
        )  # fmt: skip
        return await leaving.by_id(message_id)


async def _send(message: db.Row) -> None:
    """Hand it over, then note it; a death in between repeats it under the same key."""
    written = await leaving.write(message)
    if isinstance(written, SkipReason):
        await _skip(message["id"], written)
        return
    if not await leaving.hand_over(message, written):
        await _skip(message["id"], SkipReason.NOT_REACHABLE)
        return
    async with db.transaction():
        sent = await db.run(
            """UPDATE messaging.message SET state = 'SENT', sent_at = $2, last_error = NULL, language = $3,
                template_version = $4 WHERE id = $1 AND state = 'SENDING'""",
            message["id"], clock.now(), written.language, written.version,
        )  # fmt: skip
        if sent:
            await interactions.record(
                SYSTEM, kinds.SENT, ("MESSAGE", message["id"]), once=message["id"], member=message["member"],
                channel=message["channel"], type=message["type"], category=message["category"],
            )  # fmt: skip


async def _lock_inbox(message_id: UUID) -> UUID | None:
    member = await db.value("SELECT member FROM messaging.message WHERE id = $1", message_id)
    if member is None:
        return None
    root = await members.root_of(member)
    await grouping.lock(root)
    return root


async def _due(message_id: UUID) -> db.Row | None:
    return await db.one(
        f"SELECT * FROM messaging.message WHERE id = $1 AND {_WAITING} AND due_at <= $2 FOR UPDATE SKIP LOCKED",
        message_id, clock.now(),
    )  # fmt: skip


async def _why_not(message: db.Row, root: UUID) -> SkipReason | None:
    """What speaks against any channel."""
    if message["withdrawn_at"] is not None:
        return SkipReason.WITHDRAWN
    person = await members.by_id(root)
    if person is None or person["status"] == "ERASED":
        return SkipReason.ERASED
    if message["actor"] is not None and await members.root_of(message["actor"]) == root:
        return SkipReason.OWN_DEED
    if message["category"] == Category.MARKETING and not await consents.allows(
        root, MARKETING, message["channel"]
    ):
        return SkipReason.NO_CONSENT
    if not await preferences.is_on(root, NoticeType(message["type"]), Channel(message["channel"])):
        return SkipReason.PREFERENCE_OFF
    for object_ in objections:
        if (reason := await object_(message, root)) is not None:
            return reason
    return await _missing_facts(message, person)


async def _missing_facts(message: db.Row, person: db.Row) -> SkipReason | None:
    type_ = NoticeType(message["type"])
    facts = {**message["facts"], "actor": "-", "count": 1}
    try:
        for template in (await words.templates([type_])).values():
            words.write(template, facts, person["zone"])
    except rules.MissingFact:
        return SkipReason.MISSING_FACTS
    return None


async def _quiet_until(message: db.Row, root: UUID) -> datetime | None:
    if message["category"] == Category.TRANSACTIONAL:
        return None
    person, quiet = await members.by_id(root), await preferences.quiet(root)
    assert person is not None
    return rules.quiet_until(clock.now(), person["zone"], quiet.starts, quiet.ends)


async def _skip(message_id: UUID, reason: SkipReason) -> None:
    await db.run(
        "UPDATE messaging.message SET state = 'SKIPPED', skip_reason = $2 WHERE id = $1", message_id, reason
    )


async def _note_failure(message_id: UUID, failure: Exception) -> None:
    """Try again later; after five tries it has failed for good."""
    error = f"{type(failure).__name__}: {failure}"[:300]
    async with db.transaction():
        row = await db.one(
            f"""UPDATE messaging.message SET last_error = $2,
                tries = tries + CASE WHEN state = 'SENDING' THEN 0 ELSE 1 END,
                state = CASE WHEN tries + CASE WHEN state = 'SENDING' THEN 0 ELSE 1 END >= $4
                    THEN 'FAILED' ELSE 'QUEUED' END,
                due_at = $3::timestamptz + $5::interval * power(4, greatest(tries - 1, 0)) WHERE id = $1 AND {_WAITING} RETURNING *""",
            message_id, error, clock.now(), TRIES, BACKOFF,
        )  # fmt: skip
        if row is not None and row["state"] == "FAILED":
            await interactions.record(
                SYSTEM, kinds.FAILED, ("MESSAGE", message_id), once=message_id, member=row["member"],
                channel=row["channel"], type=row["type"],
            )  # fmt: skip
    log.warning("a message was not delivered", message=str(message_id), error=error)
