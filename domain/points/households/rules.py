"""What is decided about households without looking anywhere. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from domain.points.book import Account, spending_order
from domain.points.households.tables import PlaceState

#: Members and open invitations together.
MOST = 8
INVITATION_DAYS = 14

EDGES: dict[str, frozenset[str]] = {
    PlaceState.INVITED: frozenset({PlaceState.JOINED, PlaceState.DECLINED, PlaceState.WITHDRAWN}),
    PlaceState.JOINED: frozenset({PlaceState.LEFT, PlaceState.MERGED}),
    PlaceState.MERGED: frozenset({PlaceState.JOINED, PlaceState.LEFT}),
    PlaceState.DECLINED: frozenset(),
    PlaceState.WITHDRAWN: frozenset(),
    PlaceState.LEFT: frozenset(),
    PlaceState.EXPIRED: frozenset(),
}


def shares(accounts: Iterable[Account], amount: int) -> dict[UUID, int]:
    """Whose points are taken, by account: those that expire first, whoever's they are, then the older, then the lower id.

    The accounts' lots are loaded as far as ``amount`` reaches, and hold at least as much together.
    """
    whose = {account.id: account for account in accounts}
    found: dict[UUID, int] = {}
    for lot in spending_order(lot for account in whose.values() for lot in account.lots.values()):
        part = min(lot.remaining, amount)
        if not part:
            break
        found[lot.account] = found.get(lot.account, 0) + part
        amount -= part
    assert not amount, "the lots hold less than the accounts say"
    return found
