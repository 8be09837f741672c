"""Devices that can be pushed to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import InvalidInput
from domain.foundation import ids
from domain.messaging import kinds
from domain.profile import interactions, members

UNSEEN = timedelta(days=60)
LONGEST = 4_096


class Platform(StrEnum):
    IOS = "IOS"
    ANDROID = "ANDROID"
    HARMONY = "HARMONY"
    WEB = "WEB"


async def register(actor: Actor, token: str, platform: Platform) -> UUID:
    """Let a device be pushed to; a token that another member held moves here. Answers the token's id."""
    if not token.strip() or len(token) > LONGEST:
        raise InvalidInput.at("token", f"Use 1 to {LONGEST} characters.")
    async with db.transaction():
        root = await members.must_be_active(actor)
        now = clock.now()
        row = await db.one(
            """WITH held AS (SELECT member, session, invalid_at FROM messaging.push_token WHERE token = $3)
            INSERT INTO messaging.push_token AS t
                (id, member, token, platform, device, session, registered_at, seen_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
            ON CONFLICT (token) DO UPDATE SET member = excluded.member, platform = excluded.platform,
                device = excluded.device, session = excluded.session, seen_at = excluded.seen_at, invalid_at = NULL,
                registered_at = CASE WHEN t.member = excluded.member THEN t.registered_at ELSE excluded.registered_at END
            RETURNING id, (SELECT m.root FROM held JOIN profile.member AS m ON m.id = held.member) AS before,
                (SELECT member FROM held) IS NOT DISTINCT FROM $2
                AND (SELECT invalid_at FROM held) IS NULL AS is_known""",
            ids.new(), root, token, platform, actor.device, actor.session_id, now,
        )  # fmt: skip
        assert row is not None
        if not row["is_known"]:
            await interactions.record(
                actor, kinds.TOKEN_REGISTERED, ("PUSH_TOKEN", row["id"]), once=ids.new(), member=root,
                platform=platform,
            )  # fmt: skip
        if row["before"] not in (None, root):
            await interactions.record(
                actor, kinds.TOKEN_DROPPED, ("PUSH_TOKEN", row["id"]), once=ids.new(), member=row["before"]
            )
    return row["id"]


async def drop(actor: Actor, token: str) -> bool:
    """Push to this device no more; answers whether the member had it."""
    async with db.transaction():
        root = await members.must_be_active(actor)
        dropped = await db.value(
            """DELETE FROM messaging.push_token WHERE token = $2
            AND member IN (SELECT id FROM profile.member WHERE root = $1) RETURNING id""",
            root, token,
        )  # fmt: skip
        if dropped is not None:
            await interactions.record(
                actor, kinds.TOKEN_DROPPED, ("PUSH_TOKEN", dropped), once=ids.new(), member=root
            )
    return dropped is not None


async def drop_of_session(session: UUID | None, root: UUID, *, everywhere: bool) -> None:
    """Whoever signs out is not pushed to on that device any more."""
    await db.run(
        """DELETE FROM messaging.push_token WHERE session = $1
        OR ($3 AND member IN (SELECT id FROM profile.member WHERE root = $2))""",
        session, root, everywhere,
    )  # fmt: skip


async def usable(root: UUID) -> list[db.Row]:
    """The tokens that a push may go to: valid, seen within 60 days, of a session that has not ended."""
    return await db.fetch(
        """SELECT t.id, t.token FROM messaging.push_token AS t JOIN profile.member AS m ON m.id = t.member
        WHERE m.root = $1 AND t.invalid_at IS NULL AND t.seen_at > $2
        AND NOT EXISTS (SELECT FROM access.session AS s WHERE s.id = t.session AND s.ended_at IS NOT NULL)
        ORDER BY t.id""",
        root, clock.now() - UNSEEN,
    )  # fmt: skip


async def invalidate(tokens: Iterable[str]) -> None:
    """The provider knows these devices no more."""
    await db.run(
        "UPDATE messaging.push_token SET invalid_at = $2 WHERE token = ANY($1) AND invalid_at IS NULL",
        list(tokens), clock.now(),
    )  # fmt: skip


async def of_root(root: UUID) -> list[db.Row]:
    """The devices of a person, the newest first."""
    return await db.fetch(
        """SELECT t.id, t.platform, t.device, t.registered_at, t.seen_at, t.invalid_at
        FROM messaging.push_token AS t JOIN profile.member AS m ON m.id = t.member
        WHERE m.root = $1 ORDER BY t.registered_at DESC, t.id""",
        root,
    )


async def by_ids(token_ids: Iterable[UUID]) -> list[db.Row]:
    """Registrations by their ids."""
    return await db.fetch(
        "SELECT id, platform, device, registered_at, seen_at, invalid_at FROM messaging.push_token WHERE id = ANY($1)",
        list(token_ids),
    )
