"""How long lots live, and when their owner is told that they end. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from domain.points import days, periods
from domain.points.book import Account, Book, Lot
from domain.points.tables import LotState

#: How many days before the end its owner is told.
AHEAD = (30, 7)


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


def ending(lots: Iterable[Lot], zone: str, now: datetime) -> dict[date, tuple[datetime, int]]:
    """What ends on which local day, if nothing is spent: the first moment and the amount in minor units."""
    found: dict[date, tuple[datetime, int]] = {}
    for lot in lots:
        if (
            lot.state == LotState.ACTIVE
            and lot.remaining
            and lot.expires_at is not None
            and lot.expires_at > now
        ):
            day = days.day_of(lot.expires_at, zone)
            first, amount = found.get(day, (lot.expires_at, 0))
            found[day] = (min(first, lot.expires_at), amount + lot.remaining)
    return found


def next_announcement(ends: Iterable[datetime], now: datetime) -> datetime | None:
    """The next moment at which one of these ends is to be announced."""
    return min((at for end in ends for at in _announced_at(end) if at > now), default=None)


def announced(end: datetime, since: datetime, until: datetime) -> int | None:
    """How many days ahead an end is announced between two moments (both included): the nearest, when it is several."""
    return min(
        (d for d, at in zip(AHEAD, _announced_at(end), strict=True) if since <= at <= until), default=None
    )


def announcements(book: Book) -> dict[UUID, datetime]:
    """The accounts whose next announcement comes earlier by what the book changed, and when."""
    ends: dict[UUID, list[datetime]] = {}
    for lot in book.lots.values():
        is_known = lot.account in book.accounts
        if is_known and lot.state == LotState.ACTIVE and lot.remaining and lot.expires_at is not None:
            ends.setdefault(lot.account, []).append(lot.expires_at)
    found: dict[UUID, datetime] = {}
    for id_, of_account in ends.items():
        at, known = next_announcement(of_account, book.now), book.accounts[id_].announce_due
        if at is not None and (known is None or at < known):
            found[id_] = at
    return found


def _announced_at(end: datetime) -> list[datetime]:
    return [end - timedelta(days=ahead) for ahead in AHEAD]
