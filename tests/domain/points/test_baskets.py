"""Baskets as facts tell of them, and what of each line was paid in cash."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.points import baskets
from domain.points.baskets import Basket, Line


def of(*amounts: int, cash: int | None = None) -> Basket:
    lines = tuple(Line(f"S{n}", amount) for n, amount in enumerate(amounts))
    return Basket(lines, sum(amounts) if cash is None else cash)


def test_a_basket_reads_in_either_notation() -> None:
    camel = baskets.read(
        {
            "lines": [
                {"sku": "123", "labels": [{"key": "color", "value": "red"}], "quantity": 2,
                 "amount": {"amount": "12.00", "currency": "CNY"}},
                {"sku": "0001", "kind": "DELIVERY", "amount": {"minorUnits": 4000, "currency": "CNY"}},
            ],
            "cashPaid": {"amount": "50", "currency": "CNY"},
            "pointsPaid": "200",
        }
    )  # fmt: skip
    assert camel == Basket(
        (Line("123", 1200, frozenset({"color:red"}), quantity=2), Line("0001", 4000, kind="DELIVERY")),
        5000,
        "CNY",
        "200",
    )
    assert baskets.read(baskets.written(camel)) == camel


def test_without_lines_what_was_paid_is_one_line() -> None:
    assert baskets.read({"amount": 1250}) == Basket((Line("", 1250),), 1250)
    assert baskets.read({"cash_paid": {"amount": "300", "currency": "JPY"}}) == Basket(
        (Line("", 300, currency="JPY"),), 300, "JPY"
    )


def test_without_a_cash_amount_all_was_paid_in_cash() -> None:
    found = baskets.read({"lines": [{"sku": "A", "amount": {"amount": "1.999", "currency": "KWD"}}]})
    assert found is not None
    assert (found.cash, found.currency) == (1999, "KWD")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"kind": "LIKE"},
        {"lines": "two"},
        {"lines": [{"sku": "A"}]},
        {"lines": [{"sku": "A", "amount": "12.00"}]},
        {"lines": [{"sku": "A", "amount": {"amount": "0.001", "currency": "CNY"}}]},
        {"lines": [{"sku": "A", "amount": 100, "quantity": 0}]},
        {"lines": [{"sku": "A", "amount": 100, "kind": "GIFT"}]},
        {"lines": [{"sku": "A", "amount": -100}]},
        {"lines": [{"sku": "A", "amount": 100, "labels": [{}]}]},
        {"lines": [{"sku": "A", "amount": {"amount": "1", "currency": "JPY"}}, {"sku": "B", "amount": 1}]},
        {"lines": [{"sku": "A", "amount": 100}], "cash_paid": {"amount": "1", "currency": "JPY"}},
        {"lines": [{"sku": "A", "amount": 100}], "cash_paid": "free"},
    ],
)
def test_what_makes_no_sense_is_no_basket(said: dict) -> None:
    assert baskets.read(said) is None


def test_what_was_not_paid_in_cash_is_shared_by_amount() -> None:
    assert baskets.cash_of_lines(of(1200, 10000, 4000)) == [1200, 10000, 4000]
    assert baskets.cash_of_lines(of(1200, 10000, 4000, cash=7600)) == [600, 5000, 2000]
    assert baskets.cash_of_lines(of(100, 100, 100, cash=200)) == [66, 67, 67]
    assert baskets.cash_of_lines(of(100, 0, cash=0)) == [0, 0]
    assert baskets.cash_of_lines(of(100, cash=130)) == [100]


def test_shares_without_weight_fall_to_the_first() -> None:
    assert baskets.shared(7, [0, 0]) == [7, 0]
    assert baskets.shared(7, []) == []
    assert baskets.shared(-7, [1, 1]) == [-4, -3]
    assert baskets.shared(1, [Fraction(1, 3), Fraction(2, 3)]) == [0, 1]


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_shares_add_up_and_stay_within_one_of_the_exact_share(amount: int, weights: list[int]) -> None:
    parts = baskets.shared(amount, weights)
    assert sum(parts) == amount
    if any(weights):
        assert all(
            abs(part - Fraction(amount * weight, sum(weights))) < 1
            for part, weight in zip(parts, weights, strict=True)
        )


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), st.integers(0, 10**7))
def test_the_cash_of_the_lines_is_the_cash_as_far_as_the_lines_go(amounts: list[int], cash: int) -> None:
    basket = of(*amounts, cash=cash)
    found = baskets.cash_of_lines(basket)
    assert sum(found) == min(cash, basket.total)
    assert all(0 <= part <= amount for part, amount in zip(found, amounts, strict=True))
