"""What staff see of messages: a list with filters, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import db
from domain.foundation.pages import Page
from domain.messaging.tables import Channel, MessageState, SkipReason
from domain.messaging.types import NoticeType


@dataclass(frozen=True)
class Filter:
    """Which messages; absent parts do not narrow."""

    member: UUID | None = None
    channels: list[Channel] | None = None
    states: list[MessageState] | None = None
    types: list[NoticeType] | None = None
    skip_reason: SkipReason | None = None
    since: datetime | None = None


async def listed(page: Page, wanted: Filter | None = None) -> list[db.Row]:
    """Messages, newest first. Key of a page: (requested_at, id)."""
    wanted = wanted or Filter()
    at, last = page.after or (None, None)
    return await db.fetch(
        """SELECT * FROM messaging.message
        WHERE ($1::uuid IS NULL OR member IN (SELECT o.id FROM profile.member AS m
            JOIN profile.member AS o ON o.root = m.root WHERE m.id = $1))
        AND ($2::text[] IS NULL OR channel = ANY($2)) AND ($3::text[] IS NULL OR state = ANY($3))
        AND ($4::text[] IS NULL OR type = ANY($4)) AND ($5::text IS NULL OR skip_reason = $5)
        AND ($6::timestamptz IS NULL OR requested_at >= $6)
        AND ($7::timestamptz IS NULL OR (requested_at, id) < ($7, $8::uuid))
        ORDER BY requested_at DESC, id DESC LIMIT $9""",
        wanted.member, wanted.channels, wanted.states, wanted.types, wanted.skip_reason, wanted.since, at, last,
        page.limit + 1,
    )  # fmt: skip


async def by_ids(message_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Messages by their ids."""
    rows = await db.fetch("SELECT * FROM messaging.message WHERE id = ANY($1)", list(message_ids))
    return {row["id"]: row for row in rows}
