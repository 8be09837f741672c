"""GraphQL of signing in, linking and step-up."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import strawberry
from strawberry import Info

from api.access.refusals import (
    AccountLocked,
    CodeExpired,
    PinNotSet,
    ProviderRefused,
    SessionEnded,
    TooManyCodes,
    WrongCode,
    WrongPin,
)
from api.access.types import Tokens
from api.fields import Input, enum, field, mutation, result
from api.permissions import ANYONE, MEMBER, SIGNED_IN
from api.profile.types import Member
from api.refusals import MemberSuspended, Refusal, refusal
from domain.access import codes, sessions
from domain.errors import NotFound
from domain.profile import errors, linking, members, sign_in

CodePurpose = enum(
    codes.Purpose,
    "What a phone code is for.",
    name="CodePurpose",
    SIGN_IN="To sign in with `signInWithCode`.",
    LINK="To link the phone with `linkIdentity` (signed-in members).",
    STEP_UP="To prove that it is you, on a phone of your own (signed-in members).",
)


@refusal(errors.IdentityBlocked)
class IdentityBlocked(Refusal):
    pass


@refusal(errors.IdentityTaken)
class IdentityTaken(Refusal):
    can_merge: bool = field("Whether `merge: true` would make both members one.")


@refusal(errors.IdentityLimit)
class IdentityLimit(Refusal):
    limit: int = field("How many identities of this type a member may carry.")


@refusal(errors.LastIdentity)
class LastIdentity(Refusal):
    pass


@strawberry.input(description="A phone to send a code to.")
class RequestSignInCodeInput(Input):
    phone: str = field("The number, as people write it; without a country code it is Chinese.")
    purpose: CodePurpose = field("What the code is for.", default=codes.Purpose.SIGN_IN)


@strawberry.type(description="A code was sent; the answer is the same for known and unknown phones.")
class RequestSignInCodeSuccess:
    retry_after_seconds: int = field("Seconds until another code may be asked for.")


@strawberry.input(description="A phone and the code that was sent to it.")
class SignInWithCodeInput(Input):
    phone: str = field("The number that the code was sent to.")
    code: str = field("The six digits.")
    anonymous_id: str | None = field("The device's anonymous id; its past joins the member.", default=None)
    touchpoint: str | None = field("What is signed in on; absent: X-Touchpoint.", default=None)


@strawberry.type(description="The member is signed in.")
class SignInWithCodeSuccess:
    is_replayable: ClassVar[bool] = False
    tokens: Tokens = field("Access and refresh token; shown only now.")
    member: Member = field("The member.")
    is_new: bool = field("Whether the person became a member just now.")


@strawberry.input(description="An authorization code of a sign-in provider.")
class SignInWithOidcInput(Input):
    provider: str = field("The provider's name, as in `signInProviders`.")
    code: str = field("The authorization code.")
    redirect_uri: str = field("The redirect address that was used; it must be registered.")
    nonce: str = field("The nonce that was sent.")
    code_verifier: str | None = field("The PKCE verifier; needed without a client secret.", default=None)
    anonymous_id: str | None = field("The device's anonymous id; its past joins the member.", default=None)
    touchpoint: str | None = field("What is signed in on; absent: X-Touchpoint.", default=None)


@strawberry.type(description="The member is signed in.")
class SignInWithOidcSuccess:
    is_replayable: ClassVar[bool] = False
    tokens: Tokens = field("Access and refresh token; shown only now.")
    member: Member = field("The member.")
    is_new: bool = field("Whether the person became a member just now.")


@strawberry.input(description="A refresh token to trade.")
class RefreshTokensInput(Input):
    refresh_token: str = field("The refresh token; used twice, it ends the session.")


@strawberry.type(description="New tokens; the old refresh token is used up.")
class RefreshTokensSuccess:
    is_replayable: ClassVar[bool] = False
    tokens: Tokens = field("Access and refresh token; shown only now.")


@strawberry.input(description="What to sign out of.")
class SignOutInput(Input):
    everywhere: bool = field("Every session of the person; otherwise this one.", default=False)


@strawberry.type(description="The session has ended; its tokens are refused from now on.")
class SignOutSuccess:
    ok: bool = field("Always true.")


@strawberry.input(description="An identity to link, with its proof.")
class LinkIdentityInput(Input):
    type: str = field("phone or oidc.")
    value: str = field("The phone number, or the provider's name.")
    proof: str = field("The phone code (asked for with purpose LINK), or the provider's authorization code.")
    redirect_uri: str | None = field("For oidc: the redirect address that was used.", default=None)
    nonce: str | None = field("For oidc: the nonce that was sent.", default=None)
    code_verifier: str | None = field("For oidc: the PKCE verifier.", default=None)
    merge: bool = field("Merge with the member who has it, where IdentityTaken allows it.", default=False)


@strawberry.type(description="The identity is linked; a new phone has replaced the old one.")
class LinkIdentitySuccess:
    member: Member = field("The member.")


@strawberry.input(description="An identity to take away.")
class UnlinkIdentityInput(Input):
    type: str = field("The identity's type, as in `Member.identities`.")
    value: str = field("The identity's value.")


@strawberry.type(description="The identity leads nowhere from now on.")
class UnlinkIdentitySuccess:
    member: Member = field("The member.")


@strawberry.input(description="A PIN to set.")
class SetMyPinInput(Input):
    pin: str = field("Six digits that are not easy to guess.")
    code: str = field("A phone code asked for with purpose STEP_UP.")


@strawberry.type(description="The PIN is set, and this session has proved its person.")
class SetMyPinSuccess:
    proved_until: datetime = field("Until when sensitive operations need no further proof.")


@strawberry.input(description="A proof that it is you: a code or the PIN.")
class ProveMyselfInput(Input):
    code: str | None = field("A phone code asked for with purpose STEP_UP.", default=None)
    pin: str | None = field("The PIN.", default=None)


@strawberry.type(description="This session has proved its person.")
class ProveMyselfSuccess:
    proved_until: datetime = field("Until when sensitive operations need no further proof.")


RequestSignInCodeResult = result(
    "RequestSignInCode", RequestSignInCodeSuccess, TooManyCodes, IdentityBlocked, MemberSuspended
)
SignInWithCodeResult = result(
    "SignInWithCode", SignInWithCodeSuccess, WrongCode, CodeExpired, MemberSuspended, IdentityBlocked
)
SignInWithOidcResult = result(
    "SignInWithOidc", SignInWithOidcSuccess, ProviderRefused, MemberSuspended, IdentityBlocked
)
RefreshTokensResult = result("RefreshTokens", RefreshTokensSuccess, SessionEnded)
SignOutResult = result("SignOut", SignOutSuccess)
LinkIdentityResult = result(
    "LinkIdentity",
    LinkIdentitySuccess,
    IdentityTaken,
    IdentityLimit,
    IdentityBlocked,
    WrongCode,
    CodeExpired,
    ProviderRefused,
    MemberSuspended,
)
UnlinkIdentityResult = result(
    "UnlinkIdentity", UnlinkIdentitySuccess, LastIdentity, IdentityBlocked, MemberSuspended
)
SetMyPinResult = result("SetMyPin", SetMyPinSuccess, WrongCode, CodeExpired, MemberSuspended)
ProveMyselfResult = result(
    "ProveMyself", ProveMyselfSuccess, WrongCode, CodeExpired, WrongPin, PinNotSet, AccountLocked
)


@strawberry.type
class SignInMutation:
    @mutation("Send a six-digit code to a phone.", who=ANYONE)
    async def request_sign_in_code(
        self, info: Info, input: RequestSignInCodeInput
    ) -> RequestSignInCodeResult:
        seconds = await sign_in.request_code(info.context.actor, input.phone, input.purpose)
        return RequestSignInCodeSuccess(retry_after_seconds=seconds)

    @mutation("Sign in with a phone code; the first time the person becomes a member.", who=ANYONE)
    async def sign_in_with_code(self, info: Info, input: SignInWithCodeInput) -> SignInWithCodeResult:
        signed_in = await sign_in.with_code(
            info.context.actor,
            input.phone,
            input.code,
            anonymous_id=input.anonymous_id,
            touchpoint=input.touchpoint,
            attempt=input.client_mutation_id,
        )
        return SignInWithCodeSuccess(
            tokens=Tokens.of(signed_in.tokens),
            member=await _member(signed_in.member),
            is_new=signed_in.is_new,
        )

    # Not transactional: the provider is asked before a connection is taken, and its code is good only once.
    @mutation("Sign in with a provider's authorization code.", who=ANYONE, is_transactional=False)
    async def sign_in_with_oidc(self, info: Info, input: SignInWithOidcInput) -> SignInWithOidcResult:
        signed_in = await sign_in.with_oidc(
            info.context.actor,
            input.provider,
            input.code,
            redirect_uri=input.redirect_uri,
            nonce=input.nonce,
            code_verifier=input.code_verifier,
            anonymous_id=input.anonymous_id,
            touchpoint=input.touchpoint,
        )
        return SignInWithOidcSuccess(
            tokens=Tokens.of(signed_in.tokens),
            member=await _member(signed_in.member),
            is_new=signed_in.is_new,
        )

    @mutation("Trade a refresh token for new tokens.", who=ANYONE)
    async def refresh_tokens(self, info: Info, input: RefreshTokensInput) -> RefreshTokensResult:
        return RefreshTokensSuccess(tokens=Tokens.of(await sessions.rotate(input.refresh_token)))

    @mutation("Sign out here, or everywhere.", who=SIGNED_IN)
    async def sign_out(self, info: Info, input: SignOutInput) -> SignOutResult:
        await sign_in.sign_out(info.context.actor, everywhere=input.everywhere)
        return SignOutSuccess(ok=True)

    @mutation("Add a way to sign in, with its proof.", who=MEMBER)
    async def link_identity(self, info: Info, input: LinkIdentityInput) -> LinkIdentityResult:
        proof = linking.Proof(
            input.proof, input.redirect_uri, input.nonce, input.code_verifier, input.client_mutation_id
        )
        root = await linking.link(info.context.actor, input.type, input.value, proof, merge=input.merge)
        return LinkIdentitySuccess(member=await _member(root))

    @mutation("Take a way to sign in away; another one must stay.", who=MEMBER)
    async def unlink_identity(self, info: Info, input: UnlinkIdentityInput) -> UnlinkIdentityResult:
        root = await linking.unlink(info.context.actor, input.type, input.value)
        return UnlinkIdentitySuccess(member=await _member(root))

    @mutation("Set the PIN that sensitive operations ask for.", who=MEMBER)
    async def set_my_pin(self, info: Info, input: SetMyPinInput) -> SetMyPinResult:
        until = await sign_in.set_pin(
            info.context.actor, input.pin, input.code, attempt=input.client_mutation_id
        )
        return SetMyPinSuccess(proved_until=until)

    @mutation("Prove that it is you, for some minutes in this session.", who=MEMBER)
    async def prove_myself(self, info: Info, input: ProveMyselfInput) -> ProveMyselfResult:
        until = await sign_in.prove(
            info.context.actor, code=input.code, pin=input.pin, attempt=input.client_mutation_id
        )
        return ProveMyselfSuccess(proved_until=until)


async def _member(root: UUID) -> Member:
    row = await members.by_id(root)
    if row is None:
        raise NotFound()
    return Member.of(row)
