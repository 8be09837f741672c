"""From a request's headers to an actor.

====================  ==================================================================================================
``Authorization``     ``Bearer <access token>`` of a member or of staff, ``Bearer <write key>`` or ``Basic`` with the
                      write key as the user name (no password) for a source. Without it the caller is a visitor.
``X-Write-Key``       A source's write key, for callers that cannot set ``Authorization``.
``X-Device-Id``       The installation's own id: limits of sign-in codes and visitors' retries are told apart by it.
``X-Touchpoint``      What it is done on (``app``, ``web``, ``mini_program`` ...); kept with every interaction.
====================  ==================================================================================================

A websocket sends the same names in the payload of ``connection_init``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from domain.access import sources, tokens
from domain.actor import Actor, ActorKind
from domain.errors import Unauthenticated
from domain.garage import bindings


async def actor_from(
    headers: Mapping[str, str], ip: str | None, connection_params: Mapping[str, Any] | None = None
) -> tuple[Actor, datetime | None]:
    """The actor and until when it holds (None: as long as the connection), or UNAUTHENTICATED for a bad token."""
    given = {**_named(headers), **_named(connection_params or {})}
    device, touchpoint = given.get("x-device-id"), given.get("x-touchpoint")
    scheme, _, secret = given.get("authorization", "").partition(" ")
    if key := given.get("x-write-key") or _write_key(scheme.lower(), secret.strip()):
        source = await sources.by_key(key)
        if source is None:
            raise Unauthenticated("This write key is not known.")
        return sources.actor_of(source, device=device, ip=ip), None
    if scheme.lower() == "bearer":
        holder = await tokens.holder_of(secret.strip(), device=device, ip=ip, touchpoint=touchpoint)
        return await _with_derived_roles(holder.actor), holder.valid_until
    if scheme:
        raise Unauthenticated("Send Authorization: Bearer <token>.")
    visitor = Actor(
        kind=ActorKind.VISITOR, roles=frozenset({"visitor"}), touchpoint=touchpoint, device=device, ip=ip
    )
    return visitor, None


async def _with_derived_roles(actor: Actor) -> Actor:
    """The role ``owner`` follows from a binding in force, so it is nobody's to give; one statement."""
    if actor.member_id is None or not await bindings.is_owner(actor.member_id):
        return actor
    return replace(actor, roles=actor.roles | {"owner"})


_LONGEST = {"x-device-id": 200, "x-touchpoint": 50, "x-write-key": 100, "authorization": 4_000}


def _named(given: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name, value in given.items():
        key = str(name).lower()
        if key in _LONGEST and isinstance(value, str) and value.strip():
            found[key] = value.strip()[: _LONGEST[key]]
    return found


def _write_key(scheme: str, secret: str) -> str | None:
    if scheme == "bearer" and secret.startswith("wk_"):
        return secret
    if scheme != "basic":
        return None
    try:
        user, _, _ = base64.b64decode(secret, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthenticated("This is no Basic authorization.") from None
    return user or None
