"""How a part of a lot goes on as a lot of its own on another account, with its end and its funding. Pure."""

from __future__ import annotations

from domain.foundation import ids
from domain.points.book import Account, Book, Journal, Lot, Use
from domain.points.tables import LotState


def split(book: Book, account: Account, journal: Journal, lot: Lot, amount: int) -> Lot:
    """A part of a lot goes on as a lot of this account, empty yet; the caller takes it out of the old one's amounts."""
    book.use(lot, journal, "CANCEL", amount)
    return _child(book, account, journal, lot, amount)


def again(book: Book, account: Account, journal: Journal, lot: Lot, amount: int, kind: str = "USE") -> Lot:
    """What comes back of a lot that is somebody else's now: a lot of this account, empty yet.

    The old one is not locked, so its row stays as it is; what came back and went on is only noted.
    """
    for of_kind, change in ((kind, -amount), ("CANCEL", amount)):
        book.uses.append(Use(ids.new(), lot.id, journal.id, None, of_kind, change))
    return _child(book, account, journal, lot, amount)


def _child(book: Book, account: Account, journal: Journal, lot: Lot, amount: int) -> Lot:
    child = Lot(
        ids.new(), account.id, journal.id, LotState.ACTIVE, amount, 0, 0, lot.occurred_at, lot.activates_at,
        expires_at=lot.expires_at, expiry=lot.expiry, funding_source=lot.funding_source, parent=lot.id,
    )  # fmt: skip
    return book.add_lot(account, child)
