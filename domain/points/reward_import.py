"""Importing rewards and their codes: `marque import rewards FILE`, `marque import reward-codes FILE`.

A reward is known by its code: just so again it is unchanged, else it is revised. Whoever imports has decided about the
prices; nobody else signs. Prices are ``WALLET:amount`` pairs between semicolons, amounts exact decimals.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import groupby, islice
from typing import Any

from domain import db
from domain.errors import InvalidInput, Problem
from domain.foundation import ids, importing
from domain.foundation.importing import BadValue, Importer, Options, Report, Row
from domain.points import amounts, reading, rewards

BATCH = 500
_COLUMNS = (
    "code", "kind", "name_zh", "name_en", "prices", "cash", "currency", "stock", "per_member_limit", "opens_at", "closes_at",
)  # fmt: skip


async def run(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Rewards, each in its own transaction."""
    scales = await reading.scales()
    for row in rows:
        try:
            is_new = await _take(row, _read(row, scales, options))
        except BadValue as bad:
            report.reject(row, bad.reason, bad.problem.path, importing.text(row, "code"))
        except InvalidInput as bad:
            report.reject(row, "bad_value", bad.problems[0].path, importing.text(row, "code"))
        else:
            report.accept() if is_new else report.keep()


async def run_codes(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Codes, in batches; one that is there already is unchanged."""
    while batch := list(islice(rows, BATCH)):
        async with db.transaction():
            read = [(row, importing.text(row, "reward") or "") for row in batch]
            for code, group in groupby(sorted(read, key=lambda pair: pair[1]), key=lambda pair: pair[1]):
                await _take_codes(code, [row for row, _ in group], report)


async def _take_codes(code: str, rows: list[Row], report: Report) -> None:
    reward = await rewards.by_code(code)
    if reward is None or reward.kind != "CODE":
        for row in rows:
            report.reject(row, "unknown_reward", "reward", importing.text(row, "code"))
        return
    named = [(row, importing.text(row, "code", longest=200)) for row in rows]
    added = await rewards.add_codes(reward.id, sorted({text for _, text in named if text}))
    for row, text in named:
        if text is None:
            report.reject(row, "missing", "code")
        elif text in added:
            added.discard(text)
            report.accept()
        else:
            report.keep()


async def _take(row: Row, said: dict[str, Any]) -> bool:
    async with db.transaction():
        kept = await rewards.by_code(said["code"])
        if kept is None:
            await rewards.put(ids.new(), said)
            return True
        if rewards.is_just_so(kept, said):
            return False
        await rewards.put(kept.id, said)
        return True


def _read(row: Row, scales: dict[str, int], options: Options) -> dict[str, Any]:
    code, kind = importing.text(row, "code", longest=100), (importing.text(row, "kind") or "").upper()
    if code is None:
        raise _bad("missing", "code", "is empty")
    name = importing.text(row, "name_zh") or importing.text(row, "name_en") or ""
    opens, closes = importing.time(row, "opens_at", options), importing.time(row, "closes_at", options)
    cash = importing.integer(row, "cash")
    return {
        "code": code,
        "kind": kind,
        "names": {"zh": name, "en": importing.text(row, "name_en") or name},
        "prices": _prices(row, scales),
        "cash": cash,
        "currency": None if cash is None else importing.text(row, "currency") or "CNY",
        "stock": importing.integer(row, "stock"),
        "per_member_limit": importing.integer(row, "per_member_limit"),
        "condition": None,
        "opens_at": opens.isoformat() if opens else None,
        "closes_at": closes.isoformat() if closes else None,
        "codes": [],
    }


def _prices(row: Row, scales: dict[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in filter(None, (importing.text(row, "prices") or "").replace(" ", "").split(";")):
        wallet, _, amount = part.rpartition(":")
        wallet = wallet or "POINTS"
        try:
            minor = amounts.exact(Decimal(amount), scales[wallet])
        except (KeyError, InvalidOperation):
            raise _bad("bad_price", "prices", f"{part!r} is no WALLET:amount") from None
        if minor is None or wallet in found:
            raise _bad("bad_price", "prices", f"{part!r} has too many digits, or its wallet twice")
        found[wallet] = minor
    return found


def _bad(reason: str, path: str, message: str) -> BadValue:
    return BadValue(reason, Problem(path, message))


ALL = (
    Importer(
        kind="rewards",
        help="Rewards with their prices, such as POINTS:300; cash is in minor units of the currency.",
        run=run,
        columns=_COLUMNS,
        example="marque import rewards rewards.csv",
    ),
    Importer(
        kind="reward-codes",
        help="Codes of rewards of the kind CODE, each given once.",
        run=run_codes,
        columns=("reward", "code"),
        example="marque import reward-codes codes.csv",
    ),
)
