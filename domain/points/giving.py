"""How points change hands, on a book in memory: through TRANSIT, which is zero after each journal. Pure.

What arrives is a lot for each lot that left, with its expiry and funding source; a debt of the receiver is paid first.
"""

from __future__ import annotations

from domain.foundation import ids
from domain.points.book import Account, Book, Journal, Leg, Lot, Part, close_if_empty, spending_order
from domain.points.tables import HoldState, LotState

Taken = list[tuple[Lot, int]]


def hand_over_held(book: Book, journal: Journal, giver: Account, receiver: Account, leg: Leg) -> None:
    """All that a hold keeps goes to the receiver; the hold is resolved."""
    taken: Taken = []
    for lot in sorted((giver.lots[each] for each, n in leg.lots.items() if n), key=lambda lot: lot.order):
        amount = leg.lots[lot.id]
        leg.lots[lot.id] = 0
        lot.held -= amount
        book.use(lot, journal, "HOLD", -amount, leg.hold.id)
        book.use(lot, journal, "USE", amount, leg.hold.id)
        close_if_empty(lot)
        taken.append((lot, amount))
    amount = leg.open
    leg.captured += amount
    leg.hold.state = HoldState.CAPTURED
    leg.hold.resolved_at = book.now
    book.legs[leg.id] = leg
    book.holds[leg.hold.id] = leg.hold
    _through(book, journal, giver, receiver, {Part.HELD: amount}, taken)


def hand_over(
    book: Book,
    journal: Journal,
    giver: Account,
    receiver: Account,
    amount: int,
    *,
    first: frozenset[object] = frozenset(),
) -> None:
    """An amount that is available goes to the receiver, from lots of the journals ``first`` and then in their order.

    What the giver does not have becomes a debt of the giver; it arrives in a lot that never expires.
    """
    there = min(amount, giver.available)
    taken = _take(book, journal, giver, there, first) if giver.wallet.has_lots else []
    _through(book, journal, giver, receiver, {Part.AVAILABLE: there, Part.DEBT: amount - there}, taken)


def hand_over_lots(book: Book, journal: Journal, giver: Account, receiver: Account, lots: list[Lot]) -> None:
    """All that is available of these lots goes to the receiver."""
    taken: Taken = []
    for lot in spending_order(lots):
        taken.append((lot, lot.remaining))
        book.use(lot, journal, "USE", lot.remaining)
        lot.remaining = 0
        close_if_empty(lot)
    _through(book, journal, giver, receiver, {Part.AVAILABLE: sum(part for _, part in taken)}, taken)


def _take(book: Book, journal: Journal, giver: Account, amount: int, first: frozenset[object]) -> Taken:
    lots = spending_order(giver.lots.values())
    taken: Taken = []
    for lot in sorted(
        lots, key=lambda lot: lot.journal not in first
    ):  # stable: else in the order of spending
        part = min(lot.remaining, amount)
        if not part:
            break
        amount -= part
        lot.remaining -= part
        book.use(lot, journal, "USE", part)
        close_if_empty(lot)
        taken.append((lot, part))
    assert not amount, "the lots hold less than the account says"
    return taken


def _through(
    book: Book, journal: Journal, giver: Account, receiver: Account, parts: dict[Part, int], taken: Taken
) -> None:
    amount = sum(parts.values())
    for part, of_part in parts.items():
        book.post(journal, giver, part, Part.TRANSIT, of_part)
    to_debt = min(receiver.debt, amount)
    book.post(journal, receiver, Part.TRANSIT, Part.DEBT, to_debt)
    book.post(journal, receiver, Part.TRANSIT, Part.AVAILABLE, amount - to_debt)
    if not receiver.wallet.has_lots:
        return
    for old, arrived in taken:
        to_debt = _arrive(book, journal, receiver, arrived, to_debt, old)
    lent = amount - sum(arrived for _, arrived in taken)
    if lent:
        _arrive(book, journal, receiver, lent, to_debt)


def _arrive(
    book: Book, journal: Journal, receiver: Account, amount: int, to_debt: int, old: Lot | None = None
) -> int:
    """A lot for what arrived, of which the first ``to_debt`` is used at once; answers what of it is left."""
    paid = min(amount, to_debt)
    at = journal.occurred_at
    lot = Lot(
        ids.new(), receiver.id, journal.id, LotState.ACTIVE, amount, amount - paid, 0, at, at,
        expires_at=old.expires_at if old else None, expiry=old.expiry if old else None,
        funding_source=old.funding_source if old else None,
    )  # fmt: skip
    book.use(lot, journal, "USE", paid)
    close_if_empty(lot)
    book.add_lot(receiver, lot)
    return to_debt - paid
