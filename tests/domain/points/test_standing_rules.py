"""Standings against a plain model that looks at every moment anew, and the arithmetic of periods and dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.points import periods, standing_conditions
from domain.points.standing_rules import Walk
from domain.points.standing_types import ALWAYS, Floor, Moved, Scheme, Step, Tier

START = datetime(2030, 1, 1, 4, tzinfo=UTC)
LADDER = (Tier("A", 10), Tier("B", 20), Tier("C", 40))
HOURS = st.integers(0, 24 * 90)


def scheme(**said) -> Scheme:
    given = {
        "since": ALWAYS, "zone": "UTC", "basis": "BALANCE", "period": None, "apply": "IMMEDIATELY",
        "expiry": {"fixed": {"value": 10, "unit": "DAY"}}, "downgrade": "FULL", "grace": None, "tiers": LADDER, **said,
    }  # fmt: skip
    return Scheme(**given)


def moved(hours: int, amount: int) -> Moved:
    at = START + timedelta(hours=hours)
    return Moved(at, at, amount)


moves = st.lists(st.builds(moved, HOURS, st.integers(-15, 25)), max_size=12)


def reach(amount: int) -> int:
    return sum(max(0, amount) >= tier.threshold for tier in LADDER)


def by_the_hour(given: list[Moved], length: int | None, step: str) -> list[int]:
    """The model: rank of the tier at the end of each hour; ends lie on midnights, so no hour holds two things."""
    rank, ends, ranks = 0, None, []
    for hour in range(24 * 120):
        at = START + timedelta(hours=hour)
        balance = sum(each.amount for each in given if each.at < at)
        if ends is not None and at >= ends:
            target = reach(balance)
            if target < rank:
                rank = target if step == "FULL" else max(target, rank - 1)
            else:
                rank = target
            ends = _end(at, length) if rank else None
        for each in given:
            if each.at == at:
                balance += each.amount
                target = reach(balance)
                if target > rank:
                    rank, ends = target, _end(at, length)
                elif length is None and target < rank:
                    rank = target if step == "FULL" else rank - 1
        ranks.append(rank)
    return ranks


def _end(at: datetime, length: int | None) -> datetime | None:
    if length is None:
        return None
    day = at.date() + timedelta(days=length + 1)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


@given(moves, st.sampled_from([None, 0, 3, 10]), st.sampled_from(["FULL", "ONE_STEP"]))
@settings(max_examples=60, deadline=None)
def test_a_walk_stands_where_a_look_at_every_hour_finds_it(given_, length, step) -> None:
    said = {"immediate": True} if length is None else {"fixed": {"value": length, "unit": "DAY"}}
    version = scheme(expiry=said, downgrade=step)
    expected = by_the_hour(sorted(given_, key=lambda each: each.at), length, step)
    for hour in range(0, 24 * 120, 7):
        walk = Walk([version], list(given_)).to(START + timedelta(hours=hour))
        assert version.rank(walk.shown.tier) == expected[hour], hour


@given(moves, st.integers(0, 3), HOURS, HOURS)
@settings(max_examples=60, deadline=None)
def test_a_walk_does_not_depend_on_where_it_pauses_and_a_floor_only_lifts(
    given_, floor, since, pause
) -> None:
    version = scheme()
    until = START + timedelta(days=120)
    plain = Walk([version], list(given_)).to(until)
    paused = Walk([version], list(given_)).to(START + timedelta(hours=pause)).to(until)
    assert (paused.changes, paused.shown) == (plain.changes, plain.shown)
    code = LADDER[floor - 1].code if floor else None
    lifted = Walk([version], [*given_, Floor(START + timedelta(hours=since), code)]).to(until)
    assert lifted.state.tier == plain.state.tier
    assert version.rank(lifted.shown.tier) == max(version.rank(plain.shown.tier), floor)


@given(moves)
@settings(max_examples=60, deadline=None)
def test_a_forecast_comes_true_when_nothing_happens(given_) -> None:
    version = scheme()
    now = START + timedelta(days=95)
    walk = Walk([version], list(given_)).to(now)
    coming = walk.forecast()
    later = Walk([version], list(given_)).to(now + timedelta(days=700))
    turned = next((c for c in later.changes if c.at > now and c.step is not Step.EXTENDED), None)
    assert coming == turned


@pytest.mark.parametrize(
    ("day", "days", "ends"),
    [(date(2030, 3, 1), ["06-30", "12-31"], date(2030, 7, 1)), (date(2030, 12, 31), ["06-30", "12-31"], date(2031, 1, 1)),
     (date(2030, 7, 1), ["06-30"], date(2031, 7, 1)), (date(2030, 2, 1), ["02-29"], date(2030, 3, 1)),
     (date(2032, 2, 1), ["02-29"], date(2032, 3, 1))],
)  # fmt: skip
def test_a_day_of_the_year_is_the_last_of_the_tier(day: date, days: list[str], ends: date) -> None:
    at = periods.midnight(day, "Asia/Shanghai") + timedelta(hours=5)
    assert periods.expiry_of({"calendar": days}, at, "Asia/Shanghai") == periods.midnight(
        ends, "Asia/Shanghai"
    )


@pytest.mark.parametrize(("value", "unit"), [(1, "DAY"), (10, "DAY"), (1, "WEEK"), (2, "WEEK"), (1, "MONTH"), (3, "MONTH"), (6, "MONTH"), (1, "YEAR")])  # fmt: skip
def test_periods_follow_one_another_and_hold_each_day_once(value: int, unit: str) -> None:
    period = {"value": value, "unit": unit}
    for offset in range(0, 1_000, 3):
        day = date(2029, 11, 17) + timedelta(days=offset)
        number = periods.number_of(day, period)
        assert periods.first_day(number, period) <= day < periods.first_day(number + 1, period)
    assert periods.first_day(periods.number_of(date(2030, 5, 5), {"value": 3, "unit": "MONTH"}), {"value": 3, "unit": "MONTH"}) == date(2030, 4, 1)  # fmt: skip


def test_a_tier_ends_at_local_midnight_through_a_change_of_the_clocks() -> None:
    version = scheme(zone="Europe/Berlin", expiry={"fixed": {"value": 1, "unit": "MONTH"}})
    at = datetime(2030, 3, 15, 12, tzinfo=UTC)
    walk = Walk([version], [Moved(at, at, 10)]).to(at)
    assert walk.shown.ends_at is not None
    assert walk.shown.ends_at.astimezone(UTC) == datetime(2030, 4, 15, 22, tzinfo=UTC)


def test_a_downgrade_of_none_never_falls_and_one_that_keeps_does_not_either() -> None:
    given_ = [moved(0, 50), moved(1, -50)]
    later = START + timedelta(days=400)
    for version in (scheme(downgrade="NONE"), scheme(tiers=(*LADDER[:2], Tier("C", 40, keeps=True)))):
        walk = Walk([version], list(given_)).to(later)
        assert (walk.shown.tier, walk.shown.ends_at) == ("C", None)


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        ({"has_tag": "vip"}, "c.has_tag"),
        ({"any": [{"is_owner": True}, {"not": {"hasTag": "vip"}}]}, "c.any.1.not.hasTag"),
        ({"all": [{"is_owner": "yes"}]}, "c.all.0.isOwner"),
        ({"in_segment": "gold"}, "c.inSegment"),
        ({"in_segment": 7}, "c.inSegment"),
        ({"is_owner": True, "in_segment": "x"}, "c"),
        ({}, "c"),
    ],
)
def test_a_condition_of_a_tier_that_nobody_knows_is_named_by_its_path(condition: dict, path: str) -> None:
    assert [where for where, _ in standing_conditions.problems(condition, "c")] == [path]
    known = {"all": [{"is_owner": False}, {"not": {"in_segment": "0198c0de-0000-7000-8000-000000000001"}}]}
    assert list(standing_conditions.problems(known, "c")) == []
