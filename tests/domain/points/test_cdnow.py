"""The CDNOW sample: 6,919 real orders of 2,357 customers, imported, and given back.

The figures that balances must equal are computed from the file alone, by code that knows nothing of Marque.
"""

from __future__ import annotations

import asyncio
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


async def check(found: list[Order]) -> None:
    summary = await load(found)
    assert (summary["rows"], summary["accepted"], summary["rejected"]) == (len(found), len(found), 0)
    wanted = expected(found)
    assert {name: n for name, n in (await available()).items() if n} == {n: p for n, p in wanted.items() if p}
    before = await db.value("SELECT count(*) FROM points.journal")
    again = await load_orders(found)
    assert (again["accepted"], again["unchanged"]) == (0, len(found))
    assert await db.value("SELECT count(*) FROM points.journal") == before


Refund = tuple[str, str, int | None]  # order, refund, part (None: all that is left)


async def all_refunds(dice: random.Random, most: int) -> dict[UUID, list[Refund]]:
    """Each order in up to so many parts, in any order within its customer."""
    found: dict[UUID, list[Refund]] = defaultdict(list)
    for row in await db.fetch("SELECT member, external_id, total FROM points.purchase ORDER BY paid_at, id"):
        left, parts = row["total"], []
        for _ in range(dice.randint(1, most) - 1):
            if left > 1:
                parts.append(dice.randint(1, left - 1))
                left -= parts[-1]
        found[row["member"]] += [(row["external_id"], f"r-{n}", part) for n, part in enumerate(parts)]
        found[row["member"]].append((row["external_id"], "rest", left))
    for of_member in found.values():
        dice.shuffle(of_member)
    return found


async def give_back(wanted: dict[UUID, list[Refund]]) -> None:
    """All of it: several customers at the same time, each with a transaction for some of the refunds."""
    operator, waiting = make.staff("operator"), list(wanted.values())

    async def some(together: list[Refund]) -> None:
        async with db.transaction():
            for name, refund_id, part in together:
                await refunds.refund(operator, name, refund_id, amount=part)

    async def work() -> None:
        while waiting:
            of_member = waiting.pop()
            for start in range(0, len(of_member), 10):
                await db.attempt(lambda of=of_member[start : start + 10]: some(of))  # type: ignore[misc]

    await asyncio.gather(*(work() for _ in range(4)))


async def nothing_is_left() -> None:
    assert set((await available()).values()) == {0}
    assert await db.value("SELECT count(*) FROM points.lot WHERE remaining > 0 OR held > 0") == 0
    assert await db.value("SELECT count(*) FROM points.purchase WHERE refunded <> total") == 0


def some(customers: int) -> list[Order]:
    """All orders of the three customers who ordered most (several a day among them), and of others here and there."""
    counts: dict[str, int] = defaultdict(int)
    for customer, _, _ in orders():
        counts[customer] += 1
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    step = len(ranked) // (customers - 3)
    names = {*ranked[:3], *ranked[3::step][: customers - 3]}
    return [order for order in orders() if order[0] in names]


async def test_giving_orders_back_in_parts_and_any_order_brings_every_balance_and_lot_back() -> None:
    found = some(60)
    assert len({customer for customer, _, _ in found}) == 60
    await check(found)
    await give_back(await all_refunds(random.Random(1), 2))
    await nothing_is_left()


@pytest.mark.long
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize("parts", [1, 2])
async def test_giving_all_6919_orders_back_in_any_order_leaves_nothing(parts: int) -> None:
    """Whole, and in up to two parts each."""
    await (check(orders()) if parts == 1 else load(orders()))
    await give_back(await all_refunds(random.Random(parts), parts))
    await nothing_is_left()
