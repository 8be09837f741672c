"""How long lots live: lots that end only when nothing happens for a while, and lots that come back. Pure."""

from __future__ import annotations

from datetime import datetime

from domain.points import periods
from domain.points.book import Account, Book, Lot
from domain.points.tables import LotState


def slide(book: Book, account: Account, at: datetime) -> list[Lot]:
    """Something was earned or spent: the account's sliding lots live on from there; answers those that changed.

    All sliding lots of the account must be loaded (``Account.slides`` says that it has some).
    """
    moved = []
    for lot in account.lots.values():
        if lot.expiry and lot.expires_at and lot.state == LotState.ACTIVE and at < lot.expires_at:
            later = periods.expiry_of(lot.expiry, at, account.wallet.zone)
            if later is not None and later > lot.expires_at:
                lot.expires_at = later
                book.lots[lot.id] = lot
                moved.append(lot)
    return moved
