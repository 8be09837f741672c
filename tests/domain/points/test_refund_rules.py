"""The arithmetic of refunds: whatever the split, the whole comes back once."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.points import purchase_rules
from domain.points.purchase_rules import Bought

AMOUNTS = st.lists(st.integers(0, 500), min_size=1, max_size=6)


@given(AMOUNTS, st.integers(0, 1_000), st.integers(0, 700), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_any_split_of_refunds_adds_up_to_the_whole_once(
    amounts: list[int], points: int, paid: int, dice: random.Random
) -> None:
    earned = {"POINTS": purchase_rules.by_lines(points, None, amounts)}
    bought, taken, back, by_line = Bought(amounts, [0] * len(amounts)), 0, 0, False
    while sum(bought.left):
        if dice.random() < 0.5:
            by_line = True
            n = dice.choice([n for n, left in enumerate(bought.left) if left])
            more, wrong = purchase_rules.picked(
                [(f"sku-{n}", dice.randint(1, bought.left[n]))],
                [f"sku-{n}" for n in range(len(amounts))],
                bought,
            )
            assert wrong == []
        else:
            more = purchase_rules.spread(dice.randint(1, sum(bought.left)), bought)
        bought = bought.with_more(more)
        assert all(0 <= part <= whole for part, whole in zip(bought.refunded, amounts, strict=True))
        taken += max(0, purchase_rules.targets(earned, bought, by_line=by_line)["POINTS"] - taken)
        back += max(0, purchase_rules.returning(paid, bought) - back)
        assert taken <= points
        assert back <= paid
        if by_line is False:
            assert taken == points * sum(bought.refunded) // sum(amounts)
    if sum(amounts):
        assert (taken, back) == (points, paid)


def test_lines_are_taken_back_by_the_floor_of_their_share() -> None:
    bought = Bought([100, 300], [50, 0])
    assert purchase_rules.targets({"POINTS": [7, 9]}, bought, by_line=True) == {"POINTS": 3}
    assert purchase_rules.targets({"POINTS": [7, 9]}, bought, by_line=False) == {"POINTS": 2}
    assert purchase_rules.by_lines(10, None, [1, 1, 1]) == [4, 3, 3]
    assert purchase_rules.by_lines(10, [10, 0, 0], [1, 1, 1]) == [10, 0, 0]
    assert purchase_rules.by_lines(10, [9, 0, 0], [1, 1, 1]) == [4, 3, 3]  # does not add up: shared by amount
