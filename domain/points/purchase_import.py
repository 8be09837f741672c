"""Importing purchases: `marque import purchases FILE`.

Rows of a member are taken in order of their time, many members a transaction. A row is known by its external_id, else by
file name and line, so equal rows are all taken and a file imported twice changes nothing. ``cash`` and the amounts of
lines are exact decimals in the currency's own unit; without ``lines`` the order is one line. Points paid are spent as of
the purchase; what they earn is judged as of then too, with `--rules apply`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec

from domain import clock, db
from domain.actor import SYSTEM
from domain.errors import Problem
from domain.foundation import ids, importing
from domain.foundation.importing import BadValue, Importer, Options, Report, Row
from domain.points import amounts, baskets, books, kinds, moves, purchase_rules, purchases, reading
from domain.points.baskets import Basket, Line
from domain.points.book import Account, Book, Journal
from domain.points.purchase_rules import Order
from domain.points.tables import JournalKind
from domain.profile import identities, interactions

BATCH = 500
COLUMNS = (
    "member", "external_id", "paid_at", "currency", "lines", "cash", "points_paid", "points_wallet",
)  # fmt: skip
_json = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class _Bought:
    """A row that can be read, with the root that bought."""

    row: Row
    member: UUID
    order: Order
    id: UUID

    @property
    def when(self) -> tuple[UUID, datetime, int]:
        return (self.member, self.order.paid_at, self.row.line)


@dataclass
class _Run:
    options: Options
    report: Report
    scales: dict[str, int]
    found: list[_Bought] = field(default_factory=list)


async def run(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Read all rows, then take them by member, many members a transaction."""
    going = _Run(options, report, await reading.scales())
    waiting: list[Row] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == BATCH:
            await _read_some(waiting, going)
            waiting = []
    await _read_some(waiting, going)
    batch: list[_Bought] = []
    for _, group in groupby(sorted(going.found, key=lambda each: each.when), key=lambda each: each.member):
        of_member = list(group)
        if batch and len(batch) + len(of_member) > BATCH:
            await _take(batch, going)
            batch = []
        batch += of_member
    if batch:
        await _take(batch, going)


async def _read_some(rows: Sequence[Row], going: _Run) -> None:
    named = {str(row.data.get("member") or "").strip() for row in rows}
    owners = await identities.owners(going.options.identity_type, named)
    roots = {
        row["id"]: row["root"]
        for row in await db.fetch(
            "SELECT id, root FROM profile.member WHERE id = ANY($1)", list(owners.values())
        )
    }
    for row in rows:
        try:
            going.found.append(_read(row, {name: roots[each] for name, each in owners.items()}, going))
        except BadValue as bad:
            external_id = str(row.data.get("external_id") or "") or None
            going.report.reject(row, bad.reason, bad.problem.path, external_id)


def _read(row: Row, owners: dict[str, UUID], going: _Run) -> _Bought:
    name = importing.text(row, "member", longest=200)
    if name is None or name not in owners:
        raise _bad("unknown_member", "member", f"no member is {name!r}")
    paid_at = importing.time(row, "paid_at", going.options)
    if paid_at is None:
        raise _bad("missing", "paid_at", "is empty")
    if paid_at > clock.now():
        raise _bad("IMPLAUSIBLE_DATE", "paid_at", "lies in the future")
    currency = (importing.text(row, "currency", longest=3) or baskets.CURRENCY).upper()
    cash = _money(row.data.get("cash"), currency, "cash")
    lines = _lines(row, currency)
    if cash is None and not lines:
        raise _bad("missing", "cash", "is empty, and so are the lines")
    bought = tuple(lines) or (Line("", cash or 0, currency=currency),)
    paid = sum(line.amount for line in bought) if cash is None else cash
    wallet = importing.text(row, "points_wallet") or "POINTS"
    if wallet not in going.scales:
        raise _bad("unknown_wallet", "points_wallet", f"there is no wallet {wallet!r}")
    points = _points(row, going.scales[wallet])
    external_id = importing.text(row, "external_id", longest=purchase_rules.LONGEST_ID)
    order = Order(
        external_id or f"{going.options.file}:{row.line}", paid_at, Basket(bought, paid, currency), points, wallet
    )  # fmt: skip
    wrong = purchase_rules.problems(order)
    if wrong:
        raise _bad("bad_order", wrong[0].path, wrong[0].message)
    return _Bought(row, owners[name], order, ids.new())


def _lines(row: Row, currency: str) -> list[Line]:
    given = row.data.get("lines")
    try:
        said = _json.decode(given) if isinstance(given, str) and given.strip() else given
    except msgspec.DecodeError:
        raise _bad("bad_lines", "lines", "is no JSON") from None
    if not said:
        return []
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise _bad("bad_lines", "lines", "is no list of objects")
    plain = [
        {**each, "amount": _money(each.get("amount"), currency, f"lines.{n}.amount")}
        for n, each in enumerate(said)
    ]
    found = baskets.read({"lines": plain, "currency": currency})
    if found is None:
        raise _bad("bad_lines", "lines", "is no list of {sku, labels, kind, quantity, amount}")
    return list(found.lines)


def _money(given: Any, currency: str, path: str) -> int | None:
    if given is None or given == "":
        return None
    if isinstance(given, dict):
        found = baskets.money(given, currency) if given.get("currency", currency) == currency else None
        if found is None:
            raise _bad("bad_amount", path, "is no amount of money in the row's currency")
        return found
    said = _decimal(given, path)
    minor = amounts.exact(said, baskets.digits(currency))
    if minor is None:
        raise _bad("too_many_digits", path, f"at most {baskets.digits(currency)} digits after the point")
    if not 0 <= minor <= amounts.MOST:
        raise _bad("bad_amount", path, "is out of range")
    return minor


def _points(row: Row, scale: int) -> int:
    given = row.data.get("points_paid")
    if given is None or given == "":
        return 0
    minor = amounts.exact(_decimal(given, "points_paid"), scale)
    if minor is None:
        raise _bad("too_many_digits", "points_paid", f"at most {scale} digits after the point")
    if not 0 <= minor <= amounts.MOST:
        raise _bad("bad_amount", "points_paid", "is out of range")
    return minor


def _decimal(given: Any, path: str) -> Decimal:
    try:
        said = Decimal(str(given).strip())
    except InvalidOperation:
        said = Decimal("NaN")
    if not said.is_finite():
        raise _bad("bad_amount", path, f"{given!r} is no decimal number")
    return said


async def _take(batch: list[_Bought], going: _Run) -> None:
    """Locks: the roots by id, the accounts by id; then the orders are written, and what tells of them."""
    async with db.transaction():
        roots = sorted({each.member for each in batch})
        await db.run("SELECT FROM profile.member WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", roots)
        fresh = await _fresh(batch, going)
        book, spent = await _pay(fresh, going)
        taken = [each for each in fresh if not each.order.points or each.id in spent]
        if not taken:
            return
        await _store(taken, spent, going.options.source)
        if book is not None:
            await books.write(book, SYSTEM, flags=going.options.flags)
        told = [_told(each, going) for each in taken]
        await interactions.record_many(told, flags=going.options.flags)
        known = await interactions.recorded(told)
        await db.run(
            """UPDATE points.purchase AS p SET interaction = n.interaction
            FROM unnest($1::uuid[], $2::uuid[]) AS n(id, interaction) WHERE p.id = n.id""",
            [each.id for each in taken], [known[entry.message_id] for entry in told],
        )  # fmt: skip
        going.report.accept(len(taken))


async def _fresh(batch: Sequence[_Bought], going: _Run) -> list[_Bought]:
    """Those that are not there yet; another order of the same id, or another member's, is a reject."""
    rows = await db.fetch(
        """SELECT p.external_id, p.body_hash, m.root FROM points.purchase AS p
        JOIN profile.member AS m ON m.id = p.member WHERE p.source = $1 AND p.external_id = ANY($2)""",
        going.options.source, [each.order.external_id for each in batch],
    )  # fmt: skip
    known = {row["external_id"]: (row["body_hash"], row["root"]) for row in rows}
    fresh = []
    for each in batch:
        name = each.order.external_id
        if name not in known:
            known[name] = each.order.digest(), each.member
            fresh.append(each)
        elif known[name] == (each.order.digest(), each.member):
            going.report.keep()
        else:
            going.report.reject(each.row, "reference_taken", "external_id", name)
    return fresh


async def _pay(fresh: Sequence[_Bought], going: _Run) -> tuple[Book | None, dict[UUID, UUID]]:
    """Spend the points paid, in order of time; what is not there is a reject. Answers the postings by order."""
    paying = [each for each in fresh if each.order.points]
    if not paying:
        return None, {}
    wallets = sorted({each.order.wallet for each in paying})
    book = await books.lock(sorted({each.member for each in paying}), wallets)
    await books.load_whole(book, book.accounts.values())
    spent = {}
    for each in paying:
        account = book.of(each.member, each.order.wallet)
        book.now = each.order.paid_at
        _settle(book, account)
        if account.available < each.order.points or not account.wallet.is_spendable:
            going.report.reject(each.row, "INSUFFICIENT", "points_paid", each.order.external_id)
            continue
        journal = book.begin(
            Journal(
                JournalKind.SPEND, "PURCHASE", str(each.id), each.order.paid_at, reason=each.order.external_id
            )
        )
        moves.spend(book, account, journal, each.order.points)
        spent[each.id] = journal.id
    book.now = clock.now()
    await books.settle(book)
    return book, spent


def _settle(book: Book, account: Account) -> None:
    if account.next_due is not None and account.next_due <= book.now:
        moves.settle(book, account)
        book.touched.add(account.id)


async def _store(taken: Sequence[_Bought], spent: dict[UUID, UUID], source: str) -> None:
    now = clock.now()
    await db.run_many(
        """INSERT INTO points.purchase (id, source, external_id, member, paid_at, currency, total, cash, points_wallet,
            points_paid, spent, body_hash, refunded, points_returned, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, $13)""",
        [
            (each.id, source, each.order.external_id, each.member, each.order.paid_at, each.order.basket.currency,
             each.order.basket.total, each.order.basket.cash, each.order.wallet if each.order.points else None,
             each.order.points, spent.get(each.id), each.order.digest(), now)
            for each in taken
        ],
    )  # fmt: skip
    await purchases.keep_lines([(each.id, each.order.basket) for each in taken])


def _told(each: _Bought, going: _Run) -> interactions.Entry:
    return interactions.Entry(
        kinds.PURCHASE_RECORDED, ("PURCHASE", each.id), once=each.id, member=each.member, at=each.order.paid_at,
        actor_kind=SYSTEM.kind,
        properties=purchases.told(each.order, going.options.source, going.scales[each.order.wallet]),
    )  # fmt: skip


def _bad(reason: str, path: str, message: str) -> BadValue:
    return BadValue(reason, Problem(path, message))


PURCHASES = Importer(
    kind="purchases",
    help="Orders that were paid elsewhere; with --rules apply they earn as of their time.",
    run=run,
    columns=COLUMNS,
    example="marque import purchases orders.csv --source shop --rules apply",
)
