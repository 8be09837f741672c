"""The drain's short cuts: what nothing reacts to is only counted, and several roots are worked off at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from domain import clock, db
from domain.foundation import ids
from domain.profile import aggregates, drain, interactions
from domain.profile.catalogue import declare
from domain.profile.drain import Reaction
from domain.profile.interactions import Entry, Fact
from tests import make

PASSED = declare("profile.test.passed", zh="路过", en="Passed by")
CALLED = declare("profile.test.called", zh="致电", en="Called")
HUNG_UP = declare("profile.test.hung_up", zh="挂断", en="Hung up")


def listening(seen: list[Fact]) -> Reaction:
    """Wants every kind, and skips all but calls."""

    async def react(fact: Fact) -> None:
        if fact.properties.get("is_bad"):
            raise ValueError("cannot digest this")
        seen.append(fact)

    return Reaction("test", react, lambda _: True, skips=lambda fact: fact.kind != CALLED.name)


async def record(kind, *members: UUID, **properties) -> None:
    await interactions.record_many([Entry(kind, None, ids.new(), m, properties=properties) for m in members])


async def counted(member: UUID, kind) -> int:
    return {each.kind: each.count for each in await aggregates.of_root(member)}.get(kind.name, 0)


async def test_roots_that_concern_no_reaction_are_counted_in_a_fixed_number_of_statements():
    async def statements(number: int) -> int:
        members = [await make.member_id() for _ in range(number)]
        await drain.drain_all([])
        await record(PASSED, *members, *members)
        sql: list[str] = []
        token = db.recorder.set(sql)
        assert await drain.drain([listening(seen)]) == 2 * number
        await asyncio.sleep(0)  # the last statement is told with the loop's next turn
        db.recorder.reset(token)
        assert [await counted(member, PASSED) for member in members] == [2] * number
        return len(sql)

    seen: list[Fact] = []
    await statements(1)  # the driver asks once how the server's types look
    assert await statements(2) == await statements(20)
    assert seen == []
    assert await aggregates.drift() == 0


async def test_a_root_is_handed_over_whole_when_one_of_its_rows_concerns_a_reaction():
    one, other = await make.member_id(), await make.member_id()
    await drain.drain_all([])
    await record(PASSED, one, other)
    await record(CALLED, one)
    seen: list[Fact] = []
    assert await drain.drain([listening(seen)]) == 3
    assert [(fact.root, fact.kind) for fact in seen] == [(one, PASSED.name), (one, CALLED.name)]
    assert await aggregates.drift() == 0


async def test_a_compensation_concerns_every_reaction_that_wants_it():
    actor = await make.member_actor()
    called = await interactions.record(actor, CALLED, None, once=1)
    await drain.drain_all([])
    await interactions.record(actor, HUNG_UP, None, once=1, compensates=called)
    seen: list[Fact] = []
    await drain.drain_all([listening(seen)])
    assert [fact.compensates for fact in seen] == [called]
    assert await counted(actor.id, CALLED) == 0
    assert await aggregates.drift() == 0


async def test_what_is_only_counted_waits_for_a_row_before_it_that_failed():
    poor, fine = await make.member_id(), await make.member_id()
    await drain.drain_all([])
    await record(CALLED, poor, is_bad=True)
    seen: list[Fact] = []
    assert await drain.drain_all([listening(seen)]) == 0
    await record(PASSED, poor, fine)
    assert await drain.drain_all([listening(seen)]) == 1
    assert (await counted(poor, PASSED), await counted(fine, PASSED)) == (0, 1)
    try:
        for _ in range(drain.TRIES):
            clock.shift(clock._offset + timedelta(hours=1))
            await drain.drain_all([listening(seen)])
    finally:
        clock.shift(timedelta(0))
    assert await counted(poor, PASSED) == 1


@pytest.mark.commits
async def test_several_roots_at_once_are_each_handed_over_once_and_in_order():
    async with db.transaction():
        members = [await make.member_id() for _ in range(24)]
    await drain.drain_all([])
    for number in range(3):
        async with db.transaction():
            await record(CALLED, *members, n=number)
            await record(PASSED, *members)
    busy, most, seen = 0, 0, []

    async def react(fact: Fact) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await db.value("SELECT pg_sleep(0.005)")
        busy -= 1
        if fact.kind == CALLED.name:
            seen.append((fact.root, fact.properties["n"]))

    reactions = [Reaction("test", react, lambda _: True)]
    while await drain.drain(reactions, at_once=4):
        pass
    assert most > 1, "they were worked off at the same time"
    assert sorted(seen) == sorted((member, n) for member in members for n in range(3))
    for member in members:
        assert [n for root, n in seen if root == member] == [0, 1, 2]
    assert await aggregates.drift() == 0


@pytest.mark.commits
async def test_two_drains_count_every_row_once():
    async with db.transaction():
        members = [await make.member_id() for _ in range(40)]
    await drain.drain_all([])
    async with db.transaction():
        await record(PASSED, *members, *members, *members)
    await asyncio.gather(*(drain.drain_all([]) for _ in range(4)))
    await drain.drain_all([])
    assert [await counted(member, PASSED) for member in members] == [3] * 40
    assert await aggregates.drift() == 0


@pytest.mark.parametrize("wants", [False, True])
async def test_a_pass_over_a_long_outbox_that_counts_as_empty_reads_what_it_takes(wants: bool) -> None:
    people = [await make.member_id() for _ in range(4)]
    await drain.drain_all([])
    for _ in range(5):
        await record(PASSED, *people * 100)
    # As a vacuum leaves it that saw the outbox empty.
    await db.run(
        "UPDATE pg_class SET reltuples = 0, relpages = greatest(relpages, 1) WHERE oid = 'profile.pending'::regclass"
    )
    before = await _rows_read()
    assert await drain.drain([Reaction("test", _nothing, lambda _: wants)], limit=40) == 40
    assert await _rows_read() - before < 500  # there are 2,000


async def _nothing(fact: Fact) -> None:
    """A reaction that does nothing."""


async def _rows_read() -> int:
    """Rows of the outbox that this transaction has looked at so far."""
    return await db.value(
        """SELECT (pg_stat_get_xact_tuples_returned(c.oid) + pg_stat_get_xact_tuples_fetched(c.oid)
            + coalesce((SELECT sum(pg_stat_get_xact_tuples_returned(i.indexrelid)) FROM pg_index AS i
                WHERE i.indrelid = c.oid), 0))::bigint
        FROM pg_class AS c WHERE c.oid = 'profile.pending'::regclass"""
    )
