"""Reported interactions, stored many at a time: one statement, each message id once for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import db
from domain.actor import Actor, ActorKind
from domain.foundation import ids


@dataclass(frozen=True, slots=True)
class Report:
    """A reported interaction, ready to be stored; its member is resolved already."""

    message_id: str
    body_hash: str
    kind: str
    member: UUID | None
    occurred_at: datetime
    original_at: datetime | None = None
    sent_at: datetime | None = None
    touchpoint: str | None = None
    subject_kind: str | None = None
    subject_id: str | None = None
    session_key: str | None = None
    context: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=ids.new)


# Who is being erased is waited for (an erasure waits for us as well), and nothing is stored of them afterwards.
# Message ids are inserted in order, so that two batches with the same ones wait for each other and do not deadlock.
_STORE = """
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[],
        $7::timestamptz[], $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])
        AS g(interaction, message_id, body_hash, member, kind, occurred_at, original_at, sent_at, touchpoint,
            subject_kind, subject_id, session_key, context, properties)
), living AS (
    SELECT m.id FROM profile.member AS m JOIN profile.member AS r ON r.id = m.root
    WHERE m.id = ANY($4) AND r.status <> 'ERASED' FOR KEY SHARE OF m, r
), fresh AS (
    INSERT INTO profile.message (origin, message_id, source, body_hash, interaction, received_at)
    SELECT 'REPORTED', message_id, $15, body_hash, interaction, $16 FROM given
    WHERE member IS NULL OR member IN (SELECT id FROM living) ORDER BY message_id
    ON CONFLICT DO NOTHING RETURNING interaction
), kept AS (
    INSERT INTO profile.interaction (id, origin, message_id, member, kind, class, occurred_at, original_at, sent_at,
        received_at, touchpoint, source, actor_kind, actor_id, subject_kind, subject_id, session_key, context, properties,
        is_unjudged)
    SELECT interaction, 'REPORTED', message_id, member, kind, 'REPORTED', occurred_at, original_at, sent_at,
        $16, touchpoint, $15, $17, $18, subject_kind, subject_id, session_key, context::jsonb, properties::jsonb,
        'no_rules' = ANY($19)
    FROM given JOIN fresh USING (interaction)
), queued AS (
    INSERT INTO profile.pending (interaction, shard, member, received_at, flags)
    SELECT interaction, profile.shard(m.root), g.member, $16, $19
    FROM given AS g JOIN fresh USING (interaction) LEFT JOIN profile.member AS m ON m.id = g.member
)
SELECT interaction FROM fresh
"""


async def store(
    actor: Actor, reports: Sequence[Report], *, received_at: datetime, flags: Sequence[str] = ()
) -> list[bool]:
    """Store reports with their outbox rows, in the caller's transaction; answers for each whether it is new.

    One that is not new has the message id of a row that was there before, with the same body or another one, or its
    person was erased meanwhile.
    """
    if not reports:
        return []
    rows = await db.fetch(
        _STORE,
        [r.id for r in reports], [r.message_id for r in reports], [r.body_hash for r in reports], [r.member for r in reports],
        [r.kind for r in reports], [r.occurred_at for r in reports], [r.original_at for r in reports],
        [r.sent_at for r in reports], [r.touchpoint for r in reports], [r.subject_kind for r in reports],
        [r.subject_id for r in reports], [r.session_key for r in reports], [db.json(r.context) for r in reports],
        [db.json(r.properties) for r in reports], source_of(actor), received_at, actor.kind.value, actor.id,
        list(flags),
    )  # fmt: skip
    fresh = {row["interaction"] for row in rows}
    return [r.id in fresh for r in reports]


async def hashes(message_ids: Sequence[str]) -> dict[str, str]:
    """The body hash that each reported message id was stored with; unknown ids are left out."""
    rows = await db.fetch(
        "SELECT message_id, body_hash FROM profile.message WHERE origin = 'REPORTED' AND message_id = ANY($1)",
        list(message_ids),
    )
    return {row["message_id"]: row["body_hash"] for row in rows}


def source_of(actor: Actor) -> str | None:
    """The source that rows of this actor carry."""
    return str(actor.id) if actor.kind is ActorKind.SOURCE else None
