"""Orders and the rules by which they earn, for the tests of purchases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import balances, earn_rules, ledger, purchases
from domain.points.baskets import Basket, Line
from domain.points.ledger import Cause
from domain.points.purchase_rules import Order
from domain.points.purchases import Recorded
from tests import make

SINCE = datetime(1990, 1, 1, tzinfo=UTC)
KIND = "points.purchase.recorded"


async def rule(points: int = 150, wallet: str = "POINTS", **said: Any) -> UUID:
    """A published rule: each purchase earns so many points; answers its version."""
    definition = {
        "code": f"rule-{ids.new()}", "kinds": [KIND], "effects": [{"fixed": {"wallet": wallet, "points": points}}],
        "zone": "UTC", **said,
    }  # fmt: skip
    made = await earn_rules.draft(SYSTEM, definition, title="A purchase")
    await earn_rules.submit(SYSTEM, made.id)
    await earn_rules.put_in_force(made.id, SINCE)
    return made.id


def order(*amounts: int, name: str = "o-1", cash: int | None = None, **more: Any) -> Order:
    """An order of lines sku-0, sku-1 ... with these amounts."""
    lines = tuple(Line(f"sku-{n}", amount) for n, amount in enumerate(amounts or (10_000,)))
    basket = Basket(lines, sum(each.amount for each in lines) if cash is None else cash)
    return Order(name, more.pop("paid_at", clock.now()), basket, **more)


async def buy(member: UUID, *amounts: int, **more: Any) -> Recorded:
    return await purchases.record(make.staff("operator"), member, order(*amounts, **more))


async def give(member: UUID, amount: int, **more: Any) -> UUID | None:
    posted = await ledger.earn(SYSTEM, member, "POINTS", amount, Cause("TEST", ids.new()), **more)
    return posted.journal


async def parts(member: UUID) -> tuple[int, int, int, int]:
    found = await balances.of_wallet(member, "POINTS")
    assert found is not None
    return found.pending, found.available, found.held, found.debt


async def open_lots() -> list[tuple[int, int, str]]:
    """All lots that still have something, by what they were."""
    rows = await db.fetch(
        "SELECT original, remaining, state FROM points.lot WHERE remaining > 0 ORDER BY original"
    )
    return [tuple(row) for row in rows]
