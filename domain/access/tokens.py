"""Who stands behind a token.

A token names a session and nothing personal; roles, suspension and sign-out are read from the session's row with
every use (one indexed statement). Sign-in tokens end on the brand's clock, development tokens on the wall clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.access import development, rules, signing
from domain.actor import Actor, ActorKind
from domain.errors import Forbidden, Unauthenticated
from domain.settings import settings


@dataclass(frozen=True)
class Holder:
    """Who holds a token, and until when (on the brand's clock)."""

    actor: Actor
    valid_until: datetime


async def actor_of(
    token: str, *, device: str | None = None, ip: str | None = None, touchpoint: str | None = None
) -> Actor:
    """The actor of an access token, or UNAUTHENTICATED."""
    return (await holder_of(token, device=device, ip=ip, touchpoint=touchpoint)).actor


async def holder_of(
    token: str, *, device: str | None = None, ip: str | None = None, touchpoint: str | None = None
) -> Holder:
    """The actor of an access token and how long it holds, or UNAUTHENTICATED. One statement."""
    claims = signing.opened(token, use=signing.ACCESS)
    row = await db.one(_HOLDER, UUID(claims["sid"]))
    if row is None or row["ended_at"] or row["suspended_at"] or row["is_active"] is False:
        raise Unauthenticated("This session has ended; sign in again.")
    held = [(role, scope) for role, _, scope in (text.partition(" ") for text in row["held"])]
    actor = Actor(
        kind=ActorKind.MEMBER if row["member"] else ActorKind.STAFF,
        id=row["member"] or row["staff"],  # the member that stands for it, after a merge
        member_id=row["member"],
        roles=frozenset({"member"}) if row["member"] else frozenset(role for role, _ in held),
        scopes=rules.scopes_in_force(held),
        touchpoint=touchpoint or row["touchpoint"],
        session_id=row["id"],
        device=device or row["device"],
        ip=ip,
    )
    return Holder(actor, clock.now() + (signing.moment(claims["exp"]) - signing.clock_of(claims)))


_HOLDER = """
SELECT s.id, s.ended_at, s.device, s.touchpoint, coalesce(u.root, u.member) AS member, u.staff, u.suspended_at, t.is_active,
       ARRAY(SELECT r.role || ' ' || r.scope FROM access.staff_role r WHERE r.staff = u.staff) AS held
FROM access.session s JOIN access.subject u ON u.id = s.subject LEFT JOIN access.staff t ON t.id = u.staff
WHERE s.id = $1
"""


async def development_token(
    role: str, *, member: str | UUID | None = None, scopes: list[str] | None = None, name: str | None = None
) -> str:
    """A token for development, good for 30 days on the wall clock; refused in production.

    The same words give the same person; ``name`` makes another one. ``member`` (a member's id) is needed for the
    role ``member``. For ``source`` the answer is a write key.
    """

    if settings().is_production:
        raise Forbidden("Development tokens are not given in production.")
    return await development.token(role, member=member, scopes=scopes or [], name=name)
