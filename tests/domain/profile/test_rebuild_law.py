"""Counts and traits do not depend on the order in which facts arrive, and equal a rebuild from what is stored (P3)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.profile import aggregates, drain, members, reports, traits
from domain.profile.reports import Report
from tests import make

KINDS = ("app.opened", "app.bought")
START = datetime(2026, 1, 1, tzinfo=UTC)
FACT = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "at": st.integers(0, 5),
        "traits": st.dictionaries(
            st.sampled_from(["city", "plan"]), st.sampled_from([1, "a", None, [2]]), max_size=2
        ),
        "is_once": st.booleans(),
        "properties": st.dictionaries(
            st.sampled_from(["revenue", "amount", "colour"]),
            st.sampled_from([0.1, 7, "2.50", "red", True]),
            max_size=3,
        ),
    }
)
QUIET: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}


class _Undo(Exception):
    pass


async def counted(member: UUID) -> tuple[Any, Any]:
    """All that is counted and summed of a person, with nothing in it that differs between two worlds."""
    totals = [replace(each, root=UUID(int=0)) for each in await aggregates.of_root(member)]
    asked = [(member, kind) for kind in KINDS]
    found = {name: await aggregates.values_of(asked, name, 100) for name in ("revenue", "amount", "colour")}
    hours = await db.fetch(
        "SELECT kind, hour, count, sum FROM profile.bucket WHERE member = $1 ORDER BY kind, hour", member
    )
    return totals, [
        [tuple(row.values()) for row in hours],
        {(name, kind): values for name, of_kind in found.items() for (_, kind), values in of_kind.items()},
    ]


async def world(facts: list[tuple[int, dict]]) -> tuple[Any, Any, Any]:
    """(counts, traits with since, seen) after the facts arrived in this order; then everything is undone."""
    found: Any = None
    try:
        async with db.transaction():
            member = await members.add(seen_at=START + timedelta(days=1))
            for number, fact in facts:
                at, message_id = START + timedelta(hours=fact["at"]), f"{number:03}"
                report = Report(
                    f"{member}{message_id}",
                    message_id,
                    fact["kind"],
                    member,
                    at,
                    properties=fact["properties"],
                )
                await reports.store(SYSTEM, [report], received_at=clock.now())
                await traits.put(
                    member, fact["traits"], at=at, message_id=message_id, is_only_missing=fact["is_once"]
                )
                if number % 3 == 0:
                    await drain.drain_all([])
            await drain.drain_all([])
            counts = await counted(member)
            for kind in KINDS:
                await aggregates.rebuild(member, kind)
            assert counts == await counted(member)
            held = (await traits.of_roots([member]))[member]
            await traits.rebuild(member)
            assert held == (await traits.of_roots([member]))[member]
            row = await members.by_id(member)
            found = (counts, held, row["first_seen_at"])
            raise _Undo
    except _Undo:
        return found


def expected(facts: list[tuple[int, dict]]) -> dict[str, Any]:
    """Trait values by the rule: the newest set one; else the oldest of those that fill a gap. Null is no value."""
    values: dict[str, list] = {}
    for number, fact in facts:
        for name, value in fact["traits"].items():
            values.setdefault(name, []).append((fact["is_once"], fact["at"], number, value))
    found = {}
    for name, given_ in values.items():
        sets = [row for row in given_ if not row[0]]
        found[name] = max(sets, key=lambda r: r[1:3])[-1] if sets else min(given_, key=lambda r: r[1:3])[-1]
    return {name: value for name, value in found.items() if value is not None}


async def agree(facts: list[dict], shuffled: list[tuple[int, dict]]) -> None:
    inorder = list(enumerate(facts))
    async with db.rolled_back():
        one, other = await world(inorder), await world(shuffled)
    assert one == other
    assert {trait.name: trait.value for trait in one[1]} == expected(inorder)


def search(loop: asyncio.AbstractEventLoop, examples: int, longest: int) -> None:
    @settings(max_examples=examples, **QUIET)
    @given(data=st.data(), facts=st.lists(FACT, min_size=1, max_size=longest))
    def each(data: st.DataObject, facts: list[dict]) -> None:
        loop.run_until_complete(agree(facts, data.draw(st.permutations(list(enumerate(facts))))))

    each()


def test_the_order_of_arrival_changes_nothing(loop: asyncio.AbstractEventLoop) -> None:
    search(loop, examples=200, longest=7)


@pytest.mark.long
def test_the_order_of_arrival_changes_nothing_for_long(loop: asyncio.AbstractEventLoop) -> None:
    search(loop, examples=2_000, longest=25)


async def test_an_older_city_that_arrives_late_leaves_the_newer_one() -> None:
    member = await make.member_id()
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    await traits.put(member, {"city": "Shanghai"}, at=noon, message_id="1")
    await traits.put(member, {"city": "Beijing"}, at=noon - timedelta(hours=1), message_id="2")
    assert await traits.values_of(member) == {"city": "Shanghai"}


async def test_set_beats_set_once_whatever_comes_first() -> None:
    member = await make.member_id()
    at = datetime(2026, 5, 1, tzinfo=UTC)
    await traits.put(member, {"b": 3, "c": 4}, at=at, message_id="1")
    await traits.put(member, {"a": 1, "b": 2}, at=at, message_id="1", is_only_missing=True)
    assert await traits.values_of(member) == {"a": 1, "b": 3, "c": 4}


async def test_untimed_values_of_the_winner_stay() -> None:
    from domain.profile import merges

    old, new = await make.member_id(seen_at=START), await make.member_id()
    at = datetime(2026, 5, 1, tzinfo=UTC)
    await traits.put(old, {"a": 1, "b": 2}, at=at, is_timed=False)
    await traits.put(new, {"b": 3, "c": 4}, at=at + timedelta(days=1), is_timed=False)
    await merges.merge_two(make.staff("operator"), old, new, str(ids.new()), new)
    assert await traits.values_of(new) == {"a": 1, "b": 3, "c": 4}
