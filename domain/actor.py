"""Who asks. Every domain function takes an :class:`Actor` first and checks whose the record is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from domain.errors import Forbidden, Unauthenticated


class ActorKind(StrEnum):
    VISITOR = "VISITOR"
    MEMBER = "MEMBER"
    STAFF = "STAFF"
    SOURCE = "SOURCE"
    SYSTEM = "SYSTEM"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a source or the system, with what they may do."""

    kind: ActorKind
    id: UUID | None = None
    member_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    touchpoint: str | None = None
    session_id: UUID | None = None
    device: str | None = field(default=None, compare=False)
    ip: str | None = field(default=None, compare=False)

    @property
    def is_staff(self) -> bool:
        return self.kind is ActorKind.STAFF

    def has(self, *roles: str) -> bool:
        """Whether the actor holds one of the roles (admin holds all of the staff's)."""
        return bool(self.roles.intersection(roles)) or (self.is_staff and "admin" in self.roles)

    def must_be_member(self) -> UUID:
        """The member's id, or UNAUTHENTICATED."""
        if self.member_id is None:
            raise Unauthenticated("Sign in as a member first.")
        return self.member_id

    def must_have(self, *roles: str) -> None:
        if not self.has(*roles):
            raise Forbidden(f"This needs the role {' or '.join(roles)}.")

    def scope_ids(self, kind: str) -> frozenset[str] | None:
        """Ids of the scope ``kind`` (as in ``circle:ID``); None when the staff member is not limited by it."""
        found = frozenset(s.split(":", 1)[1] for s in self.scopes if s.startswith(f"{kind}:"))
        return found or None

    @property
    def key(self) -> str:
        """Names the actor in idempotency keys; visitors are told apart by device and address."""
        return f"{self.kind}:{self.id}" if self.id else f"{self.kind}:{self.device or ''}:{self.ip or ''}"


SYSTEM = Actor(kind=ActorKind.SYSTEM)


def member(member_id: UUID, *, touchpoint: str | None = None, roles: frozenset[str] = frozenset()) -> Actor:
    """The actor that a member is."""
    return Actor(
        kind=ActorKind.MEMBER,
        id=member_id,
        member_id=member_id,
        roles=roles | {"member"},
        touchpoint=touchpoint,
    )
