"""Reading accounts into a book under their locks, and writing back what was posted: two or three statements a posting.

Locks: accounts by id, ``FOR NO KEY UPDATE``. Everything else that a posting changes belongs to a locked account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain import clock, db
from domain.actor import SYSTEM, Actor
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.points import kinds, lots, moves
from domain.points.amounts import decimal
from domain.points.book import Account, Book, Hold, Leg, Lot, Wallet
from domain.points.errors import AlreadyPosted, AlreadyReversed, ReferenceTaken
from domain.profile import interactions
from domain.profile.interactions import Fact

_WALLET = """t.id AS wallet_type, t.code, t.scale, t.is_spendable, t.has_lots, g.zone,
    coalesce(p.pending, '{"immediate": true}') AS policy_pending, coalesce(p.expiry, '{"never": true}') AS expiry,
    coalesce(p.refund_policy, 'ALLOW_NEGATIVE') AS refund_policy, p.debt_limit,
    coalesce(p.refund_grace_days, 0) AS refund_grace_days, coalesce(p.hold_seconds, 900) AS hold_seconds"""
_POLICY = """JOIN points.programme AS g ON g.id = t.programme
    LEFT JOIN LATERAL (SELECT * FROM points.wallet_policy AS w WHERE w.wallet_type = t.id AND w.effective_from <= $3
        ORDER BY w.effective_from DESC, w.version DESC LIMIT 1) AS p ON true"""
_ACCOUNTS = f"""SELECT a.id, a.member, a.pending, a.available, a.held, a.debt, a.lifetime_earned, a.seq, a.is_frozen,
    a.frozen_until, a.next_due, a.announce_due, a.is_closed, {_WALLET}, EXISTS (SELECT FROM points.lot AS l WHERE l.account = a.id
        AND l.state = 'ACTIVE' AND l.expiry IS NOT NULL AND (l.remaining > 0 OR l.held > 0)) AS slides
    FROM points.account AS a JOIN points.wallet_type AS t ON t.id = a.wallet_type {_POLICY}
    WHERE a.member = ANY($1) AND ($2::text[] IS NULL OR t.code = ANY($2))"""
_LOCKED = f"{_ACCOUNTS} ORDER BY a.id FOR NO KEY UPDATE OF a"
_BY_ID = _LOCKED.replace("a.member = ANY($1)", "a.id = ANY($1) AND NOT a.is_closed")
_OF_ROOT = "a.member = (SELECT root FROM profile.member WHERE id = ANY($1))"
_WALLETS = (
    f"SELECT {_WALLET} FROM points.wallet_type AS t {_POLICY} WHERE t.code = ANY($1) AND $2::text IS NULL"
)

_LOT = """id, account, journal, state, original, remaining, held, occurred_at, activates_at, cancel_at, expires_at,
    expiry, funding_source, parent"""
_OPEN_LOTS = f"SELECT {_LOT} FROM points.lot WHERE account = ANY($1) AND (remaining > 0 OR held > 0)"
_FIRST_LOTS = f"""SELECT {_LOT} FROM (
        SELECT *, sum(remaining) OVER (ORDER BY expires_at NULLS LAST, occurred_at, id
            ROWS UNBOUNDED PRECEDING) - remaining AS before
        FROM points.lot WHERE account = $1 AND remaining > 0 AND state = 'ACTIVE') AS l
    WHERE before < $2"""
_LOTS_BY_ID = f"SELECT {_LOT} FROM points.lot WHERE id = ANY($1)"
_LEGS = """SELECT l.id, l.account, l.amount, l.captured, l.released, h.id AS hold, h.source, h.source_id, h.member,
        h.state, h.reason, h.expires_at, h.resolved_at, u.lot, u.kept
    FROM points.hold_leg AS l JOIN points.hold AS h ON h.id = l.hold
    LEFT JOIN LATERAL (SELECT lot, sum(amount)::bigint AS kept FROM points.lot_use AS u
        JOIN points.lot AS o ON o.id = u.lot
        WHERE u.hold = l.hold AND u.kind = 'HOLD' AND o.account = l.account
        GROUP BY lot HAVING sum(amount) > 0) AS u ON true
    WHERE l.account = ANY($1) AND l.captured + l.released < l.amount AND ($2::uuid IS NULL OR l.hold = $2)"""

_ANNOUNCE = """UPDATE points.account AS a SET announce_due = n.at FROM unnest($1::uuid[], $2::timestamptz[]) AS n(id, at)
    WHERE a.id = n.id"""


async def lock(
    members: Sequence[UUID], wallets: Sequence[str] | None, *, at: datetime | None = None, makes: bool = True
) -> Book:
    """Lock the accounts of these members' roots; missing ones are made. A wallet that is not there is InvalidInput."""
    now = at or clock.now()
    if len(members) == 1 and wallets is not None:  # the usual case, in one statement
        rows = await db.fetch(_LOCKED.replace("a.member = ANY($1)", _OF_ROOT), members, wallets, now)
        if len(rows) == len(wallets) and not any(row["is_closed"] for row in rows):
            return Book(now, {row["id"]: account_of(row) for row in rows})
    for _ in range(3):
        roots = await _roots(members)
        rows = await db.fetch(_LOCKED, roots, wallets, now)
        if any(row["is_closed"] for row in rows):
            continue  # merged while we waited
        if not makes or wallets is None or len(rows) == len(roots) * len(wallets):
            return Book(now, {row["id"]: account_of(row) for row in rows})
        await make(roots, wallets)
    raise NotFound()


async def lock_roots(roots: Sequence[UUID], wallets: Sequence[str]) -> Book:
    """The same for members that a running merge has locked: roots are not looked up, closed accounts are not refused."""
    now = clock.now()
    await make(roots, wallets)
    rows = await db.fetch(_LOCKED, list(roots), list(wallets), now)
    return Book(now, {row["id"]: account_of(row) for row in rows})


async def locked(accounts: Sequence[UUID], now: datetime) -> Book:
    """These accounts, locked; those that a merge closed are left out."""
    rows = await db.fetch(_BY_ID, list(accounts), None, now)
    return Book(now, {row["id"]: account_of(row) for row in rows})


async def make(roots: Sequence[UUID], wallets: Sequence[str]) -> None:
    """Make the accounts that are missing; a merge that runs is waited for (the share lock on the roots)."""
    now = clock.now()
    known = {
        r["code"]: r["id"]
        for r in await db.fetch("SELECT code, id FROM points.wallet_type WHERE code = ANY($1)", list(wallets))
    }
    for code in wallets:
        if code not in known:
            raise InvalidInput.at("wallet", f"There is no wallet {code}.")
    rows = await db.fetch(
        "SELECT id FROM profile.member WHERE id = ANY($1) ORDER BY id FOR SHARE", list(roots)
    )
    made = [(row["id"], known[code]) for row in rows for code in wallets]
    await db.run(
        """INSERT INTO points.account (id, member, wallet_type, created_at, pending, available, held, debt,
            lifetime_earned, seq, is_frozen, is_closed)
        SELECT i, m, w, $4, 0, 0, 0, 0, 0, 0, false, false FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS n(i, m, w)
        ON CONFLICT (member, wallet_type) DO NOTHING""",
        [ids.new() for _ in made], [m for m, _ in made], [w for _, w in made], now,
    )  # fmt: skip


async def read(members: Sequence[UUID], wallets: Sequence[str] | None, at: datetime | None = None) -> Book:
    """The same accounts without locks, whole."""
    now = at or clock.now()
    rows = await db.fetch(_ACCOUNTS, list(members), wallets, now)
    book = Book(now, {row["id"]: account_of(row) for row in rows})
    await load_whole(book, book.accounts.values())
    return book


async def wallet(code: str, at: datetime | None = None) -> Wallet | None:
    """A wallet type with the policy in force."""
    rows = await db.fetch(_WALLETS, [code], None, at or clock.now())
    return _wallet(rows[0]) if rows else None


async def load_whole(book: Book, accounts: Iterable[Account]) -> None:
    """All open lots and holds of these accounts."""
    loaded = [account for account in accounts if not account.is_whole]
    for row in await db.fetch(_OPEN_LOTS, [account.id for account in loaded if account.wallet.has_lots]):
        lot = Lot(*row)
        book.accounts[lot.account].lots.setdefault(lot.id, lot)
    await load_legs(book, loaded)
    for account in loaded:
        account.is_whole = True


async def load_closed(book: Book) -> None:
    """Every other lot of the book's accounts too, for looking only."""
    for row in await db.fetch(f"SELECT {_LOT} FROM points.lot WHERE account = ANY($1)", list(book.accounts)):
        book.accounts[row["account"]].lots.setdefault(row["id"], Lot(*row))


async def load_for_earning(book: Book) -> None:
    """Whole accounts where something is due or lots slide; nothing of the others, for coming in looks at no lot."""
    whole = [account for account in book.accounts.values() if _is_whole_needed(book, account)]
    if whole:
        await load_whole(book, whole)


async def load_first(book: Book, account: Account, need: int) -> None:
    """What a spend of ``need`` looks at; the whole account when something is due on it, or its lots slide."""
    if _is_whole_needed(book, account):
        await load_whole(book, [account])
    elif account.wallet.has_lots and need > 0:
        for row in await db.fetch(_FIRST_LOTS, account.id, need):
            account.lots[row["id"]] = Lot(*row)


def _is_whole_needed(book: Book, account: Account) -> bool:
    slides = account.slides or "sliding" in account.wallet.expiry
    return slides or (account.next_due is not None and account.next_due <= book.now)


async def load_lots(book: Book, lot_ids: Sequence[UUID]) -> dict[UUID, Lot]:
    """These lots, by id; those on accounts that are not in the book are for looking only."""
    found = {}
    for row in await db.fetch(_LOTS_BY_ID, list(lot_ids)):
        account = book.accounts.get(row["account"])
        lot = Lot(*row)
        found[lot.id] = account.lots.setdefault(lot.id, lot) if account else lot
    return found


async def load_legs(book: Book, accounts: Sequence[Account], hold: UUID | None = None) -> None:
    """The open legs of these accounts (of one hold), with what they keep of which lots."""
    holds: dict[UUID, Hold] = {
        leg.hold.id: leg.hold for a in book.accounts.values() for leg in a.legs.values()
    }
    if not any(account.held for account in accounts):
        return
    for row in await db.fetch(_LEGS, [account.id for account in accounts], hold):
        legs = book.accounts[row["account"]].legs
        if row["id"] not in legs:
            of = holds.setdefault(
                row["hold"],
                Hold(
                    row["hold"], row["source"], row["source_id"], row["member"], row["state"], row["reason"],
                    row["expires_at"], row["resolved_at"],
                ),
            )  # fmt: skip
            legs[row["id"]] = Leg(
                row["id"], of, row["account"], row["amount"], row["captured"], row["released"]
            )
        if row["lot"] is not None:
            legs[row["id"]].lots.setdefault(row["lot"], row["kept"])


async def write(
    book: Book,
    actor: Actor = SYSTEM,
    *,
    cause: Fact | None = None,
    causes: Mapping[UUID, Fact] | None = None,
    flags: Sequence[str] = (),
) -> None:
    """Store what was posted, and record one interaction a journal and member (caused by ``cause``, or by journal)."""
    if book.journals or book.lots or book.legs or book.holds or book.touched:
        taken = await db.value("SELECT points.write($1)", _payload(book))
        if taken is not None:
            raise _refused(taken)
        if soon := lots.announcements(book):
            await db.run(_ANNOUNCE, list(soon), list(soon.values()))
    await _record(book, actor, cause, causes or {}, flags)


def account_of(row: db.Row) -> Account:
    """An account from a row of this module's queries."""
    return Account(
        row["id"], row["member"], _wallet(row), row["pending"], row["available"], row["held"], row["debt"],
        row["lifetime_earned"], row["seq"], row["is_frozen"], row["frozen_until"], row["next_due"],
        row["announce_due"], slides=row["slides"],
    )  # fmt: skip


async def settle(book: Book) -> None:
    """Post what is due on the book's accounts; an account with something due is loaded whole for it."""
    due = [a for a in book.accounts.values() if a.next_due is not None and a.next_due <= book.now]
    if any(not account.is_whole for account in due):
        await load_whole(book, due)
    for account in due:
        moves.settle(book, account)
        book.touched.add(account.id)


async def _roots(members: Sequence[UUID]) -> list[UUID]:
    rows = await db.fetch("SELECT DISTINCT root FROM profile.member WHERE id = ANY($1)", list(members))
    if not rows:
        raise NotFound()
    return [row["root"] for row in rows]


def _wallet(row: db.Row) -> Wallet:
    return Wallet(
        row["wallet_type"], row["code"], row["scale"], row["is_spendable"], row["has_lots"], row["zone"],
        row["policy_pending"], row["expiry"], row["refund_policy"], row["debt_limit"], row["refund_grace_days"],
        row["hold_seconds"],
    )  # fmt: skip


def _payload(book: Book) -> str:
    data: dict[str, Any] = {
        "at": book.now,
        "journals": book.journals,
        "entries": book.entries,
        "accounts": [
            {name: getattr(book.accounts[id_], name) for name in _ACCOUNT_FIELDS}
            for id_ in sorted(book.touched | _changed(book))
        ],
    }
    if book.lots:
        data["lots"] = list(book.lots.values())
    if book.holds:
        data["holds"] = list(book.holds.values())
    if book.legs:
        data["legs"] = [
            {"id": leg.id, "hold": leg.hold.id, "account": leg.account, "amount": leg.amount,
             "captured": leg.captured, "released": leg.released}
            for leg in book.legs.values()
        ]  # fmt: skip
    if book.uses:
        data["uses"] = book.uses
    return msgspec.json.encode(data).decode()


_ACCOUNT_FIELDS = ("id", "pending", "available", "held", "debt", "lifetime_earned", "seq", "next_due")


def _changed(book: Book) -> set[UUID]:
    return {lot.account for lot in book.lots.values()} & book.accounts.keys()


def _refused(taken: dict[str, Any]) -> Exception:
    journal = UUID(taken["journal"]) if taken.get("journal") else None
    if taken["by"] == "REFERENCE" and journal:
        return ReferenceTaken(journal)
    if taken["by"] == "REVERSES" and journal:
        return AlreadyReversed(journal)
    return AlreadyPosted(journal)


async def _record(
    book: Book, actor: Actor, cause: Fact | None, causes: Mapping[UUID, Fact], flags: Sequence[str]
) -> None:
    scales = {account.wallet.code: account.wallet.scale for account in book.accounts.values()}
    effects = book.effects()
    caused = [
        told(
            journal.kind, journal.id, member, journal.occurred_at,
            {code: (amount, scales[code]) for code, amount in of_wallets.items()},
            (journal.source, journal.source_id), actor, journal.reason, causes.get(journal.id, cause),
        )
        for journal in book.journals
        for member, of_wallets in effects.get(journal.id, {}).items()
    ]  # fmt: skip
    await interactions.record_many(caused, flags=flags, touchpoint=actor.touchpoint)


def told(
    kind: str,
    journal: UUID,
    member: UUID,
    at: datetime,
    effects: Mapping[str, tuple[int, int]],
    source: tuple[str, str],
    actor: Actor,
    reason: str | None = None,
    cause: Fact | None = None,
) -> interactions.Entry:
    """The one interaction of a journal and a member it touched; ``effects``: amount and scale by wallet code."""
    return interactions.Entry(
        kinds.OF_JOURNAL[kind], ("JOURNAL", journal), once=member, member=member, at=at, actor_kind=actor.kind,
        actor_id=actor.id, cause=cause,
        properties={
            "effects": {code: decimal(amount, scale) for code, (amount, scale) in effects.items()},
            "for_kind": source[0], "for_id": source[1], "reason": reason,
        },
    )  # fmt: skip
