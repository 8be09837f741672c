"""Recording: one row per fact, in the transaction that caused it, and a pending row beside it — the only outbox.

A fact has a deterministic message id, so a retry inserts nothing. What is recorded is never changed; it is undone by
another row that ``compensates`` it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor, ActorKind
from domain.foundation import ids
from domain.profile.catalogue import Kind

DEEPEST = 8


@dataclass(frozen=True)
class Fact:
    """An interaction as the drain hands it to the areas; ``root`` is the present one."""

    id: UUID
    message_id: str
    member: UUID | None
    root: UUID | None
    kind: str
    class_: str
    occurred_at: datetime
    received_at: datetime
    touchpoint: str | None
    source: str | None
    actor_kind: str
    actor_id: UUID | None
    subject_kind: str | None
    subject_id: str | None
    session_key: str | None
    context: dict[str, Any]
    properties: dict[str, Any]
    compensates: UUID | None
    depth: int
    flags: frozenset[str]


class _Unset(Enum):
    ACTOR = "the actor's own member"


ACTOR = _Unset.ACTOR

_INSERT = """
WITH fresh AS (
    INSERT INTO profile.message (origin, message_id, source, body_hash, interaction, received_at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING interaction
), kept AS (
    INSERT INTO profile.interaction (id, origin, message_id, member, kind, class, occurred_at, original_at, sent_at,
        received_at, touchpoint, source, actor_kind, actor_id, subject_kind, subject_id, session_key, context,
        properties, compensates, cause_id, depth, is_unjudged)
    SELECT interaction, $1, $2, $7, $8, $9, $10, $11, $12, $6, $13, $3, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
        'no_rules' = ANY($24)
    FROM fresh
), queued AS (
    INSERT INTO profile.pending (interaction, shard, member, received_at, flags)
    SELECT interaction, profile.shard((SELECT root FROM profile.member WHERE id = $7)), $7, $6, $24 FROM fresh
)
SELECT interaction FROM fresh
"""


async def record(
    actor: Actor,
    kind: Kind,
    subject: tuple[str, object] | None,
    /,
    *,
    once: object,
    member: UUID | _Unset | None = ACTOR,
    at: datetime | None = None,
    compensates: UUID | None = None,
    cause: Fact | None = None,
    flags: Sequence[str] = (),
    source: str | None = None,
    **properties: Any,
) -> UUID:
    """Record a caused fact in the caller's transaction; answers its interaction id.

    ``subject`` is (kind, id); ``once`` must be unique per occurrence (a row id, or a row id with the number of its
    transition): the same key again inserts nothing and answers the first id. ``member`` is whose world changed.
    A fact recorded while reacting names its ``cause`` and inherits its flags.
    """
    now = clock.now()
    subject_kind, subject_id = (subject[0], str(subject[1])) if subject else (None, None)
    message_id = _message_id(kind, subject, once)
    whose = actor.member_id if member is ACTOR else member
    inserted = await db.value(
        _INSERT,
        "CAUSED", message_id, source, None, ids.new(), now, whose, kind.name,
        "SYSTEM" if actor.kind is ActorKind.SYSTEM else "CAUSED",
        at or now, None, None, actor.touchpoint, actor.kind.value, actor.id, subject_kind, subject_id, None,
        {}, properties, compensates, cause.id if cause else None, _depth(kind, cause), _flags(flags, cause),
    )  # fmt: skip
    if inserted is not None:
        return inserted
    return await db.value(
        "SELECT interaction FROM profile.message WHERE origin = 'CAUSED' AND message_id = $1", message_id
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """A caused fact of a batch; the fields mean what they mean in :func:`record`.

    ``actor_id`` is who did it (a member, unless ``actor_kind`` says otherwise). ``compensates`` is an interaction's id, or
    an earlier entry of the same batch.
    """

    kind: Kind
    subject: tuple[str, object] | None
    once: object
    member: UUID | None
    at: datetime | None = None
    actor_kind: ActorKind = ActorKind.MEMBER
    actor_id: UUID | None = None
    compensates: UUID | Entry | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    cause: Fact | None = None

    @property
    def message_id(self) -> str:
        return _message_id(self.kind, self.subject, self.once)


_INSERT_MANY = """
WITH given AS (
    SELECT g.*, m.root FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[],
        $7::uuid[], $8::text[], $9::text[], $10::text[], $11::uuid[], $12::uuid[], $13::smallint[], $14::text[])
        AS g(message_id, id, member, kind, at, actor_kind, actor_id, subject_kind, subject_id, properties, compensates,
            cause_id, depth, flags)
    LEFT JOIN profile.member AS m ON m.id = g.member
), fresh AS (
    INSERT INTO profile.message (origin, message_id, source, interaction, received_at)
    SELECT 'CAUSED', message_id, $16, id, $15 FROM given ON CONFLICT DO NOTHING RETURNING interaction
), kept AS (
    INSERT INTO profile.interaction (id, origin, message_id, member, kind, class, occurred_at, received_at, touchpoint,
        source, actor_kind, actor_id, subject_kind, subject_id, context, properties, compensates, cause_id, depth,
        is_unjudged)
    SELECT g.id, 'CAUSED', g.message_id, g.member, g.kind, CASE g.actor_kind WHEN 'SYSTEM' THEN 'SYSTEM' ELSE 'CAUSED' END,
        g.at, $15, $17, $16, g.actor_kind, g.actor_id, g.subject_kind, g.subject_id, '{}', g.properties::jsonb,
        g.compensates, g.cause_id, g.depth, 'no_rules' = ANY(string_to_array(g.flags, ','))
    FROM given AS g JOIN fresh AS f ON f.interaction = g.id
), queued AS (
    INSERT INTO profile.pending (interaction, shard, member, received_at, flags)
    SELECT g.id, profile.shard(g.root), g.member, $15, string_to_array(g.flags, ',')
    FROM given AS g JOIN fresh AS f ON f.interaction = g.id
)
SELECT count(*) FROM fresh
"""


async def record_many(
    entries: Sequence[Entry],
    *,
    flags: Sequence[str] = (),
    source: str | None = None,
    touchpoint: str | None = None,
) -> int:
    """Record facts of a batch in one statement, in the caller's transaction; answers how many were not there before.

    They are drained in the given order: give the facts of one person one after another, oldest first.
    """
    if not entries:
        return 0
    now = clock.now()
    given = {id(e): ids.new() for e in entries}
    compensated = [
        given[id(e.compensates)] if isinstance(e.compensates, Entry) else e.compensates for e in entries
    ]
    return await db.value(
        _INSERT_MANY,
        [e.message_id for e in entries], list(given.values()), [e.member for e in entries],
        [e.kind.name for e in entries], [e.at or now for e in entries], [e.actor_kind.value for e in entries],
        [e.actor_id for e in entries], [e.subject[0] if e.subject else None for e in entries],
        [str(e.subject[1]) if e.subject else None for e in entries], [db.json(e.properties) for e in entries],
        compensated, [e.cause.id if e.cause else None for e in entries], [_depth(e.kind, e.cause) for e in entries],
        [",".join(_flags(flags, e.cause)) for e in entries], now, source, touchpoint,
    )  # fmt: skip


async def recorded(entries: Sequence[Entry]) -> dict[str, UUID]:
    """Which of these facts are recorded already: their interactions by message id."""
    rows = await db.fetch(
        "SELECT message_id, interaction FROM profile.message WHERE origin = 'CAUSED' AND message_id = ANY($1)",
        [e.message_id for e in entries],
    )
    return {row["message_id"]: row["interaction"] for row in rows}


async def find_compensated(kind: Kind, subject: tuple[str, object]) -> list[UUID]:
    """Ids of the rows of a kind about a subject, oldest first: what a removal has to compensate."""
    rows = await db.fetch(
        "SELECT id FROM profile.interaction WHERE subject_kind = $1 AND subject_id = $2 AND kind = $3 "
        "ORDER BY received_at, id",
        subject[0], str(subject[1]), kind.name,
    )  # fmt: skip
    return [row["id"] for row in rows]


def _message_id(kind: Kind, subject: tuple[str, object] | None, once: object) -> str:
    names = subject if subject and not kind.is_once_for_all else None
    subject_kind, subject_id = (names[0], str(names[1])) if names else (None, None)
    return str(ids.named(kind.name, subject_kind, subject_id, once))


def _depth(kind: Kind, cause: Fact | None) -> int:
    depth = cause.depth + 1 if cause else 0
    if depth > DEEPEST:
        raise RuntimeError(f"{kind.name} is caused {depth} deep: a rule feeds itself")
    return depth


def _flags(flags: Sequence[str], cause: Fact | None) -> list[str]:
    return sorted({*flags, *(cause.flags if cause else ())})
