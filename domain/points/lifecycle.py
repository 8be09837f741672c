"""What points do when members merge, part again, ask for their data, or leave. No entry is ever edited.

A merge moves the loser's parts through TRANSIT to the root's accounts: lots keep their ids, expiry and funding and
change the account, open holds follow, debt is paid. Its undo gives back what is left of the moved lots; what was spent
since is waived and stands in the journal's facts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from domain import db
from domain.foundation.lifecycle import Lifecycle, Merged, Waived
from domain.points import amounts, books, counting, standing_keeping
from domain.points.book import Account, Book, Journal, Lot, Part
from domain.points.moves import give, take
from domain.points.splitting import split
from domain.points.tables import JournalKind, LotState

_BY_MEMBER = (
    "enrolment", "account", "hold", "earn_decision", "award_due", "standing", "standing_change", "standing_fact",
    "standing_due", "benefit_use", "redemption", "purchase", "refund_waiting", "device_use",
)  # fmt: skip


async def on_merge(merged: Merged) -> None:
    """Move everything of the loser's accounts; counters are joined, and the higher tier stays."""
    stood = await standing_keeping.before_merge(merged)
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
    await _join_counters(merged)
    await standing_keeping.on_merge(merged, stood)


async def on_undo(merged: Merged) -> None:
    """Give back what is left of what was moved."""
    await db.run("UPDATE points.account SET is_closed = false WHERE member = $1", merged.loser)
    pairs, book = await _accounts(merged.winner, merged.loser)
    for winner, loser in pairs:
        await _move_back(book, merged, winner, loser)
    await books.settle(book)
    await books.write(book)
    await db.run(
        """UPDATE points.hold AS h SET member = $1 WHERE state = 'OPEN' AND EXISTS (SELECT FROM points.hold_leg AS l
            JOIN points.account AS a ON a.id = l.account WHERE l.hold = h.id AND a.member = $1)""",
        merged.loser,
    )
    await counting.anew([merged.winner, merged.loser])
    await standing_keeping.on_undo(merged)


async def export(members: list[UUID]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Accounts with their entries, holds, enrolments, decisions and purchases."""
    for table in _BY_MEMBER:
        for row in await db.fetch(f"SELECT * FROM points.{table} WHERE member = ANY($1)", members):
            yield f"points.{table}", dict(row)
    for row in await db.fetch(
        """SELECT e.*, j.kind, j.reason, j.reference FROM points.entry AS e JOIN points.account AS a ON a.id = e.account
        JOIN points.journal AS j ON j.id = e.journal WHERE a.member = ANY($1) ORDER BY e.account, e.seq""",
        members,
    ):
        yield "points.entry", dict(row)
    for table in ("purchase_line", "purchase_refund"):
        for row in await db.fetch(
            f"""SELECT c.* FROM points.{table} AS c JOIN points.purchase AS p ON p.id = c.purchase
            WHERE p.member = ANY($1) ORDER BY c.purchase, c.id""",
            members,
        ):
            yield f"points.{table}", dict(row)


async def erase(members: list[UUID]) -> dict[str, tuple[int, int, int]]:
    """Sums and entries stay, on accounts that name a member nobody knows any more; free text goes."""
    await db.run("SET LOCAL marque.erasing = 'on'")
    texts = await db.run(
        """UPDATE points.journal SET reason = NULL WHERE reason IS NOT NULL AND id IN (SELECT e.journal
            FROM points.entry AS e JOIN points.account AS a ON a.id = e.account WHERE a.member = ANY($1))""",
        members,
    )
    await db.run("SET LOCAL marque.erasing = 'off'")
    holds = await db.run("UPDATE points.hold SET reason = NULL WHERE member = ANY($1)", members)
    due = await db.run("DELETE FROM points.award_due WHERE member = ANY($1)", members)
    waiting = await db.run("DELETE FROM points.refund_waiting WHERE member = ANY($1)", members)
    trades = await db.run(
        "UPDATE points.redemption SET note = NULL, tracking = NULL WHERE member = ANY($1)",
        members,
    )
    standing_due = await db.run("DELETE FROM points.standing_due WHERE member = ANY($1)", members)
    standings = await db.run("DELETE FROM points.standing WHERE member = ANY($1)", members)
    devices = await db.run("DELETE FROM points.device_use WHERE member = ANY($1)", members)
    kept = {
        table: await db.value(f"SELECT count(*) FROM points.{table} WHERE member = ANY($1)", members)
        for table in (
            "enrolment",
            "account",
            "earn_decision",
            "standing_change",
            "standing_fact",
            "benefit_use",
            "purchase",
        )
    }
    return {
        "points.journal": (0, texts, 0),
        "points.hold": (0, holds, 0),
        "points.award_due": (due, 0, 0),
        "points.redemption": (0, trades, 0),
        "points.standing_due": (standing_due, 0, 0),
        "points.standing": (standings, 0, 0),
        "points.refund_waiting": (waiting, 0, 0),
        "points.device_use": (devices, 0, 0),
        **{f"points.{table}": (0, 0, count) for table, count in kept.items()},
    }


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
    give(book, journal, loser, winner, loser.available, lots)
    _move_debt(book, journal, loser, winner)


def _move_parts(
    book: Book, journal: Journal, source: Account, target: Account, pending: int, held: int
) -> None:
    for part, amount in ((Part.PENDING, pending), (Part.HELD, held)):
        book.post(journal, source, part, Part.TRANSIT, amount)
        book.post(journal, target, Part.TRANSIT, part, amount)


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


def _move_debt(book: Book, journal: Journal, loser: Account, winner: Account) -> None:
    debt = loser.debt
    book.post(journal, loser, Part.TRANSIT, Part.DEBT, debt)
    paid = min(debt, winner.available)
    book.post(journal, winner, Part.AVAILABLE, Part.TRANSIT, paid)
    take(book, winner, journal, paid)
    book.post(journal, winner, Part.DEBT, Part.TRANSIT, debt - paid)


async def _move_back(book: Book, merged: Merged, winner: Account, loser: Account) -> None:
    row = await db.one(
        "SELECT id, facts FROM points.journal WHERE kind = 'MERGE' AND source = 'MERGE' AND source_id = $1 AND leg = $2",
        str(merged.id), winner.wallet.code,
    )  # fmt: skip
    if row is None:
        return
    uses = await db.fetch("SELECT lot FROM points.lot_use WHERE journal = $1 AND kind = 'MOVE'", row["id"])
    lots = [winner.lots[use["lot"]] for use in uses if use["lot"] in winner.lots]
    moved = row["facts"]["moved"]
    journal = book.begin(
        Journal(JournalKind.MERGE, "UNMERGE", str(merged.id), book.now, leg=winner.wallet.code)
    )
    lots = _without_held(book, journal, winner, lots)
    if winner.wallet.has_lots:
        pending = sum(lot.remaining for lot in lots if lot.state == LotState.PENDING)
        held = sum(lot.held for lot in lots)
        available = sum(lot.remaining for lot in lots if lot.state == LotState.ACTIVE)
    else:
        pending, held, available = 0, 0, min(moved["available"], winner.available)
    waived = moved["pending"] + moved["available"] + moved["held"] - pending - held - available
    journal.facts["waived"] = {winner.wallet.code: waived}
    if waived:
        merged.waived.append(
            Waived("points", winner.wallet.code, amounts.decimal(waived, winner.wallet.scale))
        )
    earned = min(row["facts"].get("lifetime_earned", 0), winner.lifetime_earned)
    winner.lifetime_earned -= earned
    loser.lifetime_earned += earned
    _move_parts(book, journal, winner, loser, pending, held)
    _move_lots(book, journal, winner, loser, lots)
    give(book, journal, winner, loser, available, lots)
    back = min(moved["debt"], winner.debt)
    book.post(journal, winner, Part.TRANSIT, Part.DEBT, back)
    _owe(book, journal, loser, back)
    if not (pending or held or available or back):
        book.journals.remove(journal)  # everything was spent since: nothing moves


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
            rest = split(book, account, journal, lot, kept)
            lot.held -= kept
            rest.held = leg.lots[rest.id] = leg.lots.pop(lot.id)
            book.use(lot, journal, "HOLD", -kept, leg.hold.id)
            book.use(rest, journal, "HOLD", kept, leg.hold.id)
    return going


def _owe(book: Book, journal: Journal, account: Account, debt: int) -> None:
    paid = min(debt, account.available)
    book.post(journal, account, Part.AVAILABLE, Part.TRANSIT, paid)
    take(book, account, journal, paid)
    book.post(journal, account, Part.DEBT, Part.TRANSIT, debt - paid)


async def _join_counters(merged: Merged) -> None:
    """What both used of a member's cap counts together; past the limit it just stays full."""
    await db.run(
        """INSERT INTO points.counter AS c (rule_or_group, scope, subject, window_key, times, points, raw_points)
        SELECT rule_or_group, scope, replace(subject, $2, $1), window_key, times, points, raw_points
        FROM points.counter WHERE starts_with(scope, 'MEMBER') AND starts_with(subject, $2)
        ON CONFLICT (rule_or_group, scope, subject, window_key) DO UPDATE SET times = c.times + excluded.times,
            points = c.points + excluded.points, raw_points = c.raw_points + excluded.raw_points,
            most_times = NULL, most_points = NULL""",
        str(merged.winner), str(merged.loser),
    )  # fmt: skip
    await db.run(
        "DELETE FROM points.counter WHERE starts_with(scope, 'MEMBER') AND starts_with(subject, $1)",
        str(merged.loser),
    )


LIFECYCLE = Lifecycle(
    area="points",
    covers=frozenset(f"{table}.member" for table in _BY_MEMBER),
    on_merge=on_merge,
    on_undo=on_undo,
    export=export,
    erase=erase,
)
