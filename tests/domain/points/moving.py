"""Accounts in memory and what was posted on them, for the tests of single moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.foundation import ids
from domain.points import moves
from domain.points.book import Account, Book, Hold, Journal, Leg, Lot, Wallet
from domain.points.tables import HoldState, JournalKind

NOW = datetime(2027, 3, 1, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
WALLET = Wallet(
    ids.new(),
    "POINTS",
    2,
    True,
    True,
    "UTC",
    {"immediate": True},
    {"never": True},
    "ALLOW_NEGATIVE",
    None,
    0,
    900,
)


def account(**more: Any) -> Account:
    return Account(ids.new(), ids.new(), replace(WALLET, **more), is_whole=True)


def journal(book: Book, kind: JournalKind = JournalKind.EARN, at: datetime = NOW) -> Journal:
    return book.begin(Journal(kind, "TEST", str(ids.new()), at))


def earn(book: Book, of: Account, amount: int, **more: Any) -> Lot:
    lot = moves.earn(book, of, journal(book), amount, **more)
    assert lot is not None
    return lot


def entries(book: Book, of: Journal) -> list[tuple[str, str, int]]:
    return [(e.source_part, e.target_part, e.amount) for e in book.entries if e.journal == of.id]


def uses(book: Book, of: Journal) -> list[tuple[Any, str, int]]:
    return [(use.lot, use.kind, use.amount) for use in book.uses if use.journal == of.id]


def parts(of: Account) -> tuple[int, int, int, int]:
    return of.pending, of.available, of.held, of.debt


def hold(book: Book, of: Account, amount: int, ends: datetime | None) -> Leg:
    kept = Hold(ids.new(), "TEST", "1", of.member, HoldState.OPEN, expires_at=ends)
    return moves.hold(book, of, journal(book, JournalKind.HOLD), kept, amount)
