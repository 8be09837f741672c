"""Signing in and out, proofs, and identities that members link themselves."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from domain import clock
from domain.access import codes, oidc, sessions
from domain.access.codes import Purpose
from domain.actor import SYSTEM, Actor
from domain.profile import identities, resolution, sign_in
from domain.profile.identities import Named
from tests import make
from tests.domain.access.issuer import CLIENT, NONCE, REDIRECT, VERIFIER, Issuer
from tests.everything.scenarios import NEWCOMER, Call, changes_nobody, leaves
from tests.everything.scenarios.people import PHONE, code_sent_to, signed_in

OTHER = "+8613900139002"


@changes_nobody(
    "requestSignInCode", "A code was sent to a phone that may be nobody's.", touches="access.challenge"
)
async def a_visitor_asks_for_a_code() -> Call:
    return Call(make.visitor(), {"phone": PHONE})


@leaves("signInWithCode")
async def a_visitor_signs_in_for_the_first_time() -> Call:
    await sign_in.request_code(make.visitor(), PHONE)
    given = {"phone": PHONE, "code": await code_sent_to(PHONE)}
    return Call(make.visitor(), given, {NEWCOMER: "profile.member.joined profile.session.started"})


@leaves("signInWithCode")
async def a_member_signs_in_again() -> Call:
    await sign_in.request_code(make.visitor(), PHONE)
    first = await sign_in.with_code(make.visitor(), PHONE, await code_sent_to(PHONE))
    clock.shift(timedelta(seconds=61))  # until another code may be asked for
    await sign_in.request_code(make.visitor(), PHONE)
    given = {"phone": PHONE, "code": await code_sent_to(PHONE)}
    return Call(make.visitor(), given, {first.member: "profile.session.started"})


@leaves("signInWithCode")
async def somebody_known_signs_in_for_the_first_time() -> Call:
    """Known by an import or a visit; the membership begins with the first sign-in."""
    me = await signed_in(PHONE)
    await sign_in.request_code(make.visitor(), PHONE)
    given = {"phone": PHONE, "code": await code_sent_to(PHONE)}
    kinds = "profile.member.joined profile.session.started"
    return Call(make.visitor(), given, {me.member_id: kinds})


@leaves("signInWithOidc")
async def a_visitor_signs_in_at_a_provider() -> Call:
    given = await provided("MEMBER")
    return Call(make.visitor(), given, {NEWCOMER: "profile.member.joined profile.session.started"})


async def provided(audience: str) -> dict[str, object]:
    """What a client sends back from a provider that vouches for a person."""
    await oidc.define(
        SYSTEM, name="local", title="Local", issuer=_issuer().url, client_id=CLIENT, secret_name=None,
        scopes=["openid", "email"], redirect_uris=[REDIRECT], audience=audience, is_enabled=True,
        expected_version=None,
    )  # fmt: skip
    return {
        "provider": "local", "code": "good", "redirectUri": REDIRECT, "nonce": NONCE, "codeVerifier": VERIFIER,
    }  # fmt: skip


@cache
def _issuer() -> Issuer:
    """A small provider on loopback; it ends with the process."""
    return Issuer()


@changes_nobody("refreshTokens", "The session goes on; its start was recorded.")
async def tokens_are_exchanged() -> Call:
    opened = await sessions.open(member=await make.member_id())
    return Call(make.visitor(), {"refreshToken": opened.refresh_token})


@leaves("signOut")
async def a_member_signs_out() -> Call:
    me = await signed_in()
    return Call(me, {}, {me.member_id: "profile.session.ended"})


@changes_nobody(
    "proveMyself",
    "A proof is good for minutes; what it is for leaves its own interaction.",
    touches="access.challenge",
)
async def a_member_proves_to_be_the_one() -> Call:
    me = await signed_in(PHONE)
    return Call(me, {"code": await _code_for(me, Purpose.STEP_UP)})


@leaves("setMyPin")
async def a_member_sets_the_pin() -> Call:
    me = await signed_in(PHONE)
    given = {"pin": "194826", "code": await _code_for(me, Purpose.STEP_UP)}
    return Call(me, given, {me.member_id: "profile.pin.set"})


@leaves("linkIdentity")
async def a_member_adds_a_phone() -> Call:
    me = await signed_in()
    given = {"type": "phone", "value": OTHER, "proof": await _code_for(me, Purpose.LINK, OTHER)}
    return Call(me, given, {me.member_id: "profile.identity.linked"})


@leaves("linkIdentity")
async def a_new_phone_replaces_the_old_one() -> Call:
    me = await signed_in(PHONE)
    given = {"type": "phone", "value": OTHER, "proof": await _code_for(me, Purpose.LINK, OTHER)}
    return Call(me, given, {me.member_id: "profile.identity.linked profile.identity.unlinked"})


@leaves("linkIdentity")
async def two_profiles_of_one_person_are_joined() -> Call:
    me = await signed_in()
    other = (await resolution.resolve([("phone", OTHER, True)])).member  # wins: it is proved
    given = {
        "type": "phone", "value": OTHER, "merge": True, "proof": await _code_for(me, Purpose.LINK, OTHER),
    }  # fmt: skip
    kinds = "profile.identity.linked profile.member.merged"
    return Call(me, given, {other: kinds})


@leaves("unlinkIdentity")
async def a_member_takes_a_phone_away() -> Call:
    me = await signed_in(PHONE)
    await identities.attach(me.member_id, [Named(3, "oidc:https://id.example", "person-1", True)])
    return Call(me, {"type": "phone", "value": PHONE}, {me.member_id: "profile.identity.unlinked"})


async def _code_for(actor: Actor, purpose: Purpose, phone: str = PHONE) -> str:
    await codes.request(actor, phone, purpose)
    return await code_sent_to(phone)
