"""What is decided without looking anywhere: roles and their scopes, states of an approval, PINs and passwords."""

from __future__ import annotations

import itertools
from enum import StrEnum

#: Roles of staff and the kinds of place that each can be limited to.
STAFF_ROLES: dict[str, frozenset[str]] = {
    "moderator": frozenset({"circle"}),
    "host": frozenset({"occurrence", "event"}),
    "scanner": frozenset({"occurrence", "event"}),
    "advisor": frozenset({"store"}),
    "technician": frozenset({"store"}),
    "analyst": frozenset(),
    "operator": frozenset(),
    "approver": frozenset(),
    "admin": frozenset(),
}

#: What a role may be given beyond its place; it limits nothing. Who reported is told only to whom it was given.
RIGHTS: dict[str, frozenset[str]] = {"moderator": frozenset({"reports:identity"})}

SOURCE_SCOPES = frozenset({"tracking", "commerce", "payments", "services", "telemetry"})


class ApprovalState(StrEnum):
    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CHANGES_REQUESTED = "CHANGES_REQUESTED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


#: The edges of an approval. A maker who was asked for changes asks anew; the old request then ends.
APPROVAL_EDGES: dict[ApprovalState, frozenset[ApprovalState]] = {
    ApprovalState.REQUESTED: frozenset(
        {
            ApprovalState.APPROVED,
            ApprovalState.REJECTED,
            ApprovalState.CHANGES_REQUESTED,
            ApprovalState.EXPIRED,
            ApprovalState.WITHDRAWN,
        }
    ),
    ApprovalState.CHANGES_REQUESTED: frozenset({ApprovalState.WITHDRAWN, ApprovalState.EXPIRED}),
    ApprovalState.APPROVED: frozenset(),
    ApprovalState.REJECTED: frozenset(),
    ApprovalState.EXPIRED: frozenset(),
    ApprovalState.WITHDRAWN: frozenset(),
}


def may_become(state: ApprovalState, target: ApprovalState) -> bool:
    """Whether the edge exists."""
    return target in APPROVAL_EDGES[state]


def sources_of(target: ApprovalState) -> list[str]:
    """The states from which an approval may reach ``target``."""
    return sorted(state for state, targets in APPROVAL_EDGES.items() if target in targets)


def scopes_in_force(held: list[tuple[str, str]]) -> frozenset[str]:
    """Scopes of an actor from (role, scope) pairs: a role held everywhere is limited by none of its scopes."""
    everywhere = {role for role, scope in held if not scope}
    return frozenset(
        scope for role, scope in held if scope and (role not in everywhere or scope in RIGHTS.get(role, ()))
    )


def problem_of_scope(role: str, scope: str) -> str | None:
    """Why a role cannot be held in this scope; None when it can."""
    if role not in STAFF_ROLES:
        return f"Use one of {', '.join(STAFF_ROLES)}."
    if not scope or scope in RIGHTS.get(role, ()):
        return None
    kind, _, id_ = scope.partition(":")
    if kind not in STAFF_ROLES[role] or not id_:
        kinds = " or ".join(f"{kind}:ID" for kind in sorted(STAFF_ROLES[role]))
        return f"The role {role} is limited by {kinds}." if kinds else f"The role {role} has no scopes."
    return None


def is_weak_pin(pin: str) -> bool:
    """Six digits that many people choose: all the same, counting up or down, a repeated pair or triple."""
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    return steps in ({0}, {1}, {9}) or pin == pin[:2] * 3 or pin == pin[:3] * 2
