"""Sums of amounts and counts of property values: exact, undone by a compensation, gone with the person."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import clock, db, wiring
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import ledger
from domain.profile import aggregates, drain, erasure, interactions, kinds, merges, rebuilding, reports
from domain.profile.catalogue import declare
from domain.profile.interactions import Entry
from domain.profile.reports import Report
from tests import make

BOUGHT = "app.bought"
TAKEN_BACK = declare("profile.test.given_back", zh="退货", en="Gave it back")
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def wired() -> None:
    wiring.start()  # every area hears of merges and erasures


async def buy(member: UUID, *bought: dict[str, Any], at: datetime = START) -> list[UUID]:
    """Purchases with these properties, reported and counted."""
    told = [Report(str(ids.new()), "", BOUGHT, member, at, properties=each) for each in bought]
    await reports.store(SYSTEM, told, received_at=clock.now())
    await drain.drain_all([])
    return [each.id for each in told]


async def compensate(member: UUID, interaction: UUID) -> UUID:
    """Undo an interaction by another one; answers that one's id."""
    entry = Entry(TAKEN_BACK, None, ids.new(), member, compensates=interaction)
    await interactions.record_many([entry])
    await drain.drain_all([])
    return (await interactions.recorded([entry]))[entry.message_id]


async def spent(member: UUID, kind: str = BOUGHT) -> Decimal | None:
    found = await aggregates.of_root(member, [kind])
    return found[0].sum if found else None


async def values(member: UUID, name: str, kind: str = BOUGHT) -> dict[str, int]:
    return dict((await aggregates.values_of([(member, kind)], name, 100))[member, kind])


@pytest.mark.parametrize(
    ("properties", "amount"),
    [
        ({"revenue": 0.1}, "0.1"),
        ({"revenue": "12.50"}, "12.50"),
        ({"amount": -3}, "-3"),
        ({"amount": 5, "value": 2, "revenue": 1}, "1"),
        ({"amount": 5, "revenue": "a lot"}, "5"),
        ({"amount": 12345678901234567890}, "12345678901234567890"),
        ({"amount": 1e-7}, "0.0000001"),
        ({"amount": 1e300}, None),
        ({"amount": "1e5"}, None),
        ({"amount": True}, None),
        ({"amount": {"minor_units": 5}}, None),
        ({"price": 5}, None),
        ({}, None),
    ],
)
async def test_the_first_number_under_a_usual_name_is_the_amount(properties: dict, amount: str | None):
    member = await make.member_id()
    await buy(member, properties)
    assert await spent(member) == (None if amount is None else Decimal(amount))
    hours = await db.fetch("SELECT sum FROM profile.bucket WHERE member = $1 AND kind = $2", member, BOUGHT)
    assert [row["sum"] for row in hours] == [await spent(member)]
    assert await rebuilding.of_root(member) == []


async def test_short_scalars_are_counted_and_ids_instants_and_amounts_are_not():
    member = await make.member_id()
    counted = {"colour": "red", "paid": True, "seats": 5, "grid": "a", "long": "x" * 100}
    left_out = {
        "id": "1", "orderId": "1", "order_id": "1", "deviceID": "1", "uuid": "1", "amount": 7, "none": None, "empty": "",
        "longer": "x" * 101, "list": [1], "object": {"a": 1}, "vehicle": str(ids.new()), "at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    await buy(member, counted | left_out, counted)
    rows = await db.fetch(
        "SELECT property, value, count FROM profile.property_total WHERE member = $1", member
    )
    assert {(row["property"], row["value"], row["count"]) for row in rows} == {
        ("colour", "red", 2), ("paid", "true", 2), ("seats", "5", 2), ("grid", "a", 2), ("long", "x" * 100, 2),
    }  # fmt: skip
    assert await rebuilding.of_root(member) == []


async def test_of_one_interaction_the_first_twenty_properties_by_name_are_counted():
    member = await make.member_id()
    await buy(member, {f"p{number:02}": 1 for number in reversed(range(30))})
    rows = await db.fetch("SELECT property FROM profile.property_total WHERE member = $1", member)
    assert sorted(row["property"] for row in rows) == [f"p{number:02}" for number in range(20)]


async def test_what_names_a_person_is_not_counted():
    member = await make.member_id()
    for kind in (kinds.IDENTITY_LINKED, kinds.SESSION_STARTED):
        await interactions.record(SYSTEM, kind, None, once=1, member=member, type="phone")
    await drain.drain_all([])
    assert await values(member, "type", kinds.IDENTITY_LINKED.name) == {}
    assert await values(member, "type", kinds.SESSION_STARTED.name) == {"phone": 1}
    assert await rebuilding.of_root(member) == []


async def test_points_are_summed_by_the_wallet_of_points():
    member = await make.member_id()
    await ledger.earn(SYSTEM, member, "POINTS", 70, ledger.Cause("TEST", "1"))
    await ledger.earn(SYSTEM, member, "GROWTH", 5, ledger.Cause("TEST", "2"))
    await ledger.earn(SYSTEM, member, "POINTS", 30, ledger.Cause("TEST", "3"))
    await drain.drain_all([])
    [earned] = await aggregates.of_root(member, ["points.entry.earned"])
    assert (earned.count, earned.sum) == (3, 100)


async def test_a_compensation_takes_amount_and_values_off_and_its_own_undoing_gives_them_back():
    member = await make.member_id()
    _, red = await buy(member, {"amount": "1.10", "colour": "blue"}, {"amount": 2, "colour": "red"})
    assert (await spent(member), await values(member, "colour")) == (Decimal("3.10"), {"blue": 1, "red": 1})
    given_back = await compensate(member, red)
    assert (await spent(member), await values(member, "colour")) == (Decimal("1.10"), {"blue": 1})
    await compensate(member, given_back)
    assert (await spent(member), await values(member, "colour")) == (Decimal("3.10"), {"blue": 1, "red": 1})
    assert await rebuilding.of_root(member) == []


async def test_a_merge_adds_up_and_its_undo_parts_exactly():
    one, two, staff = await make.member_id(), await make.member_id(), make.staff("operator")
    await buy(one, {"amount": 1, "colour": "red"})
    await buy(two, {"amount": 2, "colour": "red"}, {"colour": "blue"})
    merge = await merges.merge_two(staff, one, two, "same", one)
    assert (await spent(one), await values(one, "colour")) == (3, {"red": 2, "blue": 1})
    await buy(one, {"amount": 4, "colour": "red"})
    await merges.undo(staff, merge, "not the same")
    assert (await spent(one), await values(one, "colour")) == (5, {"red": 2})
    assert (await spent(two), await values(two, "colour")) == (2, {"red": 1, "blue": 1})
    assert await rebuilding.of_root(one) == await rebuilding.of_root(two) == []


@pytest.mark.parametrize("is_drained", [True, False])
async def test_of_a_person_who_left_counts_remain_without_sums_and_values(is_drained: bool):
    member, other = await make.member_id(), await make.member_id()
    await buy(other, {"amount": 9, "colour": "red"})
    told = Report(str(ids.new()), "", BOUGHT, member, START, properties={"amount": 9, "colour": "red"})
    await reports.store(SYSTEM, [told], received_at=clock.now())
    if is_drained:
        await drain.drain_all([])
    await erasure._erase(await erasure._open(make.staff("admin"), member, clock.now(), "asked for"))
    await drain.drain_all([])
    [left] = await aggregates.of_root(member, [BOUGHT])
    assert (left.count, left.sum, await values(member, "colour")) == (1, None, {})
    assert await db.value("SELECT count(sum) FROM profile.bucket WHERE member = $1", member) == 0
    assert (await spent(other), await values(other, "colour")) == (9, {"red": 1})
    assert await rebuilding.of_root(member) == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE profile.total SET sum = sum + 1 WHERE member = $1 AND kind = 'app.bought'",
        "UPDATE profile.bucket SET sum = NULL WHERE member = $1 AND kind = 'app.bought'",
        "UPDATE profile.property_total SET value = 'blue' WHERE member = $1",
    ],
)
async def test_a_rebuild_finds_what_was_changed_past_the_drain(damage: str):
    member = await make.member_id()
    await buy(member, {"amount": 9, "colour": "red"})
    assert await db.run(damage, member) == 1
    assert await rebuilding.of_root(member) != []


STEP = st.tuples(
    st.sampled_from(["0.10", 3, -1, "x", None]),
    st.sampled_from(["red", "blue"]),
    st.integers(0, 3),
    st.booleans(),
)


class _Undo(Exception):
    pass


async def lived(steps: list[tuple[Any, str, int, bool]]) -> tuple[Any, Any]:
    """What is kept after these purchases, of which some were given back; then everything is undone."""
    kept: Any = None
    try:
        async with db.transaction():
            member = await make.member_id()
            for amount, colour, hour, is_given_back in steps:
                [bought] = await buy(
                    member, {"amount": amount, "colour": colour}, at=START + timedelta(hours=hour)
                )
                if is_given_back:
                    await compensate(member, bought)
            assert await rebuilding.of_root(member) == []
            kept = (await spent(member), await values(member, "colour"))
            raise _Undo
    except _Undo:
        return kept


def test_whatever_the_order_what_was_not_given_back_is_summed_and_counted(
    loop: asyncio.AbstractEventLoop,
) -> None:
    async def agree(steps: list[tuple[Any, str, int, bool]], shuffled: list[Any]) -> None:
        left = [step for step in steps if not step[3]]
        amounts = [Decimal(step[0]) for step in left if step[0] not in ("x", None)]
        expected = (sum(amounts) if amounts else None, dict(Counter(step[1] for step in left)))
        async with db.rolled_back():
            assert await lived(steps) == expected == await lived(shuffled)

    @settings(
        max_examples=30,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data(), steps=st.lists(STEP, min_size=1, max_size=5))
    def each(data: st.DataObject, steps: list[Any]) -> None:
        loop.run_until_complete(agree(steps, data.draw(st.permutations(steps))))

    each()
