"""Holds: points set aside until something is certain. Other areas call these inside their own transaction.

No operator role is asked (the GraphQL mutations of the same names are for staff). A hold is known by its cause
(``source``, ``source_id``); holding, capturing or voiding twice for the same cause does nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.points import balances, books, ledger, moves
from domain.points.balances import Balance
from domain.points.book import Book, Hold, Journal, Leg
from domain.points.errors import HoldExceeded
from domain.points.ledger import Cause, Posted
from domain.points.tables import HoldState, JournalKind
from domain.profile import members


@dataclass(frozen=True)
class HoldLeg:
    """What is kept of one wallet, in minor units."""

    wallet: str
    scale: int
    amount: int
    captured: int


@dataclass(frozen=True)
class Held:
    """A hold as it stands at a moment: one whose time is over reads EXPIRED."""

    id: UUID
    member: UUID
    source: str
    source_id: str
    state: str
    expires_at: datetime | None
    legs: list[HoldLeg]
    journal: UUID | None = None
    balances: tuple[Balance, ...] = ()


async def hold(
    actor: Actor,
    member: UUID,
    amounts: Mapping[str, int],
    *,
    source: str,
    source_id: object,
    expires_at: datetime | None,
    reason: str | None = None,
    reference: str | None = None,
) -> Held:
    """Set the amounts (minor units by wallet code) aside until ``expires_at`` (None: never), all or none.

    Refuses InsufficientPoints, AccountFrozen, WalletNotSpendable, ReferenceTaken. The same cause again answers the
    first hold.
    """
    async with db.transaction():
        asked = {code: amount for code, amount in amounts.items() if amount}
        if not asked or any(amount < 0 for amount in asked.values()):
            raise InvalidInput.at("amounts", "Name at least one amount above 0.")
        if expires_at is not None and expires_at <= clock.now():
            raise InvalidInput.at("expiresAt", "A hold ends in the future.")
        book, accounts = await ledger.opened(member, list(asked), asked)
        known = await db.value(
            "SELECT id FROM points.hold WHERE source = $1 AND source_id = $2", source, str(source_id)
        )
        if known is not None:
            return await one(known)
        of = Hold(ids.new(), source, str(source_id), accounts[0].member, HoldState.OPEN, reason, expires_at)
        book.holds[of.id] = of
        cause = Cause("HOLD", of.id, reason=reason, reference=reference)
        journal = book.begin(cause.journal(actor, JournalKind.HOLD, book.now))
        for account in accounts:
            moves.must_be_spendable(account, book.now)
            moves.hold(book, account, journal, of, asked[account.wallet.code])
        posted = await ledger.closed(book, actor, cause, journal, asked)
        return _held(book, of, posted)


async def capture(
    actor: Actor, hold_id: UUID, amounts: Mapping[str, int] | None = None, *, is_dry: bool = False
) -> Held:
    """Take what is held (all of it, or these amounts), the rest returns at once; resolved once. Dry: only look.

    A capture of the same amounts again answers what stands; else HoldNotOpen. HoldExceeded for more than is held.
    """
    async with db.transaction():
        book, of, legs = await _locked(hold_id)
        if amounts is not None and (any(a < 0 for a in amounts.values()) or not any(amounts.values())):
            raise InvalidInput.at("amounts", "Name at least one amount above 0.")
        if await _was_captured(of, amounts):
            return await one(hold_id)
        moves.must_be_open(of, book.now)
        wanted = _wanted(book, legs, amounts)
        cause = Cause("HOLD", of.id, reason=of.reason)
        journal = book.begin(cause.journal(actor, JournalKind.CAPTURE, book.now))
        for leg in legs:
            moves.capture(book, book.accounts[leg.account], journal, leg, wanted[leg.id])
        whole = all(leg.captured == leg.amount for leg in legs)
        of.state = HoldState.CAPTURED if whole else HoldState.PARTIALLY_CAPTURED
        if is_dry:
            return _held(
                book, of, Posted(None, [balances.of_account(a, book.now) for a in book.accounts.values()])
            )
        return await _resolve(book, actor, of, cause, journal)


async def void(actor: Actor, hold_id: UUID) -> Held:
    """Let everything go. A hold that was voided or has expired answers what stands; a captured one is HoldNotOpen."""
    async with db.transaction():
        book, of, legs = await _locked(hold_id)
        if of.state in (HoldState.VOIDED, HoldState.EXPIRED):
            await books.write(book, actor)
            return await one(hold_id)
        moves.must_be_open(of, book.now)
        cause = Cause("HOLD", of.id, reason=of.reason)
        journal = book.begin(cause.journal(actor, JournalKind.VOID, book.now))
        for leg in legs:
            moves.release(book, book.accounts[leg.account], journal, leg)
        of.state = HoldState.VOIDED
        return await _resolve(book, actor, of, cause, journal)


async def refund(
    actor: Actor, hold_id: UUID, amounts: Mapping[str, int] | None = None, leg: str = ""
) -> Posted:
    """What was captured comes back into its lots: all that is left, or at most these amounts (then name a ``leg``)."""
    async with db.transaction():
        journal = await db.value(
            "SELECT id FROM points.journal WHERE kind = 'CAPTURE' AND source = 'HOLD' AND source_id = $1",
            str(hold_id),
        )
        if journal is None:
            raise NotFound()
        return await ledger.refund(actor, journal, Cause("HOLD", hold_id, leg=leg), amounts)


async def by_cause(source: str, source_id: object) -> Held | None:
    """The hold of a cause."""
    found = await db.value(
        "SELECT id FROM points.hold WHERE source = $1 AND source_id = $2", source, str(source_id)
    )
    return None if found is None else await one(found)


async def one(hold_id: UUID) -> Held:
    """A hold with its legs, or NOT_FOUND."""
    found = await listed("h.id = $1", hold_id)
    if not found:
        raise NotFound()
    return found[0]


async def of_member(member: UUID, state: str | None = None) -> list[Held]:
    """A person's holds, the newest first."""
    found = await listed("h.member = ANY($1)", await members.ids_of(await members.root_of(member)))
    return [held for held in found if state in (None, held.state)]


async def listed(where: str, *args: object) -> list[Held]:
    """Holds by a condition over ``h``, the newest first."""
    rows = await db.fetch(
        f"""SELECT h.id, h.member, h.source, h.source_id, h.state, h.expires_at,
            array_agg(t.code ORDER BY t.created_at, t.code) AS codes,
            array_agg(t.scale::int ORDER BY t.created_at, t.code) AS scales,
            array_agg(l.amount ORDER BY t.created_at, t.code) AS amounts,
            array_agg(l.captured ORDER BY t.created_at, t.code) AS captured
        FROM points.hold AS h JOIN points.hold_leg AS l ON l.hold = h.id JOIN points.account AS a ON a.id = l.account
        JOIN points.wallet_type AS t ON t.id = a.wallet_type WHERE {where}
        GROUP BY h.id ORDER BY h.created_at DESC, h.id DESC""",
        *args,
    )
    return [_shown(row) for row in rows]


async def balances_of(held: Held) -> list[Balance]:
    """The balances of the wallets that a hold is of."""
    wallets = {leg.wallet for leg in held.legs}
    return [balance for balance in await balances.of_member(held.member) if balance.wallet.code in wallets]


def _shown(row: db.Row) -> Held:
    is_over = (
        row["state"] == HoldState.OPEN and row["expires_at"] is not None and row["expires_at"] <= clock.now()
    )
    legs = [
        HoldLeg(*leg)
        for leg in zip(row["codes"], row["scales"], row["amounts"], row["captured"], strict=True)
    ]
    return Held(
        row["id"], row["member"], row["source"], row["source_id"], HoldState.EXPIRED if is_over else row["state"],
        row["expires_at"], legs,
    )  # fmt: skip


async def _locked(hold_id: UUID) -> tuple[Book, Hold, list[Leg]]:
    """The hold with its accounts locked (by id) and settled, then the hold itself."""
    rows = await db.fetch(
        "SELECT a.member, t.code FROM points.hold_leg AS l JOIN points.account AS a ON a.id = l.account "
        "JOIN points.wallet_type AS t ON t.id = a.wallet_type WHERE l.hold = $1",
        hold_id,
    )
    if not rows:
        raise NotFound()
    book = await books.lock([rows[0]["member"]], [row["code"] for row in rows])
    row = await db.one("SELECT * FROM points.hold WHERE id = $1 FOR NO KEY UPDATE", hold_id)
    assert row is not None
    of = Hold(
        row["id"], row["source"], row["source_id"], row["member"], row["state"], row["reason"], row["expires_at"],
        row["resolved_at"],
    )  # fmt: skip
    for account in book.accounts.values():
        await books.load_first(book, account, 0)
    await books.load_legs(book, list(book.accounts.values()), hold_id)
    legs = [
        leg for account in book.accounts.values() for leg in account.legs.values() if leg.hold.id == hold_id
    ]
    of = legs[0].hold if legs else of
    await books.load_lots(book, [lot for leg in legs for lot in leg.lots])
    await books.settle(book)
    return book, of, [leg for leg in legs if leg.open]


async def _was_captured(of: Hold, amounts: Mapping[str, int] | None) -> bool:
    if of.state not in (HoldState.CAPTURED, HoldState.PARTIALLY_CAPTURED):
        return False
    legs = (await one(of.id)).legs
    if amounts is None:
        return of.state == HoldState.CAPTURED
    return all(leg.captured == amounts.get(leg.wallet, 0) for leg in legs)


def _wanted(book: Book, legs: list[Leg], amounts: Mapping[str, int] | None) -> dict[UUID, int]:
    if amounts is None:
        return {leg.id: leg.open for leg in legs}
    codes = {book.accounts[leg.account].wallet.code: leg for leg in legs}
    for code, asked in amounts.items():
        if code not in codes and asked:
            raise HoldExceeded(code, 0, 0, asked)
    return {leg.id: amounts.get(code, 0) for code, leg in codes.items()}


async def _resolve(book: Book, actor: Actor, of: Hold, cause: Cause, journal: Journal) -> Held:
    of.resolved_at = book.now
    book.holds[of.id] = of
    posted = await ledger.closed(book, actor, cause, journal, {})
    return _held(book, of, posted)


def _held(book: Book, of: Hold, posted: Posted) -> Held:
    legs = [
        HoldLeg(account.wallet.code, account.wallet.scale, leg.amount, leg.captured)
        for account in book.accounts.values()
        for leg in account.legs.values()
        if leg.hold.id == of.id
    ]
    return Held(
        of.id,
        of.member,
        of.source,
        of.source_id,
        of.state,
        of.expires_at,
        legs,
        posted.journal,
        tuple(posted.balances),
    )
