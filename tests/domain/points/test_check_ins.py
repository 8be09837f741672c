"""The daily check-in: local days, streaks, what rules give for it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from domain import clock, db, stepping, wiring
from domain.actor import Actor
from domain.points import balances, check_ins, days, earning, engagement, health, programmes
from domain.points.engagement_errors import AlreadyCheckedIn
from domain.profile import merges
from tests import make
from tests.domain.points.test_earning import rule

KIND = "points.member.checked_in"


@pytest.fixture(autouse=True)
async def healthy():
    wiring.start()
    yield
    clock.shift(timedelta(0))
    await earning.prepare()  # what was read in the future does not hold now
    assert [c for c in await health.check() if not c.holds] == []


def at(*moment: int) -> None:
    """Let it be this moment in UTC."""
    clock.shift(datetime(*moment, tzinfo=UTC) - datetime.now(UTC))


async def available(who: Actor, wallet: str = "POINTS") -> int:
    return (await balances.of_wallet(who.member_id, wallet)).available


async def test_a_check_in_earns_at_once_and_only_once_a_day() -> None:
    fixed = [{"fixed": {"wallet": "POINTS", "points": 5}}, {"fixed": {"wallet": "GROWTH", "points": 1}}]
    await rule(code="check-in", kinds=[KIND], effects=fixed)
    me = await make.member_actor()
    at(2027, 3, 1, 10)
    done = await check_ins.check_in(me)
    assert [(each.code, each.granted) for each in done.judged] == [("check-in", {"POINTS": 5, "GROWTH": 1})]
    assert (done.presence.local_date, done.presence.streak) == (date(2027, 3, 1), 1)
    assert await available(me) == 5
    with pytest.raises(AlreadyCheckedIn) as refused:
        await check_ins.check_in(me)
    assert refused.value.local_date == date(2027, 3, 1)
    assert refused.value.next_at == datetime(2027, 3, 1, 16, tzinfo=UTC)
    await stepping.settle()  # the drain finds it decided
    assert (await available(me), await available(me, "GROWTH")) == (5, 1)
    assert await db.value("SELECT count(*) FROM profile.interaction WHERE kind = $1", KIND) == 1


async def test_the_day_changes_at_the_programmes_midnight_and_a_gap_ends_the_streak() -> None:
    me = await make.member_actor()
    streaks = []
    for moment in (
        (2027, 3, 1, 15, 59),
        (2027, 3, 1, 16, 0),
        (2027, 3, 3, 1),
        (2027, 3, 5, 1),
        (2027, 3, 6, 1),
    ):
        at(*moment)
        presence = (await check_ins.check_in(me)).presence
        streaks.append((presence.local_date.day, presence.streak))
    assert streaks == [(1, 1), (2, 2), (3, 3), (5, 1), (6, 2)]
    at(2027, 3, 7, 1)
    waiting = await check_ins.presence(me.member_id, "marque")
    assert (waiting.is_checked_in, waiting.streak) == (False, 2)
    at(2027, 3, 8, 1)
    assert (await check_ins.presence(me.member_id, "marque")).streak == 0


async def test_a_programme_may_begin_its_days_later() -> None:
    await programmes.define(
        make.staff("admin"), code="club", zone="UTC", day_starts_at=240, requires_enrolment=False
    )
    me = await make.member_actor()
    at(2027, 3, 2, 3, 59)
    assert (await check_ins.check_in(me, "club")).presence.local_date == date(2027, 3, 1)
    at(2027, 3, 2, 4, 0)
    assert (await check_ins.check_in(me, "club")).presence.streak == 2
    assert (await check_ins.check_in(me)).presence.streak == 1  # another programme is another calendar


def test_days_begin_where_daylight_saving_lets_them() -> None:
    start = days.start_of(date(2026, 3, 29), "Europe/Berlin", 150)  # 2:30 is skipped
    assert start.astimezone(UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert days.day_of(datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "Europe/Berlin", 150) == date(2026, 3, 28)
    assert days.day_of(datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "Europe/Berlin") == date(2026, 3, 29)


async def test_days_of_merged_members_make_one_streak_until_they_part() -> None:
    one, other = await make.member_actor(), await make.member_actor()
    for day, who in ((1, one), (2, other), (3, one), (3, other)):
        at(2027, 3, day, 1)
        await check_ins.check_in(who)
    merge = await merges.merge_two(make.staff("admin"), one.member_id, other.member_id, "one person")
    at(2027, 3, 4, 1)
    assert (await check_ins.check_in(other)).presence.streak == 4
    with pytest.raises(AlreadyCheckedIn):
        await check_ins.check_in(one)
    await merges.undo(make.staff("admin"), merge, "they are two")
    found = [(await check_ins.presence(each.member_id, "marque")).streak for each in (one, other)]
    assert found in ([2, 2], [1, 3])  # the fourth day stays with whom the merge kept


async def test_an_erased_person_leaves_no_days() -> None:
    me = await make.member_actor()
    await check_ins.check_in(me)
    assert [table async for table, _ in engagement.export([me.member_id])] == ["points.check_in"]
    assert (await engagement.erase([me.member_id]))["points.check_in"] == (1, 0, 0)
    assert await db.value("SELECT count(*) FROM points.check_in") == 0
