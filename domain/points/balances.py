"""Balances as a sweep at that moment would leave them; nothing is written by looking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.points import books, moves
from domain.points.book import Account, Wallet, spending_order
from domain.profile import members


@dataclass(frozen=True)
class Balance:
    """A member's parts of one wallet at a moment, in minor units."""

    member: UUID
    wallet: Wallet
    pending: int
    available: int
    held: int
    debt: int
    lifetime_earned: int
    seq: int
    is_frozen: bool
    as_of: datetime

    @property
    def net(self) -> int:
        return self.available - self.debt


def of_account(account: Account, at: datetime) -> Balance:
    """The balance of a settled account."""
    return Balance(
        account.member, account.wallet, account.pending, account.available, account.held, account.debt,
        account.lifetime_earned, account.seq, account.is_frozen_at(at), at,
    )  # fmt: skip


async def codes() -> list[str]:
    """The codes of all wallets."""
    return [
        row["code"] for row in await db.fetch("SELECT code FROM points.wallet_type ORDER BY created_at, code")
    ]


async def of_member(member: UUID, at: datetime | None = None) -> list[Balance]:
    """All wallets of a person, those without an account too; ``at`` may lie in the future, but not in the past."""
    root = await members.root_of(member)
    return (await of_roots([root], at))[root]


async def of_wallet(member: UUID, wallet: str, at: datetime | None = None) -> Balance | None:
    """One wallet of a person."""
    return next((b for b in await of_member(member, at) if b.wallet.code == wallet), None)


async def of_roots(roots: list[UUID], at: datetime | None = None) -> dict[UUID, list[Balance]]:
    """All wallets of several roots, in a fixed number of statements."""
    book = await books.read(roots, None, at)
    for account in book.accounts.values():
        moves.settle(book, account)
    found = {(a.member, a.wallet.code): of_account(a, book.now) for a in book.accounts.values()}
    wallets = [w for w in [await books.wallet(code, book.now) for code in await codes()] if w]
    return {root: [found.get((root, w.code)) or _empty(root, w, book.now) for w in wallets] for root in roots}


async def at_past(member: UUID, wallet: str, at: datetime) -> Balance | None:
    """The exact balance at a past moment: the sums of all entries up to it, and what was due by then."""
    if at >= clock.now():
        return await of_wallet(member, wallet, at)
    now = await of_wallet(member, wallet)
    if now is None:
        return None
    book = await books.read(await members.ids_of(now.member), [wallet])
    parts = dict.fromkeys(("PENDING", "AVAILABLE", "HELD", "DEBT", "EARNED"), 0)
    seq = 0
    for row in await db.fetch(_SUMS, list(book.accounts), at):
        seq += row["entries"]
        _add(parts, row["source_part"], row["target_part"], row["amount"])
    for account in book.accounts.values():
        moves.settle(book, account)
    for entry in book.entries:
        if entry.occurred_at <= at:
            seq += 1
            _add(parts, entry.source_part, entry.target_part, entry.amount)
    return Balance(
        now.member, now.wallet, parts["PENDING"], parts["AVAILABLE"], parts["HELD"], -parts["DEBT"], parts["EARNED"],
        seq, False, at,
    )  # fmt: skip


async def expiring(
    member: UUID, wallet: str, by: datetime | None = None
) -> list[tuple[datetime | None, int]]:
    """When what is available now will expire, if nothing is spent: (moment or None, amount), in order of time.

    The amounts sum to ``available``. With ``by`` only what expires until then.
    """
    root = await members.root_of(member)
    book = await books.read([root], [wallet])
    schedule: dict[datetime | None, int] = {}
    for account in book.accounts.values():
        moves.settle(book, account)
        if not account.wallet.has_lots and account.available:
            schedule[None] = account.available
        for lot in spending_order(account.lots.values()):
            schedule[lot.expires_at] = schedule.get(lot.expires_at, 0) + lot.remaining
    return [(at, n) for at, n in schedule.items() if by is None or (at is not None and at <= by)]


_SUMS = """SELECT source_part, target_part, sum(amount)::bigint AS amount, count(*) AS entries FROM points.entry
    WHERE account = ANY($1) AND occurred_at <= $2 GROUP BY source_part, target_part"""


def _add(parts: dict[str, int], source: str, target: str, amount: int) -> None:
    if source in parts:
        parts[source] -= amount
    if target in parts:
        parts[target] += amount
    parts["EARNED"] += amount * ((source in ("ISSUED", "CLAWED_BACK")) - (target == "CLAWED_BACK"))


def _empty(member: UUID, wallet: Wallet, at: datetime) -> Balance:
    return Balance(member, wallet, 0, 0, 0, 0, 0, 0, False, at)
