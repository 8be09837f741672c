"""Who acts in the scenarios."""

from __future__ import annotations

from domain import db
from domain.access import approvals, sessions, staff, tokens
from domain.access.approvals import Approval
from domain.actor import SYSTEM, Actor, ActorKind
from domain.foundation import ids
from domain.points import ledger
from domain.profile import identities
from domain.profile.identities import Named
from tests import make

PHONE = "+8613800138001"

ADMIN = make.staff("admin")
OPERATOR = make.staff("operator")
MODERATOR = make.staff("moderator")
ADVISOR = make.staff("advisor")


async def signed_in(phone: str | None = None) -> Actor:
    """A member with a session, as a token names it; with a proved phone where one is given."""
    member = await make.member_id()
    if phone:
        await identities.attach(member, [Named(2, "phone", phone, True)])
    opened = await sessions.open(member=member)
    return Actor(
        kind=ActorKind.MEMBER, id=member, member_id=member, roles=frozenset({"member"}), session_id=opened.session_id,
    )  # fmt: skip


async def with_points(amount: int = 100, **options: object) -> Actor:
    """A member who has points."""
    actor = await make.member_actor(**options)
    await ledger.earn(SYSTEM, actor.member_id, "POINTS", amount, ledger.Cause("TEST", ids.new()))
    return actor


async def account(role: str) -> Actor:
    """A member of staff with an account, who can ask and sign."""
    made = await staff.appoint(SYSTEM, name=role, email=f"{role}-{ids.new()}@brand.example", role=role)
    found = await staff.actor_of(made.id)
    assert found is not None
    return found


async def code_sent_to(phone: str) -> str:
    """The newest code that the recording adapter keeps for a phone."""
    body = await db.value(
        "SELECT body FROM foundation.recorded_send WHERE recipient = $1 ORDER BY at DESC, id DESC LIMIT 1",
        phone,
    )
    return body["code"]


async def without_a_second_person(action: str) -> None:
    """Let one person do what otherwise waits for a signature."""
    await db.run(
        "INSERT INTO access.approval_threshold (action, above, is_enabled) VALUES ($1, 0, false) "
        "ON CONFLICT (action) DO UPDATE SET is_enabled = false",
        action,
    )


async def asked(maker: Actor, action: str, given: dict[str, object]) -> Approval:
    """A request that waits for its signature."""
    found = await approvals.ask(maker, action, given)
    assert found is not None
    return found


async def of_token(access_token: str) -> Actor:
    """Whom a token names."""
    return await tokens.actor_of(access_token)
