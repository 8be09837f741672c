"""Recording, the outbox and the drain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.profile import aggregates, drain, interactions, kinds, timeline
from domain.profile.catalogue import declare
from domain.profile.drain import Reaction
from tests import make

WAVED = declare("profile.test.waved", zh="挥手", en="Waved")
WAVE_UNDONE = declare("profile.test.unwaved", zh="撤回挥手", en="Took a wave back")


async def pending() -> int:
    return await db.value("SELECT count(*) FROM profile.pending")


async def test_recording_the_same_fact_twice_stores_it_once():
    actor = await make.member_actor()
    first = await interactions.record(actor, WAVED, ("MEMBER", actor.id), once="a", to="crowd")
    again = await interactions.record(actor, WAVED, ("MEMBER", actor.id), once="a", to="crowd")
    other = await interactions.record(actor, WAVED, ("MEMBER", actor.id), once="b")
    assert first == again != other
    assert await pending() == 2


async def test_a_recorded_fact_cannot_be_changed():
    actor = await make.member_actor()
    fact = await interactions.record(actor, WAVED, None, once=1)
    with pytest.raises(Exception, match="append-only"):
        async with db.transaction():
            await db.run("UPDATE profile.interaction SET kind = 'x' WHERE id = $1", fact)


async def test_the_drain_hands_rows_of_a_member_over_in_received_order():
    actor = await make.member_actor()
    seen: list[str] = []

    async def react(fact: interactions.Fact) -> None:
        seen.append(fact.properties["n"])

    for number in range(5):
        await interactions.record(actor, WAVED, None, once=number, n=number)
    assert await drain.drain_all([Reaction("test", react, lambda kind: kind == WAVED.name)]) == 5
    assert seen == [0, 1, 2, 3, 4]
    assert await pending() == 0


async def test_totals_count_what_was_drained_once():
    actor = await make.member_actor()
    await interactions.record(actor, WAVED, None, once=1)
    await interactions.record(actor, WAVED, None, once=2)
    assert await aggregates.of_root(actor.id) == []
    await drain.drain_all([])
    assert [(a.kind, a.count) for a in await aggregates.of_root(actor.id)] == [(WAVED.name, 2)]
    assert await aggregates.drift() == 0


async def test_a_compensated_fact_counts_no_more_and_its_restoration_brings_it_back():
    actor = await make.member_actor()
    waved = await interactions.record(actor, WAVED, None, once=1)
    await drain.drain_all([])
    undone = await interactions.record(actor, WAVE_UNDONE, None, once=1, compensates=waved)
    await drain.drain_all([])
    assert WAVED.name not in {a.kind for a in await aggregates.of_root(actor.id)}
    await interactions.record(actor, WAVE_UNDONE, None, once=2, compensates=undone)
    await drain.drain_all([])
    assert {a.kind: a.count for a in await aggregates.of_root(actor.id)}[WAVED.name] == 1
    assert await aggregates.drift() == 0


async def test_two_removals_are_not_a_restoration():
    actor = await make.member_actor()
    waved = await interactions.record(actor, WAVED, None, once=1)
    for number in (1, 2):
        await interactions.record(actor, WAVE_UNDONE, None, once=number, compensates=waved)
    await drain.drain_all([])
    assert WAVED.name not in {a.kind for a in await aggregates.of_root(actor.id)}


async def test_a_failing_row_blocks_only_its_own_member_and_is_set_aside_after_five_tries():
    poor, fine = await make.member_actor(), await make.member_actor()
    await interactions.record(poor, WAVED, None, once="p1", is_bad=True)
    await interactions.record(poor, WAVED, None, once="p2")
    await interactions.record(fine, WAVED, None, once="f1")
    seen = []

    async def react(fact: interactions.Fact) -> None:
        if fact.properties.get("is_bad"):
            raise ValueError("cannot digest this")
        seen.append(fact.root)

    reactions = [Reaction("test", react, lambda kind: True)]
    try:
        await drain.drain_all(reactions)
        assert seen == [fine.id], "the other member was not held up, the row behind the bad one waits"
        for _ in range(drain.TRIES):
            clock.shift(clock._offset + timedelta(hours=1))
            await drain.drain_all(reactions)
    finally:
        clock.shift(timedelta(0))
    assert seen == [fine.id, poor.id]
    assert await pending() == 0
    letter = await db.one("SELECT reason, path FROM profile.dead_letter")
    assert letter["reason"] == "processing_failed"
    assert "cannot digest this" in letter["path"]


async def test_the_effects_of_a_failing_row_are_undone():
    actor = await make.member_actor()
    await interactions.record(actor, WAVED, None, once=1)

    async def react(fact: interactions.Fact) -> None:
        await interactions.record(SYSTEM, kinds.BADGE_EARNED, None, once=1, member=fact.root, cause=fact)
        raise ValueError("too late")

    await drain.drain([Reaction("test", react, lambda kind: kind == WAVED.name)])
    assert (
        await db.value("SELECT count(*) FROM profile.interaction WHERE kind = $1", kinds.BADGE_EARNED.name)
        == 0
    )


async def test_what_is_recorded_while_reacting_inherits_flags_and_depth():
    actor = await make.member_actor()
    await interactions.record(actor, WAVED, None, once=1, flags=["historical"])

    async def react(fact: interactions.Fact) -> None:
        await interactions.record(SYSTEM, kinds.BADGE_EARNED, None, once=1, member=fact.root, cause=fact)

    await drain.drain([Reaction("test", react, lambda kind: kind == WAVED.name)])
    row = await db.one(
        "SELECT p.flags, i.depth FROM profile.pending p JOIN profile.interaction i ON i.id = p.interaction"
    )
    assert (row["flags"], row["depth"]) == (["historical"], 1)


async def test_the_timeline_pages_by_time_without_repeats():
    actor = await make.member_actor()
    day = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(7):
        await interactions.record(
            actor, WAVED, None, once=number, at=day + timedelta(days=number % 3), n=number
        )
    seen, page = [], Page(limit=3)
    while True:
        rows = await timeline.of_root(actor.id, page)
        seen += [row["id"] for row in rows[:3]]
        if len(rows) <= 3:
            break
        page = Page(limit=3, after=(rows[2]["occurred_at"], rows[2]["id"]))
    assert len(seen) == len(set(seen)) == 7


async def test_a_fact_that_feeds_itself_is_stopped():
    actor = await make.member_actor()
    await interactions.record(actor, WAVED, None, once=0)

    async def react(fact: interactions.Fact) -> None:
        await interactions.record(SYSTEM, WAVED, None, once=ids.new(), member=fact.root, cause=fact)

    for _ in range(12):
        await drain.drain([Reaction("test", react, lambda kind: kind == WAVED.name)])
    assert await db.value("SELECT max(depth) FROM profile.interaction") == interactions.DEEPEST
