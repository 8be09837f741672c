"""Which rows a computed trait is computed from: always as if all were read, and few where one decides."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain import clock, db
from domain.actor import SYSTEM
from domain.profile import computed, drain, formulas, interactions, merges, reports
from domain.profile.catalogue import declare
from domain.profile.interactions import Entry
from domain.profile.reports import Report
from tests import make

TAKEN_BACK = declare("profile.test.taken_back", zh="退回", en="Took it back")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FORMULAS = [
    formulas.read({"kind": "bought", "property": "x", "function": function.value, **more})
    for function in formulas.Function
    for more in (
        {},
        {"windowSeconds": 20 * 3_600},
        {"where": [{"path": "x", "op": "GTE", "value": 6}]},
    )
]


@pytest.fixture
def now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


class Shop:
    """Purchases of one person, and those of them that count, as a model."""

    def __init__(self, member: UUID) -> None:
        self.member = member
        self.counting: dict[str, formulas.Fact] = {}

    async def buy(self, number: str, at: datetime, x: int | None) -> None:
        given = {} if x is None else {"x": x}
        report = Report(f"{self.member}{number}", "", "app.bought", self.member, at, properties=given)
        await reports.store(SYSTEM, [report], received_at=NOW)
        self.counting[number] = (at, given)

    async def take_back(self, number: str) -> None:
        """Compensate a purchase."""

        bought = await db.value(
            "SELECT interaction FROM profile.message WHERE message_id = $1", f"{self.member}{number}"
        )
        await interactions.record_many([Entry(TAKEN_BACK, None, number, self.member, compensates=bought)])
        del self.counting[number]

    def value(self, formula: formulas.Formula) -> object:
        rows = sorted(self.counting.values(), key=lambda row: row[0])
        return formulas.evaluate(formula, rows, NOW)


async def value(root: UUID, formula: formulas.Formula) -> object:
    return formulas.evaluate(formula, await computed.rows_of(root, formula, NOW), NOW)


@pytest.mark.parametrize("seed", range(4))
async def test_every_formula_sees_what_it_would_see_in_all_rows(now, seed: int) -> None:
    dice, shop = random.Random(seed), Shop(await make.member_id())
    hours = dice.sample(range(1, 60), 24)  # no two at the same instant, and in no order
    for number, ago in enumerate(hours):
        await shop.buy(str(number), NOW - ago * HOUR, dice.choice([None, *range(1, 10)]))
        if number % 5 == 4:
            await shop.take_back(dice.choice(sorted(shop.counting)))
        await drain.drain_all([])
        if number % 4 == 3:
            for formula in FORMULAS:
                assert await value(shop.member, formula) == shop.value(formula), formula


async def test_what_is_taken_back_counts_no_more_before_the_drain_has_seen_it(now) -> None:
    shop = Shop(await make.member_id())
    for number in range(3):
        await shop.buy(str(number), NOW - (9 - number) * HOUR, number)
    await drain.drain_all([])
    await shop.take_back("2")
    for formula in FORMULAS:
        assert await value(shop.member, formula) == shop.value(formula), formula


async def test_what_the_drain_has_not_taken_does_not_count_yet(now) -> None:
    shop = Shop(await make.member_id())
    await shop.buy("1", NOW - 3 * HOUR, 7)
    await drain.drain_all([])
    before = {formula: shop.value(formula) for formula in FORMULAS}
    await shop.buy("2", NOW - 1 * HOUR, 8)
    await shop.buy("0", NOW - 5 * HOUR, 9)
    assert {formula: await value(shop.member, formula) for formula in FORMULAS} == before


async def test_merged_members_are_read_as_one(now) -> None:
    one, two = Shop(await make.member_id()), Shop(await make.member_id())
    for number in range(4):
        await one.buy(str(number), NOW - (2 * number + 1) * HOUR, number)
        await two.buy(str(number), NOW - (2 * number + 2) * HOUR, number + 5)
    await drain.drain_all([])
    await merges.merge_two(make.staff("operator"), one.member, two.member, "same", one.member)
    both = Shop(one.member)
    both.counting = {f"1-{n}": row for n, row in one.counting.items()}
    both.counting |= {f"2-{n}": row for n, row in two.counting.items()}
    for formula in FORMULAS:
        assert await value(one.member, formula) == both.value(formula), formula


@pytest.mark.parametrize("function", ["FIRST", "LAST", "DAYS_SINCE"])
async def test_of_many_rows_only_the_end_is_read_where_one_decides(now, monkeypatch, function: str) -> None:
    shop = Shop(await make.member_id())
    for number in range(60):
        await shop.buy(str(number), NOW - (number + 1) * HOUR, number)
    await drain.drain_all([])
    sizes = []
    rows = computed._rows

    async def noted(*given):
        sizes.append(len(found := await rows(*given)))
        return found

    monkeypatch.setattr(computed, "_rows", noted)
    formula = formulas.read({"kind": "bought", "property": "x", "function": function})
    assert await value(shop.member, formula) == shop.value(formula)
    assert sizes == [1]
    rare = formulas.read(
        {"kind": "bought", "property": "x", "function": function,
         "where": [{"path": "x", "op": "EQ", "value": 30}]}
    )  # fmt: skip
    assert await value(shop.member, rare) == shop.value(rare)
    assert sizes == [1, 1, 60], "all are read when the end does not decide"
