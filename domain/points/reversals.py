"""Reversing a posting by hand: all or nothing, signed by a second person above the threshold of REVERSE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import db
from domain.access import approvals, audit
from domain.access.approvals import Approval, Command
from domain.actor import Actor
from domain.errors import InvalidInput, NotFound
from domain.points import amounts, books, giving, ledger, moves, returning
from domain.points.book import Account, Journal
from domain.points.errors import AlreadyReversed, NothingToReverse, PointsAlreadySpent
from domain.points.ledger import Posted
from domain.points.tables import JournalKind, LotState

REVERSE = "points.REVERSE"
_GIVING = (
    JournalKind.EARN, JournalKind.CORRECT, JournalKind.IMPORT, JournalKind.ADJUST, JournalKind.REINSTATE,
)  # fmt: skip
_TAKING = (JournalKind.SPEND, JournalKind.CAPTURE, JournalKind.IMPORT, JournalKind.ADJUST)


@dataclass(frozen=True)
class _Given:
    """What a journal gave to a member (or ``takes`` from one), by wallet, and was not taken back yet."""

    journal: UUID
    member: UUID
    takes: bool
    left: dict[str, int]
    scales: dict[str, int]
    occurred_at: datetime
    giver: UUID | None = None  # whose gift it was

    def shown(self, amounts_: dict[str, int]) -> dict[str, str]:
        return {code: str(amounts.decimal(n, self.scales[code])) for code, n in amounts_.items()}


async def reverse(
    actor: Actor,
    journal_id: UUID,
    *,
    reason: str,
    amount: Decimal | None = None,
    is_forced: bool = False,
    at_occurred_time: bool = False,
    is_dry: bool = False,
) -> Posted | Approval:
    """Take back what a posting gave, or give back what it took; all of it, or at most ``amount``.

    What is spent already is PointsAlreadySpent, unless forced: then it becomes debt, past the wallet's limit. A dry run
    answers what would be and changes nothing. A posting of several wallets is only reversed as a whole.
    """
    async with db.transaction():
        if not reason.strip() or len(reason) > 500:
            raise InvalidInput.at("reason", "Say why, in at most 500 characters.")
        found = await _given(journal_id)
        wanted = _wanted(found, amount)
        given = {
            "journal": str(journal_id), "reason": reason, "amount": None if amount is None else str(amount),
            "is_forced": is_forced, "at_occurred_time": at_occurred_time,
        }  # fmt: skip
        if is_dry:
            return await _tried(actor, found, wanted, reason, is_forced, at_occurred_time)
        size = sum((amounts.decimal(n, found.scales[code]) for code, n in wanted.items()), Decimal(0))
        asked = await approvals.ask(
            actor, REVERSE, given, effects={"amounts": found.shown(wanted)}, amount=size, note=reason
        )
        if asked is not None:
            return asked
        posted = await _reverse(actor, found, wanted, reason, is_forced, at_occurred_time)
        await audit.append(
            actor, "points.entry.reversed", "journal", journal_id, facts={"journal": str(posted.journal)},
            text={"reason": reason},
        )  # fmt: skip
        return posted


async def take_back(actor: Actor, journal_id: UUID, reason: str) -> Posted:
    """The whole of :func:`reverse` in the transaction of another area, which has decided it; no second person is asked.

    What is spent already becomes debt. Raises NothingToReverse, AlreadyReversed.
    """
    async with db.transaction():
        found = await _given(journal_id)
        return await _reverse(actor, found, _wanted(found, None), reason, True, False)


class _Undo(Exception):
    """Ends a dry run."""


async def _tried(actor: Actor, found: _Given, wanted: dict[str, int], *how: Any) -> Posted:
    tried: list[Posted] = []
    try:
        async with db.savepoint():
            tried.append(await _reverse(actor, found, wanted, *how))
            raise _Undo
    except _Undo:
        return Posted(None, tried[0].balances, tried[0].moved)


def _wanted(found: _Given, amount: Decimal | None) -> dict[str, int]:
    if amount is None:
        return found.left
    if len(found.left) > 1:
        raise InvalidInput.at("amount", "This posting is of several wallets; it is only reversed as a whole.")
    ((code, left),) = found.left.items()
    return {code: min(left, amounts.positive(amount, found.scales[code]))}


async def _reverse(
    actor: Actor, found: _Given, wanted: dict[str, int], reason: str, is_forced: bool, at_occurred_time: bool
) -> Posted:
    cause = ledger.by_staff(reason)
    at = found.occurred_at if at_occurred_time else None
    if found.giver is not None:
        return await _return_gift(actor, found, found.giver, wanted, cause, is_forced, at)
    if found.takes:
        return await ledger.refund(actor, found.journal, cause, wanted, kind=JournalKind.REVERSE, at=at)
    book, accounts = await ledger.opened(found.member, sorted(wanted), None)
    own = frozenset([found.journal])
    for account in accounts:
        _must_be_there(account, wanted[account.wallet.code], own, is_forced)
    journal: Journal = book.begin(
        cause.journal(
            actor, JournalKind.REVERSE, at or book.now, reverses=found.journal, is_full=wanted == found.left
        )
    )
    for account in accounts:
        amount = wanted[account.wallet.code]
        moves.claw_back(book, account, journal, amount, own=own, policy="ALLOW_NEGATIVE", is_forced=True)
    return await ledger.closed(book, actor, cause, journal, wanted)


async def _return_gift(
    actor: Actor,
    found: _Given,
    giver: UUID,
    wanted: dict[str, int],
    cause: ledger.Cause,
    is_forced: bool,
    at: datetime | None,
) -> Posted:
    """The same through TRANSIT the other way: the lots of the gift first; what is spent becomes the receiver's debt."""
    ((code, amount),) = wanted.items()
    book = await books.lock([found.member, giver], [code])
    await books.load_whole(book, book.accounts.values())
    await books.settle(book)
    own = frozenset([found.journal])
    receiver = book.of(found.member, code)
    _must_be_there(receiver, amount, own, is_forced)
    journal = book.begin(
        cause.journal(
            actor, JournalKind.REVERSE, at or book.now, reverses=found.journal, is_full=wanted == found.left
        )
    )
    giving.hand_over(book, journal, receiver, book.of(giver, code), amount, first=own)
    return await ledger.closed(book, actor, cause, journal, wanted)


def _must_be_there(account: Account, wanted: int, own: frozenset[UUID], is_forced: bool) -> None:
    pending = sum(
        lot.remaining for lot in account.lots.values() if lot.state == LotState.PENDING and lot.journal in own
    )
    missing = wanted - pending - account.available
    if missing > 0 and not is_forced:
        raise PointsAlreadySpent(account.wallet.code, account.wallet.scale, missing)


async def _given(journal_id: UUID) -> _Given:
    """What can still be reversed of a journal, with its member's accounts locked."""
    journal = await db.one("SELECT kind, occurred_at FROM points.journal WHERE id = $1", journal_id)
    if journal is None:
        raise NotFound()
    if journal["kind"] == JournalKind.GIFT:
        return await _gift(journal_id, journal["occurred_at"])
    book = await books.lock(await returning.payers(journal_id), None)
    rows = await db.fetch(
        """SELECT t.code, t.scale, sum(e.amount * (
                (e.source_part IN ('ISSUED', 'IMPORTED', 'ADJUSTED', 'REDEEMED', 'CLAWED_BACK', 'EXPIRED'))::int
                - (e.target_part IN ('ISSUED', 'IMPORTED', 'ADJUSTED', 'REDEEMED', 'CLAWED_BACK', 'EXPIRED'))::int))::bigint
            AS net, sum(e.amount * (e.source_part IN ('ISSUED', 'IMPORTED', 'ADJUSTED', 'EXPIRED'))::int)
                FILTER (WHERE j.id = $1) > 0 AS gives,
            coalesce((SELECT sum(u.amount) FROM points.lot AS l JOIN points.lot_use AS u ON u.lot = l.id
                JOIN points.account AS la ON la.id = l.account JOIN points.journal AS k ON k.id = u.journal
                WHERE l.journal = $1 AND la.wallet_type = t.id AND u.kind = 'CANCEL' AND k.kind = 'CANCEL'), 0)::bigint
            AS cancelled
        FROM points.journal AS j JOIN points.entry AS e ON e.journal = j.id JOIN points.account AS a ON a.id = e.account
        JOIN points.wallet_type AS t ON t.id = a.wallet_type WHERE j.id = $1 OR j.reverses = $1
        GROUP BY t.id ORDER BY t.code""",
        journal_id,
    )
    takes = not any(row["gives"] for row in rows)
    if journal["kind"] not in (_TAKING if takes else _GIVING):
        raise NothingToReverse()
    left = {row["code"]: -row["net"] if takes else row["net"] - row["cancelled"] for row in rows}
    left = {code: amount for code, amount in left.items() if amount > 0}
    if not left:
        by = await db.value(
            "SELECT id FROM points.journal WHERE reverses = $1 ORDER BY id DESC LIMIT 1", journal_id
        )
        raise AlreadyReversed(by) if by else NothingToReverse()
    owner = next(iter(book.accounts.values())).member
    scales = {row["code"]: row["scale"] for row in rows}
    return _Given(journal_id, owner, takes, left, scales, journal["occurred_at"])


async def _gift(journal_id: UUID, occurred_at: datetime) -> _Given:
    """What arrived of a gift and was not returned, with both people's accounts locked."""
    sides = await db.fetch(
        """SELECT DISTINCT m.root, t.code, t.scale, e.source_part = 'TRANSIT' AS is_receiver FROM points.entry AS e
        JOIN points.account AS a ON a.id = e.account JOIN points.wallet_type AS t ON t.id = a.wallet_type
        JOIN profile.member AS m ON m.id = a.member WHERE e.journal = $1 ORDER BY 4""",
        journal_id,
    )
    giver, receiver = sides
    if giver["root"] == receiver["root"]:
        raise NothingToReverse()
    code = receiver["code"]
    await books.lock([giver["root"], receiver["root"]], [code])
    left = await db.value(
        """SELECT sum(CASE WHEN j.id = $1 THEN e.amount ELSE -e.amount END)::bigint FROM points.journal AS j
        JOIN points.entry AS e ON e.journal = j.id
        WHERE (j.id = $1 OR j.reverses = $1) AND e.source_part = 'TRANSIT'""",
        journal_id,
    )
    if not left:
        by = await db.value(
            "SELECT id FROM points.journal WHERE reverses = $1 ORDER BY id DESC LIMIT 1", journal_id
        )
        raise AlreadyReversed(by)
    return _Given(
        journal_id,
        receiver["root"],
        False,
        {code: left},
        {code: receiver["scale"]},
        occurred_at,
        giver["root"],
    )


async def _run(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    amount = given["amount"]
    done = await reverse(
        actor, UUID(given["journal"]), reason=given["reason"], amount=None if amount is None else Decimal(amount),
        is_forced=given["is_forced"], at_occurred_time=given["at_occurred_time"],
    )  # fmt: skip
    assert isinstance(done, Posted)
    return {"journal": str(done.journal)}


#: Shipped: 0, so always.
COMMAND = Command(REVERSE, _run, frozenset({"operator"}), Decimal(0))
