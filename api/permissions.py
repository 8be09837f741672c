"""Who may call a field. Whose record it is, the domain checks."""

from __future__ import annotations

from dataclasses import dataclass

from domain.actor import Actor, ActorKind
from domain.errors import Forbidden, Unauthenticated

STAFF_ROLES = (
    "moderator",
    "host",
    "scanner",
    "advisor",
    "technician",
    "analyst",
    "operator",
    "approver",
    "admin",
)
ROLES = ("visitor", "member", "owner", "source", *STAFF_ROLES)


@dataclass(frozen=True)
class Who:
    """The roles that may call a field; an owner is a member too, and an admin may call what any staff role may."""

    roles: frozenset[str]

    def admits(self, role: str) -> bool:
        if role == "owner" and "member" in self.roles:
            return True
        return role in self.roles or (role == "admin" and bool(self.roles.intersection(STAFF_ROLES)))

    def must_admit(self, actor: Actor) -> None:
        """Raise UNAUTHENTICATED for a visitor and FORBIDDEN for everybody else who is not named."""
        held = actor.roles | {actor.kind.lower()}
        if any(self.admits(role) for role in held):
            return
        if actor.kind is ActorKind.VISITOR:
            raise Unauthenticated("Sign in first.")
        raise Forbidden(f"This needs one of the roles: {', '.join(sorted(self.roles))}.")


def can(*roles: str) -> Who:
    """These roles and no others (admin is implied by any staff role)."""
    unknown = set(roles).difference(ROLES)
    assert not unknown, unknown
    return Who(frozenset(roles))


ANYONE = can(*ROLES)
MEMBER = can("member")
STAFF = can(*STAFF_ROLES)
SIGNED_IN = can("member", *STAFF_ROLES)
