"""Who writes: how far they are trusted, since when they are here, and what they are exempt from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.community import standings, viewers

#: Members who are trusted this far need no approval as newcomers, and may repeat themselves, respectively.
KNOWN_LEVEL = 2
REGULAR_LEVEL = 3


@dataclass(frozen=True)
class Author:
    """The person who writes; ``root`` is locked by the caller. Staff are exempt from rates, repetition and waiting."""

    actor: Actor
    root: UUID
    level: int
    joined_at: datetime
    is_staff: bool = False


async def locked(actor: Actor) -> Author:
    """The acting member as an author, the root locked; raises PostingNotAllowed for a suspended membership."""
    return await of(actor, await viewers.locked(actor))


async def of(actor: Actor, root: UUID) -> Author:
    """The person of a root as an author."""
    joined_at = await db.value(
        "SELECT coalesce(joined_at, first_seen_at) FROM profile.member WHERE id = $1", root
    )
    standing = await standings.of(root)
    is_staff = actor.is_staff or actor.has("moderator", "operator")
    return Author(actor, root, standing.trust_level, joined_at, is_staff)


async def is_moderator(author: Author, circle: UUID | None) -> bool:
    """Whether the circle is the author's to moderate."""
    return await viewers.role_in(author.root, circle) in ("MODERATOR", "LEAD")
