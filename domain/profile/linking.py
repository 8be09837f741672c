"""Linking: a signed-in member adds or takes away a way to be known, each with its proof."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain import db
from domain.access import codes, oidc
from domain.access.codes import Purpose
from domain.actor import Actor
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.profile import identities, interactions, kinds, members, merges, resolution
from domain.profile.errors import IdentityBlocked, IdentityLimit, IdentityTaken, LastIdentity
from domain.profile.identities import Named
from domain.profile.resolution import NoIdentity


@dataclass(frozen=True)
class Proof:
    """What proves an identity: a phone code, or a provider's authorization code with what belongs to it."""

    code: str
    redirect_uri: str | None = None
    nonce: str | None = None
    code_verifier: str | None = None
    attempt: str | None = None


async def link(actor: Actor, type_: str, value: str, proof: Proof, *, merge: bool = False) -> UUID:
    """Give the signed-in member an identity that the proof confirms; answers the root.

    Types: ``phone`` (value: the number; proof: a code asked for with purpose LINK) and ``oidc`` (value: the
    provider's name; proof: its authorization code). A new phone replaces the old one, which then leads nowhere. An
    identity of another member is refused with IdentityTaken; when it says so, ``merge`` makes both one. Refuses also
    WrongCode (counted), CodeExpired, ProviderRefused, IdentityBlocked, IdentityLimit.
    """
    if type_ not in ("phone", "oidc"):
        raise InvalidInput.at("type", "Use phone or oidc.")
    verified = await _from_provider(value, proof) if type_ == "oidc" else None
    async with db.transaction():
        if verified is None:
            value = await _proved_phone(value, proof)
            named = await _named("phone", value)
        else:
            named = await _named(*verified)
        await resolution.lock([named])
        root = await members.must_be_active(actor)
        owner = await identities.owner(named.type, named.value)
        roots = await members.lock(*{root, owner or root})
        if owner not in (None, root):
            root = await _merged(roots, merge)
        if owner is None:
            await _make_room(actor, root, named)
        await identities.attach(root, [named])
        await interactions.record(
            actor, kinds.IDENTITY_LINKED, ("MEMBER", root), once=ids.new(), member=root,
            type=named.type, value=identities.mask(named.type, named.value),
        )  # fmt: skip
    return root


async def unlink(actor: Actor, type_: str, value: str) -> UUID:
    """Take an identity away from the signed-in member; refuses LastIdentity when no other could sign in."""
    async with db.transaction():
        named = await _named(type_, value)
        await resolution.lock([named])
        root = await members.must_be_active(actor)
        await members.lock(root)
        if await identities.owner(named.type, named.value) != root:
            raise NotFound("You have no such identity.")
        others = [
            row
            for row in await identities.of_root(root)
            if row["is_verified"] and (row["type"], row["value_norm"]) != (named.type, named.value)
        ]
        if not any(row["type"].partition(":")[0] in _SIGN_IN_TYPES for row in others):
            raise LastIdentity()
        await _detach(actor, root, named.type, named.value)
    return root


#: Families of identities that a person can sign in with.
_SIGN_IN_TYPES = ("phone", "oidc", "wechat_unionid", "wechat_openid")


async def _proved_phone(value: str, proof: Proof) -> str:
    if (await identities.rules()).is_blocked(value):
        raise IdentityBlocked()
    number = identities.phone(value, "value")
    await codes.check(number, proof.code, Purpose.LINK, attempt=proof.attempt)
    return number


async def _from_provider(provider: str, proof: Proof) -> tuple[str, str]:
    identity = await oidc.exchange(
        provider,
        proof.code,
        redirect_uri=proof.redirect_uri or "",
        nonce=proof.nonce or "",
        code_verifier=proof.code_verifier,
    )
    return identity.type, identity.value


async def _named(type_: str, value: str) -> Named:
    try:
        return (await resolution.read([(type_, value, True)]))[0]
    except NoIdentity:
        raise IdentityBlocked() from None


async def _merged(roots: list[UUID], merge: bool) -> UUID:
    """Both are proved (by the token and by the proof), so only limits stand in the way."""
    can_merge = await merges.forbidden(roots, roots, await identities.rules()) is None
    if not (merge and can_merge):
        raise IdentityTaken(can_merge=can_merge)
    return await merges.merge_all(roots, rule="SIGN_IN", reason="linked by the member")


async def _make_room(actor: Actor, root: UUID, named: Named) -> None:
    """A new phone takes the oldest one's place; other types are refused at their limit."""
    kind = (await identities.rules()).type_of(named.type)
    since = kind.counted_since() if kind else None
    counted = sorted(
        (
            row
            for row in await identities.of_root(root)
            if row["type"] == named.type and (since is None or row["first_seen_at"] > since)
        ),
        key=lambda row: (row["first_seen_at"], row["id"]),
    )
    surplus = len(counted) + 1 - named.limit
    if surplus > 0 and named.type != "phone":
        raise IdentityLimit(named.limit)
    for row in counted[: max(surplus, 0)]:
        await _detach(actor, root, row["type"], row["value_norm"])


async def _detach(actor: Actor, root: UUID, type_: str, value: str) -> None:
    await db.run("DELETE FROM profile.identity WHERE type = $1 AND value_norm = $2", type_, value)
    await interactions.record(
        actor, kinds.IDENTITY_UNLINKED, ("MEMBER", root), once=ids.new(), member=root,
        type=type_, value=identities.mask(type_, value),
    )  # fmt: skip
