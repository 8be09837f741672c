"""Statements: what happened to a member's points in a month, from the balance it began with to the one it ended with.

A statement counts what a member has (available + held - debt; pending points are not there yet) and is read from the
entries of that month by ``occurred_at`` in the programme's zone, so a late fact shows up in its own month.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from domain import db
from domain.errors import BadInput
from domain.points import books, moves, periods
from domain.points.book import Wallet
from domain.profile import members

#: The parts that are the member's own; what comes from any other part is a line of the statement.
OWN = ("AVAILABLE", "HELD", "DEBT")
#: Counterpart -> the line of a statement, and whether the line counts what leaves (a spend of 5 is 5).
LINES = {
    "ISSUED": ("earned", 1),
    "PENDING": ("activated", 1),
    "REDEEMED": ("spent", -1),
    "EXPIRED": ("expired", -1),
    "CLAWED_BACK": ("clawed_back", -1),
    "ADJUSTED": ("adjusted", 1),
    "IMPORTED": ("imported", 1),
    "TRANSIT": ("moved", 1),
}

_SUMS = """SELECT occurred_at >= $2 AS is_within, source_part, target_part, sum(amount)::bigint AS amount
    FROM points.entry WHERE account = ANY($1) AND occurred_at < $3 GROUP BY 1, 2, 3"""


@dataclass(frozen=True)
class Statement:
    """``lines`` by name, in minor units: opening + earned + activated - spent - expired - clawed_back + adjusted
    + imported + moved = closing."""

    wallet: Wallet
    month: str
    since: datetime
    until: datetime
    opening: int
    lines: dict[str, int]
    closing: int


async def of_month(member: UUID, code: str, month: str) -> Statement | None:
    """A person's statement of a month (``2026-11``); None for a code that is no wallet."""
    first = _first_day(month)
    ids = await members.ids_of(await members.root_of(member))
    book = await books.read(ids, [code])
    accounts = list(book.accounts.values())
    if not accounts:
        return None
    wallet = accounts[0].wallet
    since, until = (periods.midnight(day, wallet.zone) for day in (first, periods.plus(first, 1, "MONTH")))
    moved: Counter[tuple[bool, str, str]] = Counter()
    for row in await db.fetch(_SUMS, list(book.accounts), since, until):
        moved[row["is_within"], row["source_part"], row["target_part"]] += row["amount"]
    for account in accounts:
        moves.settle(book, account)
    for entry in book.entries:
        if entry.occurred_at < until:
            moved[entry.occurred_at >= since, entry.source_part, entry.target_part] += entry.amount
    opening, _ = _told({key[1:]: n for key, n in moved.items() if not key[0]})
    change, lines = _told({key[1:]: n for key, n in moved.items() if key[0]})
    return Statement(wallet, month, since, until, opening, lines, opening + change)


def _told(moved: dict[tuple[str, str], int]) -> tuple[int, dict[str, int]]:
    """What movements change in all, and line by line."""
    total, lines = 0, dict.fromkeys((name for name, _ in LINES.values()), 0)
    for (source, target), amount in moved.items():
        effect = amount * ((target in OWN) - (source in OWN))
        if effect:
            name, sign = LINES[source if target in OWN else target]
            lines[name] += sign * effect
            total += effect
    return total, lines


def _first_day(month: str) -> date:
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        raise BadInput("Write the month as 2026-11.") from None
