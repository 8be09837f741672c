"""Mutations of the settings of access: sign-in providers and limits."""

from __future__ import annotations

import dataclasses
from typing import Any

import strawberry
from strawberry import Info

from api.access.refusals import NameTaken
from api.access.types import AccessPolicy, OidcProvider, SignInProtocol
from api.fields import Input, field, mutation, result
from api.permissions import can
from api.refusals import VersionConflict
from domain.access import oidc, policy

ADMIN = can("admin")


@strawberry.input(description="A provider to make or to revise.")
class DefineOidcProviderInput(Input):
    name: str = field("Its short name.")
    title: str = field("What people call it.")
    issuer: str = field("Its https address.")
    client_id: str = field("Our id there.")
    secret_name: str | None = field(
        "The environment variable (MARQUE_OIDC_...) with the client secret; null: none (PKCE).", default=None
    )
    scopes: list[str] | None = field("The scopes that apps ask for; absent: openid.", default=None)
    redirect_uris: list[str] = field("Where the provider may send people back to.")
    audience: str = field("Who signs in with it: MEMBER or STAFF.", default="MEMBER")
    is_enabled: bool = field("Whether it can be used.", default=True)
    protocol: SignInProtocol = field(
        "How its codes are traded; WeChat's address is https://api.weixin.qq.com, its client id the appid.",
        default=oidc.Protocol.OIDC,
    )
    expected_version: int | None = field("The version that was read; absent: make it.", default=None)


@strawberry.type(description="The provider is defined.")
class DefineOidcProviderSuccess:
    provider: OidcProvider = field("The provider.")


@strawberry.input(description="Limits to revise; what is absent stays.")
class SaveAccessPolicyInput(Input):
    expected_version: int = field("The version that was read.")
    code_seconds: int | None = field("Seconds that a phone code is good for.", default=None)
    code_tries: int | None = field("Tries that a phone code has.", default=None)
    code_resend_seconds: int | None = field("Seconds until another code may be asked for.", default=None)
    codes_per_phone_day: int | None = field("Codes for one phone in 24 hours.", default=None)
    codes_per_device_hour: int | None = field("Codes asked for by one device in an hour.", default=None)
    codes_per_ip_hour: int | None = field("Codes asked for from one address in an hour.", default=None)
    proof_seconds: int | None = field("Seconds that a step-up proof is good for.", default=None)
    secret_tries: int | None = field("Wrong PINs or passwords before they are locked.", default=None)
    secret_lock_seconds: int | None = field("Seconds that they stay locked.", default=None)
    approval_days: int | None = field("Days after which an undecided request expires.", default=None)


@strawberry.type(description="The limits hold from now on.")
class SaveAccessPolicySuccess:
    policy: AccessPolicy = field("The limits.")


DefineOidcProviderResult = result("DefineOidcProvider", DefineOidcProviderSuccess, VersionConflict, NameTaken)
SaveAccessPolicyResult = result("SaveAccessPolicy", SaveAccessPolicySuccess, VersionConflict)


@strawberry.type
class ConfigurationMutation:
    @mutation("Make an OpenID Connect provider, or revise it.", who=ADMIN)
    async def define_oidc_provider(
        self, info: Info, input: DefineOidcProviderInput
    ) -> DefineOidcProviderResult:
        words = {each.name: getattr(input, each.name) for each in dataclasses.fields(input)}
        words.pop("client_mutation_id")
        words["scopes"] = words["scopes"] or ["openid"]
        defined = await oidc.define(info.context.actor, **words)
        return DefineOidcProviderSuccess(provider=OidcProvider.of(defined))

    @mutation("Revise the limits of sign-in, step-up and approvals.", who=ADMIN)
    async def save_access_policy(self, info: Info, input: SaveAccessPolicyInput) -> SaveAccessPolicyResult:
        saved = await policy.save(info.context.actor, input.expected_version, given(input, *policy.NAMES))
        return SaveAccessPolicySuccess(policy=AccessPolicy.of(saved))


def given(input: Any, *names: str) -> dict[str, Any]:
    """What the input names; absent and null mean "stays"."""
    return {name: getattr(input, name) for name in names if getattr(input, name) is not None}
