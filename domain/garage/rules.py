"""What is decided about bindings without looking anywhere."""

from __future__ import annotations

from datetime import timedelta

from domain.garage.tables import BindingState as S

#: The edges of a binding.
EDGES: dict[S, tuple[S, ...]] = {
    S.CLAIMED: (S.VERIFYING, S.REJECTED),
    S.VERIFYING: (S.ACTIVE, S.REJECTED),
    S.ACTIVE: (S.SUSPENDED, S.TRANSFER_PENDING, S.ENDED),
    S.SUSPENDED: (S.ACTIVE, S.ENDED),
    S.TRANSFER_PENDING: (S.ACTIVE, S.ENDED),
    S.ENDED: (),
    S.REJECTED: (),
}

#: States in which the member's right to the vehicle holds.
HELD = (S.ACTIVE, S.SUSPENDED, S.TRANSFER_PENDING)

#: Claims in a day by member, by VIN and by device.
CLAIM_WINDOW = timedelta(days=1)
CLAIM_LIMITS = {"member": 5, "vin": 3, "device": 10}


def may_become(state: str, target: str) -> bool:
    """Whether the edge exists."""
    return S(target) in EDGES[S(state)]


def allowed_from(state: str) -> list[str]:
    """The states that may follow, in the table's order."""
    return [str(target) for target in EDGES[S(state)]]
