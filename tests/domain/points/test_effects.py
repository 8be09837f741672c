"""What each effect gives by itself and with multipliers, and when a rule is about a fact at all: pure, by figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from domain.points import arithmetic, capping, rules
from domain.points.baskets import Basket, Line
from domain.points.capping import Counter
from domain.points.definitions import Version
from domain.points.matching import Seen
from domain.points.rules import Verdict
from tests.domain.points.test_arithmetic import fact, version
from tests.domain.points.test_capping import cap

#: A for 6.00 and B twice for 4.00 in all, paid in full.
BASKET = Basket((Line("A", 600), Line("B", 400, quantity=2)), 1_000)


def fixed(points: int, **more: Any) -> dict[str, Any]:
    return {"fixed": {"wallet": "POINTS", "points": points, **more}}


def per_euro_cent(**more: Any) -> dict[str, Any]:
    per = {"minor_units": 100, "currency": more.pop("currency", "CNY")}
    return {"per_amount": {"wallet": "POINTS", "points": 1, "per": per, **more}}


def times(factor: str, *skus: str, **more: Any) -> dict[str, Any]:
    return {"multiply": {"factor": factor, "lines": {"skus": list(skus)} if skus else None, **more}}


def judged(
    *versions: Version, basket: Basket | None = BASKET, caps: Any = lambda v: [], **properties: Any
) -> list[Verdict]:
    of = replace(fact(), properties=properties)
    found = rules.verdicts(list(versions), of, basket, refused={}, caps=caps)
    return [found[each.id] for each in versions]


def granted(*effects: dict[str, Any], basket: Basket | None = BASKET, **properties: Any) -> int:
    (verdict,) = judged(version(1, *effects), basket=basket, **properties)
    return verdict.granted.get("POINTS", 0)


def shares(*effects: dict[str, Any], **properties: Any) -> list[int]:
    return judged(version(1, *effects), **properties)[0].lines()["POINTS"]


def test_a_fixed_award_needs_one_line_that_fits() -> None:
    assert (
        granted(fixed(7)) == granted(fixed(7), basket=None) == granted(fixed(7, lines={"skus": ["B"]})) == 7
    )
    assert (
        granted(fixed(7, lines={"skus": ["X"]})) == granted(fixed(7, lines={"skus": ["A"]}), basket=None) == 0
    )
    assert granted(fixed(7, per_unit=True)) == 21
    assert granted(fixed(7, per_unit=True, lines={"skus": ["B"]})) == 14
    assert shares(fixed(10)) == [6, 4]
    assert shares(fixed(10, lines={"skus": ["B"]})) == [0, 10]
    assert shares(fixed(10, per_unit=True)) == [10, 20]
    free = Basket((Line("A", 0), Line("B", 0), Line("C", 0)), 0)
    assert shares(fixed(10), basket=free) == [10, 0, 0]
    assert shares(fixed(10, lines={"skus": ["B", "C"]}), basket=free) == [0, 10, 0]


def test_points_by_amount_are_in_the_currency_of_the_basket() -> None:
    assert granted(per_euro_cent()) == 10
    assert granted(per_euro_cent(currency="EUR")) == granted(per_euro_cent(), basket=None) == 0
    assert shares(per_euro_cent(), times("3", "B")) == [6, 12]
    assert shares(per_euro_cent(lines={"skus": ["B"]})) == [0, 4]


@pytest.mark.parametrize(
    ("said", "points"),
    [(5, 5), (1, 1), ("5", 5), (2.5, 2), (0, 0), (-3, 0), ("many", 0), (None, 0), (True, 0)],
)
def test_a_property_gives_its_number(said: object, points: int) -> None:
    effect = {"from_property": {"wallet": "POINTS", "path": "properties.amount.net"}}
    assert granted(effect, basket=None, amount={"net": said}) == points
    assert granted(effect, basket=None) == 0


def test_a_property_counts_by_its_factor_and_belongs_to_the_whole_order() -> None:
    effect = {"from_property": {"wallet": "POINTS", "path": "n", "factor": "2.5"}}
    assert granted(effect, basket=None, n=4) == 10
    assert shares(effect, times("2", includes_fixed=True), n=4) == [12, 8]


def test_what_is_deducted_is_below_nothing_and_is_not_multiplied() -> None:
    (verdict,) = judged(
        version(1, {"deduct": {"wallet": "POINTS", "points": 10}}, times("3", includes_fixed=True))
    )
    assert (verdict.desired, verdict.granted, verdict.outcome) == (
        {"POINTS": -10},
        {"POINTS": -10},
        "AWARDED",
    )
    assert verdict.claim is not None
    assert verdict.claim.lines("POINTS") == [-6, -4]
    assert verdict.lines() == {"POINTS": [-6, -4]}
    assert granted({"deduct": {"wallet": "POINTS", "points": 3}}, basket=None) == -3


def test_fixed_points_are_multiplied_only_by_what_includes_them_and_fits_a_line() -> None:
    assert granted(fixed(10), times("3")) == 10
    assert granted(fixed(10), times("3", includes_fixed=True)) == 30
    assert granted(fixed(10), times("3", "B", includes_fixed=True)) == 30
    assert granted(fixed(10, lines={"skus": ["A"]}), times("3", "B", includes_fixed=True)) == 10
    assert granted(fixed(10), times("3", "A", includes_fixed=True), basket=None) == 10
    assert granted(fixed(10), times("3", includes_fixed=True), basket=None) == 30
    assert granted(fixed(10), times("3", includes_fixed=True), times("2", "A", includes_fixed=True)) == 60
    assert shares(fixed(10), times("3", includes_fixed=True)) == [18, 12]
    assert granted(fixed(1, per_unit=True), times("3", "B", includes_fixed=True), times("9", "B")) == 7


def test_the_multipliers_that_counted_are_named() -> None:
    own = version(1, per_euro_cent(), times("2", "A"), times("1.5", "X"))
    other = version(2, times("0.5", "B"))
    unused = version(3, times("4", "X"))
    (found, used, nothing) = judged(own, other, unused)
    assert found.multipliers == [{"rule": "R1", "factor": "2"}, {"rule": "R2", "factor": "0.5"}]
    assert found.granted == {"POINTS": 6 * 2 + 2}
    assert (used.outcome, used.is_multiplying, used.is_counted, used.reasons) == ("AWARDED", True, False, [])
    assert (nothing.outcome, nothing.is_multiplying) == ("REFUSED", False)
    assert nothing.reasons == [{"code": "NOTHING_TO_EARN"}]
    assert judged(version(1, fixed(5), times("10", includes_fixed=True)))[0].multipliers == [
        {"rule": "R1", "factor": "10"}
    ]
    assert judged(version(1, fixed(5)))[0].multipliers == []
    assert judged(version(1, per_euro_cent(lines={"skus": ["X"]}), times("2")))[0].multipliers == []
    assert (
        judged(version(1, fixed(5, lines={"skus": ["X"]}), times("2", includes_fixed=True)))[0].multipliers
        == []
    )
    pieces = fixed(1, per_unit=True)
    assert judged(version(1, pieces, times("9"), times("3", includes_fixed=True)))[0].multipliers == [
        {"rule": "R1", "factor": "3"}
    ]
    little = Basket((Line("A", 50), Line("B", 150)), 200)
    (found,) = judged(version(1, per_euro_cent(), times("4", "A"), times("2", "B")), basket=little)
    assert (found.granted, found.multipliers) == ({"POINTS": 3}, [{"rule": "R1", "factor": "2"}])
    (empty, idle) = judged(
        version(1, per_euro_cent(), times("2", "A")), version(2, times("2", "A")), basket=None
    )
    assert (empty.reasons, idle.reasons) == ([{"code": "NOTHING_TO_EARN"}],) * 2


def test_of_multipliers_that_stand_alone_the_highest_counts_then_that_of_the_first_rule() -> None:
    def points(*more: Version) -> int:
        return judged(version(0, fixed(1)), version(1, per_euro_cent()), *more)[1].granted["POINTS"]

    low = version(2, times("2", is_stackable=False))
    high = version(3, times("3", is_stackable=False, priority=5))
    assert points(low, high) == points(high, low) == 30
    rank = {n: version(n, times(str(n), is_stackable=False), priority=9 if n == 5 else 0) for n in (4, 5)}
    assert points(rank[4], rank[5]) == points(rank[5], rank[4]) == 50
    whole = version(6, times("6"), is_stackable=False, priority=-1)
    assert points(whole, version(7, times("7"))) == 60


def test_a_rule_that_only_multiplies_obeys_its_cap_on_times() -> None:
    basic, double = version(1, per_euro_cent()), version(2, times("2"))
    twice, counter = cap(measure="TIMES", limit=2), Counter(times=1)

    def found() -> Verdict:
        return judged(basic, double, caps=lambda v: [(twice, counter)] if v is double else [])[1]

    first = found()
    assert (first.is_multiplying, first.is_counted, counter.times) == (True, True, 2)
    second = found()
    assert (second.is_multiplying, second.is_counted, counter.times) == (False, False, 2)
    assert second.reasons == [{"code": "CAP_REACHED", "limit": 2, "per": "MEMBER", "window": "DAY"}]
    both = version(3, fixed(5), times("2"))
    assert judged(both, caps=lambda v: [(twice, Counter(times=2))])[0].reasons == [capping.reached(twice)]


def test_a_decision_is_taken_out_of_its_counters_again() -> None:
    gross, often, net = Counter(3, 20), Counter(3, 20), Counter(3, 25, 40)
    caps = [(cap(), gross), (cap(measure="TIMES"), often), (cap(mode="NET"), net)]
    capping.uncount(caps, {"POINTS": 8}, {"POINTS": 12}, {"POINTS": 7})
    assert (gross, often, net) == (Counter(2, 12), Counter(2, 20), Counter(2, 18, 28))
    few = Counter(0, 3)
    capping.uncount([(cap(), few)], {"POINTS": 8}, {}, {})
    assert few == Counter(0, 0)
    capping.uncount([(cap(), gross)], {"POINTS": -8}, {}, {})
    assert gross == Counter(1, 12)
    capping.uncount([(cap(), gross)], {}, {}, {})
    assert gross == Counter(0, 12)
    net = Counter(1, 5, 5)
    capping.uncount([(cap(mode="NET"), net)], {}, {}, {})
    assert net == Counter(0, 5, 5)
    once = Counter(4)
    capping.count_once([(cap(), once), (cap(), once)])
    assert once.times == 6


def test_under_a_net_cap_counters_move_once_and_only_by_what_is_posted() -> None:
    counter = Counter(1, 20, 20)
    reasons: list[dict[str, Any]] = []
    assert capping.under([(cap(mode="NET"), counter)], {"POINTS": 10}, reasons) == {"POINTS": 5}
    assert (counter, reasons) == (Counter(2, 25, 30), [capping.reached(cap())])
    assert capping.under([(cap(mode="NET"), counter)], {"POINTS": 1}, []) == {}
    assert counter == Counter(3, 25, 31)


@pytest.mark.parametrize(
    ("hours", "at", "is_open"),
    [
        ([], "2026-11-22T03:00", True),
        ([("09:00", "12:00", None)], "2026-11-22T00:59", False),  # 08:59 in Shanghai
        ([("09:00", "12:00", None)], "2026-11-22T01:00", True),
        ([("09:00", "12:00", None)], "2026-11-22T03:59", True),
        ([("09:00", "12:00", None)], "2026-11-22T04:00", False),
        ([("09:00", "12:00", None)], "2026-11-23T02:00", True),  # a Monday
        ([("09:00", "12:00", [6])], "2026-11-22T02:00", False),  # a Sunday
        ([("09:00", "12:00", [6, 7])], "2026-11-22T02:00", True),
        ([("09:00", "12:00", [6]), ("10:00", "11:00", [7])], "2026-11-22T02:30", True),
        ([("22:00", "02:00", None)], "2026-11-22T14:00", True),
        ([("22:00", "02:00", None)], "2026-11-22T13:59", False),
        ([("22:00", "02:00", None)], "2026-11-22T17:59", True),
        ([("22:00", "02:00", None)], "2026-11-22T18:00", False),
        ([("22:00", "02:00", [7])], "2026-11-22T14:30", True),
        ([("22:00", "02:00", [6])], "2026-11-22T14:30", False),
        ([("22:00", "02:00", [7])], "2026-11-22T17:30", True),  # Monday in Shanghai, of Sunday's night
        ([("22:00", "02:00", [1])], "2026-11-22T17:30", False),
        ([("22:00", "02:00", [6])], "2026-11-21T17:30", True),  # Sunday, of Saturday's night
        ([("22:00", "02:00", [7])], "2026-11-21T17:30", False),
        ([("22:00", "02:00", [5])], "2026-11-20T17:30", True),
        ([("00:00", "00:00", [7])], "2026-11-22T02:00", True),
    ],
)
def test_hours_are_local_and_those_over_midnight_belong_to_the_day_they_begin(
    hours: list[tuple], at: str, is_open: bool
) -> None:
    said = [{"from": since, "to": until, "days": days} for since, until, days in hours]
    one = version(1, fixed(1), hours=said)
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert rules.is_open(one, moment) is is_open
    reasons = rules.matched(one, replace(fact(), occurred_at=moment), None, Seen())
    assert reasons == ([] if is_open else [{"code": "OUTSIDE_HOURS", "hours": said}])


def test_why_a_rule_is_not_about_a_fact_is_told_in_full() -> None:
    condition = {"property": {"path": "properties.n", "op": "GTE", "value": 5}}
    one = version(1, fixed(1), condition=condition, hours=[{"from": "00:00", "to": "00:01"}], zone="UTC")
    of = replace(fact(), occurred_at=datetime(2026, 11, 22, 5, tzinfo=UTC), properties={"n": 4})
    assert [each["code"] for each in rules.matched(one, of, None, Seen())][1:] == ["OUTSIDE_HOURS"]
    assert len(rules.matched(one, replace(of, properties={"n": 5}), None, Seen())) == 1
    basket = version(1, fixed(1), condition={"basketAtLeast": {"minor_units": 1_000, "currency": "CNY"}})
    assert rules.matched(basket, of, BASKET, Seen()) == []
    assert len(rules.matched(basket, of, None, Seen())) == 1
    tag = version(1, fixed(1), condition={"hasTag": "vip"})
    assert rules.matched(tag, of, None, Seen(tags=frozenset({"vip"}))) == []


@pytest.mark.parametrize(
    ("kind", "depth", "means"),
    [("app.bought", 9, True), ("app.sold", 0, False), ("points.entry.earned", 3, True), ("points.entry.earned", 4, False)],
)  # fmt: skip
def test_a_rule_listens_to_its_kinds_and_to_points_only_so_deep(kind: str, depth: int, means: bool) -> None:
    one = version(1, fixed(1), kinds=["app.bought", "points.entry.earned"])
    assert rules.means(one, replace(fact(), kind=kind, depth=depth)) is means


def test_what_gives_nothing_does_not_wait_and_each_rule_has_its_own_caps() -> None:
    one, two = version(1, fixed(5)), version(2, fixed(1))
    caps = {one.id: [(cap(), Counter(9, 25))], two.id: []}
    found = rules.verdicts(
        [one, two],
        fact(),
        None,
        refused={},
        caps=lambda v: caps[v.id],
        is_suspicious=lambda v: {"code": v.code},
    )
    assert (found[one.id].is_held, found[two.id].is_held) == (False, True)
    assert found[one.id].reasons == [capping.reached(cap())]
    assert found[two.id].reasons == [{"code": "R2"}]
    counter = Counter()
    assert judged(
        version(1, {"deduct": {"wallet": "POINTS", "points": 5}}), caps=lambda v: [(cap(), counter)]
    )[0].granted == {"POINTS": -5}
    assert counter == Counter(1, 0)


def test_what_looks_odd_waits_and_what_is_too_large_is_refused() -> None:
    one = version(1, fixed(5))

    def found(points: int, reason: dict[str, Any] | None) -> Verdict:
        each = (
            version(1, fixed(points))
            if points > 0
            else version(1, {"deduct": {"wallet": "POINTS", "points": 5}})
        )
        return rules.verdicts(
            [each], fact(), None, refused={}, caps=lambda v: [], is_suspicious=lambda v: reason
        )[one.id]

    assert (found(5, None).is_held, found(5, None).reasons) == (False, [])
    assert (found(5, {"code": "ODD"}).is_held, found(5, {"code": "ODD"}).reasons) == (True, [{"code": "ODD"}])
    assert found(-5, {"code": "ODD"}).is_held is False
    most = rules.MOST
    assert found(most, None).granted == {"POINTS": most}
    large = found(most + 1, {"code": "ODD"})
    assert (large.desired, large.granted, large.reasons, large.outcome) == (
        {},
        {},
        [{"code": "TOO_LARGE"}],
        "REFUSED",
    )
    assert (large.is_held, large.is_counted) == (False, False)


def test_under_a_net_cap_a_fact_counts_though_nothing_is_left_for_it() -> None:
    counted = judged(version(1, fixed(5)), caps=lambda v: [(cap(mode="NET"), Counter(9, 25, 25))])[0]
    assert (counted.granted, counted.is_counted, counted.desired) == ({}, True, {"POINTS": 5})
    cut = judged(version(1, fixed(5)), caps=lambda v: [(cap(), Counter(9, 22))])[0]
    assert (cut.granted, cut.outcome, cut.is_counted) == ({"POINTS": 3}, "CUT", True)
    full = judged(version(1, fixed(5)), caps=lambda v: [(cap(), Counter(9, 25))])[0]
    assert (full.granted, full.outcome, full.is_counted) == ({}, "REFUSED", False)


def test_texts_keep_the_zeros_of_whole_numbers() -> None:
    found = [arithmetic.text(Fraction(n)) for n in ("10", "-1200", "1/1000", "-0.05", "0.1")]
    assert found == ["10", "-1200", "0.001", "-0.05", "0.1"]


def test_the_subject_is_a_property_too_unless_the_properties_name_one() -> None:
    of = replace(fact(), subject_kind="POST", subject_id="7", properties={"author": {"id": 3}})
    paths = ("author.id", "properties.author.id", "subject.kind", "subject.id", "author.name", "subject.name")
    assert [arithmetic.property_of(of, path) for path in paths] == [
        3, 3, "POST", "7", arithmetic.MISSING, arithmetic.MISSING,
    ]  # fmt: skip
    own = replace(of, properties={"subject": {"kind": "CAR"}})
    assert [arithmetic.property_of(own, path) for path in ("subject.kind", "subject.id")] == ["CAR", "7"]
    bare = replace(of, subject_kind=None, subject_id=None)
    assert (
        arithmetic.property_of(bare, "subject.kind")
        is arithmetic.property_of(bare, "subject.id")
        is arithmetic.MISSING
    )
