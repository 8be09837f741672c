"""What a posting took and did not give back yet: of whom, of which lots, and what of it returns to whom.

A spend may have taken from several people (a household's), and from lots that a merge has brought together since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from domain import db
from domain.errors import NotFound
from domain.points import books
from domain.points.book import Account, Book, Lot, Part

#: Where points go that are taken for good, and whence they come back.
_TAKEN = (Part.REDEEMED, Part.ADJUSTED, Part.IMPORTED)

#: Minor units by person and wallet code.
Taken = dict[tuple[UUID, str], int]
#: A lot, what it misses, and its wallet's code.
Used = tuple[Lot, int, str]


async def payers(journal_id: UUID) -> list[UUID]:
    """The people on whose accounts a journal is, by id, or NOT_FOUND: usually one; several for a household's spend."""
    rows = await db.fetch(
        """SELECT DISTINCT m.root FROM points.entry AS e JOIN points.account AS a ON a.id = e.account
        JOIN profile.member AS m ON m.id = a.member WHERE e.journal = $1 ORDER BY m.root""",
        journal_id,
    )
    if not rows:
        raise NotFound()
    return [row["root"] for row in rows]


def by_wallet(taken: Taken) -> dict[str, int]:
    """The same, everybody together."""
    found: dict[str, int] = {}
    for (_, code), amount in taken.items():
        found[code] = found.get(code, 0) + amount
    return found


async def not_refunded(journal_id: UUID) -> tuple[Taken, Part]:
    """What a journal took and was not given back, by person and wallet, and where it went (a posting takes to one part).

    What came back to somebody else, because they were one person then, came back all the same.
    """
    rows = await db.fetch(
        """SELECT m.root, t.code, min(CASE WHEN j.id = $1 THEN e.target_part END) AS part, sum(
            CASE WHEN e.target_part = ANY($2) THEN e.amount WHEN e.source_part = ANY($2) THEN -e.amount ELSE 0 END
            )::bigint AS amount
        FROM points.journal AS j JOIN points.entry AS e ON e.journal = j.id
        JOIN points.account AS a ON a.id = e.account JOIN points.wallet_type AS t ON t.id = a.wallet_type
        JOIN profile.member AS m ON m.id = a.member
        WHERE (j.id = $1 OR j.reverses = $1) AND (e.target_part = ANY($2) OR e.source_part = ANY($2))
        GROUP BY m.root, t.code ORDER BY m.root, t.code""",
        journal_id, list(_TAKEN),
    )  # fmt: skip
    found = [row for row in rows if row["amount"] > 0]
    part = Part(found[0]["part"] or Part.REDEEMED) if found else Part.REDEEMED
    elsewhere: dict[str, int] = {}
    for row in rows:
        elsewhere[row["code"]] = elsewhere.get(row["code"], 0) + max(0, -row["amount"])
    left: Taken = {}
    for row in found:
        back = min(row["amount"], elsewhere[row["code"]])
        elsewhere[row["code"]] -= back
        if row["amount"] > back:
            left[row["root"], row["code"]] = row["amount"] - back
    return left, part


def shares(
    book: Book, taken: Taken, used: Sequence[Used], back: Mapping[str, int]
) -> list[tuple[Account, list[tuple[Lot, int]], int]]:
    """How much comes back to whose account, and into which lots: the last taken first; nobody gets more than was taken."""
    left, wanted, found = dict(taken), dict(back), dict.fromkeys(taken, 0)
    lots: dict[tuple[UUID, str], list[tuple[Lot, int]]] = {key: [] for key in taken}
    for lot, missing, code in used:
        account = book.accounts.get(lot.account)
        key = (
            (account.member, code)
            if account
            else next((k for k, n in left.items() if k[1] == code and n), None)
        )
        if key is None or key not in left:
            continue
        part = min(missing, left[key], wanted[code])
        if part:
            left[key] -= part
            wanted[code] -= part
            found[key] += part
            lots[key].append((lot, part))
    for key, rest in left.items():  # what came from no lot
        part = min(rest, wanted[key[1]])
        wanted[key[1]] -= part
        found[key] += part
    return [(book.of(*key), lots[key], amount) for key, amount in found.items() if amount]


async def used_lots(book: Book, journal_id: UUID, *, kind: str = "USE") -> list[Used]:
    """What each lot still misses of a spend (of a deduction: ``kind`` CANCEL), and its wallet, the last taken first.

    A lot that a merge left behind, because it was empty, follows to the person's account now; one that its undo gave
    to somebody else stays there (nobody has locked it).
    """
    rows = await db.fetch(
        """SELECT u.lot, sum(u.amount)::bigint AS missing, t.code, a.is_closed, m.root FROM points.lot_use AS u
        JOIN points.journal AS j ON j.id = u.journal JOIN points.lot AS l ON l.id = u.lot
        JOIN points.account AS a ON a.id = l.account JOIN points.wallet_type AS t ON t.id = a.wallet_type
        JOIN profile.member AS m ON m.id = a.member
        WHERE (j.id = $1 OR j.reverses = $1) AND u.kind = $2
        GROUP BY u.lot, t.code, a.is_closed, m.root HAVING sum(u.amount) > 0 ORDER BY max(u.id::text) DESC""",
        journal_id, kind,
    )  # fmt: skip
    lots = await books.load_lots(book, [row["lot"] for row in rows])
    homes = {(account.member, account.wallet.code): account for account in book.accounts.values()}
    for row in rows:
        lot, home = lots[row["lot"]], homes.get((row["root"], row["code"]))
        if row["is_closed"] and home is not None:
            lot.account = home.id
            home.lots[lot.id] = lot
    return [(lots[row["lot"]], row["missing"], row["code"]) for row in rows]
