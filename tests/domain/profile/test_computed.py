"""Computed traits: every function, exact window edges, merges and parting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain import clock, wiring
from domain.actor import SYSTEM
from domain.errors import InvalidInput, VersionConflict
from domain.profile import computed, definitions, drain, formulas, merges, reports, traits
from domain.profile.definitions import Draft, TraitKind, ValueType
from domain.profile.reports import Report
from tests import make

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def wired():
    wiring.start()
    yield
    clock.shift(timedelta(0))


def facts(*given: tuple[float, object]) -> list[formulas.Fact]:
    """(days ago, value of x)."""
    rows = [(NOW - timedelta(days=ago), {} if value is None else {"x": value}) for ago, value in given]
    return sorted(rows, key=lambda row: row[0])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("COUNT", 5),
        ("SUM", "13.3"),
        ("AVG", "3.325"),
        ("MIN", "0.1"),
        ("MAX", 10),
        ("MOST_FREQUENT", "3"),
        ("FIRST", 3),
        ("LAST", Decimal("0.1")),
        ("UNIQUE_LIST", ["0.1", "0.2", "10", "3"]),
        ("UNIQUE_COUNT", 4),
        ("DAYS_SINCE", 0),
    ],
)
def test_every_function(function: str, expected: object) -> None:
    rows = facts((5, 3), (4, None), (3, Decimal("0.2")), (2, 10), (0.5, Decimal("0.1")))
    if function in ("MOST_FREQUENT",):
        rows = facts((5, 3), (4, 3), (3, 10))
    formula = formulas.read({"function": function, "kind": "bought", "property": "x"})
    assert formulas.evaluate(formula, rows, NOW)[0] == expected


def test_the_most_frequent_needs_two_and_a_tie_is_the_first_in_unicode_order() -> None:
    formula = formulas.read({"function": "MOST_FREQUENT", "kind": "bought", "property": "x"})
    assert formulas.evaluate(formula, facts((2, "b"), (1, "a")), NOW)[0] is None
    assert formulas.evaluate(formula, facts((4, "é"), (3, "é"), (2, "b"), (1, "b")), NOW)[0] == "b"


def test_where_and_window_choose_the_rows_and_the_next_change_is_exact() -> None:
    formula = formulas.read(
        {"function": "COUNT", "kind": "bought", "windowSeconds": 3 * 86_400,
         "where": [{"path": "x", "op": "GTE", "value": 2}]}
    )  # fmt: skip
    value, due = formulas.evaluate(formula, facts((4, 5), (2, 5), (1, 1), (0.5, 2)), NOW)
    assert (value, due) == (2, NOW + DAY)
    assert formulas.evaluate(formula, facts((3, 5)), NOW) == (0, None), "it left in this very instant"


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ([], "formula"),
        ({"function": "MEDIAN", "kind": "x"}, "formula.function"),
        ({"function": "SUM", "kind": "x"}, "formula.property"),
        ({"function": "COUNT"}, "formula.kind"),
        ({"function": "COUNT", "kind": "x", "windowSeconds": 1.5}, "formula.windowSeconds"),
        ({"function": "COUNT", "kind": "x", "where": [{"path": "a", "op": "LIKE"}]}, "formula.where.0.op"),
    ],
)
def test_a_formula_that_cannot_be_read_says_where(data: object, path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        formulas.read(data)
    assert [problem.path for problem in refused.value.problems] == [path]


async def define(name: str, **formula: object) -> None:
    draft = Draft(name, TraitKind.COMPUTED, ValueType.NUMBER, {"kind": "bought", **formula})
    await definitions.define(make.staff("operator"), draft, None)


async def buy(member, amount: object, at: datetime) -> None:
    report = Report(
        f"{member}{at.isoformat()}{amount}", "", "app.bought", member, at, properties={"amount": amount}
    )
    await reports.store(SYSTEM, [report], received_at=clock.now())
    await drain.drain_all([computed.REACTION])


async def settle() -> None:
    while await computed.work_off() or await drain.drain_all([computed.REACTION]):
        pass


async def test_it_follows_the_facts_and_changes_when_a_row_leaves_the_window() -> None:
    member = await make.member_id()
    await define("spent_30d", function="SUM", property="amount", windowSeconds=30 * 86_400)
    await define("bought_ago", function="DAYS_SINCE")
    now = clock.now()
    await buy(member, "10.10", now - 29 * DAY)
    await buy(member, "5.05", now - DAY)
    assert await traits.values_of(member) == {"spent_30d": "15.15", "bought_ago": 1}
    leaves = now + DAY
    assert await computed.next_due() == leaves, "a day later one more day is over as well"
    clock.shift(timedelta(days=1, seconds=1))
    await settle()
    (days, spent) = (await traits.of_roots([member]))[member]
    assert (days.value, days.since_at) == (2, leaves)
    assert (spent.value, spent.since_at) == ("5.05", leaves)


async def test_a_new_definition_is_computed_for_everybody_and_a_revision_anew() -> None:
    one, two = await make.member_id(), await make.member_id()
    for member in (one, two):
        await buy(member, 7, clock.now())
    draft = Draft("bought", TraitKind.COMPUTED, ValueType.NUMBER, {"kind": "bought", "function": "COUNT"})
    row, queued = await definitions.define(make.staff("operator"), draft, None)
    assert (row["version"], queued) == (1, 2)
    await settle()
    assert (await traits.values_of(one), await traits.values_of(two)) == ({"bought": 1}, {"bought": 1})
    with pytest.raises(VersionConflict):
        await definitions.define(make.staff("operator"), draft, None)
    revised = Draft("bought", TraitKind.DECLARED, ValueType.NUMBER)
    assert (await definitions.define(make.staff("operator"), revised, 1))[1] == 2
    await settle()
    assert await traits.values_of(one) == {}


async def test_merged_members_are_computed_as_one_and_apart_each_for_itself() -> None:
    one, two = await make.member_id(), await make.member_id()
    await define("most", function="MAX", property="amount")
    await define("sum", function="SUM", property="amount")
    await buy(one, 10, clock.now())
    await buy(two, 5, clock.now())
    merge = await merges.merge_two(make.staff("operator"), one, two, "same", one)
    assert await traits.values_of(one) == {"most": 10, "sum": 15}
    await merges.undo(make.staff("operator"), merge, "not the same")
    assert await traits.values_of(one) == {"most": 10, "sum": 10}
    assert await traits.values_of(two) == {"most": 5, "sum": 5}


async def test_a_change_is_recorded_with_the_trait_so_that_segments_look_again() -> None:
    from domain import db

    member = await make.member_id()
    await define("bought", function="COUNT")
    await buy(member, 1, clock.now())
    row = await db.one(
        "SELECT properties, member FROM profile.interaction WHERE kind = 'profile.trait.computed'"
    )
    assert (row["properties"], row["member"]) == ({"traits": {"bought": 1}}, member)


async def test_a_formula_defined_while_facts_are_worked_off_is_not_forgotten() -> None:
    member = await make.member_id()
    await define("bought", function="COUNT")
    await buy(member, 7, clock.now())
    await computed.refresh()
    draft = Draft("bought", TraitKind.COMPUTED, ValueType.NUMBER,
                  {"kind": "bought", "function": "SUM", "property": "amount"})  # fmt: skip
    await definitions.define(make.staff("operator"), draft, 1)
    await computed.compute(member, ["bought"], clock.now())  # knows the count alone
    await settle()
    assert await traits.values_of(member) == {"bought": 7}
