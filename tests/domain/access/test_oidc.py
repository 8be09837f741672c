"""OpenID Connect against a small issuer on loopback."""

from __future__ import annotations

import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from domain import db
from domain.access import oidc, staff, tokens
from domain.access.errors import NameTaken, ProviderRefused
from domain.actor import SYSTEM
from domain.errors import InvalidInput, VersionConflict
from domain.profile import identities, linking, members, resolution, sign_in
from domain.profile.linking import Proof
from domain.settings import settings
from tests import make
from tests.domain.access.issuer import CLIENT, NONCE, REDIRECT, VERIFIER, Issuer

GOOD = {"redirect_uri": REDIRECT, "nonce": NONCE, "code_verifier": VERIFIER}


@pytest.fixture
async def issuer():
    oidc._published.clear()
    running = Issuer()
    for audience in ("MEMBER", "STAFF"):
        await defined(running, name=f"local-{audience.lower()}", audience=audience)
    yield running
    running.close()


async def defined(running, **changes):
    given = {
        "name": "local", "title": "Local", "issuer": running.url, "client_id": CLIENT, "secret_name": None,
        "scopes": ["openid", "email"], "redirect_uris": [REDIRECT], "audience": "MEMBER", "is_enabled": True,
        "expected_version": None, **changes,
    }  # fmt: skip
    return await oidc.define(SYSTEM, **given)


async def exchange(code: str = "good", **changes):
    return await oidc.exchange("local-member", code, **{**GOOD, **changes})


async def test_the_provider_vouches_for_a_person(issuer):
    found = await exchange()
    assert (found.type, found.value, found.email, found.name) == (
        f"oidc:{issuer.url}", "person-1", "Li@Brand.example", "Li",
    )  # fmt: skip


async def test_discovery_and_keys_are_read_once(issuer):
    await exchange()
    await exchange()
    assert issuer.asked == {"/.well-known/openid-configuration": 1, "/keys": 1, "/token": 2}


async def test_a_new_key_of_the_provider_is_found(issuer):
    await exchange()
    issuer.rotate()
    assert (await exchange()).value == "person-1"
    assert issuer.asked["/keys"] == 2


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"}, {"nonce": None}, {"aud": "another-app"}, {"aud": ["our-app", "x"], "azp": "x"},
        {"iss": "https://evil.example"}, {"exp": int(time.time()) - 3600}, {"iat": int(time.time()) + 3600},
        {"sub": None}, {"exp": None}, {"iss": None},
    ],
)  # fmt: skip
async def test_an_id_token_for_somebody_else_is_refused(issuer, claims):
    issuer.claims = claims
    with pytest.raises(ProviderRefused):
        await exchange()


async def test_a_token_that_the_provider_did_not_sign_is_refused(issuer):
    public = (
        issuer.keys[issuer.kid]
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    other = Issuer()
    for sign in (
        lambda claims: jwt.encode(claims, None, algorithm="none"),
        lambda claims: jwt.encode(claims, public, algorithm="HS256", headers={"kid": issuer.kid}),
        lambda claims: jwt.encode(claims, other.keys["k0"], algorithm="RS256", headers={"kid": issuer.kid}),
        lambda claims: "not.a.token",
    ):
        issuer.sign = sign
        with pytest.raises(ProviderRefused):
            await exchange()
    other.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 50}, {"code_verifier": None}, {"nonce": ""}, {"redirect_uri": "https://evil.example"},
        {"code": "stolen"},
    ],
)  # fmt: skip
async def test_the_code_flow_is_kept_to(issuer, changes):
    with pytest.raises(ProviderRefused):
        await exchange(**changes)


async def test_a_discovery_document_of_another_issuer_is_refused(issuer):
    issuer.named = "https://evil.example"
    with pytest.raises(ProviderRefused):
        await exchange()
    assert "/token" not in issuer.asked


async def test_a_provider_that_is_away_or_disabled_refuses(issuer):
    issuer.fails_with = 503
    with pytest.raises(ProviderRefused):
        await exchange()
    issuer.fails_with = None
    await defined(issuer, name="local-member", is_enabled=False, expected_version=1)
    with pytest.raises(ProviderRefused):
        await exchange()


async def test_an_unverified_email_is_not_vouched_for(issuer):
    issuer.claims = {"email_verified": False}
    assert (await exchange()).email is None


async def test_plain_http_is_for_development_only(issuer, monkeypatch):
    with pytest.raises(InvalidInput):
        await defined(issuer, issuer="http://id.example")
    monkeypatch.setattr(settings(), "env", "production")
    with pytest.raises(InvalidInput):
        await defined(issuer)
    with pytest.raises(ProviderRefused):
        await exchange()


async def test_a_provider_is_revised_with_its_version(issuer):
    with pytest.raises(NameTaken):
        await defined(issuer, name="local-member")
    with pytest.raises(VersionConflict):
        await defined(issuer, name="local-member", expected_version=7)
    assert (await defined(issuer, name="local-member", title="New", expected_version=1)).version == 2
    with pytest.raises(InvalidInput) as refused:
        await defined(issuer, name="x", secret_name="PATH", redirect_uris=[], audience="ALL")
    assert [each.path for each in refused.value.problems] == ["secretName", "redirectUris", "audience"]


async def test_a_confidential_client_sends_its_secret_from_the_environment(issuer, monkeypatch):
    await defined(issuer, name="local-member", secret_name="MARQUE_OIDC_LOCAL", expected_version=1)
    with pytest.raises(ProviderRefused, match="secret is not set"):
        await exchange()
    monkeypatch.setenv("MARQUE_OIDC_LOCAL", "s3cret")
    await exchange()


async def test_signing_in_by_a_provider_makes_one_member_with_its_email(issuer):
    first = await sign_in.with_oidc(make.visitor(), "local-member", "good", **GOOD)
    again = await sign_in.with_oidc(make.visitor(), "local-member", "good", **GOOD)
    assert first.is_new and (again.member, again.is_new) == (first.member, False)
    assert await identities.owner("email", "li@brand.example") == first.member
    assert (await tokens.actor_of(again.tokens.access_token)).member_id == first.member


async def test_a_providers_email_never_leads_to_the_member_who_has_it(issuer):
    other = (await resolution.resolve([("email", "li@brand.example", False)])).member
    signed = await sign_in.with_oidc(make.visitor(), "local-member", "good", **GOOD)
    assert signed.member != other and await identities.owner("email", "li@brand.example") == other


async def test_a_blocked_sub_signs_nobody_in(issuer):
    issuer.claims = {"sub": "undefined"}
    visitor = (await resolution.resolve([("anonymous_id", "device-a", False)])).member
    with pytest.raises(Exception, match="cannot be used"):
        await sign_in.with_oidc(make.visitor(), "local-member", "good", anonymous_id="device-a", **GOOD)
    assert (await members.by_id(visitor))["kind"] == "VISITOR"


async def test_a_member_links_a_provider_and_signs_in_with_it(issuer):
    actor = await make.member_actor()
    proof = Proof("good", REDIRECT, NONCE, VERIFIER)
    root = await linking.link(actor, "oidc", "local-member", proof)
    assert (
        (await sign_in.with_oidc(make.visitor(), "local-member", "good", **GOOD)).member
        == root
        == actor.member_id
    )


async def staff_sign_in():
    return await staff.sign_in_with_code("local-staff", "good", **GOOD)


async def test_staff_are_found_by_verified_email_first_and_then_by_the_providers_id(issuer):
    account = await staff.appoint(SYSTEM, name="Li", email="li@brand.example", role="operator")
    assert (await tokens.actor_of((await staff_sign_in()).access_token)).id == account.id
    issuer.claims = {"email": "new@brand.example"}
    assert (await tokens.actor_of((await staff_sign_in()).access_token)).has("operator")
    issuer.claims = {"sub": "somebody-else"}
    with pytest.raises(ProviderRefused):
        await staff_sign_in()


async def test_staff_are_not_found_by_an_unverified_email_nor_through_the_members_provider(issuer):
    await staff.appoint(SYSTEM, name="Li", email="li@brand.example", role="operator")
    issuer.claims = {"email_verified": False}
    with pytest.raises(ProviderRefused):
        await staff_sign_in()
    with pytest.raises(ProviderRefused):
        await staff.sign_in_with_code("local-member", "good", **GOOD)
    assert await db.value("SELECT count(*) FROM access.session") == 0
