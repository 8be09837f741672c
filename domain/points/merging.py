"""How the accounts of two members become one person's, and two again. No entry is ever edited.

A merge moves the loser's parts through TRANSIT to the winner's accounts: lots keep their ids, expiry and funding and
change the account, open holds follow, and what one of them owed is paid by what the other had. Its undo gives back what
is left of the moved lots and makes that debt again, with the points that paid it; what was spent since is waived and
stands in the journal's facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain import db
from domain.foundation.lifecycle import Merged, Waived
from domain.points import amounts, books, moves, splitting
from domain.points.book import Account, Book, Journal, Lot, Part
from domain.points.tables import JournalKind, LotState


async def join(merged: Merged) -> None:
    """Move everything of the loser's accounts; they are closed. Both members are locked."""
    pairs, book = await _accounts(merged.winner, merged.loser)
    for winner, loser in pairs:
        _move(book, merged, winner, loser)
    await books.settle(book)
    await books.write(book)
    await db.run(
        "UPDATE points.account SET is_closed = true, next_due = NULL, announce_due = NULL WHERE id = ANY($1)",
        [loser.id for _, loser in pairs],
    )
    await db.run(
        "UPDATE points.hold SET member = $1 WHERE member = $2 AND state = 'OPEN'", merged.winner, merged.loser
    )


async def part(merged: Merged) -> None:
    """Give back what is left; ``merged.waived`` tells what is not. Both members are locked."""
    await db.run("UPDATE points.account SET is_closed = false WHERE member = $1", merged.loser)
    pairs, book = await _accounts(merged.winner, merged.loser)
    for winner, loser in pairs:
        if (done := await _done(book, merged, winner)) is not None:
            _move_back(book, merged, winner, loser, done)
    await books.settle(book)
    await books.write(book)
    await db.run(
        """UPDATE points.hold AS h SET member = $1 WHERE state = 'OPEN' AND EXISTS (SELECT FROM points.hold_leg AS l
            JOIN points.account AS a ON a.id = l.account WHERE l.hold = h.id AND a.member = $1)""",
        merged.loser,
    )


@dataclass(frozen=True)
class _Done:
    """What a merge did to one wallet: ``moved`` by part, ``lots`` with how much of each, and what paid whose debt.

    ``for_winner`` of the loser's points paid the winner's debt, or ``for_loser`` of the winner's points the loser's
    (never both: who owes has nothing); ``paid`` says from which lots.
    """

    moved: dict[str, int]
    lifetime_earned: int
    lots: dict[UUID, int]
    for_winner: int
    for_loser: int
    paid: list[tuple[Lot, int]]


async def _accounts(winner: UUID, loser: UUID) -> tuple[list[tuple[Account, Account]], Book]:
    """Both members' accounts of every wallet that the loser has, locked by id, whole and settled."""
    codes = [
        row["code"]
        for row in await db.fetch(
            "SELECT t.code FROM points.account AS a JOIN points.wallet_type AS t ON t.id = a.wallet_type "
            "WHERE a.member = $1 ORDER BY t.code",
            loser,
        )
    ]
    book = await books.lock_roots([winner, loser], codes)
    await books.load_whole(book, book.accounts.values())
    await books.settle(book)
    return [(book.of(winner, code), book.of(loser, code)) for code in codes], book


def _move(book: Book, merged: Merged, winner: Account, loser: Account) -> None:
    if not (loser.pending or loser.available or loser.held or loser.debt):
        return
    journal = book.begin(
        Journal(JournalKind.MERGE, "MERGE", str(merged.id), book.now, leg=winner.wallet.code)
    )
    lots = [lot for lot in loser.lots.values() if lot.remaining or lot.held]
    journal.facts["moved"] = {
        "pending": loser.pending,
        "available": loser.available,
        "held": loser.held,
        "debt": loser.debt,
    }
    earned, loser.lifetime_earned = loser.lifetime_earned, 0
    journal.facts["lifetime_earned"] = earned
    winner.lifetime_earned += earned
    _move_parts(book, journal, loser, winner, loser.pending, loser.held)
    _move_lots(book, journal, loser, winner, lots)
    moves.give(book, journal, loser, winner, loser.available, lots)
    _move_debt(book, journal, loser, winner, loser.debt)


def _move_parts(
    book: Book, journal: Journal, source: Account, target: Account, pending: int, held: int
) -> None:
    for of, amount in ((Part.PENDING, pending), (Part.HELD, held)):
        book.post(journal, source, of, Part.TRANSIT, amount)
        book.post(journal, target, Part.TRANSIT, of, amount)


def _move_lots(book: Book, journal: Journal, source: Account, target: Account, lots: list[Lot]) -> None:
    """The lots change their account, and so do the open holds on it."""
    moved = {lot.id for lot in lots}
    for lot in lots:
        lot.account = target.id
        target.lots[lot.id] = source.lots.pop(lot.id)
        book.use(lot, journal, "MOVE", lot.remaining + lot.held)
    for leg in [leg for leg in source.legs.values() if leg.open and set(leg.lots) <= moved]:
        leg.account = target.id
        target.legs[leg.id] = book.legs[leg.id] = source.legs.pop(leg.id)
    for account in (source, target):
        account.next_due = book.now  # found anew by the settling that follows


def _move_debt(book: Book, journal: Journal, source: Account, target: Account, debt: int) -> None:
    """A debt goes over to an account that pays it with what is there."""
    book.post(journal, source, Part.TRANSIT, Part.DEBT, debt)
    _owe(book, journal, target, debt)


def _owe(book: Book, journal: Journal, account: Account, debt: int) -> None:
    paid = min(debt, account.available)
    book.post(journal, account, Part.AVAILABLE, Part.TRANSIT, paid)
    moves.take(book, account, journal, paid)
    book.post(journal, account, Part.DEBT, Part.TRANSIT, debt - paid)


async def _done(book: Book, merged: Merged, winner: Account) -> _Done | None:
    """None when the merge moved nothing of this wallet."""
    row = await db.one(
        """SELECT j.id, j.facts, coalesce(sum(e.amount) FILTER (WHERE e.target_part = 'DEBT'), 0)::bigint AS for_winner,
            coalesce(sum(e.amount) FILTER (WHERE e.source_part = 'AVAILABLE'), 0)::bigint AS for_loser
        FROM points.journal AS j LEFT JOIN points.entry AS e ON e.journal = j.id AND e.account = $3
        WHERE j.kind = 'MERGE' AND j.source = 'MERGE' AND j.source_id = $1 AND j.leg = $2 GROUP BY j.id""",
        str(merged.id), winner.wallet.code, winner.id,
    )  # fmt: skip
    if row is None:
        return None
    uses = await db.fetch(
        "SELECT lot, kind, amount FROM points.lot_use WHERE journal = $1 ORDER BY id DESC", row["id"]
    )
    paid = [(use["lot"], use["amount"]) for use in uses if use["kind"] == "USE"]
    lots = await books.load_lots(book, [lot for lot, _ in paid])
    return _Done(
        row["facts"]["moved"], row["facts"].get("lifetime_earned", 0),
        {use["lot"]: use["amount"] for use in uses if use["kind"] == "MOVE"}, row["for_winner"], row["for_loser"],
        [(lots[lot], amount) for lot, amount in paid],
    )  # fmt: skip


def _move_back(book: Book, merged: Merged, winner: Account, loser: Account, done: _Done) -> None:
    journal = book.begin(
        Journal(JournalKind.MERGE, "UNMERGE", str(merged.id), book.now, leg=winner.wallet.code)
    )
    there = [lot for lot in winner.lots.values() if lot.id in done.lots and (lot.remaining or lot.held)]
    lots = _without_held(book, journal, winner, there)
    available = sum(lot.remaining for lot in lots if lot.state == LotState.ACTIVE)
    if not winner.wallet.has_lots:
        available = min(done.moved["available"] - done.for_winner, winner.available)
    pending = sum(lot.remaining for lot in lots if lot.state == LotState.PENDING)
    held = sum(lot.held for lot in lots)
    _waive(merged, journal, winner, _not_back(winner, done, lots, available))
    earned = min(done.lifetime_earned, winner.lifetime_earned)
    winner.lifetime_earned -= earned
    loser.lifetime_earned += earned
    _move_parts(book, journal, winner, loser, pending, held)
    _move_lots(book, journal, winner, loser, lots + _emptied(winner, done))
    moves.give(book, journal, winner, loser, available, lots)
    owed = min(done.moved["debt"] - done.for_loser, winner.debt)
    _move_debt(book, journal, winner, loser, owed)
    for debtor, payer, amount in ((winner, loser, done.for_winner), (loser, winner, done.for_loser)):
        _owe(book, journal, debtor, amount)
        moves.refund(book, payer, journal, done.paid if amount else [], amount, Part.TRANSIT)
    if not (pending or held or available or owed or done.for_winner or done.for_loser):
        book.journals.remove(journal)  # everything was spent since: nothing moves


def _emptied(winner: Account, done: _Done) -> list[Lot]:
    """Lots of the loser that went to the winner's debt to the last point: they go back to be filled again."""
    return [
        lot
        for lot, _ in done.paid
        if done.for_winner and lot.account == winner.id and not (lot.remaining or lot.held)
    ]


def _not_back(winner: Account, done: _Done, lots: list[Lot], available: int) -> int:
    """How much of what was moved does not go back, lot by lot: a lot may hold more than it did then."""
    if not winner.wallet.has_lots:
        return done.moved["available"] - done.for_winner - available
    back = {lot.id: lot.remaining + lot.held for lot in lots}
    if done.for_winner:
        for lot, amount in done.paid:
            back[lot.id] = back.get(lot.id, 0) + amount
    return sum(max(0, amount - back.get(lot, 0)) for lot, amount in done.lots.items())


def _waive(merged: Merged, journal: Journal, account: Account, waived: int) -> None:
    wallet = account.wallet
    journal.facts["waived"] = {wallet.code: waived}
    if waived:
        merged.waived.append(Waived("points", wallet.code, amounts.decimal(waived, wallet.scale)))


def _without_held(book: Book, journal: Journal, account: Account, going: list[Lot]) -> list[Lot]:
    """Which of these lots go back. A hold that has of others too stays, with what it keeps of those that go."""
    names = {lot.id for lot in going}
    for leg in account.legs.values():
        if not leg.open or set(leg.lots) <= names:
            continue
        for lot in [lot for lot in going if lot.id in leg.lots]:
            kept = leg.lots[lot.id]
            if kept == lot.remaining + lot.held:
                going = [each for each in going if each is not lot]
                continue
            rest = splitting.split(book, account, journal, lot, kept)
            lot.held -= kept
            rest.held = leg.lots[rest.id] = leg.lots.pop(lot.id)
            book.use(lot, journal, "HOLD", -kept, leg.hold.id)
            book.use(rest, journal, "HOLD", kept, leg.hold.id)
    return going
