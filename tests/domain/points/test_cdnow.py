"""The CDNOW sample: 6,919 real orders of 2,357 customers, imported, and given back.

The figures that balances must equal are computed from the file alone, by code that knows nothing of Marque.
"""

from __future__ import annotations

import gzip
import random
from collections import defaultdict
from decimal import Decimal
from uuid import UUID

import pytest

from domain import db, stepping
from domain.foundation import importing
from domain.foundation.importing import Options, Report, Row
from domain.points import health, purchase_import, refunds
from domain.profile import importers as members_import
from tests import make, shared
from tests.domain.points.buying import rule

pytestmark = pytest.mark.commits  # thousands of transactions inside one would be slow

CAP = 100
Order = tuple[str, str, str]  # customer, day, amount


@pytest.fixture(autouse=True)
async def registered():
    from domain import wiring

    wiring.start()
    yield
    assert await health.violations() == []


def orders() -> list[Order]:
    """Customer, day and amount of each line of the file."""
    with gzip.open(shared.path("data/cdnow/CDNOW_sample.txt.gz"), "rt") as file:
        rows = [line.split() for line in file if line.strip()]
    return [(row[0], f"{row[2][:4]}-{row[2][4:6]}-{row[2][6:]}", row[4]) for row in rows]


def expected(found: list[Order]) -> dict[str, int]:
    """One point per whole dollar of an order, at most 100 a customer and day."""
    days: dict[tuple[str, str], int] = defaultdict(int)
    for customer, day, amount in found:
        days[(customer, day)] += int(Decimal(amount))
    totals: dict[str, int] = defaultdict(int)
    for (customer, _), points in days.items():
        totals[customer] += min(CAP, points)
    return dict(totals)


async def test_the_file_is_the_published_sample() -> None:
    found = orders()
    assert (len(found), len({customer for customer, _, _ in found})) == (6_919, 2_357)


async def load(found: list[Order]) -> dict:
    """The customers as members, the orders as purchases, judged by the rule."""
    dollar = {"wallet": "POINTS", "points": 1, "per": {"minor_units": 100, "currency": "USD"}}
    cap = {
        "per": "MEMBER",
        "window": "DAY",
        "measure": "POINTS",
        "limit": CAP,
        "on_excess": "CUT",
        "mode": "GROSS",
    }
    await rule(effects=[{"per_amount": dollar}], caps=[cap])
    names = sorted({customer for customer, _, _ in found})
    people = (Row(number, {"external_id": name}) for number, name in enumerate(names, 2))
    await importing.run(members_import.MEMBERS, people, Options(file="people.csv"), Report())
    return await load_orders(found)


async def load_orders(found: list[Order]) -> dict:
    rows = (
        Row(number, {"member": customer, "paid_at": day, "currency": "USD", "cash": amount})
        for number, (customer, day, amount) in enumerate(found, 2)
    )
    report = Report()
    await importing.run(purchase_import.PURCHASES, rows, Options(file="cdnow.csv", apply_rules=True), report)
    await stepping.settle()
    return report.summary()


async def available() -> dict[str, int]:
    """What each customer has; nothing is pending, held or owed."""
    rows = await db.fetch(
        """SELECT i.value_norm AS name, a.available, a.pending + a.held + a.debt AS other FROM points.account AS a
        JOIN points.wallet_type AS t ON t.id = a.wallet_type JOIN profile.identity AS i ON i.member = a.member
        WHERE t.code = 'POINTS'"""
    )
    assert {row["other"] for row in rows} <= {0}
    return {row["name"]: row["available"] for row in rows}


async def purchases_of() -> list[tuple[UUID, str, int]]:
    rows = await db.fetch("SELECT id, external_id, total FROM points.purchase ORDER BY paid_at, id")
    return [tuple(row) for row in rows]


async def check(found: list[Order]) -> None:
    summary = await load(found)
    assert (summary["rows"], summary["accepted"], summary["rejected"]) == (len(found), len(found), 0)
    wanted = expected(found)
    assert {name: n for name, n in (await available()).items() if n} == {n: p for n, p in wanted.items() if p}
    before = await db.value("SELECT count(*) FROM points.journal")
    again = await load_orders(found)
    assert (again["accepted"], again["unchanged"]) == (0, len(found))
    assert await db.value("SELECT count(*) FROM points.journal") == before


async def test_all_balances_equal_the_figures_of_the_file() -> None:
    await check(orders())
    for _, name, _ in (await purchases_of())[:300]:
        await refunds.refund(make.staff("operator"), name, "all")
    found = await db.one(
        """SELECT sum(a.available)::int AS left, (SELECT sum(amount)::int FROM points.entry
            WHERE source_part = 'ISSUED') AS issued, (SELECT sum(amount)::int FROM points.entry
            WHERE target_part = 'CLAWED_BACK') AS back FROM points.account AS a"""
    )
    assert found["left"] == found["issued"] - found["back"]


def some(customers: int) -> list[Order]:
    """All orders of the customers who ordered most: several a day among them."""
    counts: dict[str, int] = defaultdict(int)
    for customer, _, _ in orders():
        counts[customer] += 1
    names = set(sorted(counts, key=lambda name: (-counts[name], name))[:customers])
    return [order for order in orders() if order[0] in names]


async def test_giving_every_order_back_brings_every_balance_and_lot_back() -> None:
    await load(some(6))
    for _, name, _ in await purchases_of():
        await refunds.refund(make.staff("operator"), name, "all")
    assert set((await available()).values()) == {0}
    assert await db.value("SELECT count(*) FROM points.lot WHERE remaining > 0 OR held > 0") == 0


@pytest.mark.parametrize("seed", range(2))
async def test_giving_them_back_in_parts_and_any_order_comes_to_the_same(seed: int) -> None:
    dice = random.Random(seed)
    await load(some(2))
    left = {name: total for _, name, total in await purchases_of()}
    number = 0
    while left:
        name = dice.choice(sorted(left))
        part = dice.randint((left[name] + 2) // 3, left[name]) if left[name] else None
        number += 1
        await refunds.refund(make.staff("operator"), name, f"r-{number}", amount=part)
        left[name] -= part or 0
        if not left[name]:
            del left[name]
    assert set((await available()).values()) == {0}
    assert await db.value("SELECT count(*) FROM points.lot WHERE remaining > 0 OR held > 0") == 0


@pytest.mark.long
async def test_giving_all_6919_orders_back_leaves_nothing() -> None:
    await check(orders())
    for _, name, _ in await purchases_of():
        await refunds.refund(make.staff("operator"), name, "all")
    assert set((await available()).values()) == {0}
    assert await db.value("SELECT count(*) FROM points.lot WHERE remaining > 0 OR held > 0") == 0
