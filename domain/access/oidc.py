"""Sign-in by OpenID Connect: any provider that publishes a discovery document, and WeChat; the providers are data.

The app runs the authorization request itself (code flow with PKCE and a nonce) and hands over the code; here it is
traded for an ID token, whose signature, issuer, audience, times and nonce are checked.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from domain import db
from domain.access import audit, wechat
from domain.access.errors import NameTaken, ProviderRefused
from domain.actor import Actor
from domain.errors import InvalidInput, NotFound, Problem, VersionConflict
from domain.foundation import ids
from domain.settings import settings

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY_SECONDS = 60
KEPT_SECONDS = 600.0
TIMEOUT = httpx.Timeout(5.0)


class Protocol(StrEnum):
    OIDC = "OIDC"
    WECHAT = "WECHAT"
    WECHAT_MINI = "WECHAT_MINI"


@dataclass(frozen=True)
class VerifiedIdentity:
    """What a provider vouches for: identity type ``oidc:<issuer>`` and its ``sub``; an e-mail only if verified.

    WeChat gives ``wechat_openid:<appid>`` and perhaps ``also`` a ``wechat_unionid``.
    """

    type: str
    value: str
    email: str | None = None
    name: str | None = None
    also: tuple[tuple[str, str], ...] = ()

    @property
    def all(self) -> list[tuple[str, str]]:
        """Every identity that is vouched for."""
        return [(self.type, self.value), *self.also]


@dataclass(frozen=True)
class Provider:
    """A provider as its row stands; ``secret_name`` is the environment variable that holds the client secret."""

    id: UUID
    name: str
    title: str
    issuer: str
    client_id: str
    secret_name: str | None
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    audience: str
    is_enabled: bool
    version: int
    protocol: Protocol

    @classmethod
    def of(cls, row: db.Row) -> Provider:
        plain = {
            name: row[name] for name in cls.__dataclass_fields__ if name not in ("scopes", "redirect_uris")
        }
        plain["protocol"] = Protocol(plain["protocol"])
        return cls(**plain, scopes=tuple(row["scopes"]), redirect_uris=tuple(row["redirect_uris"]))


_published: dict[str, tuple[float, Any]] = {}


async def exchange(
    provider: str,
    code: str,
    *,
    redirect_uri: str,
    nonce: str,
    code_verifier: str | None = None,
    audience: str = "MEMBER",
) -> VerifiedIdentity:
    """Trade an authorization code for the identity that the provider vouches for, or refuse ProviderRefused.

    Calls the provider over HTTPS (5 s at most a call), so call it before opening a transaction. A provider without a
    client secret needs the PKCE ``code_verifier``.
    """
    found = await _enabled(provider, audience)
    if found.protocol is not Protocol.OIDC:
        return await _of_wechat(found, code)
    if redirect_uri not in found.redirect_uris:
        raise ProviderRefused("the redirect address is not registered")
    if not nonce:
        raise ProviderRefused("a nonce is needed")
    if found.secret_name is None and not code_verifier:
        raise ProviderRefused("a code verifier is needed")
    try:
        document = await _discovered(found.issuer)
        answer = await _traded(found, document, code, redirect_uri, code_verifier)
        claims = await _claims(found, document, answer, nonce)
    except (JoseError, httpx.HTTPError, KeyError, TypeError, AttributeError, ValueError) as problem:
        raise ProviderRefused(_reason(problem)) from problem
    return VerifiedIdentity(
        type=f"oidc:{found.issuer}",
        value=str(claims["sub"]),
        email=str(claims["email"]) if claims.get("email") and claims.get("email_verified") is True else None,
        name=str(claims["name"])[:100] if claims.get("name") else None,
    )


async def _of_wechat(provider: Provider, code: str) -> VerifiedIdentity:
    try:
        (type_, value), *also = await wechat.traded(
            provider.protocol, provider.issuer, provider.client_id, _secret(provider) or "", code
        )
    except (httpx.HTTPError, KeyError, TypeError, AttributeError, ValueError) as problem:
        raise ProviderRefused(_reason(problem)) from problem
    return VerifiedIdentity(type_, value, also=tuple(also))


async def providers(*, only_enabled: bool = False) -> list[Provider]:
    """Every provider by name."""
    rows = await db.fetch(
        "SELECT * FROM access.oidc_provider WHERE is_enabled OR NOT $1 ORDER BY name", only_enabled
    )
    return [Provider.of(row) for row in rows]


async def define(
    actor: Actor,
    *,
    name: str,
    title: str,
    issuer: str,
    client_id: str,
    secret_name: str | None,
    scopes: list[str],
    redirect_uris: list[str],
    audience: str,
    is_enabled: bool,
    expected_version: int | None,
    protocol: Protocol = Protocol.OIDC,
) -> Provider:
    """Make a provider (``expected_version`` None) or revise the one of this name."""
    _must_be_sound(name, issuer, client_id, secret_name, redirect_uris, audience, protocol)
    async with db.transaction():
        kept = await db.one("SELECT id, version FROM access.oidc_provider WHERE name = $1 FOR UPDATE", name)
        if kept is None and expected_version is not None:
            raise NotFound()
        if kept is not None and expected_version is None:
            raise NameTaken()
        if kept is not None and kept["version"] != expected_version:
            raise VersionConflict(kept["version"])
        row = await db.one(
            _DEFINE, kept["id"] if kept else ids.new(), name, title, issuer.rstrip("/"), client_id, secret_name,
            scopes, redirect_uris, audience, is_enabled, protocol,
        )  # fmt: skip
        assert row is not None
        await audit.append(
            actor, "access.provider.defined", "oidc_provider", row["id"], facts={"is_enabled": is_enabled}
        )
    return Provider.of(row)


_DEFINE = """
INSERT INTO access.oidc_provider (id, name, title, issuer, client_id, secret_name, scopes, redirect_uris, audience,
                                  is_enabled, protocol)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (name) DO UPDATE SET title = $3, issuer = $4, client_id = $5, secret_name = $6, scopes = $7,
    redirect_uris = $8, audience = $9, is_enabled = $10, protocol = $11, version = oidc_provider.version + 1
RETURNING *
"""


def _reason(problem: Exception) -> str:
    """What may be told: our own sentences and the providers' error codes, never addresses or tokens."""
    if type(problem) is ValueError:
        return str(problem)
    return str(getattr(problem, "error", None) or type(problem).__name__)


async def _enabled(name: str, audience: str) -> Provider:
    row = await db.one(
        "SELECT * FROM access.oidc_provider WHERE name = $1 AND audience = $2 AND is_enabled", name, audience
    )
    if row is None:
        raise ProviderRefused("no such provider")
    return Provider.of(row)


async def _discovered(issuer: str) -> dict[str, Any]:
    document: dict[str, Any] = await _get(f"{issuer}/.well-known/openid-configuration")
    if document["issuer"].rstrip("/") != issuer:
        raise ValueError("the discovery document is another issuer's")
    for name in ("token_endpoint", "jwks_uri"):
        _must_be_safe(document[name])
    return document


async def _traded(
    provider: Provider, document: dict[str, Any], code: str, redirect_uri: str, code_verifier: str | None
) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": provider.client_id,
        "code_verifier": code_verifier,
        "client_secret": _secret(provider),
    }
    async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client:
        response = await client.post(
            document["token_endpoint"],
            data={name: value for name, value in form.items() if value},
            headers={"accept": "application/json"},
        )
    answer: dict[str, Any] = response.json()
    if response.status_code != 200:
        raise ValueError(str(answer.get("error", "the code was refused"))[:100])
    return answer


def _secret(provider: Provider) -> str | None:
    secret = os.environ.get(provider.secret_name) if provider.secret_name else None
    if provider.secret_name and not secret:
        raise ValueError("the client secret is not set")
    return secret


async def _claims(
    provider: Provider, document: dict[str, Any], answer: dict[str, Any], nonce: str
) -> CodeIDToken:
    text = answer["id_token"]
    try:
        read = jwt.decode(text, await _keys(document["jwks_uri"]), algorithms=ALGORITHMS)
    except (JoseError, ValueError):  # the provider may have rotated its keys since we read them
        read = jwt.decode(text, await _keys(document["jwks_uri"], anew=True), algorithms=ALGORITHMS)
    claims = CodeIDToken(
        read.claims,
        read.header,
        options={
            "iss": {"essential": True, "values": [document["issuer"]]},
            "aud": {"essential": True, "values": [provider.client_id]},
        },
        params={"nonce": nonce, "client_id": provider.client_id, "access_token": answer.get("access_token")},
    )
    claims.validate(now=int(time.time()), leeway=LEEWAY_SECONDS)
    return claims


async def _keys(url: str, *, anew: bool = False) -> KeySet:
    keys = await _get(url, anew=anew)
    # A shared key ("oct") would let anybody who knows it sign; only public keys count.
    return KeySet.import_key_set({"keys": [key for key in keys["keys"] if key.get("kty") != "oct"]})


async def _get(url: str, *, anew: bool = False) -> Any:
    _must_be_safe(url)
    read_at, kept = _published.get(url, (0.0, None))
    if kept is None or anew or time.monotonic() - read_at > KEPT_SECONDS:
        async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client:
            response = await client.get(url)
            response.raise_for_status()
            kept = response.json()
        _published[url] = (time.monotonic(), kept)
    return kept


def _must_be_safe(url: str) -> None:
    parts = urlsplit(url)
    is_local = parts.hostname in ("127.0.0.1", "localhost", "::1") and not settings().is_production
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise ValueError("only https is asked")


def _must_be_sound(
    name: str,
    issuer: str,
    client_id: str,
    secret_name: str | None,
    redirect_uris: list[str],
    audience: str,
    protocol: Protocol,
) -> None:
    problems = []
    if not name or len(name) > 50:
        problems.append(Problem("name", "Use 1 to 50 characters."))
    try:
        _must_be_safe(issuer)
    except ValueError:
        problems.append(Problem("issuer", "Use an https address."))
    if not client_id:
        problems.append(Problem("clientId", "The provider gave you one."))
    if secret_name is not None and not secret_name.startswith("MARQUE_OIDC_"):
        problems.append(Problem("secretName", "Name an environment variable that begins with MARQUE_OIDC_."))
    if protocol is not Protocol.OIDC and secret_name is None:
        problems.append(Problem("secretName", "WeChat trades a code only for the app's secret."))
    if protocol is not Protocol.OIDC and audience != "MEMBER":
        problems.append(Problem("audience", "WeChat is for members."))
    if protocol is Protocol.OIDC and not redirect_uris:
        problems.append(Problem("redirectUris", "Name at least one."))
    if audience not in ("MEMBER", "STAFF"):
        problems.append(Problem("audience", "Use MEMBER or STAFF."))
    if problems:
        raise InvalidInput(problems)
