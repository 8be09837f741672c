"""Staff accounts: who the brand's people are, what they may do and where, and how they sign in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import audit, oidc, passwords, policy, rules, sessions
from domain.access.errors import AccountLocked, EmailTaken, LastAdmin, ProviderRefused, WrongPassword
from domain.actor import SYSTEM, Actor, ActorKind
from domain.errors import Forbidden, InvalidInput, NotFound
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.settings import settings

SHORTEST_PASSWORD = 12


@dataclass(frozen=True)
class Account:
    """A staff account with its roles as (role, scope) pairs; scope "" is everywhere."""

    id: UUID
    name: str
    email: str | None
    is_active: bool
    has_password: bool
    created_at: datetime
    version: int
    roles: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, row: db.Row) -> Account:
        return cls(
            **{name: row[name] for name in ("id", "name", "email", "is_active", "created_at", "version")},
            has_password=row["password_hash"] is not None,
            roles=tuple((role, scope) for role, _, scope in (held.partition(" ") for held in row["held"])),
        )


async def sign_in(
    email: str, password: str, *, device: str | None, touchpoint: str | None
) -> sessions.Tokens:
    """Open a session by e-mail and password, or refuse WrongPassword (counted) or AccountLocked.

    Unknown and closed accounts answer like a wrong password, as slowly.
    """
    limits, now = await policy.limits(), clock.now()
    row = await _count_try(email, limits, now)
    fits = await passwords.fits(row["password_hash"] if row else None, password)
    if row is None or not fits or not row["is_active"]:
        raise WrongPassword()
    async with db.transaction():
        await db.run("UPDATE access.staff SET tries = 0, locked_until = NULL WHERE id = $1", row["id"])
        opened = await sessions.open(staff=row["id"], device=device, touchpoint=touchpoint)
        await audit.append(actor_named(row["id"]), "access.staff.signed_in", "staff", row["id"])
    return opened


async def sign_in_with_code(
    provider: str,
    code: str,
    *,
    redirect_uri: str,
    nonce: str,
    code_verifier: str | None = None,
    device: str | None = None,
    touchpoint: str | None = None,
) -> sessions.Tokens:
    """Open a session by a provider's authorization code, or refuse ProviderRefused.

    The first time the account is found by its verified e-mail; from then on by the provider's own id of the person.
    """
    identity = await oidc.exchange(
        provider,
        code,
        redirect_uri=redirect_uri,
        nonce=nonce,
        code_verifier=code_verifier,
        audience="STAFF",
    )
    key = f"{identity.type}|{identity.value}"
    async with db.transaction():
        found = await db.value(_BY_OIDC, key, identity.email)
        if found is None:
            raise ProviderRefused("no staff account belongs to this person")
        await db.run("UPDATE access.staff SET oidc_identity = $2 WHERE id = $1", found, key)
        opened = await sessions.open(staff=found, device=device, touchpoint=touchpoint)
        await audit.append(actor_named(found), "access.staff.signed_in", "staff", found)
    return opened


_BY_OIDC = """
SELECT id FROM access.staff
WHERE is_active AND (oidc_identity = $1 OR (oidc_identity IS NULL AND lower(email) = lower($2)))
ORDER BY oidc_identity NULLS LAST LIMIT 1 FOR UPDATE
"""


async def appoint(
    actor: Actor, *, name: str, email: str | None, role: str, scopes: list[str] | None = None
) -> Account:
    """Give a person a role, everywhere or in the named scopes; the account is made when the e-mail has none."""
    held = sorted(set(scopes or [])) or [""]
    for scope in held:
        if problem := rules.problem_of_scope(role, scope):
            raise InvalidInput.at("role" if role not in rules.STAFF_ROLES else "scopes", problem)
    if email is not None and ("@" not in email or len(email) > 320):
        raise InvalidInput.at("email", "This is no e-mail address.")
    if not 1 <= len(name.strip()) <= 200:
        raise InvalidInput.at("name", "Use 1 to 200 characters.")
    async with db.transaction():
        staff, now = await _account_of(name.strip(), email.strip() if email else None), clock.now()
        await db.run_many(
            "INSERT INTO access.staff_role (id, staff, role, scope, granted_at, granted_by) "
            "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (staff, role, scope) DO NOTHING",
            [(ids.new(), staff, role, scope, now, actor.id) for scope in held],
        )
        await db.run("UPDATE access.staff SET version = version + 1 WHERE id = $1", staff)
        await audit.append(
            actor, "access.staff.appointed", "staff", staff, facts={"role": role, "scopes": held}
        )
        return await account(staff)


async def appoint_admin(name: str, email: str, password: str) -> Account:
    """An admin with a password, by whoever runs the installation."""
    async with db.transaction():
        appointed = await appoint(SYSTEM, name=name, email=email, role="admin")
        return await set_password(SYSTEM, appointed.id, password)


async def end_role(actor: Actor, staff: UUID, role: str, scope: str | None = None) -> Account:
    """Take a role away (in one scope, or all of it) with the next use of any token; refuses LastAdmin."""
    async with db.transaction():
        await _lock(staff)
        ended = await db.run(
            "DELETE FROM access.staff_role WHERE staff = $1 AND role = $2 AND ($3::text IS NULL OR scope = $3)",
            staff, role, scope,
        )  # fmt: skip
        if not ended:
            raise NotFound("This account does not hold this role.")
        if role == "admin":
            await _must_leave_an_admin()
        await db.run("UPDATE access.staff SET version = version + 1 WHERE id = $1", staff)
        await audit.append(
            actor, "access.staff.role_ended", "staff", staff, facts={"role": role, "scope": scope}
        )
        return await account(staff)


async def close(actor: Actor, staff: UUID, reason: str) -> Account:
    """Close an account: its sessions end at once and nobody signs in with it; refuses LastAdmin."""
    return await _set_active(actor, staff, False, reason)


async def reopen(actor: Actor, staff: UUID, reason: str) -> Account:
    """Let a closed account sign in again, with the roles that it holds."""
    return await _set_active(actor, staff, True, reason)


async def set_password(actor: Actor, staff: UUID, password: str) -> Account:
    """Set a password (12 characters at least) by the person or an admin; all its sessions end."""
    if actor.kind is ActorKind.STAFF and actor.id != staff and "admin" not in actor.roles:
        raise Forbidden("Only the person or an admin sets a password.")
    if not SHORTEST_PASSWORD <= len(password) <= 200:
        raise InvalidInput.at("password", f"Use {SHORTEST_PASSWORD} to 200 characters.")
    kept = await passwords.hashed(password)
    async with db.transaction():
        await _lock(staff)
        await db.run(
            "UPDATE access.staff SET password_hash = $2, tries = 0, locked_until = NULL, version = version + 1 "
            "WHERE id = $1",
            staff, kept,
        )  # fmt: skip
        await sessions.end_all_of(staff=staff)
        await audit.append(actor, "access.staff.password_set", "staff", staff)
        return await account(staff)


async def account(staff: UUID) -> Account:
    """One account, or NOT_FOUND."""
    found = await by_ids([staff])
    if staff not in found:
        raise NotFound()
    return found[staff]


async def by_ids(wanted: list[UUID]) -> dict[UUID, Account]:
    """The accounts of these ids. One statement."""
    rows = await db.fetch(_ACCOUNT + " WHERE t.id = ANY($1)", wanted)
    return {row["id"]: Account.of(row) for row in rows}


async def listed(page: Page, *, role: str | None = None, is_active: bool | None = None) -> list[Account]:
    """Accounts in the order they were made. Key of a page: (id,)."""
    rows = await db.fetch(
        _ACCOUNT + _LISTED,
        page.after[0] if page.after else None, is_active, role, page.limit + 1,
    )  # fmt: skip
    return [Account.of(row) for row in rows]


async def actor_of(staff: UUID) -> Actor | None:
    """The actor that a staff account is now, with its present roles; None when it is closed or unknown."""
    found = (await by_ids([staff])).get(staff)
    if found is None or not found.is_active:
        return None
    return Actor(
        kind=ActorKind.STAFF,
        id=staff,
        roles=frozenset(role for role, _ in found.roles),
        scopes=rules.scopes_in_force(list(found.roles)),
    )


async def actor_by_email(email: str) -> Actor | None:
    """The same of the account with this e-mail address."""
    staff = await db.value("SELECT id FROM access.staff WHERE lower(email) = lower($1)", email)
    return await actor_of(staff) if staff else None


def actor_named(staff: UUID) -> Actor:
    """A staff actor by id alone, to sign an audit entry before a session stands."""
    return Actor(kind=ActorKind.STAFF, id=staff)


_ACCOUNT = """
SELECT t.id, t.name, t.email, t.is_active, t.password_hash, t.created_at, t.version,
       ARRAY(SELECT r.role || ' ' || r.scope FROM access.staff_role r WHERE r.staff = t.id ORDER BY 1) AS held
FROM access.staff t"""
_LISTED = """
WHERE ($1::uuid IS NULL OR t.id > $1) AND ($2::boolean IS NULL OR t.is_active = $2)
  AND ($3::text IS NULL OR EXISTS (SELECT 1 FROM access.staff_role x WHERE x.staff = t.id AND x.role = $3))
ORDER BY t.id LIMIT $4
"""


async def _count_try(email: str, limits: policy.Limits, now: datetime) -> Any:
    """Count the try before looking at the password; a run of wrong ones locks the account for a while."""
    async with db.independent() as connection:
        row = await connection.fetchrow(
            "UPDATE access.staff SET tries = CASE WHEN locked_until <= $2 THEN 1 ELSE tries + 1 END, "
            "locked_until = CASE WHEN locked_until IS NULL AND tries + 1 >= $3 THEN $4::timestamptz END "
            "WHERE lower(email) = lower($1) AND (locked_until IS NULL OR locked_until <= $2) "
            "RETURNING id, password_hash, is_active",
            email.strip(), now, limits.secret_tries, now + timedelta(seconds=limits.secret_lock_seconds),
        )  # fmt: skip
        if row is None:
            locked = await connection.fetchval(
                "SELECT locked_until FROM access.staff WHERE lower(email) = lower($1)", email.strip()
            )
    if row is None and locked is not None and locked > now:
        raise AccountLocked(available_at=locked)
    return row


async def _account_of(name: str, email: str | None) -> UUID:
    found: UUID | None = await db.value("SELECT id FROM access.staff WHERE lower(email) = lower($1)", email)
    if found is not None:
        await _lock(found)
        return found
    staff = await db.value(
        "INSERT INTO access.staff (id, name, email, created_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (lower(email)) WHERE email IS NOT NULL DO NOTHING RETURNING id",
        ids.new(), name, email, clock.now(),
    )  # fmt: skip
    if staff is None:
        raise EmailTaken()
    return UUID(str(staff))


async def _set_active(actor: Actor, staff: UUID, is_active: bool, reason: str) -> Account:
    async with db.transaction():
        await _lock(staff)
        await db.run(
            "UPDATE access.staff SET is_active = $2, version = version + 1 WHERE id = $1", staff, is_active
        )
        changed = await account(staff)
        if not is_active:
            if any(role == "admin" for role, _ in changed.roles):
                await _must_leave_an_admin()
            await sessions.end_all_of(staff=staff, reason="SUSPENDED")
        action = "access.staff.reopened" if is_active else "access.staff.closed"
        await audit.append(actor, action, "staff", staff, text={"reason": reason})
    return changed


async def _lock(staff: UUID) -> None:
    """The account's row; all changes of admins in turn, so that two of them cannot remove each other."""
    await db.run("SELECT pg_advisory_xact_lock(hashtextextended('access.staff.admins', 0))")
    if not await db.value("SELECT 1 FROM access.staff WHERE id = $1 FOR UPDATE", staff):
        raise NotFound()


async def _must_leave_an_admin() -> None:
    """In production an admin without an e-mail (the one that every installation starts with) cannot sign in."""
    if not await db.value(
        "SELECT 1 FROM access.staff t JOIN access.staff_role r ON r.staff = t.id "
        "WHERE t.is_active AND r.role = 'admin' AND (t.email IS NOT NULL OR NOT $1) LIMIT 1",
        settings().is_production,
    ):
        raise LastAdmin()
