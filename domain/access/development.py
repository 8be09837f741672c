"""Persons for development: the same words always give the same one."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.access import rules, sessions, signing
from domain.errors import InvalidInput
from domain.foundation import ids, secrets

DAYS = 30


async def token(role: str, *, member: str | UUID | None, scopes: list[str], name: str | None) -> str:
    """A token of a member, of a staff account with this role and these scopes, or a source's write key."""
    async with db.transaction():
        if role in ("member", "owner"):
            if member is None:
                raise InvalidInput.at("member", "Name a member.")
            return await _session(member=UUID(str(member)))
        if role == "source":
            return await _write_key(scopes or ["tracking"], name)
        return await _session(staff=await _staff(role, scopes, name))


def staff_id(role: str, scopes: list[str], name: str | None) -> UUID:
    """The account that these words always mean."""
    return ids.named("development", role, *scopes, name or "")


async def _staff(role: str, scopes: list[str], name: str | None) -> UUID:
    scopes = sorted(set(scopes)) or [""]
    for scope in scopes:
        if problem := rules.problem_of_scope(role, scope):
            raise InvalidInput.at("scope" if role in rules.STAFF_ROLES else "role", problem)
    staff, now = staff_id(role, scopes, name), clock.now()
    await db.run(
        "INSERT INTO access.staff (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        staff, name or f"Development {role}", now,
    )  # fmt: skip
    await db.run_many(
        "INSERT INTO access.staff_role (id, staff, role, scope, granted_at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (staff, role, scope) DO NOTHING",
        [(ids.new(), staff, role, scope, now) for scope in scopes],
    )
    return staff


async def _session(*, member: UUID | None = None, staff: UUID | None = None) -> str:
    subject = await sessions.subject_of(member=member, staff=staff)
    session, now, wall = ids.new(), clock.now(), datetime.now(UTC)
    await db.run(
        "INSERT INTO access.session (id, subject, is_development, opened_at, refreshed_at, expires_at) "
        "VALUES ($1, $2, true, $3, $3, $4)",
        session, subject.id, now, now + timedelta(days=DAYS),
    )  # fmt: skip
    return signing.signed(
        session,
        use=signing.ACCESS,
        issued_at=wall,
        expires_at=wall + timedelta(days=DAYS),
        is_on_wall_clock=True,
    )


async def _write_key(scopes: list[str], name: str | None) -> str:
    unknown = set(scopes) - rules.SOURCE_SCOPES
    if unknown:
        raise InvalidInput.at("scope", f"Use {', '.join(sorted(rules.SOURCE_SCOPES))}.")
    title = f"Development {name or 'source'} ({', '.join(sorted(set(scopes)))})"
    digest = hashlib.blake2b(title.encode(), key=secrets.key()[:64], digest_size=24).digest()
    key = "wk_" + base64.urlsafe_b64encode(digest).decode()
    await db.run(
        "INSERT INTO access.source (id, name, kind, trust, write_key_hash, write_key_hint, scopes, allowed_origins, "
        "without_consent, created_at) VALUES ($1, $2, 'SERVER', 'SERVER', $3, $4, $5, '{}', 'STRIP', $6) "
        "ON CONFLICT (name) DO UPDATE SET write_key_hash = excluded.write_key_hash, is_enabled = true",
        ids.named("development source", title), title[:100], hashlib.sha256(key.encode()).hexdigest(), key[-4:],
        sorted(set(scopes)), clock.now(),
    )  # fmt: skip
    return key
