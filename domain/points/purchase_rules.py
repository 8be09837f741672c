"""What is decided about purchases and their refunds without looking anywhere. Pure; money and points in minor units."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.conditions import number
from domain.errors import Problem
from domain.points import baskets
from domain.points.baskets import Basket

LONGEST_ID = 200
MOST_LINES = 500
_sorted = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True)
class Order:
    """An order that was paid: what was bought, and what of it was paid in cash and with ``points`` (of ``wallet``)."""

    external_id: str
    paid_at: datetime
    basket: Basket
    points: int = 0
    wallet: str = "POINTS"
    hold: UUID | None = None
    from_household: bool = False  # the points that the member lacks are the household's

    def digest(self) -> str:
        """What two orders must share to be the same one."""
        body = [
            self.paid_at.timestamp(), baskets.written(self.basket), self.points, self.wallet if self.points else "",
            str(self.hold),
        ]  # fmt: skip
        if self.from_household:
            body.append("household")
        return hashlib.sha256(_sorted.encode(body)).hexdigest()


@dataclass(frozen=True)
class Bought:
    """A purchase as its refunds see it: the amounts of its lines, and what of them was refunded."""

    amounts: list[int]
    refunded: list[int]

    @property
    def left(self) -> list[int]:
        return [amount - back for amount, back in zip(self.amounts, self.refunded, strict=True)]

    def with_more(self, more: Sequence[int]) -> Bought:
        return Bought(self.amounts, [back + n for back, n in zip(self.refunded, more, strict=True)])


def problems(order: Order) -> list[Problem]:
    """Everything wrong with an order; paths are those of ``RecordPurchaseInput``."""
    found = []
    basket = order.basket
    if not 1 <= len(order.external_id.strip()) <= LONGEST_ID:
        found.append(Problem("externalId", f"Use 1 to {LONGEST_ID} characters."))
    if len(basket.lines) > MOST_LINES:
        found.append(Problem("lines", f"Use at most {MOST_LINES} lines."))
    if basket.cash > basket.total:
        found.append(Problem("cashPaid", "More was paid in cash than the lines cost."))
    if not (len(basket.currency) == 3 and basket.currency.isascii() and basket.currency.isalpha()):
        found.append(Problem("cashPaid.currency", "Use a currency of ISO 4217, such as CNY."))
    if order.points < 0:
        found.append(Problem("pointsPaid", "Use 0 or more."))
    if order.from_household and order.hold:
        found.append(Problem("fromHousehold", "What is held is the member's own."))
    return found


def spread(amount: int, bought: Bought) -> list[int]:
    """An amount of the whole order, shared over what is left of its lines (largest remainder)."""
    return baskets.shared(amount, bought.left)


def picked(
    said: Sequence[tuple[str, int]], skus: Sequence[str], bought: Bought
) -> tuple[list[int], list[Problem]]:
    """Amounts by sku as amounts by line: lines of the same sku are filled one after another."""
    left, found, wrong = bought.left, [0] * len(skus), []
    for place, (sku, amount) in enumerate(said):
        fitting = [n for n, each in enumerate(skus) if each == sku]
        if not fitting:
            wrong.append(Problem(f"lines.{place}.sku", f"The order has no line {sku}."))
        elif not 0 <= amount <= sum(left[n] for n in fitting):
            wrong.append(Problem(f"lines.{place}.amount", "Use 0 to what is left of this line."))
        else:
            for n in fitting:
                part = min(left[n], amount)
                found[n] += part
                left[n] -= part
                amount -= part
    return found, wrong


def targets(earned: Mapping[str, Sequence[int]], bought: Bought, *, by_line: bool) -> dict[str, int]:
    """How much of what each line earned, by wallet, has to be back after all refunds so far.

    By line it is ``floor(earned_line * refunded_line / amount_line)``; while no refund named lines, the same of the whole
    order. When all of the order is refunded, it is all that was earned, however it was split.
    """
    total, back = sum(bought.amounts), sum(bought.refunded)
    if back == total:
        return {wallet: sum(lines) for wallet, lines in earned.items()}
    if not by_line:
        return {wallet: sum(lines) * back // total for wallet, lines in earned.items()}
    return {
        wallet: sum(
            points * part // amount
            for points, part, amount in zip(lines, bought.refunded, bought.amounts, strict=True)
            if amount
        )
        for wallet, lines in earned.items()
    }


def returning(points_paid: int, bought: Bought) -> int:
    """How many of the points paid have to be back after all refunds so far: the same part as of the order."""
    total, back = sum(bought.amounts), sum(bought.refunded)
    return points_paid if back == total else points_paid * back // total


def by_lines(granted: int, said: Sequence[int] | None, amounts: Sequence[int]) -> list[int]:
    """What each line earned of an award: as the award says, else by the amounts of the lines (largest remainder)."""
    is_whole = said is not None and len(said) == len(amounts) and sum(said) == granted
    if said is not None and is_whole and all(points * granted >= 0 for points in said):
        return list(said)
    return baskets.shared(granted, amounts)


def reported_order(properties: Mapping[str, Any], at: datetime) -> Order | None:
    """The order that a reported ``commerce.order.paid`` tells of; None when it tells of none that makes sense."""
    basket = baskets.read(dict(properties))
    external_id = named(properties)
    points = _points(basket.points) if basket else None
    if basket is None or external_id is None or points is None:
        return None
    wallet = str(_first(properties, "points_wallet", "pointsWallet") or "POINTS")
    hold = _first(properties, "hold_id", "holdId")
    try:
        found = Order(external_id, at, basket, 0, wallet, UUID(str(hold)) if hold else None)
    except ValueError:
        return None
    return None if problems(found) else found


def points_of(properties: Mapping[str, Any]) -> Decimal:
    """The points paid, as a decimal, of an order that :func:`reported_order` could read."""
    return _points(_first(properties, "points_paid", "pointsPaid")) or Decimal(0)


def named(properties: Mapping[str, Any]) -> str | None:
    """The id of the order that a reported fact is about."""
    found = _first(properties, "external_id", "externalId", "order_id", "orderId")
    return str(found).strip()[:LONGEST_ID] or None if found is not None else None


def reported_refund(
    properties: Mapping[str, Any],
) -> tuple[str, list[tuple[str, int]] | None, int | None] | None:
    """(refund id, amounts by sku or None, amount or None) of a reported ``commerce.order.refunded``, or None."""
    refund_id = _first(properties, "refund_id", "refundId")
    if named(properties) is None or refund_id is None or not 1 <= len(str(refund_id).strip()) <= LONGEST_ID:
        return None
    said, whole = properties.get("lines"), properties.get("amount")
    amount = None if whole is None else baskets.money(whole)
    if (whole is not None and amount is None) or not isinstance(said or [], list):
        return None
    lines = [
        (str(each.get("sku") or ""), baskets.money(each.get("amount")))
        if isinstance(each, dict)
        else ("", None)
        for each in said or []
    ]
    if any(money is None for _, money in lines):
        return None
    given = [(sku, money) for sku, money in lines if money is not None]
    return str(refund_id).strip(), given or None, amount


def wrong_report(kind: str, properties: Mapping[str, Any], at: datetime) -> str | None:
    """Where a reported fact of commerce is wrong, or None."""
    if named(properties) is None:
        return "properties.externalId"
    if kind.endswith(".refunded"):
        return None if reported_refund(properties) else "properties.refundId"
    return None if reported_order(properties, at) else "properties.lines"


def _points(said: Any) -> Decimal | None:
    found = Decimal(0) if said is None else number(said)
    return found if found is not None and found.is_finite() and found >= 0 else None


def _first(said: Mapping[str, Any], *names: str) -> Any:
    return next((said[name] for name in names if said.get(name) is not None), None)
