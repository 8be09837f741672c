"""What is decided about places without looking anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class State(StrEnum):
    """Where a hold stands; the first three are also the pool's counters that it is part of."""

    HELD = "HELD"
    PENDING = "PENDING"
    TAKEN = "TAKEN"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


class Purpose(StrEnum):
    CHECKOUT = "CHECKOUT"
    OFFER = "OFFER"
    INVITATION = "INVITATION"
    REGISTRATION = "REGISTRATION"
    APPOINTMENT = "APPOINTMENT"


#: Holds that a taker may end by itself once they are over; the others are ended by the record that owns them.
FREED_BY_ANYBODY = (Purpose.CHECKOUT, Purpose.APPOINTMENT)

#: The edges of a hold.
EDGES: dict[State, frozenset[State]] = {
    State.HELD: frozenset({State.PENDING, State.TAKEN, State.RELEASED, State.EXPIRED}),
    State.PENDING: frozenset({State.TAKEN, State.RELEASED, State.EXPIRED}),
    State.TAKEN: frozenset({State.RELEASED}),
    State.RELEASED: frozenset(),
    State.EXPIRED: frozenset(),
}

#: The counter of a pool that a hold in this state is part of.
COUNTERS = {State.HELD: "held", State.PENDING: "pending", State.TAKEN: "taken"}


class View(StrEnum):
    """PUBLIC leaves those alone who wait; PROMOTION gives to them."""

    PUBLIC = "PUBLIC"
    PROMOTION = "PROMOTION"


class AvailabilityState(StrEnum):
    """From the worst to the best."""

    SOLD_OUT = "SOLD_OUT"
    PENDING = "PENDING"
    IN_CHECKOUT = "IN_CHECKOUT"
    AVAILABLE = "AVAILABLE"


@dataclass(frozen=True)
class Numbers:
    """A pool as it stands, holds that are over already taken off."""

    id: UUID
    size: int | None
    taken: int
    pending: int
    held: int
    waiting: int
    is_closed: bool


@dataclass(frozen=True)
class Availability:
    """``available`` None is unlimited."""

    state: AvailabilityState
    available: int | None


def availability(pool: Numbers, view: View = View.PUBLIC) -> Availability:
    """What one pool has left: closed, size, taken, pending (and waiting, for the public), held — in this order."""
    if pool.is_closed:
        return Availability(AvailabilityState.SOLD_OUT, 0)
    if pool.size is None:
        return Availability(AvailabilityState.AVAILABLE, None)
    left = pool.size - pool.taken
    if left <= 0:
        return Availability(AvailabilityState.SOLD_OUT, 0)
    left -= pool.pending + (pool.waiting if view is View.PUBLIC else 0)
    if left <= 0:
        return Availability(AvailabilityState.PENDING, 0)
    left -= pool.held
    if left <= 0:
        return Availability(AvailabilityState.IN_CHECKOUT, 0)
    return Availability(AvailabilityState.AVAILABLE, left)


def combined(pools: list[Numbers], view: View = View.PUBLIC) -> Availability:
    """What can be had from all these pools at once: the worst state, then the smallest number."""
    worst = Availability(AvailabilityState.AVAILABLE, None)
    for found in (availability(pool, view) for pool in pools):
        worst = min(worst, found, key=_rank)
    return worst


def _rank(found: Availability) -> tuple[int, float]:
    order = list(AvailabilityState)
    return order.index(found.state), float("inf") if found.available is None else found.available


def is_full(size: int | None, taken: int, pending: int) -> bool:
    """Whether everything is given away for good; places in a checkout may still come back."""
    return size is not None and taken + pending >= size
