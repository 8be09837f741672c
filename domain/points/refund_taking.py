"""Posting what a refund of an order means to those who earned by it: awards are taken back, deductions come back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.actor import Actor
from domain.points import books, moves, refund_targets, returning
from domain.points.book import Account, Book, Journal, Lot, Part
from domain.points.ledger import Cause
from domain.points.refund_targets import Amounts, Order, Posting
from domain.points.tables import JournalKind


@dataclass
class Taken:
    """What was posted, and what it means to whom."""

    parts: dict[tuple[UUID, str], refund_targets.Part] = field(default_factory=dict)
    journals: list[UUID] = field(default_factory=list)

    def part(self, root: UUID, wallet: str) -> refund_targets.Part:
        return self.parts.setdefault((root, wallet), refund_targets.Part(root, wallet))


async def take(actor: Actor, order: Order, cause: Cause, at: datetime) -> Taken:
    """Bring everybody to what the order's refunds leave: own lots first; what the policy does not let be taken is waived.

    ``cause`` is the refund's; each posting reverses one by which the order earned, or took. The accounts are locked.
    """
    done = Taken()
    due: dict[tuple[int, UUID, str], int] = {}
    for root in sorted(order.roots):
        for sign, settled in ((1, order.taken), (-1, order.restored)):
            for wallet, wanted in order.wanted(root, sign).items():
                due[sign, root, wallet] = max(0, wanted - settled[root, wallet])
                if sign > 0 and due[sign, root, wallet]:
                    done.part(root, wallet).taken = due[sign, root, wallet]
    wallets = sorted({wallet for (_, _, wallet), points in due.items() if points})
    if not wallets:
        return done
    book = await books.lock(sorted(order.roots), wallets, makes=False)
    await books.load_whole(book, book.accounts.values())
    await books.settle(book)
    bench = _Bench(actor, cause, at, book, order, due, done)
    for posting in order.postings:
        bench.claw_back(posting)
        await bench.restore(posting)
    await books.settle(book)
    await books.write(book, actor, cause=cause.fact, flags=cause.flags)
    return done


@dataclass
class _Bench:
    actor: Actor
    cause: Cause
    at: datetime
    book: Book
    order: Order
    due: dict[tuple[int, UUID, str], int]
    done: Taken

    def _part_of(self, posting: Posting, left: Mapping[str, int], sign: int) -> Amounts:
        """What of a posting is due, by wallet; it is due no more."""
        award = self.order.awards.get((posting.rule, posting.root), {})
        found: Amounts = {}
        for wallet, there in left.items():
            key = (sign, posting.root, wallet)
            amount = min(self.due.get(key, 0), there) if sum(award.get(wallet, ())) * sign > 0 else 0
            if amount:
                self.due[key] -= amount
                found[wallet] = amount
        return found

    def _begin(self, kind: JournalKind, posting: Posting, *, is_full: bool) -> Journal:
        journal = self.cause.journal(
            self.actor,
            kind,
            self.at,
            reverses=posting.journal,
            is_full=is_full and not (posting.given and posting.deducted),
        )
        journal.leg = str(posting.journal)
        return self.book.begin(journal)

    def _end(self, journal: Journal, *, is_nothing: bool) -> None:
        if is_nothing:
            self.book.journals.remove(journal)
        else:
            self.done.journals.append(journal.id)

    def claw_back(self, posting: Posting) -> None:
        """Take back what a posting gave, as far as it is due."""
        given = self._part_of(posting, posting.given, 1)
        if not given:
            return
        own = frozenset(each.journal for each in self.order.postings if each.root == posting.root)
        journal = self._begin(JournalKind.CLAW_BACK, posting, is_full=given == _there(posting.given))
        let_go: Amounts = {}
        for wallet, amount in given.items():
            rest = moves.claw_back(self.book, self._account(posting, wallet), journal, amount, own=own)
            part = self.done.part(posting.root, wallet)
            part.clawed_back += amount - rest
            part.waived += rest
            if rest:
                let_go[wallet] = rest
        if let_go:
            journal.facts["waived"] = let_go
            journal.is_full = False
        self._end(journal, is_nothing=let_go == given)

    async def restore(self, posting: Posting) -> None:
        """What a posting took comes back into its lots, as far as it is due."""
        back = self._part_of(posting, posting.deducted, -1)
        if not back:
            return
        used = await returning.used_lots(self.book, posting.journal, kind="CANCEL")
        journal = self._begin(JournalKind.REFUND, posting, is_full=back == _there(posting.deducted))
        for wallet, amount in back.items():
            account = self._account(posting, wallet)
            lots = [(lot, missing) for lot, missing, code in used if code == wallet]
            owed = posting.deducted[wallet] - sum(
                missing for _, missing in lots
            )  # came from no lot: the first to be back
            lots = _first(lots, max(0, amount - owed))
            moves.refund(self.book, account, journal, lots, amount, Part.CLAWED_BACK)
            self.done.part(posting.root, wallet).restored += amount
        self._end(journal, is_nothing=False)

    def _account(self, posting: Posting, wallet: str) -> Account:
        return self.book.of(posting.root, wallet)


def _first(lots: list[tuple[Lot, int]], amount: int) -> list[tuple[Lot, int]]:
    """So much of what these lots miss, the first ones first."""
    found = []
    for lot, missing in lots:
        part = min(missing, amount)
        amount -= part
        found += [(lot, part)] if part else []
    return found


def _there(left: Mapping[str, int]) -> Amounts:
    return {wallet: points for wallet, points in left.items() if points}


def of_member(parts: Collection[refund_targets.Part], root: UUID) -> tuple[Amounts, Amounts, Amounts]:
    """What was taken back of a person, waived, and came back, by wallet."""
    own = [part for part in parts if part.root == root]
    return (
        {part.wallet: part.clawed_back for part in own if part.clawed_back or part.waived},
        {part.wallet: part.waived for part in own if part.waived},
        {part.wallet: part.restored for part in own if part.restored},
    )
