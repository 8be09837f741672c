"""Opening hours, starts, horizons and limits: the pure part of the slots."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.services import geo, hours
from domain.services.hours import Rule
from domain.services.tables import Datum

ALL_WEEK = frozenset(range(1, 8))
SHANGHAI, KOLKATA = ZoneInfo("Asia/Shanghai"), ZoneInfo("Asia/Kolkata")
NEW_YORK, LONDON = ZoneInfo("America/New_York"), ZoneInfo("UTC")
ranges = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda r: r[0] < r[1]), max_size=6
)


def test_open_all_day_offers_twenty_four_starts() -> None:
    assert len(hours.starts(date(2021, 6, 21), [(0, 1440)], LONDON, 60, 60)) == 24


def test_two_ranges_by_twenty_minutes_are_six() -> None:
    found = hours.starts(date(2021, 6, 21), [(660, 720), (840, 900)], LONDON, 20, 20)
    assert [at.strftime("%H:%M") for at in found] == ["11:00", "11:20", "11:40", "14:00", "14:20", "14:40"]


def test_overlapping_ranges_are_one() -> None:
    assert hours.merged([(660, 720), (680, 760)]) == [(660, 760)]
    assert len(hours.starts(date(2021, 6, 21), [(660, 720), (680, 760)], LONDON, 20, 20)) == 5


def test_the_grid_is_of_the_local_clock() -> None:
    found = hours.starts(date(2021, 6, 21), [(450, 570)], KOLKATA, 60, 60)
    assert [at.astimezone(KOLKATA).isoformat() for at in found] == ["2021-06-21T08:00:00+05:30"]


def test_new_york_is_open_from_14_to_22_utc_in_winter() -> None:
    rule = Rule(frozenset({1, 2, 3, 4, 5}), 540, 1020)
    day = date(2023, 11, 6)
    opened = hours.windows(day, hours.ranges_on(day, [rule], {}, None), NEW_YORK)
    assert opened == [(datetime(2023, 11, 6, 14, tzinfo=UTC), datetime(2023, 11, 6, 22, tzinfo=UTC))]
    assert hours.ranges_on(day, [rule], {day: []}, None) == []
    assert hours.ranges_on(date(2023, 11, 5), [rule], {}, None) == []


def test_a_time_in_a_gap_moves_forward_and_an_ambiguous_one_is_the_first() -> None:
    assert hours.instant(date(2024, 3, 10), 150, NEW_YORK) == datetime(2024, 3, 10, 7, 30, tzinfo=UTC)
    assert hours.instant(date(2024, 3, 10), 150, NEW_YORK).astimezone(NEW_YORK).hour == 3
    assert hours.instant(date(2024, 11, 3), 90, NEW_YORK) == datetime(2024, 11, 3, 5, 30, tzinfo=UTC)


def test_days_with_a_change_have_23_and_25_hours() -> None:
    assert len(hours.starts(date(2024, 3, 10), [(0, 1440)], NEW_YORK, 60, 60)) == 23
    assert len(hours.starts(date(2024, 11, 3), [(0, 1440)], NEW_YORK, 60, 60)) == 25


def test_a_rolling_horizon_counts_days_of_the_store() -> None:
    today = datetime(2024, 5, 31, 1, 30, tzinfo=UTC).astimezone(KOLKATA).date()
    assert hours.bookable_days({"kind": "ROLLING", "days": 2}, today) == (None, date(2024, 6, 2))


def test_business_days_leave_the_weekend_open_and_uncounted() -> None:
    horizon = {"kind": "ROLLING", "days": 2, "unit": "BUSINESS"}
    assert hours.bookable_days(horizon, date(2024, 5, 31)) == (None, date(2024, 6, 4))


def test_a_range_is_inclusive_and_no_horizon_has_no_end() -> None:
    horizon = {"kind": "RANGE", "from": "2024-06-01", "until": "2024-06-03"}
    assert hours.bookable_days(horizon, date(2024, 1, 1)) == (date(2024, 6, 1), date(2024, 6, 3))
    assert hours.bookable_days(None, date(2024, 1, 1)) == (None, None)


def test_limits_do_not_decrease_with_the_period() -> None:
    assert hours.problem_of_limits({"DAY": 3, "MONTH": 5}) is None
    assert hours.problem_of_limits({"DAY": 9, "MONTH": 5})
    assert hours.problem_of_limits({"DAY": 0})
    assert (
        hours.reached_limit({"WEEK": 2}, date(2024, 5, 31), [date(2024, 5, 27), date(2024, 6, 2)]) == "WEEK"
    )
    assert hours.reached_limit({"WEEK": 2}, date(2024, 5, 31), [date(2024, 5, 26), date(2024, 6, 2)]) is None
    assert hours.reached_limit({"MONTH": 1}, date(2024, 12, 31), [date(2025, 1, 1)]) is None


@pytest.mark.parametrize(
    ("step", "size"), [(60, 60), (90, 30), (40, 20), (45, 15), (10, 10), (25, 5), (7, 1), (120, 60)]
)
def test_the_grid_is_the_largest_that_divides_the_step(step: int, size: int) -> None:
    assert hours.grid(step) == size


@pytest.mark.parametrize("text", ["9:00", "24:01", "25:00", "09:60", "0900", "", "ab:cd", "０9:00", "-1:00"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        hours.parse_minute(text)


def test_midnight_at_the_end_is_a_time() -> None:
    assert [hours.parse_minute(t) for t in ("00:00", "09:30", "24:00")] == [0, 570, 1440]
    assert hours.show_minute(1440) == "24:00"


@given(ranges)
def test_merging_keeps_every_minute_and_leaves_no_overlap(given_ranges: list[tuple[int, int]]) -> None:
    minutes = {minute for opens, closes in given_ranges for minute in range(opens, closes)}
    found = hours.merged(given_ranges)
    assert {minute for opens, closes in found for minute in range(opens, closes)} == minutes
    assert all(one[1] < other[0] for one, other in itertools.pairwise(found))


@example([(2 * 60 + 31, 3 * 60 + 1)], 1, 30, NEW_YORK)
@example([(2 * 60, 2 * 60 + 30), (3 * 60, 3 * 60 + 30)], 10, 10, NEW_YORK)
@given(
    ranges,
    st.integers(1, 300),
    st.integers(1, 300),
    st.sampled_from([SHANGHAI, KOLKATA, NEW_YORK, ZoneInfo("Australia/Lord_Howe")]),
)
def test_every_start_and_its_end_lie_within_the_hours(
    given_ranges: list[tuple[int, int]], duration: int, step: int, zone: ZoneInfo
) -> None:
    for day in (date(2024, 3, 10), date(2024, 4, 7), date(2024, 10, 6), date(2024, 11, 3), date(2024, 7, 1)):
        opened = hours.windows(day, given_ranges, zone)
        found = hours.starts(day, given_ranges, zone, duration, step)
        assert len(set(found)) == len(found)
        for at in found:
            assert any(since <= at and at + timedelta(minutes=duration) <= until for since, until in opened)


def test_distances_of_the_vectors() -> None:
    assert round(geo.distance_km(31.2304, 121.4737, 39.9042, 116.4074), 3) == 1067.312
    assert round(geo.distance_km(0, 179.9, 0, -179.9), 3) == 22.239


@given(st.floats(20, 50), st.floats(80, 130), st.sampled_from(list(Datum)))
def test_datums_come_back_within_a_metre(latitude: float, longitude: float, datum: Datum) -> None:
    shown = geo.from_wgs84(latitude, longitude, datum)
    back = geo.to_wgs84(*shown, datum)
    assert geo.distance_km(latitude, longitude, *back) < 0.002


def test_the_datums_of_tiananmen() -> None:
    shown = geo.from_wgs84(39.908823, 116.397470, Datum.GCJ02)
    assert 0.4 < geo.distance_km(39.908823, 116.397470, *shown) < 0.7


@given(
    st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180), st.floats(1, 20000)
)
def test_a_box_holds_every_point_within_its_radius(
    a: float, b: float, c: float, d: float, radius: float
) -> None:
    found = geo.box(a, b, radius)
    if geo.distance_km(a, b, c, d) <= radius:
        assert found.south <= c <= found.north
        assert found.west <= d <= found.east or found.west_again <= d <= found.east_again
