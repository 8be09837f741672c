"""Freezes and repairs: a covered day breaks no streak, counts for nothing itself, and its item is free again by a mark."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain import clock, db, stepping, wiring
from domain.actor import Actor
from domain.errors import InvalidInput
from domain.points import earning, health, mission_items, mission_rules, missions
from domain.points.engagement_errors import MissionNotOpen, NoMissionItem
from domain.points.mission_items import ItemKind, Items
from domain.points.mission_rules import Unit
from domain.points.missions import Mission
from domain.profile import merges
from tests import make
from tests.domain.points.test_missions import DAILY, STAFF, at, gained, mark, mission, progress, told, undo

FREEZE, REPAIR = ItemKind.FREEZE, ItemKind.REPAIR
FIVE = {"days": 5, "rewards": [{"wallet": "POINTS", "points": 1_000}]}


@pytest.fixture(autouse=True)
async def healthy():
    wiring.start()
    yield
    clock.shift(timedelta(0))
    await earning.prepare()
    assert [c for c in await health.check() if not c.holds] == []


def march(day: int) -> date:
    return date(2027, 3, day)


async def given(of: Mission, who: Actor, kind: ItemKind, count: int = 1) -> None:
    await missions.grant_items(STAFF, of.id, who.member_id, kind, count, "sorry")


async def has(of: Mission, who: Actor) -> Items:
    key = (of.id, who.member_id)
    return (await mission_items.of_roots([key]))[key]


async def marked(who: Actor, *days: int) -> None:
    for day in days:
        await mark(who.member_id, day)
    await stepping.settle()


async def test_a_repair_joins_two_runs_and_posts_only_what_the_streak_gives() -> None:
    at(2027, 3, 6, 10)
    of, who = await mission(streak=FIVE, steps=DAILY), await make.member_actor()
    await marked(who, 1, 2, 4, 5, 6)
    assert (await gained(who.member_id), (await progress(of, who.member_id))[1:3]) == ((1_000, 10), (5, 3))
    with pytest.raises(NoMissionItem):
        await missions.use_item(who, of.id, REPAIR, march(3))
    await given(of, who, REPAIR)
    await missions.use_item(who, of.id, REPAIR, march(3))
    assert await gained(who.member_id) == (2_000, 10)  # five days in a row; the covered one pays nothing
    assert await progress(of, who.member_id) == (1, 5, 5, "OPEN")
    assert await has(of, who) == Items(0, 0, [march(3)])
    assert (await told(who.member_id))[-2:] == ["item_granted", "item_used"]
    for day in (3, 4):
        with pytest.raises(InvalidInput):
            await missions.use_item(who, of.id, REPAIR, march(day))


async def test_a_freeze_keeps_a_streak_over_a_day_that_is_left_out() -> None:
    at(2027, 3, 3, 10)
    of, who = await mission(streak=FIVE), await make.member_actor()
    await marked(who, 1, 2, 3)
    await given(of, who, FREEZE, 2)
    for day in (4, 5):
        await missions.use_item(who, of.id, FREEZE, march(day))
    at(2027, 3, 6, 10)
    assert (await progress(of, who.member_id))[2] == 3  # not broken although two days were left out
    await marked(who, 6, 7)
    assert (await gained(who.member_id))[0] == 5 * 200 + 1_000
    at(2027, 3, 9, 10)
    assert (await progress(of, who.member_id))[2] == 0


async def test_an_item_is_free_again_when_its_day_gets_a_mark_after_all() -> None:
    at(2027, 3, 3, 10)
    of, who = await mission(), await make.member_actor()
    await marked(who, 1, 2)
    await given(of, who, FREEZE)
    await missions.use_item(who, of.id, FREEZE)  # the third, today
    assert await has(of, who) == Items(0, 0, [march(3)])
    late = await mark(who.member_id, 3)
    await stepping.settle()
    assert await has(of, who) == Items(1, 0, [])
    await undo(late, who.member_id)
    await stepping.settle()
    assert await has(of, who) == Items(0, 0, [march(3)])
    await mark(who.member_id, 3, 5)
    await stepping.settle()
    await missions.use_item(who, of.id, FREEZE, march(4))
    assert await has(of, who) == Items(0, 0, [march(4)])
    assert await db.value("SELECT count(*) FROM points.mission_item") == 1


@pytest.mark.parametrize(
    ("kind", "day"),
    [(FREEZE, 2), (FREEZE, 11), (FREEZE, 3), (REPAIR, 3), (REPAIR, 1), (REPAIR, 4)],
)
async def test_a_day_that_an_item_does_not_reach_is_refused(kind: ItemKind, day: int) -> None:
    at(2027, 3, 3, 10)
    of, who = await mission(), await make.member_actor()
    await given(of, who, kind)
    await marked(who, 1, 3)
    with pytest.raises(InvalidInput) as refused:
        await missions.use_item(who, of.id, kind, march(day))
    assert [each.path for each in refused.value.problems] == ["localDate"]
    assert (await has(of, who)).covered == []


async def test_nothing_is_covered_before_it_began_nor_after_it_closed() -> None:
    at(2027, 3, 3, 10)
    of, who = await mission(closes_on="2027-03-05"), await make.member_actor()
    await given(of, who, FREEZE)
    with pytest.raises(InvalidInput):
        await missions.use_item(who, of.id, FREEZE)
    await marked(who, 3)
    at(2027, 3, 5, 10)
    with pytest.raises(MissionNotOpen):
        await missions.use_item(who, of.id, FREEZE)


async def test_items_of_both_count_over_a_merge_and_part_with_it() -> None:
    at(2027, 3, 5, 10)
    of, one, other = await mission(streak=FIVE), await make.member_actor(), await make.member_actor()
    await marked(one, 1, 2, 4)
    await given(of, one, REPAIR)
    await given(of, other, REPAIR)
    await missions.use_item(one, of.id, REPAIR, march(3))
    assert (await progress(of, one.member_id))[2] == 3
    merge = await merges.merge_two(make.staff("admin"), one.member_id, other.member_id, "one person")
    await stepping.settle()
    root = await db.value("SELECT winner FROM profile.merge WHERE id = $1", merge)
    key = (of.id, root)
    assert (await mission_items.of_roots([key]))[key] == Items(0, 1, [march(3)])
    assert (await progress(of, root))[2] == 3
    await merges.undo(make.staff("admin"), merge, "they are two")
    await stepping.settle()
    assert (await has(of, one), await has(of, other)) == (Items(0, 0, [march(3)]), Items(0, 1, []))
    assert (await progress(of, one.member_id))[2] == 3


def test_only_covered_gaps_are_passed_over() -> None:
    said = {"target": 30, "recurrence": "ONCE", "steps": [], "streak": FIVE}
    units = [Unit(f"day:{march(day)}", march(day)) for day in (1, 2, 5, 6)]

    def streak(*covered: int) -> int:
        days = frozenset(march(day) for day in covered)
        (this,) = mission_rules.rounds(lambda n: said, units, None, "UTC", {}, days)
        return this.streak

    assert [streak(), streak(3), streak(4), streak(3, 4), streak(7)] == [2, 2, 2, 4, 2]
