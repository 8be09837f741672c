"""The portrait (画像): everything operations need to know of a person, in a fixed number of statements.

Higher areas add their parts through providers that ``domain/wiring.py`` registers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import db
from domain.errors import NotFound
from domain.foundation.pages import Page
from domain.profile import (
    aggregates,
    consents,
    identities,
    members,
    memberships,
    relations,
    tags,
    timeline,
    traits,
)

#: Parts of higher areas by name, each for one root (``points`` answers wallets and tier).
providers: dict[str, Callable[[UUID], Awaitable[Any]]] = {}


@dataclass(frozen=True)
class Portrait:
    """One root with its parts."""

    member: db.Row
    identities: list[db.Row]
    traits: list[traits.Trait]
    tags: list[db.Row]
    stages: list[db.Row]
    segments: list[db.Row]
    relations: list[db.Row]
    consents: list[db.Row]
    aggregates: list[aggregates.Aggregate]
    latest: list[db.Row]
    parts: dict[str, Any]


async def of(member_id: UUID) -> Portrait:
    """The portrait of the person behind a member id, or NOT_FOUND."""
    member = await members.by_id(member_id)
    if member is None:
        raise NotFound()
    async with db.transaction():
        await db.plan_once()  # over the months of the log, planning takes longer than reading
        return await _of_root(member["id"], member)


async def _of_root(root: UUID, member: db.Row) -> Portrait:
    return Portrait(
        member=member,
        identities=await identities.of_root(root),
        traits=(await traits.of_roots([root]))[root],
        tags=(await tags.of_roots([root]))[root],
        stages=(await memberships.stages_of_roots([root]))[root],
        segments=(await memberships.of_roots([root]))[root],
        relations=await relations.of_root(root),
        consents=(await consents.of_roots([root]))[root],
        aggregates=await aggregates.of_root(root),
        latest=(await timeline.of_root(root, Page(limit=20)))[:20],
        parts={name: await provide(root) for name, provide in providers.items()},
    )
