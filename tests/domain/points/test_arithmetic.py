"""The arithmetic of effects against a simple model of its own: line by line, in fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain import clock
from domain.foundation import ids
from domain.points import arithmetic, rules
from domain.points.baskets import Basket, Line, cash_of_lines
from domain.points.definitions import Version
from domain.profile.interactions import Fact

ROUND = {
    "FLOOR": math.floor,
    "CEIL": math.ceil,
    "HALF_UP": lambda x: math.floor(x * 2 + 1) // 2,
}
SKUS = "ABC"


def fact() -> Fact:
    now, member = clock.now(), ids.new()
    return Fact(
        ids.new(), "", member, member, "app.bought", "CAUSED", now, now, None, None, "MEMBER", member, None, None, None,
        {}, {}, None, 0, frozenset(),
    )  # fmt: skip


def version(number: int, *effects: dict[str, Any], **more: Any) -> Version:
    said = {"kinds": ["app.bought"], "effects": list(effects), **more}
    rule = ids.named("rule", number)
    row = {
        "id": ids.named("version", number),
        "rule": rule,
        "code": f"R{number}",
        "priority": more.get("priority", 0),
    }
    return Version.of({**row, "definition": said})


def earned(basket: Basket | None, *versions: Version) -> dict[str, int]:
    found = rules.verdicts(list(versions), fact(), basket, refused={}, caps=lambda v: [])
    return {v.code: found[v.id].granted.get("POINTS", 0) for v in versions}


lines = st.lists(
    st.builds(Line, st.sampled_from(SKUS), st.integers(0, 30_000), quantity=st.integers(1, 5)), max_size=6
)
baskets = st.builds(
    lambda bought, share: Basket(
        tuple(bought) or (Line("A", 0),), sum(line.amount for line in bought) * share // 100
    ),
    lines,
    st.integers(0, 100),
)
filters = st.none() | st.builds(
    lambda skus: {"skus": sorted(skus)}, st.sets(st.sampled_from(SKUS), min_size=1)
)
factors = st.integers(1, 400).map(lambda n: str(n / 100))
multipliers = st.lists(
    st.fixed_dictionaries(
        {
            "factor": factors,
            "lines": filters,
            "includes_fixed": st.booleans(),
            "is_stackable": st.sampled_from([True, True, True, False]),
            "priority": st.integers(0, 2),
        }
    ),
    max_size=3,
)
amounts = st.fixed_dictionaries(
    {
        "wallet": st.just("POINTS"),
        "points": st.integers(1, 9),
        "per": st.integers(1, 5_000).map(lambda n: {"minor_units": n, "currency": "CNY"}),
        "stepping": st.sampled_from(["WHOLE", "PROPORTIONAL"]),
        "lines": filters,
    }
)


def fits(line: Line, said: dict[str, Any] | None) -> bool:
    return said is None or line.sku in said["skus"]


def model(basket: Basket, amount: dict[str, Any], times: list[dict[str, Any]]) -> Fraction:
    """The page, word for word: groups of lines by the multipliers that match them."""
    groups: dict[frozenset[int], int] = {}
    total = 0
    for line, cash in zip(basket.lines, cash_of_lines(basket), strict=True):
        if not fits(line, amount["lines"]):
            continue
        total += cash
        matching = [n for n, one in enumerate(times) if fits(line, one["lines"])]
        alone = [n for n in matching if not times[n]["is_stackable"]]
        if alone:
            best = max(times[n]["priority"] for n in alone)
            matching = [min(n for n in alone if times[n]["priority"] == best)]
        groups[frozenset(matching)] = groups.get(frozenset(matching), 0) + cash

    def steps(basis: int) -> Fraction:
        exact = Fraction(basis, amount["per"]["minor_units"])
        return Fraction(exact.numerator // exact.denominator) if amount["stepping"] == "WHOLE" else exact

    points = steps(total) * amount["points"]
    for group, basis in groups.items():
        factor = Fraction(1)
        for n in group:
            factor *= Fraction(times[n]["factor"])
        points += steps(basis) * amount["points"] * (factor - 1)
    return points


@given(baskets, amounts, multipliers, st.sampled_from(sorted(ROUND)))
def test_points_by_amount_with_multipliers(
    basket: Basket, amount: dict, times: list[dict], rounding: str
) -> None:
    rule = version(1, {"per_amount": amount}, rounding=rounding)
    others = [version(n + 10, {"multiply": one}) for n, one in enumerate(times)]
    # Of equals the lowest id stands alone; the model counts in the order of the ids.
    others.sort(key=lambda v: v.rule)
    said = [times[int(v.code[1:]) - 10] for v in others]
    expected = ROUND[rounding](model(basket, amount, said))
    assert earned(basket, rule, *others)["R1"] == expected


@given(baskets, st.lists(amounts, min_size=1, max_size=4), st.sampled_from(sorted(ROUND)))
def test_the_sum_of_all_rules_is_rounded_once(basket: Basket, each: list[dict], rounding: str) -> None:
    of = [version(n, {"per_amount": amount}, rounding=rounding) for n, amount in enumerate(each)]
    exact = [model(basket, amount, []) for amount in each]
    found = earned(basket, *of)
    assert sum(found.values()) == ROUND[rounding](sum(exact, Fraction(0)))
    assert all(abs(found[v.code] - share) < 1 for v, share in zip(of, exact, strict=True))


@given(baskets, amounts, st.integers(1, 500), multipliers)
def test_what_the_lines_earned_adds_up(basket: Basket, amount: dict, points: int, times: list[dict]) -> None:
    effects = [
        {"per_amount": amount},
        {"fixed": {"wallet": "POINTS", "points": points, "per_unit": points % 2 == 0}},
    ]
    rule = version(1, *effects, *({"multiply": one} for one in times))
    verdict = rules.verdicts([rule], fact(), basket, refused={}, caps=lambda v: [])[rule.id]
    for wallet, granted in verdict.granted.items():
        shares = verdict.lines()[wallet]
        assert len(shares) == len(basket.lines)
        assert sum(shares) == granted


@given(baskets, st.permutations(range(4)))
def test_the_order_of_the_rules_does_not_matter(basket: Basket, order: list[int]) -> None:
    per = {"wallet": "POINTS", "points": 1, "per": {"minor_units": 100, "currency": "CNY"}}
    of = [
        version(0, {"per_amount": per}),
        version(1, {"per_amount": {**per, "stepping": "PROPORTIONAL"}}, rounding="CEIL"),
        version(2, {"multiply": {"factor": "1.5", "lines": {"skus": ["A"]}}}),
        version(3, {"fixed": {"wallet": "POINTS", "points": 7}}, priority=2),
    ]
    assert earned(basket, *of) == earned(basket, *(of[n] for n in order))


def test_texts_of_fractions() -> None:
    assert [arithmetic.text(Fraction(n)) for n in ("0", "7", "-1/2", "1/3", "12345.6789")] == [
        "0", "7", "-0.5", "0.333333333333", "12345.6789",
    ]  # fmt: skip
