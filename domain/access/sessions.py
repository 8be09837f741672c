"""Sessions: a signed-in device, its short access tokens and its rotating refresh token.

A refresh token is signed and numbered; the session keeps the number of the one that is good. A lower number was used
before: whoever holds it, the family ends. No token is stored, not even its hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.access import signing
from domain.access.errors import MemberSuspended, SessionEnded
from domain.errors import Unauthenticated
from domain.foundation import ids
from domain.settings import settings


@dataclass(frozen=True)
class Tokens:
    """What a signed-in device holds."""

    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime
    session_id: UUID


async def open(
    *,
    member: UUID | None = None,
    staff: UUID | None = None,
    device: str | None = None,
    touchpoint: str | None = None,
) -> Tokens:
    """Open a session for a member or a staff account, or refuse with MemberSuspended.

    Locks the subject, so that a suspension running at the same time ends this session too.
    """
    async with db.transaction():
        subject = await subject_of(member=member, staff=staff)
        if subject.is_suspended:
            raise MemberSuspended()
        session, now = ids.new(), clock.now()
        expires_at = now + timedelta(seconds=settings().refresh_token_seconds)
        await db.run(
            "INSERT INTO access.session (id, subject, device, touchpoint, opened_at, refreshed_at, expires_at) "
            "VALUES ($1, $2, left($3, 200), left($4, 50), $5, $5, $6)",
            session, subject.id, device, touchpoint, now, expires_at,
        )  # fmt: skip
    return _issued(session, number=1, now=now, expires_at=expires_at)


async def rotate(refresh_token: str) -> Tokens:
    """Trade a refresh token for new tokens, or refuse with SessionEnded; a re-used token ends its family."""
    try:
        claims = signing.opened(refresh_token, use=signing.REFRESH)
    except Unauthenticated:
        raise SessionEnded() from None
    session, number, now = UUID(claims["sid"]), int(claims["num"]), clock.now()
    expires_at = now + timedelta(seconds=settings().refresh_token_seconds)
    async with db.transaction():
        if await db.run(
            "UPDATE access.session s SET refresh_number = refresh_number + 1, refreshed_at = $3, expires_at = $4 "
            "FROM access.subject u WHERE s.id = $1 AND s.refresh_number = $2 AND s.ended_at IS NULL "
            "AND s.expires_at > $3 AND u.id = s.subject AND u.suspended_at IS NULL",
            session, number, now, expires_at,
        ):  # fmt: skip
            return _issued(session, number=number + 1, now=now, expires_at=expires_at)
    await _end_if_reused(session, number)
    raise SessionEnded()


async def end(session: UUID, reason: str = "SIGNED_OUT") -> bool:
    """End one session; its access token is refused from the next use on."""
    return bool(
        await db.run(
            "UPDATE access.session SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL",
            session, clock.now(), reason,
        )
    )  # fmt: skip


async def end_all_of(
    member: UUID | None = None, *, staff: UUID | None = None, reason: str = "SIGNED_OUT"
) -> int:
    """End every session of a member (merged ones included) or a staff account; answers how many were open."""
    return await db.run(
        "UPDATE access.session s SET ended_at = $3, end_reason = $4 FROM access.subject u "
        "WHERE u.id = s.subject AND (u.member = $1 OR u.root = $1 OR u.staff = $2) AND s.ended_at IS NULL",
        member, staff, clock.now(), reason,
    )  # fmt: skip


async def suspend(member: UUID) -> None:
    """Let the member hold no session until :func:`restore`; the open ones end at once."""
    async with db.transaction():
        await subject_of(member=member)
        await db.run(
            "UPDATE access.subject SET suspended_at = $2 WHERE member = $1 OR root = $1", member, clock.now()
        )
        await end_all_of(member, reason="SUSPENDED")


async def restore(member: UUID) -> None:
    """Let the member sign in again."""
    await db.run("UPDATE access.subject SET suspended_at = NULL WHERE member = $1 OR root = $1", member)


async def forget_old(days: int = 90) -> int:
    """Drop sessions (with their proofs) that ended or ran out so long ago that nobody asks for them."""
    before = clock.now() - timedelta(days=days)
    async with db.transaction():
        await db.run(
            "DELETE FROM access.proof p USING access.session s WHERE s.id = p.session "
            "AND s.expires_at < $1 AND NOT s.is_development",
            before,
        )
        return await db.run("DELETE FROM access.session WHERE expires_at < $1 AND NOT is_development", before)


_MEMBER_SUBJECT = """
INSERT INTO access.subject (id, member, pin_counted, created_at) VALUES ($1, $2, '{}', $3)
ON CONFLICT (member) DO UPDATE SET member = excluded.member RETURNING id, suspended_at
"""
_STAFF_SUBJECT = """
INSERT INTO access.subject (id, staff, pin_counted, created_at) VALUES ($1, $2, '{}', $3)
ON CONFLICT (staff) DO UPDATE SET staff = excluded.staff RETURNING id, suspended_at
"""


@dataclass(frozen=True)
class Subject:
    """Who holds a session."""

    id: UUID
    is_suspended: bool


async def subject_of(*, member: UUID | None = None, staff: UUID | None = None) -> Subject:
    """The subject of a member or a staff account, made at the first call; locked until the transaction ends."""
    row = await db.one(_MEMBER_SUBJECT if member else _STAFF_SUBJECT, ids.new(), member or staff, clock.now())
    assert row is not None
    return Subject(row["id"], row["suspended_at"] is not None)


async def _end_if_reused(session: UUID, number: int) -> None:
    """Counted although the caller is refused, so in a transaction of its own."""
    async with db.independent() as connection:
        await connection.execute(
            "UPDATE access.session SET ended_at = $3, end_reason = 'REUSED' "
            "WHERE id = $1 AND refresh_number > $2 AND ended_at IS NULL",
            session, number, clock.now(),
        )  # fmt: skip


def _issued(session: UUID, *, number: int, now: datetime, expires_at: datetime) -> Tokens:
    access_expires_at = now + timedelta(seconds=settings().access_token_seconds)
    return Tokens(
        access_token=signing.signed(session, use=signing.ACCESS, expires_at=access_expires_at, issued_at=now),
        access_expires_at=access_expires_at,
        refresh_token=signing.signed(
            session, use=signing.REFRESH, expires_at=expires_at, issued_at=now, number=number
        ),
        refresh_expires_at=expires_at,
        session_id=session,
    )
