"""Segments through merges, their undo, erasure and the demonstration."""

from __future__ import annotations

from domain import db, wiring
from domain.actor import SYSTEM
from domain.operations import demo, health, segments
from domain.operations import lifecycle as operations_lifecycle
from domain.profile import demo as profile_demo
from domain.profile import memberships, merges
from tests import make
from tests.domain.operations.conftest import START, changes_of, did, event, segment, settle


async def test_two_merged_halves_enter_together_and_part_again(time):
    one, two = await make.member_id(), await make.member_id()
    active = await segment(event(n=2, last="P7D"))
    await did(one)
    await did(two)
    await settle()
    assert await memberships.all_inside(active) == set()
    merge = await merges.merge_two(SYSTEM, one, two, "same person")
    await settle()
    winner = await db.value("SELECT root FROM profile.member WHERE id = $1", one)
    assert await memberships.all_inside(active) == {winner}
    await merges.undo(SYSTEM, merge, "not the same")
    await settle()
    assert await memberships.all_inside(active) == set()
    assert [change for change, _ in await changes_of(active)] == ["ENTERED", "EXITED"]


async def test_two_memberships_become_the_older_one_without_anybody_entering(time):
    one, two = await make.member_id(), await make.member_id()
    active = await segment(event(last="P7D"))
    await did(two)
    await time.on(hours=1)
    await did(one)
    await settle()
    before = await db.fetch(
        "SELECT member, since_at FROM profile.segment_membership WHERE until_at IS NULL ORDER BY 1"
    )
    entered = await _entered()
    merge = await merges.merge_two(SYSTEM, one, two, "same person")
    await settle()
    rows = await db.fetch(
        "SELECT since_at FROM profile.segment_membership WHERE segment = $1 AND until_at IS NULL", active
    )
    assert [row["since_at"] for row in rows] == [START]
    assert await db.value("SELECT count(*) FROM operations.timer WHERE subject = $1", active) == 1
    assert await _entered() == entered == 2
    await merges.undo(SYSTEM, merge, "not the same")
    await settle()
    after = await db.fetch(
        "SELECT member, since_at FROM profile.segment_membership WHERE until_at IS NULL ORDER BY 1"
    )
    assert after == before
    assert await _entered() == 2
    assert (await health.check()).broken_histories == 0


async def test_an_erased_member_leaves_every_segment_and_keeps_no_timer(time):
    member = await make.member_id()
    active = await segment(event(last="P7D"))
    await did(member)
    await settle()
    report = await operations_lifecycle.erase([member])
    assert report["operations.timer"] == (1, 0, 0)
    assert await memberships.all_inside(active) == set()
    tables = {table async for table, _ in operations_lifecycle.export([member])}
    assert tables == {"operations.segment_change"}


async def test_what_activation_finds_is_historical_unless_it_shall_start_journeys(time):
    member = await make.member_id()
    await did(member)
    operator = make.staff("operator")
    for include_existing, flags in ((False, ["historical"]), (True, [])):
        row = await segments.save(
            operator, key=f"s-{include_existing}".lower(), name="x", kind=segments.SegmentKind.DYNAMIC, condition=event()
        )  # fmt: skip
        await segments.activate(operator, row["id"], include_existing=include_existing)
        found = await db.value(
            "SELECT p.flags FROM profile.pending AS p JOIN profile.interaction AS i ON i.id = p.interaction "
            "WHERE i.subject_id = $1 AND i.kind = 'operations.segment.entered'",
            str(row["id"]),
        )
        assert found == flags


async def test_everybody_is_looked_over_once_more_after_an_activation(time):
    member = await make.member_id()
    active = await segment(event(op="EQ", n=0, last="P7D"))
    await db.run("DELETE FROM profile.segment_membership WHERE segment = $1", active)
    await time.on(seconds=5)
    assert member in await memberships.all_inside(active)


async def test_the_demonstration_has_segments_worth_looking_at():
    await profile_demo.load()
    await demo.load()
    await demo.load()
    rows = await db.fetch("SELECT id, key, state FROM operations.segment")
    assert {row["state"] for row in rows} == {"ACTIVE"} and len(rows) == 5
    sizes = await memberships.sizes([row["id"] for row in rows])
    named = {row["key"]: sizes[row["id"]] for row in rows}
    assert named["launch-guests"] == 24
    assert min(named["weekly-visitors"], named["going-quiet"], named["young-in-shanghai"]) > 0


def test_every_member_column_of_operations_is_covered():
    assert {"segment_change.member", "timer.member"} <= operations_lifecycle.LIFECYCLE.covers
    assert operations_lifecycle.LIFECYCLE in wiring.lifecycles
    assert wiring.reactions[-1].name == "operations"


async def _entered() -> int:
    return await db.value(
        "SELECT count(*) FROM profile.interaction WHERE kind = 'operations.segment.entered'"
    )
