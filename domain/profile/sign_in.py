"""Signing in: what access proves (a phone, an identity) becomes a member with a session.

The proved identity alone decides who signs in. A device's anonymous id brings a visitor's past along; when it belongs
to another identified member it leads nowhere, so a shared phone never opens the account of whoever used it before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain import db
from domain.access import codes, oidc, sessions, step_up
from domain.access.codes import Purpose
from domain.access.oidc import VerifiedIdentity
from domain.actor import Actor, ActorKind
from domain.errors import InvalidInput
from domain.profile import identities, interactions, kinds, members, resolution
from domain.profile.errors import IdentityBlocked, MemberSuspended
from domain.profile.resolution import Given, NoIdentity, Resolved


@dataclass(frozen=True)
class SignedIn:
    """A member's open session; ``is_new`` when the person became a member just now."""

    tokens: sessions.Tokens
    member: UUID
    is_new: bool


async def request_code(actor: Actor, phone: str, purpose: Purpose = Purpose.SIGN_IN) -> int:
    """Send a code; answers the seconds until the next may be asked for. Known and unknown phones answer alike.

    LINK and STEP_UP are for signed-in members, STEP_UP only for a phone of their own. Refuses IdentityBlocked and
    TooManyCodes.
    """
    number = await _phone(phone)
    if purpose is not Purpose.SIGN_IN:
        root = await members.must_be_active(actor)
        if purpose is Purpose.STEP_UP and await identities.owner("phone", number) != root:
            raise InvalidInput.at("phone", "This is not your phone.")
    return await codes.request(actor, number, purpose)


async def with_code(
    actor: Actor,
    phone: str,
    code: str,
    *,
    anonymous_id: str | None = None,
    touchpoint: str | None = None,
    attempt: str | None = None,
) -> SignedIn:
    """Sign in by phone code. Refuses WrongCode (counted), CodeExpired, MemberSuspended, IdentityBlocked."""
    number = await _phone(phone)
    async with db.transaction():
        await codes.check(number, code, attempt=attempt)
        return await _open(actor, [("phone", number, True)], anonymous_id, touchpoint)


async def with_oidc(
    actor: Actor,
    provider: str,
    code: str,
    *,
    redirect_uri: str,
    nonce: str,
    code_verifier: str | None = None,
    anonymous_id: str | None = None,
    touchpoint: str | None = None,
) -> SignedIn:
    """Sign in by a provider's authorization code. Asks the provider first, outside of any transaction of its own.

    Refuses ProviderRefused and MemberSuspended. A verified e-mail joins the member when nobody else has it.
    """
    identity = await oidc.exchange(
        provider, code, redirect_uri=redirect_uri, nonce=nonce, code_verifier=code_verifier
    )

    async def open_() -> SignedIn:
        proved = [(type_, value, True) for type_, value in identity.all]
        signed_in = await _open(actor, proved, anonymous_id, touchpoint)
        await _add_email(signed_in.member, identity)
        return signed_in

    return await db.attempt(open_)


async def sign_out(actor: Actor, *, everywhere: bool = False) -> None:
    """End this session, or every one of the person; felt with the next use of a token."""
    async with db.transaction():
        if everywhere:
            await sessions.end_all_of(actor.member_id, staff=actor.id if actor.is_staff else None)
        elif actor.session_id is not None:
            await sessions.end(actor.session_id)
        if actor.member_id is not None:
            await interactions.record(
                actor, kinds.SESSION_ENDED, ("SESSION", actor.session_id), once=actor.session_id, everywhere=everywhere
            )  # fmt: skip


async def set_pin(actor: Actor, pin: str, code: str, *, attempt: str | None = None) -> datetime:
    """Set the member's PIN, proved by a step-up code; answers until when this session counts as proved."""
    async with db.transaction():
        await members.must_be_active(actor)
        until = await step_up.set_pin(actor, pin, code, attempt=attempt)
        await interactions.record(actor, kinds.PIN_SET, ("MEMBER", actor.member_id), once=until.isoformat())
    return until


async def prove(
    actor: Actor, *, code: str | None = None, pin: str | None = None, attempt: str | None = None
) -> datetime:
    """Prove by a step-up code or the PIN; answers until when this session counts as proved.

    Refuses WrongCode and WrongPin (counted), CodeExpired, PinNotSet, AccountLocked.
    """
    if (code is None) == (pin is None):
        raise InvalidInput.at("code", "Give a code or a PIN, one of the two.")
    if code is not None:
        return await step_up.prove_with_code(actor, code, attempt=attempt)
    return await step_up.prove_with_pin(actor, pin or "", attempt=attempt)


async def _open(
    actor: Actor, proved: list[Given], anonymous_id: str | None, touchpoint: str | None
) -> SignedIn:
    resolved = await _member_of(proved, anonymous_id)
    await members.lock(resolved.member)
    row = await members.by_id(resolved.member)
    assert row is not None
    if row["status"] == "SUSPENDED":
        raise MemberSuspended()
    root = row["id"]
    is_new = await members.become_member(root) or resolved.is_new
    tokens = await sessions.open(member=root, device=actor.device, touchpoint=touchpoint or actor.touchpoint)
    person = replace(
        actor,
        kind=ActorKind.MEMBER,
        id=root,
        member_id=root,
        roles=frozenset({"member"}),
        touchpoint=touchpoint or actor.touchpoint,
        session_id=tokens.session_id,
    )
    if is_new or not await _has_joined(root):
        await interactions.record(person, kinds.MEMBER_JOINED, ("MEMBER", root), once=root)
    await interactions.record(
        person, kinds.SESSION_STARTED, ("SESSION", tokens.session_id), once=tokens.session_id, by=proved[0][0]
    )
    return SignedIn(tokens, root, is_new)


async def _has_joined(root: UUID) -> bool:
    """Whether that is on the timeline: who was only reported so far is a member, and joins with the first sign-in."""
    return await db.value(
        """SELECT EXISTS (SELECT FROM profile.interaction
        WHERE member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1)) AND kind = $2)""",
        root, kinds.MEMBER_JOINED.name,
    )  # fmt: skip


async def _member_of(proved: list[Given], anonymous_id: str | None) -> Resolved:
    device: list[Given] = [("anonymous_id", anonymous_id, False)] if anonymous_id else []
    try:
        await resolution.read(proved)
    except NoIdentity:
        raise IdentityBlocked() from None
    await resolution.lock(await resolution.read([*proved, *device]))
    if device and not await _is_of_identified(anonymous_id or ""):
        return await _with_more(proved, device)
    alone = await resolution.resolve(proved)
    if device:  # both known now: the resolution sets the device aside, or finds that it is the member's own
        await _with_more(proved, device)
    return alone


async def _is_of_identified(anonymous_id: str) -> bool:
    """Whether the device belongs to somebody who carries more than anonymous identities."""
    found = await members.by_identity("anonymous_id", anonymous_id)
    if found is None:
        return False
    known = await identities.rules()
    carried = [known.type_of(row["type"]) for row in await identities.of_root(found["id"])]
    return any(kind is None or not kind.is_anonymous for kind in carried)


async def _add_email(member: UUID, identity: VerifiedIdentity) -> None:
    if identity.email is None:
        return
    given: list[Given] = [(identity.type, identity.value, True), ("email", identity.email, True)]
    named = await resolution.read(given)
    owners = {await identities.owner(each.type, each.value) for each in named}
    if owners <= {member, None}:
        await _with_more(given[:1], given[1:])


async def _with_more(proved: list[Given], more: list[Given]) -> Resolved:
    """What is proved, with what may come along; a cap never keeps a person from signing in."""
    try:
        async with db.savepoint():
            return await resolution.resolve([*proved, *more])
    except NoIdentity:
        return await resolution.resolve(proved)


async def _phone(phone: str) -> str:
    known = await identities.rules()
    if known.is_blocked(phone):
        raise IdentityBlocked()
    number = identities.phone(phone)
    if known.is_blocked(number):
        raise IdentityBlocked()
    return number
