"""The ledger: every change of a member's points is one journal with its entries, posted once for ever.

All functions join the caller's transaction, lock the accounts they touch, settle first what is due on them, and ask
no operator role. ``member`` is any member id of the person; amounts are minor units by wallet code. A business key is
(kind, source, source_id, rule_version, leg): posting it again raises AlreadyPosted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.foundation import ids
from domain.points import balances, books, kinds, moves, returning
from domain.points.balances import Balance
from domain.points.book import Account, Book, Journal
from domain.points.errors import AlreadyReversed, NothingToReverse
from domain.points.tables import JournalKind
from domain.profile import interactions
from domain.profile.interactions import Fact


@dataclass(frozen=True)
class Cause:
    """What a posting is for: its business key, and what is told with it."""

    source: str
    source_id: object
    rule_version: UUID | None = None
    leg: str | None = None
    reason: str | None = None
    reference: str | None = None
    approval: UUID | None = None
    fact: Fact | None = None
    flags: Sequence[str] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    def journal(self, actor: Actor, kind: JournalKind, at: datetime, **more: Any) -> Journal:
        return Journal(
            kind, self.source, str(self.source_id), at, self.rule_version, self.leg, self.reason, actor.id,
            self.approval, reference=self.reference, facts=dict(self.facts), **more,
        )  # fmt: skip


def by_staff(reason: str, reference: str | None = None, approval: UUID | None = None) -> Cause:
    """A cause of its own kind: each call is another one."""
    return Cause("STAFF", ids.new(), reason=reason, reference=reference, approval=approval)


@dataclass(frozen=True)
class Posted:
    """``journal`` is None when there was nothing to move; ``moved`` and ``waived`` are minor units by wallet."""

    journal: UUID | None
    balances: list[Balance]
    moved: dict[str, int] = field(default_factory=dict)
    waived: dict[str, int] = field(default_factory=dict)


async def earn(
    actor: Actor,
    member: UUID,
    wallet: str,
    amount: int,
    cause: Cause,
    *,
    at: datetime | None = None,
    activates_at: datetime | None = None,
    cancel_at: datetime | None = None,
    expires_at: datetime | None = None,
    waits: bool = False,
    funding_source: str | None = None,
) -> Posted:
    """Give points: pending until they activate (the wallet's policy without a time), else at once, debt first."""
    async with db.transaction():
        book, (account,) = await opened(member, [wallet])
        journal = book.begin(cause.journal(actor, JournalKind.EARN, at or book.now))
        moves.earn(
            book, account, journal, amount, activates_at=activates_at or moves.pending_until(account, journal), cancel_at=cancel_at, expires_at=expires_at,
            waits=waits, funding_source=funding_source,
        )  # fmt: skip
        return await closed(book, actor, cause, journal, {wallet: amount})


async def spend(
    actor: Actor,
    member: UUID,
    amounts: Mapping[str, int],
    cause: Cause,
    *,
    at: datetime | None = None,
    is_up_to: bool = False,
) -> Posted:
    """Take points for good: all the amounts or InsufficientPoints; ``is_up_to`` takes what there is (0: no journal)."""
    async with db.transaction():
        book, accounts = await opened(member, list(amounts), amounts)
        taken = {}
        for account in accounts:
            moves.must_be_spendable(account, book.now)
            asked = amounts[account.wallet.code]
            taken[account.wallet.code] = min(asked, account.available) if is_up_to else asked
        if not any(taken.values()):
            return await closed(book, actor, cause, None, taken)
        journal = book.begin(cause.journal(actor, JournalKind.SPEND, at or book.now))
        for account in accounts:
            if taken[account.wallet.code]:
                moves.spend(book, account, journal, taken[account.wallet.code])
        return await closed(book, actor, cause, journal, taken)


async def adjust(actor: Actor, member: UUID, wallet: str, amount: int, cause: Cause) -> Posted:
    """A signed correction; below the balance it is InsufficientPoints."""
    async with db.transaction():
        book, (account,) = await opened(member, [wallet], {wallet: max(0, -amount)})
        journal = book.begin(cause.journal(actor, JournalKind.ADJUST, book.now))
        moves.adjust(book, account, journal, amount)
        return await closed(book, actor, cause, journal, {wallet: amount})


async def refund(
    actor: Actor,
    journal_id: UUID,
    cause: Cause,
    amounts: Mapping[str, int] | None = None,
    *,
    kind: JournalKind = JournalKind.REFUND,
    at: datetime | None = None,
) -> Posted:
    """A spend, capture or negative correction comes back into the lots it came from: all that is left of it, or at most these amounts.

    It may have taken from several people (a household's): what was taken last comes back first. AlreadyReversed when
    nothing is left, NothingToReverse when it took nothing.
    """
    async with db.transaction():
        taken, _ = await returning.not_refunded(journal_id)
        book = await _opened_whole(await returning.payers(journal_id), sorted(returning.by_wallet(taken)))
        taken, taken_to = await returning.not_refunded(journal_id)  # again, under the locks
        left = returning.by_wallet(taken)
        await _must_be_left(journal_id, left)
        back = {code: min(amount, (amounts or left).get(code, 0)) for code, amount in left.items()}
        used = await returning.used_lots(book, journal_id)
        journal = book.begin(
            cause.journal(actor, kind, at or book.now, reverses=journal_id, is_full=back == left)
        )
        for account, lots, amount in returning.shares(book, taken, used, back):
            moves.refund(book, account, journal, lots, amount, taken_to)
        return await closed(book, actor, cause, journal, back)


async def claw_back(
    actor: Actor,
    member: UUID,
    wallet: str,
    amount: int,
    cause: Cause,
    *,
    of: Sequence[UUID] = (),
    at: datetime | None = None,
    policy: str | None = None,
    is_forced: bool = False,
) -> Posted:
    """Take back what the journals ``of`` gave: own pending lot, own remainder, other lots, then debt.

    What the policy does not let be taken is ``waived`` and stands in the journal's facts.
    """
    async with db.transaction():
        book, (account,) = await opened(member, [wallet], None)
        full = of[0] if len(of) == 1 else None
        journal = book.begin(cause.journal(actor, JournalKind.CLAW_BACK, at or book.now, reverses=full))
        waived = moves.claw_back(
            book, account, journal, amount, own=frozenset(of), policy=policy, is_forced=is_forced
        )
        if waived:
            journal.facts["waived"] = {wallet: waived}
        if waived == amount:
            book.journals.remove(journal)
            return await closed(book, actor, cause, None, {}, {wallet: waived})
        return await closed(book, actor, cause, journal, {wallet: amount - waived}, {wallet: waived})


async def freeze(
    actor: Actor, member: UUID, wallet: str | None, *, until: datetime | None = None, is_frozen: bool = True
) -> list[Balance]:
    """Freeze or unfreeze a member's wallets (all of them without a code); earning and expiry go on."""
    async with db.transaction():
        codes = [wallet] if wallet else await balances.codes()
        book = await books.lock([member], codes)
        until = until if is_frozen else None
        changed = await db.run(
            "UPDATE points.account SET is_frozen = $2, frozen_until = $3 "
            "WHERE id = ANY($1) AND (is_frozen, frozen_until) IS DISTINCT FROM ($2, $3)",
            list(book.accounts), is_frozen, until,
        )  # fmt: skip
        if changed:
            await interactions.record(
                actor, kinds.ACCOUNT_FROZEN if is_frozen else kinds.ACCOUNT_UNFROZEN, ("MEMBER", member),
                once=ids.new(), member=member, wallet=wallet, until=until.isoformat() if until else None,
            )  # fmt: skip
        return await balances.of_member(member)


async def named(accounts: Sequence[UUID]) -> list[db.Row]:
    """Whose accounts of which wallet they are, without those that a merge closed."""
    return await db.fetch(
        "SELECT a.member, t.code FROM points.account AS a JOIN points.wallet_type AS t ON t.id = a.wallet_type "
        "WHERE a.id = ANY($1) AND NOT a.is_closed",
        list(accounts),
    )


async def opened(
    member: UUID, wallets: Sequence[str], need: Mapping[str, int] | None = {}
) -> tuple[Book, list[Account]]:
    """Lock and settle; ``need`` says how much lots are looked at (None: all of them)."""
    book = await books.lock([member], wallets)
    for account in book.accounts.values():
        if need is None:
            await books.load_whole(book, [account])
        else:
            await books.load_first(book, account, need.get(account.wallet.code, 0))
    await books.settle(book)
    return book, [next(a for a in book.accounts.values() if a.wallet.code == code) for code in wallets]


async def closed(
    book: Book,
    actor: Actor,
    cause: Cause,
    journal: Journal | None,
    moved: dict[str, int],
    waived: dict[str, int] | None = None,
) -> Posted:
    """Settle what became due by the posting itself, write, and answer the balances."""
    await books.settle(book)
    await books.write(book, actor, cause=cause.fact, flags=cause.flags)
    shown = [balances.of_account(account, book.now) for account in book.accounts.values()]
    return Posted(journal.id if journal else None, shown, moved, waived or {})


async def not_refunded(journal_id: UUID) -> dict[str, int]:
    """What a spend or capture took and was not given back, in minor units by wallet."""
    return returning.by_wallet((await returning.not_refunded(journal_id))[0])


async def _opened_whole(members: Sequence[UUID], wallets: Sequence[str]) -> Book:
    """Lock and settle several people's accounts, with all of their lots."""
    book = await books.lock(members, wallets)
    await books.load_whole(book, book.accounts.values())
    await books.settle(book)
    return book


async def _must_be_left(journal_id: UUID, left: Mapping[str, int]) -> None:
    if left:
        return
    by = await db.value(
        "SELECT id FROM points.journal WHERE reverses = $1 ORDER BY id DESC LIMIT 1", journal_id
    )
    raise AlreadyReversed(by) if by else NothingToReverse()
