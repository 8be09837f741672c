"""What could not be taken: kept with its body and a reason, shown, replayed after a fix, or discarded. Never lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.foundation.pages import Page

PROCESSING_FAILED = "processing_failed"


@dataclass(frozen=True)
class Filter:
    """Times of arrival are [since, until); ``is_open`` False shows the replayed and discarded ones."""

    reason: str | None = None
    is_open: bool = True
    source: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def values(self) -> tuple[Any, ...]:
        """What :data:`_WANTED` asks for, as $1 to $5."""
        return self.reason, self.is_open, self.source, self.since, self.until


_WANTED = """($1::text IS NULL OR reason = $1) AND (replayed_at IS NULL AND discarded_at IS NULL) = $2
    AND ($3::uuid IS NULL OR source = $3) AND ($4::timestamptz IS NULL OR received_at >= $4)
    AND ($5::timestamptz IS NULL OR received_at < $5)"""


@dataclass(frozen=True)
class Letter:
    """What was refused, as it came; ``door`` and ``sent_at`` are what the door needs to read it once more."""

    message_id: str
    body_hash: str
    body: Any
    reason: str
    path: str | None = None
    door: str | None = None
    sent_at: datetime | None = None


async def add(
    source: UUID | None, letters: Sequence[Letter], received_at: datetime, member: UUID | None = None
) -> int:
    """Keep what was refused; the same refusal of the same body is kept once. Answers how many are new.

    ``member`` is whose token it came with: it is replayed as theirs, exported to them, and leaves with them.
    """
    if not letters:
        return 0
    return await db.run(
        """INSERT INTO profile.dead_letter (id, source, message_id, body_hash, body, reason, path, door, sent_at,
            received_at, member)
        SELECT i, $9, m, h, b::jsonb, r, p, d, s, $10, $11 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[],
            $5::text[], $6::text[], $7::text[], $8::timestamptz[]) AS g(i, m, h, b, r, p, d, s)
        ORDER BY m, h, r ON CONFLICT DO NOTHING""",
        [ids.new() for _ in letters], [each.message_id for each in letters], [each.body_hash for each in letters],
        [db.json(each.body) for each in letters], [each.reason for each in letters], [each.path for each in letters],
        [each.door for each in letters], [each.sent_at for each in letters], source, received_at, member,
    )  # fmt: skip


async def listed(page: Page, wanted: Filter) -> list[db.Row]:
    """Dead letters, newest first."""
    received_at, after = page.after or (None, None)
    return await db.fetch(
        f"""SELECT * FROM profile.dead_letter WHERE {_WANTED}
        AND ($6::timestamptz IS NULL OR (received_at, id) < ($6, $7::uuid))
        ORDER BY received_at DESC, id DESC LIMIT $8""",
        *wanted.values, received_at, after, page.limit + 1,
    )  # fmt: skip


async def replay(
    wanted: Filter, limit: int, *, is_dry_run: bool, again: Callable[[db.Row], Awaitable[bool]]
) -> tuple[int, int]:
    """Try open letters again, oldest first; answers (replayed, still failing). Each can succeed only once.

    A row that the drain set aside goes back to the outbox; ``again`` takes the others (the door they came through).
    """
    if not 1 <= limit <= 1_000:
        raise InvalidInput.at("limit", "Replay 1 to 1000 at once.")
    async with db.transaction():
        rows = await db.fetch(
            f"""SELECT * FROM profile.dead_letter WHERE {_WANTED}
            ORDER BY received_at, id LIMIT $6 FOR UPDATE SKIP LOCKED""",
            *wanted.values, limit,
        )  # fmt: skip
        if is_dry_run:
            return len(rows), 0
        done = 0
        for row in rows:
            took = await (_requeue(row) if row["reason"] == PROCESSING_FAILED else again(row))
            if took:
                await db.run(
                    "UPDATE profile.dead_letter SET replayed_at = $2 WHERE id = $1", row["id"], clock.now()
                )
                done += 1
    return done, len(rows) - done


async def discard(actor: Actor, wanted: Filter, reason: str, *, is_dry_run: bool = False) -> int:
    """Give up open letters, with a reason; answers how many (that would be)."""
    if not 3 <= len(reason.strip()) <= 500:
        raise InvalidInput.at("reason", "Say why, in 3 to 500 characters.")
    if is_dry_run:
        return await db.value(f"SELECT count(*) FROM profile.dead_letter WHERE {_WANTED}", *wanted.values)
    return await db.run(
        f"UPDATE profile.dead_letter SET discarded_at = $6, discard_reason = $7 WHERE {_WANTED}",
        *wanted.values, clock.now(), f"{reason.strip()} ({actor.key})",
    )  # fmt: skip


async def _requeue(row: db.Row) -> bool:
    await db.run(
        """INSERT INTO profile.pending (interaction, shard, member, received_at, flags)
        SELECT i.id, profile.shard(m.root), i.member, i.received_at, '{}' FROM profile.interaction AS i
        LEFT JOIN profile.member AS m ON m.id = i.member WHERE i.id = $1 ON CONFLICT DO NOTHING""",
        UUID(row["body"]["interaction"]),
    )
    return True
