"""Missions: days that count once, streaks, late and undone facts, rounds, rewards the next day, claims."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain import clock, db, stepping, wiring
from domain.actor import SYSTEM
from domain.errors import InvalidInput, NotEligible, VersionConflict
from domain.foundation import ids
from domain.points import balances, earning, engagement, health, missions, programmes
from domain.points.engagement_errors import MissionNotOpen, NothingToClaim
from domain.points.missions import Mission
from domain.profile import interactions, merges
from tests import make
from tests.domain.points.test_earning import PUBLISHED, REMOVED, RESTORED

STAFF = make.staff("operator")
DAILY = [{"wallet": "POINTS", "points": 200}, {"wallet": "GROWTH", "points": 2}]


@pytest.fixture(autouse=True)
async def healthy():
    wiring.start()
    at(2027, 3, 20)
    yield
    clock.shift(timedelta(0))
    await earning.prepare()
    assert [c for c in await health.check() if not c.holds] == []


def at(*moment: int) -> None:
    clock.shift(datetime(*moment, tzinfo=UTC) - datetime.now(UTC))


async def mission(expected: int | None = None, **said: Any) -> Mission:
    given = {
        "programme": "marque", "code": "posting", "title": {"zh": "发帖", "en": "Posting"},
        "kinds": ["community.post.published"], "condition": None, "target": 30, "period": None, "opens_on": None,
        "closes_on": None, "counts_per": "LOCAL_DAY", "steps": DAILY, "streak": None, "recurrence": "ONCE",
        "pays_next_day": False, "is_kept_after_completion": False, "rewards": [], "badge": None,
        "needs_joining": False, **said,
    }  # fmt: skip
    return await missions.define(STAFF, given, expected)


async def mark(who: UUID, day: int, hour: int = 1, **more: Any) -> UUID:
    """A post on a day of March 2027 (hours in UTC: 1 is 9 in Shanghai)."""
    when = datetime(2027, 3, day, hour, tzinfo=UTC)
    return await interactions.record(
        SYSTEM, PUBLISHED, ("POST", ids.new()), once=ids.new(), member=who, at=when, **more
    )


async def undo(fact: UUID, who: UUID, kind=REMOVED) -> UUID:
    return await interactions.record(
        SYSTEM, kind, ("POST", fact), once=ids.new(), member=who, compensates=fact
    )


async def gained(who: UUID) -> tuple[int, int]:
    await stepping.settle()
    return tuple([(await balances.of_wallet(who, code)).net for code in ("POINTS", "GROWTH")])


async def progress(of: Mission, who: UUID) -> tuple | None:
    found = (await missions.progress_of([(of.id, who)])).get((of.id, who))
    return (found.round, found.count, found.streak, found.state) if found else None


async def told(who: UUID) -> list[str]:
    rows = await db.fetch(
        "SELECT kind FROM profile.interaction WHERE member = $1 AND starts_with(kind, 'points.mission.') "
        "ORDER BY received_at, id",
        who,
    )
    return [row["kind"].removeprefix("points.mission.") for row in rows]


async def test_twelve_days_marked_several_times_give_2400_and_24() -> None:
    of, who = await mission(), await make.member_id()
    for day in range(1, 13):
        for hour in (1, 5, 9):
            await mark(who, day, hour)
    assert await gained(who) == (2_400, 24)
    at(2027, 3, 12, 10)
    assert await progress(of, who) == (1, 12, 12, "OPEN")
    assert await told(who) == ["advanced"] * 12


async def test_a_local_day_is_the_members_and_is_frozen_by_its_first_mark() -> None:
    of, who = await mission(), await make.member_id()
    await mark(who, 1, 15)  # 23:00 in Shanghai
    await mark(who, 1, 16)  # midnight: the second
    await stepping.settle()
    assert (await progress(of, who))[1] == 2
    await db.run("UPDATE profile.member SET zone = 'America/New_York' WHERE id = $1", who)
    await mark(who, 2, 3)  # in New York still the first, but it lies in the second day as it was begun
    assert await gained(who) == (400, 4)
    await mark(who, 2, 20)  # after that day: 15:00 of the second in New York, which counted already
    assert await gained(who) == (400, 4)
    await mark(who, 3, 20)
    assert await gained(who) == (600, 6)


async def test_a_late_fact_joins_two_runs_and_posts_only_the_difference() -> None:
    streak = {"days": 5, "rewards": [{"wallet": "POINTS", "points": 1_000}]}
    of, who = await mission(streak=streak), await make.member_id()
    for day in (1, 2, 4, 5):
        await mark(who, day)
    assert await gained(who) == (800, 8)
    late = await mark(who, 3)
    assert await gained(who) == (2_000, 10)
    at(2027, 3, 6)
    assert await progress(of, who) == (1, 5, 5, "OPEN")
    await undo(late, who)
    assert await gained(who) == (800, 8)
    await undo(
        await db.value("SELECT id FROM profile.interaction WHERE compensates = $1", late), who, RESTORED
    )
    assert await gained(who) == (2_000, 10)
    assert "rolled_back" in await told(who)


async def test_undone_facts_roll_a_completion_back_and_its_claim() -> None:
    rewards = [{"wallet": "POINTS", "points": 500}]
    of, who = await mission(target=2, steps=[], rewards=rewards, badge="poster"), await make.member_actor()
    me = who.member_id
    await mark(me, 1)
    with pytest.raises(NothingToClaim):
        await missions.claim(who, of.id)
    second = await mark(me, 2)
    assert await gained(me) == (0, 0)
    assert (await progress(of, me))[3] == "COMPLETED"
    _, journals = await missions.claim(who, of.id)
    assert (len(journals), await gained(me), (await progress(of, me))[3]) == (1, (500, 0), "CLAIMED")
    with pytest.raises(NothingToClaim):
        await missions.claim(who, of.id)
    await undo(second, me)
    assert (await gained(me), (await progress(of, me))[3]) == ((0, 0), "OPEN")
    assert await db.value("SELECT revoked_at IS NOT NULL FROM points.badge_award")
    await mark(me, 3)
    await stepping.settle()
    await missions.claim(who, of.id)
    assert await gained(me) == (500, 0)
    assert await db.value("SELECT revoked_at IS NULL FROM points.badge_award")


async def test_a_completion_that_is_kept_survives_what_is_undone() -> None:
    of, who = await mission(target=2, is_kept_after_completion=True), await make.member_id()
    first = await mark(who, 1)
    await mark(who, 2)
    assert await gained(who) == (400, 4)
    await undo(first, who)
    assert (await gained(who), (await progress(of, who))[3]) == ((400, 4), "COMPLETED")


@pytest.mark.parametrize(
    ("recurrence", "days", "gained_points", "state"),
    [("ONCE", (1, 2, 3, 4, 12), 400, (1, 2, "COMPLETED")), ("ON_COMPLETION", (1, 2, 3, 4, 5), 1_000, (3, 1, "OPEN")),
     ("ON_EXPIRY", (1, 2, 3, 12, 13, 14), 800, (2, 2, "COMPLETED"))],
)  # fmt: skip
async def test_rounds_follow_the_recurrence(recurrence: str, days, gained_points: int, state) -> None:
    period = {"value": 6, "unit": "DAY", "round_to": None} if recurrence == "ON_EXPIRY" else None
    of, who = await mission(target=2, recurrence=recurrence, period=period), await make.member_id()
    for day in days:
        await mark(who, day)
    assert (await gained(who))[0] == gained_points
    found = await progress(of, who)
    assert (found[0], found[1], found[3]) == state


async def test_a_round_that_runs_out_is_missed_and_a_late_fact_completes_it_after_all() -> None:
    at(2027, 3, 1)
    period = {"value": 2, "unit": "DAY", "round_to": None}
    of, who = await mission(target=3, period=period), await make.member_id()
    await mark(who, 1)
    await mark(who, 2)
    await stepping.settle()
    assert await progress(of, who) == (1, 2, 2, "OPEN")
    at(2027, 3, 3, 16)
    assert (await progress(of, who))[3] == "MISSED"
    await stepping.settle()
    assert await told(who) == ["advanced", "advanced", "missed"]
    await stepping.settle()
    await mark(who, 4)  # outside
    assert await gained(who) == (400, 4)
    await mark(who, 3)
    assert (await gained(who), (await progress(of, who))[3]) == ((600, 6), "COMPLETED")


async def test_what_is_paid_the_next_day_comes_at_the_local_midnight() -> None:
    at(2027, 3, 5, 2)
    of, who = await mission(pays_next_day=True), await make.member_id()
    await mark(who, 5)
    gone = await mark(who, 4)
    assert await gained(who) == (200, 2)
    at(2027, 3, 5, 15, 59)
    assert await gained(who) == (200, 2)
    at(2027, 3, 5, 16, 0, 1)
    assert await gained(who) == (400, 4)
    await undo(gone, who)
    assert (await gained(who), (await progress(of, who))[1]) == ((200, 2), 1)


async def test_steps_hold_on_their_days_and_the_mission_on_its_own() -> None:
    steps = [
        {"wallet": "POINTS", "points": 10, "from": None, "to": "2027-03-03"},
        {"wallet": "POINTS", "points": 7, "from": "2027-03-03", "to": None},
    ]
    await mission(steps=steps, opens_on="2027-03-02", closes_on="2027-03-05")
    who = await make.member_id()
    for day in range(1, 7):
        await mark(who, day)
    assert await gained(who) == (10 + 7 + 7, 0)


async def test_facts_can_count_one_by_one() -> None:
    condition = {"property": {"path": "kind", "op": "EQ", "value": "LONG"}}
    of = await mission(counts_per="INTERACTION", target=3, recurrence="ON_COMPLETION", condition=condition)
    who = await make.member_id()
    for number in range(5):
        await mark(who, 1, number, kind="LONG" if number else "SHORT")
    await mark(who, 1, 6, kind="LONG")
    assert await gained(who) == (1_000, 10)
    assert (await progress(of, who))[:2] == (2, 2)


async def test_joining_counts_what_comes_after_it() -> None:
    of, who = await mission(needs_joining=True), await make.member_actor()
    await mark(who.member_id, 19)
    assert (await gained(who.member_id), await progress(of, who.member_id)) == ((0, 0), None)
    for _ in range(2):
        await missions.join(who, of.id)
    assert (await progress(of, who.member_id))[:2] == (1, 0)
    at(2027, 3, 21)
    await mark(who.member_id, 20, 3)
    assert await gained(who.member_id) == (200, 2)
    assert await told(who.member_id) == ["joined", "advanced"]


async def test_who_may_not_join_is_told_why() -> None:
    who = await make.member_actor()
    early = await mission(code="early", opens_on="2027-04-01")
    with pytest.raises(MissionNotOpen) as refused:
        await missions.join(who, early.id)
    assert str(refused.value.opens_on) == "2027-04-01"
    await programmes.define(
        make.staff("admin"), code="marque", zone="Asia/Shanghai", day_starts_at=0, requires_enrolment=True
    )
    of = await mission(code="inside")
    with pytest.raises(NotEligible) as outside:
        await missions.join(who, of.id)
    assert [reason.code for reason in outside.value.reasons] == ["NOT_ENROLLED"]
    await mark(who.member_id, 1)
    assert (await gained(who.member_id), await progress(of, who.member_id)) == ((0, 0), None)
    assert await told(who.member_id) == []


async def test_a_round_that_has_begun_keeps_its_version() -> None:
    of, who, other = await mission(target=2), await make.member_id(), await make.member_id()
    await mark(who, 1)
    await stepping.settle()
    with pytest.raises(VersionConflict):
        await mission(target=5)
    assert (await mission(1, target=5, steps=[])).version == 2
    await mark(who, 2)
    await mark(other, 2)
    assert (await gained(who), await gained(other)) == ((400, 4), (0, 0))
    assert ((await progress(of, who))[3], (await progress(of, other))[3]) == ("COMPLETED", "OPEN")


@pytest.mark.parametrize(
    ("said", "path"),
    [({"target": 0}, "mission.target"), ({"period": {"value": 11, "unit": "YEAR"}}, "mission.period.value"), ({"kinds": []}, "mission.kinds"), ({"recurrence": "ON_EXPIRY"}, "mission.recurrence"),
     ({"steps": [{"wallet": "NONE", "points": 1}]}, "mission.steps.0.wallet"),
     ({"opens_on": "2027-03-02", "closes_on": "2027-03-02"}, "mission.closesOn"),
     ({"streak": {"days": 1, "rewards": []}}, "mission.streak.days"),
     ({"condition": {"any": []}}, "mission.condition.any")],
)  # fmt: skip
async def test_a_mission_that_makes_no_sense_is_refused(said: dict, path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await mission(**said)
    assert path in [problem.path for problem in refused.value.problems]
    assert await db.value("SELECT count(*) FROM points.mission") == 0


async def test_two_who_become_one_are_paid_once_a_day_until_they_part() -> None:
    of, one, other = await mission(), await make.member_id(), await make.member_id()
    for who, days in ((one, (1, 2)), (other, (2, 3))):
        for day in days:
            await mark(who, day)
    assert (await gained(one), await gained(other)) == ((400, 4), (400, 4))
    merge = await merges.merge_two(make.staff("admin"), one, other, "one person")
    assert await gained(one) == (600, 6)
    winner = await db.value("SELECT winner FROM profile.merge WHERE id = $1", merge)
    assert (await progress(of, winner))[1] == 3
    await merges.undo(make.staff("admin"), merge, "they are two")
    assert (await gained(one), await gained(other)) == ((400, 4), (400, 4))


async def test_an_erased_person_leaves_no_marks() -> None:
    await mission(badge="b", target=1)
    who = await make.member_id()
    await mark(who, 1)
    await stepping.settle()
    tables = {table.removeprefix("points.") async for table, _ in engagement.export([who])}
    assert tables == {"mission_mark", "mission_day", "mission_progress", "mission_award", "badge_award"}
    erased = await engagement.erase([who])
    assert {name: erased[f"points.{name}"] for name in tables} == {
        "mission_mark": (1, 0, 0), "mission_day": (1, 0, 0), "mission_progress": (1, 0, 0), "badge_award": (1, 0, 0),
        "mission_award": (0, 0, 1),
    }  # fmt: skip
