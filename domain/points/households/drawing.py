"""Spending with the household: the own lots first, then the others' in the order in which they expire (ADR 13).

One journal with an entry on the account of everybody whose points are taken; a refund of it goes back into those lots.
Locks: the accounts of the whole household by id, then the household for sharing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.foundation import ids
from domain.points import books, ledger, moves
from domain.points.amounts import decimal
from domain.points.book import Account, Book, Journal
from domain.points.errors import InsufficientPoints
from domain.points.households import kinds, places, reading
from domain.points.households.errors import HouseholdLimitReached, NotInHousehold
from domain.points.households.reading import Household, Place
from domain.points.households.rules import shares
from domain.points.ledger import Cause, Posted
from domain.points.tables import JournalKind
from domain.profile import interactions, members


async def spend(
    actor: Actor,
    member: UUID,
    amounts: Mapping[str, int],
    cause: Cause,
    *,
    at: datetime | None = None,
    is_up_to: bool = False,
) -> Posted:
    """:func:`ledger.spend`, but what the member lacks of the shared wallet is taken from the others' lots.

    Within the member's monthly limit; never from somebody suspended or whose account is frozen, and nothing for a member
    in debt. The balances are the member's own. Refuses NotInHousehold, HouseholdLimitReached, InsufficientPoints,
    AccountFrozen, WalletNotSpendable.
    """
    async with db.transaction():
        root = await members.root_of(member)
        before = await places.mine(root)
        book = await _locked(root, [place.root for place in before.places], list(amounts))
        await places.lock_for_spending(before.id)
        root = await members.root_of(member)
        household = await reading.of_root(root)  # again, under the locks
        if household is None or household.id != before.id:
            raise NotInHousehold()
        for account in book.accounts.values():
            await books.load_first(book, account, amounts[account.wallet.code])
        await books.settle(book)
        own = {code: book.of(root, code) for code in amounts}
        for account in own.values():
            moves.must_be_spendable(account, book.now)
        taken = {
            code: min(asked, own[code].available) if is_up_to or code == household.wallet else asked
            for code, asked in amounts.items()
        }
        drawn: dict[UUID, int] = {}
        lacking = amounts.get(household.wallet, 0) - taken.get(household.wallet, 0)
        if lacking:
            drawn = await _drawn(book, household, own[household.wallet], lacking, is_up_to=is_up_to)
        if not any(taken.values()) and not drawn:
            return _own(await ledger.closed(book, actor, cause, None, taken), root)
        journal = book.begin(cause.journal(actor, JournalKind.SPEND, at or book.now))
        for code, amount in taken.items():
            if amount:
                moves.spend(book, own[code], journal, amount)
        if not drawn:
            return _own(await ledger.closed(book, actor, cause, journal, taken), root)
        journal.facts["household"] = str(household.id)
        for account_id, amount in drawn.items():
            moves.spend(book, book.accounts[account_id], journal, amount)
        taken[household.wallet] += sum(drawn.values())
        posted = await ledger.closed(book, actor, cause, journal, taken)
        await _keep(actor, book, household, root, journal, drawn, cause)
        return _own(posted, root)


async def _locked(root: UUID, everybody: Sequence[UUID], wallets: Sequence[str]) -> Book:
    """Everybody's accounts that are there. Only the spender's are made where they are missing: no other root is locked."""
    book = await books.lock(everybody, wallets, makes=False)
    if sum(account.member == root for account in book.accounts.values()) < len(wallets):
        await books.make([root], wallets)
        book = await books.lock(everybody, wallets, makes=False)
    return book


async def _drawn(
    book: Book, household: Household, own: Account, lacking: int, *, is_up_to: bool
) -> dict[UUID, int]:
    """What is taken from whose account; the spender's own account is locked, so nobody else counts for them now."""
    givers = _givers(book, household, own)
    there = sum(account.available for account in givers)
    mine = household.place_of(own.member)
    assert mine is not None
    if not is_up_to and lacking > there:
        raise InsufficientPoints(own.wallet.code, own.wallet.scale, own.net + there, own.available + lacking)
    wanted = min(lacking, there)
    if mine.monthly_limit is not None:
        found, resets_at = await reading.drawn(household)
        left = max(0, mine.monthly_limit - found[own.member])
        if not is_up_to and wanted > left:
            raise HouseholdLimitReached(
                own.wallet.code, own.wallet.scale, mine.monthly_limit, found[own.member], wanted, resets_at
            )
        wanted = min(wanted, left)
    return shares(givers, wanted) if wanted else {}


def _givers(book: Book, household: Household, own: Account) -> list[Account]:
    """The others' accounts of the shared wallet that may be taken from; who joined since they were locked is not yet in."""
    if own.debt:
        return []
    giving: dict[UUID, Place] = {place.root: place for place in household.places if place.is_active}
    if own.member not in giving:
        return []
    return [
        account
        for account in book.accounts.values()
        if account.wallet.code == household.wallet
        and account.member != own.member
        and account.member in giving
        and not account.is_frozen_at(book.now)
    ]


async def _keep(
    actor: Actor,
    book: Book,
    household: Household,
    root: UUID,
    journal: Journal,
    drawn: Mapping[UUID, int],
    cause: Cause,
) -> None:
    """Who took whose points, for the limit and for everybody to see."""
    await db.run(
        """INSERT INTO points.household_draw (id, household, member, journal, amount, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)""",
        ids.new(), household.id, root, journal.id, sum(drawn.values()), book.now,
    )  # fmt: skip
    for account_id, amount in drawn.items():
        await interactions.record(
            actor, kinds.DRAWN, ("HOUSEHOLD", household.id), once=f"{journal.id}:{account_id}",
            member=book.accounts[account_id].member, at=journal.occurred_at, flags=cause.flags,
            spender=str(root), journal=str(journal.id), wallet=household.wallet,
            amount=str(decimal(amount, household.scale)),
        )  # fmt: skip


def _own(posted: Posted, root: UUID) -> Posted:
    """Nobody sees the others' balances by spending."""
    balances = [each for each in posted.balances if each.member == root]
    return Posted(posted.journal, balances, posted.moved, posted.waived)
