"""Builders: the least that a test needs, with believable values. Each answers what it made."""

from __future__ import annotations

import itertools
from uuid import UUID

from domain.actor import Actor, ActorKind, member
from domain.foundation import ids
from domain.profile import identities, members
from domain.profile.identities import Named

_number = itertools.count(1)


async def member_id(**options: object) -> UUID:
    """A member of its own with a user_id."""
    number = next(_number)
    options.setdefault("display_name", f"Member {number}")
    made = await members.add(**options)
    await identities.attach(made, [Named(1, "user_id", f"user-{number}")])
    return made


async def member_actor(**options: object) -> Actor:
    """A signed-in member."""
    return member(await member_id(**options), touchpoint="app")


def staff(*roles: str, scopes: tuple[str, ...] = ()) -> Actor:
    """A member of staff with these roles."""
    return Actor(
        kind=ActorKind.STAFF, id=ids.named("staff", *roles, *scopes, next(_number)), roles=frozenset(roles),
        scopes=frozenset(scopes),
    )  # fmt: skip


def visitor(device: str = "device-1") -> Actor:
    """Nobody in particular."""
    return Actor(kind=ActorKind.VISITOR, device=device, ip="127.0.0.1")


def source() -> Actor:
    """A source with a write key."""
    return Actor(
        kind=ActorKind.SOURCE, id=ids.new(), roles=frozenset({"source"}), scopes=frozenset({"tracking"})
    )
