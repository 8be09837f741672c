"""What was bought, as an interaction tells it, and how much of each line was paid in cash. Pure.

The facts `points.purchase.recorded` and `commerce.order.paid` carry ``lines`` (sku, labels, kind, quantity, amount of
the whole line), ``cash_paid``, ``points_paid`` and ``currency``; the names may be in snake_case or camelCase. Money is
``{"minor_units", "currency"}``, ``{"amount": "12.00", "currency"}``, or a bare whole number of minor units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from domain.conditions import number

CURRENCY = "CNY"
GOODS, DELIVERY = "GOODS", "DELIVERY"
KINDS = (GOODS, DELIVERY)
#: The kinds of facts that tell of an order that was paid: recorded here, or reported by a source that sells.
TOLD_BY = frozenset({"points.purchase.recorded", "commerce.order.paid"})
#: Digits after the point (ISO 4217) of the currencies that do not have two.
_DIGITS = {
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0),
}
_MOST = 10**15


@dataclass(frozen=True)
class Line:
    """One line of a basket; ``amount`` is the whole line's after discount, in minor units. Labels are ``key:value``."""

    sku: str
    amount: int
    labels: frozenset[str] = frozenset()
    kind: str = GOODS
    quantity: int = 1
    currency: str = CURRENCY


@dataclass(frozen=True)
class Basket:
    """Lines and how they were paid: ``cash`` in minor units, ``points`` by wallet as the caller says them."""

    lines: tuple[Line, ...]
    cash: int
    currency: str = CURRENCY
    points: Any = None

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)


def digits(currency: str) -> int:
    """How many digits a currency has after the point."""
    return _DIGITS.get(currency, 2)


def read(properties: dict[str, Any]) -> Basket | None:
    """The basket that a fact tells of; None when it tells of none, or of none that makes sense.

    Without lines, what was paid (``cash_paid``, else ``amount``) is one line of goods without a name; without a cash
    amount, all of the lines was paid in cash.
    """
    currency = _text(properties.get("currency")) or CURRENCY
    lines = _lines(properties.get("lines") or [], currency)
    if lines is None:
        return None
    named = _first(properties, "cash_paid", "cashPaid", *([] if lines else ["amount"]))
    paid_in = (_text(named.get("currency")) if isinstance(named, dict) else None) or currency
    cash = money(named, paid_in)
    if any(line.currency != (paid_in if named is not None else lines[0].currency) for line in lines):
        return None
    if cash is None and (named is not None or not lines):
        return None
    bought = lines or (Line("", cash or 0, currency=paid_in),)
    paid = sum(line.amount for line in bought) if cash is None else cash
    return Basket(bought, paid, bought[0].currency, _first(properties, "points_paid", "pointsPaid"))


def written(basket: Basket) -> dict[str, Any]:
    """The same as properties of a fact, which :func:`read` reads again."""
    lines = [
        {
            "sku": line.sku,
            "labels": sorted(line.labels),
            "kind": line.kind,
            "quantity": line.quantity,
            "amount": {"minor_units": line.amount, "currency": line.currency},
        }
        for line in basket.lines
    ]
    cash = {"minor_units": basket.cash, "currency": basket.currency}
    return {"lines": lines, "cash_paid": cash, "points_paid": basket.points, "currency": basket.currency}


def money(value: Any, currency: str = CURRENCY) -> int | None:
    """An amount of money in minor units, or None: what is no amount, below 0, or finer than its currency."""
    if isinstance(value, dict):
        whole = _first(value, "minor_units", "minorUnits")
        if whole is not None:
            return _whole(number(whole))
        found = number(value.get("amount"))
        scale = digits(_text(value.get("currency")) or currency)
        return None if found is None else _whole(found.scaleb(scale))
    return _whole(number(value)) if not isinstance(value, str) else None


def shared(amount: int, weights: Sequence[int | Fraction]) -> list[int]:
    """A whole amount shared by weights: the largest remainders get what is left over, the first of equals first.

    Nothing has weight: the first gets all of it (no share at all without shares). A negative amount is shared likewise.
    """
    if not weights:
        return []
    total = sum(weights)
    if not total:
        return [amount, *[0] * (len(weights) - 1)]
    sign = -1 if amount < 0 else 1
    exact = [Fraction(abs(amount)) * weight / total for weight in weights]
    parts = [share.numerator // share.denominator for share in exact]
    order = sorted(range(len(weights)), key=lambda n: (parts[n] - exact[n], n))
    for n in order[: abs(amount) - sum(parts)]:
        parts[n] += 1
    return [sign * part for part in parts]


def really(lines: dict[str, list[int]], waived: Mapping[str, int]) -> dict[str, list[int]]:
    """What a deduction really took for each line, by wallet, where some of it was waived."""
    taken = {w: shared(min(0, sum(of) + waived.get(w, 0)), [abs(n) for n in of]) for w, of in lines.items()}
    return {w: taken[w] if sum(of) < 0 else of for w, of in lines.items()}


def cash_of_lines(basket: Basket) -> list[int]:
    """What of each line was paid in cash: what was not (points, a discount on the order) is shared by amount."""
    amounts = [line.amount for line in basket.lines]
    rest = max(0, basket.total - basket.cash)
    return [amount - part for amount, part in zip(amounts, shared(rest, amounts), strict=True)]


def _lines(said: Any, currency: str) -> tuple[Line, ...] | None:
    """The lines, or None when one of them is none."""
    if not isinstance(said, list):
        return None
    lines = [_line(each, currency) for each in said]
    return None if None in lines else tuple(line for line in lines if line is not None)


def _line(said: Any, currency: str) -> Line | None:
    if not isinstance(said, dict):
        return None
    own = said.get("amount")
    named = own.get("currency") if isinstance(own, dict) else None
    amount = money(own, currency)
    kind = said.get("kind") or GOODS
    quantity = _whole(number(said.get("quantity", 1)))
    labels = [_label(label) for label in said.get("labels") or []]
    if amount is None or kind not in KINDS or not quantity or None in labels:
        return None
    return Line(
        str(said.get("sku") or ""), amount, frozenset(label for label in labels if label), kind, quantity,
        _text(named) or currency,
    )  # fmt: skip


def _label(said: Any) -> str | None:
    if isinstance(said, dict) and said.get("key"):
        return f"{said['key']}:{said.get('value', '')}"
    return _text(said)


def _whole(value: Decimal | None) -> int | None:
    if value is None or value != value.to_integral_value() or not 0 <= value <= _MOST:
        return None
    return int(value)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _first(said: dict[str, Any], *names: str) -> Any:
    return next((said[name] for name in names if said.get(name) is not None), None)
