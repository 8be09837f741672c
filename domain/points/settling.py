"""Settling many accounts at once: what merely expires is posted by one call to the database, all else by the moves.

Locks: accounts by id. One that somebody else holds is passed over, for whoever writes on it settles it first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import books
from domain.points.book import Book
from domain.points.tables import JournalKind
from domain.profile import interactions

_LOCKED = """SELECT a.id, a.member, a.pending, a.held, t.code, t.scale FROM points.account AS a
    JOIN points.wallet_type AS t ON t.id = a.wallet_type
    WHERE a.id = ANY($1) AND NOT a.is_closed AND a.next_due <= $2 ORDER BY a.id FOR NO KEY UPDATE OF a SKIP LOCKED"""
#: In the order in which :func:`domain.points.moves.settle` takes them.
_ENDED = """SELECT id, account, remaining, greatest(expires_at, occurred_at, activates_at) AS at FROM points.lot
    WHERE account = ANY($1) AND remaining > 0 AND state = 'ACTIVE' AND expires_at <= $2
    ORDER BY account, expires_at, id"""


@dataclass
class Settled:
    """What was posted, or would be; amounts in minor units by wallet."""

    expired_lots: int = 0
    expired: dict[str, int] = field(default_factory=dict)
    activated: int = 0
    holds: set[str] = field(default_factory=set)
    accounts: int = 0

    @property
    def holds_expired(self) -> int:
        """How many holds ended; one of several wallets ends on each account, but counts once."""
        return len(self.holds)

    def add(self, other: Settled) -> None:
        self.accounts += other.accounts
        self.expired_lots += other.expired_lots
        self.activated += other.activated
        self.holds |= other.holds
        for code, amount in other.expired.items():
            self.expired[code] = self.expired.get(code, 0) + amount


async def settle(accounts: Sequence[UUID]) -> Settled:
    """Post what is due on some accounts, all of it in one transaction (the caller's, if there is one)."""
    return await db.attempt(lambda: _settle(accounts))


def posted(book: Book) -> Settled:
    """What the moves posted in a book."""
    found = Settled(accounts=len(book.accounts))
    kinds = {journal.id: journal.kind for journal in book.journals}
    for journal in book.journals:
        found.expired_lots += journal.kind == JournalKind.EXPIRE
        found.activated += journal.kind == JournalKind.ACTIVATE
        if journal.kind == JournalKind.VOID:
            found.holds.add(journal.source_id)
    for entry in book.entries:
        if kinds[entry.journal] == JournalKind.EXPIRE:
            code = book.accounts[entry.account].wallet.code
            found.expired[code] = found.expired.get(code, 0) + entry.amount
    return found


async def _settle(accounts: Sequence[UUID]) -> Settled:
    now = clock.now()
    rows = await db.fetch(_LOCKED, list(accounts), now)
    found = await _expire({row["id"]: row for row in rows if _is_plain(row)}, now)
    mixed = [row["id"] for row in rows if not _is_plain(row)]
    if mixed:
        book = await books.locked(mixed, now)
        await books.settle(book)
        await books.write(book)
        found.add(posted(book))
    return found


def _is_plain(account: db.Row) -> bool:
    """With nothing but what is available, all that can be due is the end of lots."""
    return not account["pending"] and not account["held"]


async def _expire(accounts: dict[UUID, db.Row], now: datetime) -> Settled:
    """The end of the lots of plain accounts, in one call."""
    found = Settled(accounts=len(accounts))
    if not accounts:
        return found
    lots = await db.fetch(_ENDED, list(accounts), now)
    journals, entries, uses = ([ids.new() for _ in lots] for _ in range(3))
    await db.run(
        "SELECT points.expire($1, $2, $3, $4, $5, $6)",
        list(accounts), [lot["id"] for lot in lots], journals, entries, uses, now,
    )  # fmt: skip
    told = []
    for lot, journal in zip(lots, journals, strict=True):
        account = accounts[lot["account"]]
        code, amount = account["code"], lot["remaining"]
        found.expired[code] = found.expired.get(code, 0) + amount
        told.append(
            books.told(
                JournalKind.EXPIRE, journal, account["member"], lot["at"], {code: (-amount, account["scale"])},
                ("LOT", str(lot["id"])), SYSTEM,
            )
        )  # fmt: skip
    found.expired_lots = len(lots)
    await interactions.record_many(told, touchpoint=SYSTEM.touchpoint)
    return found
