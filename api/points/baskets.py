"""Inputs that say what was bought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

import strawberry

from api.fields import enum, field
from api.money import MoneyInput
from domain.errors import InvalidInput, Problem
from domain.points import baskets
from domain.points.baskets import Basket, Line

MOST_LINES = 500

LineKind = enum(
    Enum("LineKind", {each: each for each in baskets.KINDS}),  # type: ignore[misc]
    "What a line of an order is.",
    GOODS="Something bought.",
    DELIVERY="Its delivery.",
)


@strawberry.input(description="A label of a line or a sku, such as color: red.")
class LabelInput:
    key: str = field("What it is about.")
    value: str = field("What it says.", default="")


@strawberry.input(description="A line of an order.")
class LineInput:
    sku: str = field("The article's number.")
    labels: list[LabelInput] = field("Its labels.", default_factory=list)
    kind: LineKind = field("What it is.", default=LineKind.GOODS)  # type: ignore[valid-type]
    quantity: int = field("How many pieces.", default=1)
    amount: MoneyInput = field("What the whole line costs, after discounts.")


def basket(lines: Sequence[LineInput], cash: MoneyInput | None, *, path: str = "") -> Basket:
    """The basket that an input says; what cannot be is InvalidInput with its path. Without cash, all was paid so."""
    found = list(_problems(lines, cash, path))
    if found:
        raise InvalidInput(found)
    bought = tuple(
        Line(
            line.sku, line.amount.minor_units, frozenset(label_text(label) for label in line.labels),
            line.kind.value, line.quantity, line.amount.currency,
        )
        for line in lines
    )  # fmt: skip
    currency = cash.currency if cash else bought[0].currency
    paid = cash.minor_units if cash else sum(line.amount for line in bought)
    return Basket(bought or (Line("", paid, currency=currency),), paid, currency)


def label_text(label: LabelInput) -> str:
    """A label as lines and filters keep it."""
    return f"{label.key}:{label.value}"


def _problems(lines: Sequence[LineInput], cash: MoneyInput | None, path: str) -> Iterator[Problem]:
    if not lines and cash is None:
        yield Problem(f"{path}lines", "Name the lines, or what was paid.")
    if len(lines) > MOST_LINES:
        yield Problem(f"{path}lines", f"Use at most {MOST_LINES} lines.")
    currency = cash.currency if cash else next((line.amount.currency for line in lines), "")
    if cash is not None and cash.minor_units < 0:
        yield Problem(f"{path}cashPaid.minorUnits", "Use an amount of at least 0.")
    for number, line in enumerate(lines):
        at = f"{path}lines.{number}"
        if not line.sku.strip():
            yield Problem(f"{at}.sku", "Name the article.")
        if line.quantity < 1:
            yield Problem(f"{at}.quantity", "Use at least 1.")
        if line.amount.minor_units < 0:
            yield Problem(f"{at}.amount.minorUnits", "Use an amount of at least 0.")
        if line.amount.currency != currency:
            yield Problem(f"{at}.amount.currency", "Use one currency for the whole order.")
        for place, label in enumerate(line.labels):
            if not label.key:
                yield Problem(f"{at}.labels.{place}.key", "Name the label.")
