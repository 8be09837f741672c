"""Importing the entries of a former system: `marque import points-entries FILE`.

All rows of a member are posted in order of their time (then OPENING, EARN, ADJUST, SPEND, then line); what falls due on
the way expires on the way. A row is known by its external_id, else by file name and line, so equal rows are all posted
and a file imported twice changes nothing. Amounts are exact decimals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.errors import Problem
from domain.foundation import importing
from domain.foundation.importing import BadValue, Extra, Importer, Options, Report, Row
from domain.points import amounts, books, moves, reading
from domain.points.book import Account, Book, Journal, Part, Use
from domain.points.tables import JournalKind
from domain.profile import identities

BATCH = 1_000
KINDS = ("OPENING", "EARN", "ADJUST", "SPEND")
COLUMNS = (
    "member", "wallet", "kind", "amount", "occurred_at", "activates_at", "expires_at", "external_id", "reference", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row that can be read; ``key`` names it for ever."""

    row: Row
    member: UUID
    wallet: str
    kind: str
    amount: int
    occurred_at: datetime
    activates_at: datetime | None
    expires_at: datetime | None
    key: str
    reference: str | None
    note: str | None

    @property
    def order(self) -> tuple[UUID, datetime, int, int]:
        return (self.member, self.occurred_at, KINDS.index(self.kind), self.row.line)


@dataclass
class _Run:
    options: Options
    report: Report
    source: str
    may_overdraw: bool
    scales: dict[str, int]
    overdrawn: set[UUID]
    in_debt: set[UUID]


async def run(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Read all rows, then post them by member, many members a transaction."""
    overdraft = options.extra.get("overdraft") or "refuse"
    if overdraft not in ("refuse", "debt"):
        raise BadValue("bad_option", Problem("overdraft", "use refuse or debt"))
    going = _Run(
        options, report, f"IMPORT:{options.source}", overdraft == "debt", await reading.scales(), set(), set()
    )
    batch: list[_Entry] = []
    for _, group in groupby(
        sorted(await _read_all(rows, going), key=lambda e: e.order), key=lambda e: e.member
    ):
        of_member = list(group)
        if batch and len(batch) + len(of_member) > BATCH:
            await _post(batch, going)
            batch = []
        batch += of_member
    if batch:
        await _post(batch, going)
    report.figures["members_overdrawn"] = len(going.overdrawn)
    report.figures["members_in_debt"] = len(going.in_debt)


async def _read_all(rows: Iterator[Row], going: _Run) -> list[_Entry]:
    found: list[_Entry] = []
    waiting: list[Row] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == BATCH:
            found += await _read_some(waiting, going)
            waiting = []
    return found + await _read_some(waiting, going)


async def _read_some(rows: list[Row], going: _Run) -> list[_Entry]:
    named = {str(row.data.get("member") or "").strip() for row in rows}
    owners = await identities.owners(going.options.identity_type, named)
    roots = await _roots(list(owners.values()))
    by_name = {name: roots[member] for name, member in owners.items()}
    found = []
    for row in rows:
        try:
            entry = _read(row, by_name, going)
        except BadValue as bad:
            external_id = str(row.data.get("external_id") or "") or None
            going.report.reject(row, bad.reason, bad.problem.path, external_id)
            continue
        if entry is not None:
            found.append(entry)
    return found


def _read(row: Row, owners: dict[str, UUID], going: _Run) -> _Entry | None:
    name = importing.text(row, "member", longest=200)
    if name is None or name not in owners:
        raise _bad("unknown_member", "member", f"no member is {name!r}")
    wallet = importing.text(row, "wallet") or "POINTS"
    if wallet not in going.scales:
        raise _bad("unknown_wallet", "wallet", f"there is no wallet {wallet!r}")
    kind = (importing.text(row, "kind") or "").upper()
    if kind not in KINDS:
        raise _bad("bad_kind", "kind", f"use {', '.join(KINDS)}")
    occurred_at = importing.time(row, "occurred_at", going.options)
    if occurred_at is None:
        raise _bad("missing", "occurred_at", "is empty")
    if occurred_at > clock.now():
        raise _bad("IMPLAUSIBLE_DATE", "occurred_at", "lies in the future")
    amount = _amount(row, kind, going.scales[wallet])
    if amount == 0:
        going.report.add("empty")
        going.report.keep()
        return None
    external_id = importing.text(row, "external_id", longest=200)
    return _Entry(
        row, owners[name], wallet, kind, amount, occurred_at,
        importing.time(row, "activates_at", going.options), importing.time(row, "expires_at", going.options),
        external_id or f"{going.options.file}:{row.line}", importing.text(row, "reference", longest=200),
        importing.text(row, "note", longest=500),
    )  # fmt: skip


def _amount(row: Row, kind: str, scale: int) -> int:
    given = row.data.get("amount")
    try:
        said = Decimal(str(given).strip())
    except InvalidOperation:
        said = Decimal("NaN")
    if not said.is_finite():
        raise _bad("bad_amount", "amount", f"{given!r} is no decimal number")
    minor = amounts.exact(said, scale)
    if minor is None:
        raise _bad("too_many_digits", "amount", f"at most {scale} digits after the point")
    if abs(minor) > amounts.MOST or (minor < 0 and kind != "ADJUST"):
        raise _bad("bad_amount", "amount", "is out of range (only ADJUST may be negative)")
    return minor


async def _post(entries: list[_Entry], going: _Run) -> None:
    async with db.transaction():
        fresh = await _fresh(entries, going)
        if not fresh:
            return
        wallets = sorted({entry.wallet for entry in fresh})
        book = await books.lock(sorted({entry.member for entry in fresh}), wallets)
        await books.load_whole(book, book.accounts.values())
        by_owner = {(account.member, account.wallet.code): account for account in book.accounts.values()}
        for entry in fresh:
            account = by_owner[(entry.member, entry.wallet)]
            book.now, uses = entry.occurred_at, len(book.uses)
            _settle(book, account)
            if _post_one(book, account, entry, going):
                going.report.accept()
            _leave_closed(account, book.uses[uses:])
        book.now = clock.now()
        await books.settle(book)
        await books.write(book, SYSTEM, flags=going.options.flags)
        going.in_debt |= {account.member for account in book.accounts.values() if account.debt}


def _post_one(book: Book, account: Account, entry: _Entry, going: _Run) -> bool:
    takes = entry.kind == "SPEND" or entry.amount < 0
    size = abs(entry.amount)
    if takes and account.available < size:
        if not going.may_overdraw:
            going.report.reject(entry.row, "INSUFFICIENT", "amount", entry.key)
            return False
        going.overdrawn.add(account.member)
    journal = book.begin(
        Journal(
            JournalKind.IMPORT, going.source, entry.key, entry.occurred_at, reason=entry.note,
            reference=entry.reference, facts={"kind": entry.kind},
        )
    )  # fmt: skip
    if takes:
        target = Part.REDEEMED if entry.kind == "SPEND" else Part.IMPORTED
        moves.overspend(book, account, journal, size, target)
    else:
        moves.earn(
            book, account, journal, size, source=Part.ISSUED if entry.kind == "EARN" else Part.IMPORTED,
            activates_at=entry.activates_at, expires_at=entry.expires_at,
        )  # fmt: skip
        _settle(book, account)
    going.report.add("posted")
    _sum(going, entry)
    return True


def _settle(book: Book, account: Account) -> None:
    if account.next_due is not None and account.next_due <= book.now:
        moves.settle(book, account)
        book.touched.add(account.id)


def _leave_closed(account: Account, uses: list[Use]) -> None:
    """Lots that are used up are written, but looked at no more: a long past must not slow each of its rows."""
    for use in uses:
        lot = account.lots.get(use.lot)
        if lot is not None and not lot.remaining and not lot.held:
            del account.lots[lot.id]


def _sum(going: _Run, entry: _Entry) -> None:
    name = f"sum {entry.wallet} {entry.kind}"
    before = Decimal(going.report.figures.get(name, "0"))
    going.report.figures[name] = str(before + amounts.decimal(entry.amount, going.scales[entry.wallet]))


async def _fresh(entries: list[_Entry], going: _Run) -> list[_Entry]:
    """Those that are not there yet; a reference that another posting carries is a reject."""
    known = await _known(
        "source_id", "kind = 'IMPORT' AND source = $2", [e.key for e in entries], going.source
    )
    taken = await _known(
        "reference", "NOT (kind = 'IMPORT' AND source = $2 AND source_id = ANY($3))",
        [e.reference for e in entries if e.reference], going.source, [e.key for e in entries],
    )  # fmt: skip
    fresh = []
    for entry in entries:
        if entry.key in known:
            going.report.keep()
        elif entry.reference in taken:
            going.report.reject(entry.row, "reference_taken", "reference", entry.key)
        else:
            known.add(entry.key)
            if entry.reference:
                taken.add(entry.reference)
            fresh.append(entry)
    return fresh


async def _known(column: str, where: str, values: list[Any], *args: Any) -> set[str]:
    rows = await db.fetch(
        f"SELECT {column} FROM points.journal WHERE {column} = ANY($1) AND {where}", values, *args
    )
    return {row[column] for row in rows}


async def _roots(members: list[UUID]) -> dict[UUID, UUID]:
    rows = await db.fetch("SELECT id, root FROM profile.member WHERE id = ANY($1)", members)
    return {row["id"]: row["root"] for row in rows}


def _bad(reason: str, path: str, message: str) -> BadValue:
    return BadValue(reason, Problem(path, message))


ENTRIES = Importer(
    kind="points-entries",
    help="Entries of a former points system: opening balances, earnings, spends and adjustments.",
    run=run,
    columns=COLUMNS,
    extras=(
        Extra("overdraft", "What a spend beyond the balance does: refuse (a reject) or debt.", "refuse"),
    ),
    example="marque import points-entries ledger.csv --source legacy --overdraft debt",
)
