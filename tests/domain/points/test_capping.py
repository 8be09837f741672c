"""What caps leave of an award, how counters move, and what looks too good: pure, each rule by its bounds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.points import capping, rules
from domain.points.baskets import Basket, Line
from domain.points.capping import Counter
from domain.points.definitions import Cap
from tests.domain.points.test_arithmetic import fact, version


def cap(**said: Any) -> Cap:
    return Cap(**{"per": "MEMBER", "window": "DAY", "measure": "POINTS", "limit": 25, **said})


def under(points: int, *counted: tuple[Cap, Counter]) -> tuple[int, list[str]]:
    """What is granted, and why not all of it."""
    reasons: list[dict[str, Any]] = []
    granted = capping.under(counted, {"POINTS": points} if points else {}, reasons)
    return granted.get("POINTS", 0), [reason["code"] for reason in reasons]


@pytest.mark.parametrize(
    ("used", "asked", "on_excess", "granted", "counted"),
    [
        (0, 25, "CUT", 25, 25), (0, 26, "CUT", 25, 25), (24, 10, "CUT", 1, 25), (25, 10, "CUT", 0, 25),
        (30, 10, "CUT", 0, 30), (0, 25, "REFUSE", 25, 25), (0, 26, "REFUSE", 0, 0), (24, 2, "REFUSE", 0, 24),
    ],
)  # fmt: skip
def test_a_gross_cap_on_points(used: int, asked: int, on_excess: str, granted: int, counted: int) -> None:
    counter = Counter(points=used)
    assert under(asked, (cap(on_excess=on_excess), counter)) == (
        granted, [] if granted == asked else ["CAP_REACHED"],
    )  # fmt: skip
    assert (counter.points, counter.times, counter.raw) == (counted, int(granted > 0), 0)


def test_a_cap_on_times_counts_awards_and_not_points() -> None:
    counter = Counter(times=1)
    twice = cap(measure="TIMES", limit=2)
    assert under(40, (twice, counter)) == (40, [])
    assert under(40, (twice, counter)) == (0, ["CAP_REACHED"])
    assert (counter.times, counter.points) == (2, 0)
    assert capping.is_full([(twice, counter)]) is twice
    assert capping.is_full([(twice, Counter(times=1))]) is None
    assert capping.is_full([(cap(), Counter(times=99, points=99))]) is None


def test_what_one_cap_refuses_no_other_counts() -> None:
    room, full = Counter(), Counter(times=2)
    assert under(10, (cap(), room), (cap(measure="TIMES", limit=2), full)) == (0, ["CAP_REACHED"])
    assert (room, full) == (Counter(), Counter(times=2))
    cut = Counter(points=20), Counter(points=0)
    assert under(10, (cap(), cut[0]), (cap(limit=3), cut[1])) == (3, ["CAP_REACHED"] * 2)
    assert (cut[0].points, cut[1].points, cut[0].times, cut[1].times) == (23, 3, 1, 1)


def test_a_reason_names_the_cap() -> None:
    assert capping.reached(cap(per="DEVICE")) == {
        "code": "CAP_REACHED", "limit": 25, "per": "DEVICE", "window": "DAY",
    }  # fmt: skip


@given(st.permutations([10] * 4 + [-3] * 2))
def test_a_net_cap_posts_the_least_of_limit_and_sum_in_any_order(points: list[int]) -> None:
    counter, net = Counter(), cap(mode="NET")
    posted = sum(under(each, (net, counter))[0] for each in points)
    assert posted == counter.points == min(25, 34)
    assert (counter.raw, counter.times) == (34, 6)
    assert capping.recount([(net, counter)], {"POINTS": 10}, False) == {"POINTS": -1}
    assert capping.recount([(net, counter)], {"POINTS": 10}, True) == {"POINTS": 1}
    assert capping.recount([(net, counter)], {"POINTS": 5}, True) == {}
    assert capping.recount([(cap(), counter)], {"POINTS": 5}, True) is None


def verdict(points: int, **said: Any) -> rules.Verdict:
    one = version(1, {"fixed": {"wallet": "POINTS", "points": points}}, **said)
    return rules.verdicts([one], fact(), None, refused={}, caps=lambda v: [])[one.id]


@pytest.mark.parametrize(
    ("name", "points", "granted", "code"),
    [
        ("per_event_max", 50, 50, None), ("per_event_max", 51, 0, "PER_EVENT_MAX"),
        ("hold_above", 50, 50, None), ("hold_above", 51, 51, "HELD_FOR_REVIEW"),
    ],
)  # fmt: skip
def test_limits_of_one_fact(name: str, points: int, granted: int, code: str | None) -> None:
    found = verdict(points, **{name: 50})
    assert found.granted == ({"POINTS": granted} if granted else {})
    assert found.desired == {"POINTS": points}
    assert found.reasons == ([{"code": code, "limit": 50, "actual": points}] if code else [])
    assert found.is_held is (code == "HELD_FOR_REVIEW")
    assert found.is_counted is bool(granted)
    assert found.outcome == ("AWARDED" if granted else "REFUSED")


def test_of_rules_that_stand_alone_the_first_by_priority_does() -> None:
    fixed = {"fixed": {"wallet": "POINTS", "points": 5}}
    low, high = version(1, fixed, is_stackable=False), version(2, fixed, is_stackable=False, priority=9)
    other = version(3, fixed, priority=99)
    found = rules.verdicts([low, high, other], fact(), None, refused={}, caps=lambda v: [])
    assert [found[v.id].granted for v in (low, high, other)] == [{}, {"POINTS": 5}, {}]
    assert found[low.id].reasons == found[other.id].reasons == [{"code": "NOT_STACKABLE", "rule": "R2"}]
    only = rules.verdicts([low, high], fact(), None, refused={high.id: [{"code": "NO"}]}, caps=lambda v: [])
    assert (only[low.id].granted, only[high.id].reasons) == ({"POINTS": 5}, [{"code": "NO"}])


def test_what_a_line_earned_is_told_by_wallet() -> None:
    basket = Basket((Line("A", 600), Line("B", 400)), 1_000)
    one = version(
        1, {"fixed": {"wallet": "POINTS", "points": 5, "lines": {"skus": ["A"]}}},
        {"fixed": {"wallet": "GROWTH", "points": 3, "lines": {"skus": ["B"]}}},
    )  # fmt: skip
    found = rules.verdicts([one], fact(), basket, refused={}, caps=lambda v: [])[one.id]
    assert found.lines() == {"POINTS": [5, 0], "GROWTH": [0, 3]}


def test_points_by_piece_are_for_each_piece_and_need_a_basket() -> None:
    one = version(1, {"fixed": {"wallet": "POINTS", "points": 5, "per_unit": True}})
    basket = Basket((Line("A", 600, quantity=3), Line("B", 400)), 1_000)
    for bought, granted in ((basket, {"POINTS": 20}), (None, {})):
        found = rules.verdicts([one], fact(), bought, refused={}, caps=lambda v: [])
        assert found[one.id].granted == granted
