"""Tokens for development: members by their external id, staff by their role."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import db
from domain.access import tokens
from domain.actor import SYSTEM
from domain.foundation.importing import Options
from domain.profile import interactions, kinds, resolution

DEFAULT_MEMBER = "development"


async def token(
    role: str, *, member: str | None = None, scopes: Sequence[str] = (), name: str | None = None
) -> str:
    """A token of the member with this external id (``[SOURCE:]ID``; made if absent), or of a staff account.

    The same words give a token of the same person; ``name`` makes another one. Refused in production.
    """
    async with db.transaction():
        found = None
        if role in ("member", "owner"):
            found = await _member(member or "-".join(filter(None, [DEFAULT_MEMBER, name])))
        return await tokens.development_token(role, member=found, scopes=list(scopes), name=name)


async def _member(external_id: str) -> UUID:
    source, _, value = external_id.rpartition(":")
    options = Options(source=source or "default")
    resolved = await resolution.resolve(
        [(options.identity_type, value, False)], source=options.source, is_checked=False
    )
    if resolved.is_new:
        await interactions.record(
            SYSTEM,
            kinds.MEMBER_JOINED,
            ("MEMBER", resolved.member),
            once=resolved.member,
            member=resolved.member,
        )
    return resolved.member
