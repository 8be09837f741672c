"""Purchases: an order that was paid elsewhere is noted, its points are taken, and it earns, in one transaction.

Locks: the member's root, the accounts by id, then the order's row. An order is known by its source and external id; the
same one again answers what stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.points import balances, baskets, earning, holds, kinds, ledger, purchase_rules, reading
from domain.points.amounts import decimal
from domain.points.balances import Balance
from domain.points.errors import HoldNotOpen, ReferenceTaken
from domain.points.households import drawing
from domain.points.ledger import Cause
from domain.points.purchase_rules import Order
from domain.points.tables import HoldState
from domain.profile import interactions, members
from domain.profile.interactions import Fact

DEFAULT_SOURCE = "default"


@dataclass(frozen=True)
class Recorded:
    """What was posted for an order; ``purchase`` is None for a dry run."""

    purchase: UUID | None
    journals: list[UUID]
    decisions: list[db.Row]
    balances: list[Balance]


async def record(
    actor: Actor,
    member: UUID,
    order: Order,
    *,
    source: str = DEFAULT_SOURCE,
    fact: Fact | None = None,
    flags: Sequence[str] = (),
    is_dry: bool = False,
) -> Recorded:
    """Note an order, take the points that were paid for it (held before, or available now), and let it earn.

    ``fact`` is the reported interaction that tells of it. Refuses InvalidInput, ReferenceTaken (another order has this
    id), HoldNotOpen, HoldExceeded, InsufficientPoints, AccountFrozen, WalletNotSpendable, NotInHousehold and
    HouseholdLimitReached. A dry run changes nothing.
    """
    async with db.transaction():
        wrong = purchase_rules.problems(order)
        if wrong:
            raise InvalidInput(wrong)
        if order.paid_at > clock.now():
            raise InvalidInput.at("paidAt", "It was paid already: use a time that is not in the future.")
        if not is_dry:
            return await _record(actor, member, order, source, fact, flags)
        tried: list[Recorded] = []
        try:
            async with db.savepoint():
                tried.append(await _record(actor, member, order, source, fact, flags))
                raise _Undo
        except _Undo:
            return Recorded(None, [], tried[0].decisions, tried[0].balances)


class _Undo(Exception):
    """Ends a dry run."""


async def locked_root(member: UUID) -> UUID:
    """The member's root, locked; a merge that runs is waited for."""
    while True:
        root = await members.root_of(member)
        await db.run("SELECT FROM profile.member WHERE id = $1 FOR NO KEY UPDATE", root)
        if root == await members.root_of(member):
            return root


async def by_name(source: str, external_id: str) -> db.Row | None:
    """An order by the id that its source knows it by."""
    return await db.one(
        "SELECT * FROM points.purchase WHERE source = $1 AND external_id = $2", source, external_id.strip()
    )


async def stands(purchase: UUID) -> Recorded:
    """What is posted for an order by now."""
    row = await db.one("SELECT * FROM points.purchase WHERE id = $1", purchase)
    if row is None:
        raise NotFound()
    root = await members.root_of(row["member"])
    decisions = await reading.decisions(root, Page(100), interaction=row["interaction"])
    journals = [each["id"] for each in await awards(row["interaction"])]
    if row["spent"]:
        journals.insert(0, row["spent"])
    return Recorded(purchase, journals, decisions, await balances.of_member(root))


async def awards(interaction: UUID | None) -> list[db.Row]:
    """The postings by which a fact earned, the oldest first."""
    return await db.fetch(
        """SELECT id, facts FROM points.journal WHERE kind = 'EARN' AND source = 'INTERACTION' AND source_id = $1
        ORDER BY id""",
        str(interaction),
    )


async def listed(root: UUID, page: Page) -> list[db.Row]:
    """A person's purchases, the newest first; key of a page: (paid_at, id)."""
    at, last = page.after or (None, None)
    return await db.fetch(
        """SELECT p.* FROM points.purchase AS p WHERE p.member IN (SELECT id FROM profile.member WHERE root = $1)
        AND ($2::timestamptz IS NULL OR (p.paid_at, p.id) < ($2, $3::uuid)) ORDER BY p.paid_at DESC, p.id DESC LIMIT $4""",
        root, at, last, page.limit + 1,
    )  # fmt: skip


async def by_ids(purchases: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Purchases with their root, lines and refunds, in a fixed number of statements."""
    rows = await db.fetch(
        """SELECT p.*, m.root FROM points.purchase AS p JOIN profile.member AS m ON m.id = p.member
        WHERE p.id = ANY($1)""",
        list(purchases),
    )
    found = {row["id"]: {**dict(row), "lines": [], "refunds": []} for row in rows}
    for table, name, order in (
        ("purchase_line", "lines", "number"),
        ("purchase_refund", "refunds", "created_at"),
    ):
        for row in await db.fetch(
            f"SELECT * FROM points.{table} WHERE purchase = ANY($1) ORDER BY purchase, {order}, id",
            list(found),
        ):
            found[row["purchase"]][name].append(row)
    return found


def told(order: Order, source: str, scale: int) -> dict[str, Any]:
    """The properties of the fact that tells of an order."""
    paid = {order.wallet: str(decimal(order.points, scale))} if order.points else None
    basket = baskets.Basket(order.basket.lines, order.basket.cash, order.basket.currency, paid)
    return {**baskets.written(basket), "external_id": order.external_id.strip(), "source": source}


async def keep(order: Order, member: UUID, source: str) -> UUID | None:
    """Store an order with its lines, before anything is taken for it; None when its id is there already."""
    basket = order.basket
    made = await db.value(
        """INSERT INTO points.purchase (id, source, external_id, member, paid_at, currency, total, cash, points_wallet,
            points_paid, hold, body_hash, refunded, points_returned, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, $13)
        ON CONFLICT (source, external_id) DO NOTHING RETURNING id""",
        ids.new(), source, order.external_id.strip(), member, order.paid_at, basket.currency, basket.total, basket.cash,
        order.wallet if order.points else None, order.points, order.hold, order.digest(), clock.now(),
    )  # fmt: skip
    if made is not None:
        await keep_lines([(made, basket)])
    return made


async def keep_lines(bought: Sequence[tuple[UUID, baskets.Basket]]) -> None:
    """Store the lines of orders."""
    await db.run_many(
        """INSERT INTO points.purchase_line (id, purchase, number, sku, labels, kind, quantity, amount, refunded)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)""",
        [
            (
                ids.new(),
                purchase,
                number,
                line.sku,
                sorted(line.labels),
                line.kind,
                line.quantity,
                line.amount,
            )
            for purchase, basket in bought
            for number, line in enumerate(basket.lines)
        ],
    )


async def _record(
    actor: Actor, member: UUID, order: Order, source: str, fact: Fact | None, flags: Sequence[str]
) -> Recorded:
    root = await locked_root(member)
    scale = await _scale(order.wallet)
    made = await keep(order, root, source)
    if made is None:
        return await _again(order, root, source)
    spent, paid = await pay(actor, root, order, made)
    interaction = fact.id if fact else await interactions.record(
        actor, kinds.PURCHASE_RECORDED, ("PURCHASE", made), once=made, member=root, at=order.paid_at, flags=flags,
        **told(order, source, scale),
    )  # fmt: skip
    await db.run(
        """UPDATE points.purchase SET interaction = $2, spent = $3, points_paid = $4,
            points_wallet = $5 WHERE id = $1""",
        made, interaction, spent, paid, order.wallet if paid else None,
    )  # fmt: skip
    if fact is not None:
        await earning.react(fact)
    else:
        await earning.judge_now(interaction)
    return await stands(made)


async def _again(order: Order, root: UUID, source: str) -> Recorded:
    """What stands for an order that is told again; another order, or another member's, has the id for itself."""
    row = await by_name(source, order.external_id)
    assert row is not None
    if row["body_hash"] == order.digest() and await members.root_of(row["member"]) == root:
        return await stands(row["id"])
    found = await awards(row["interaction"])
    raise ReferenceTaken(row["spent"] or (found[0]["id"] if found else None))


async def pay(actor: Actor, root: UUID, order: Order, purchase: UUID) -> tuple[UUID | None, int]:
    """Take the points of an order: what is held for it (all of it, or as many as were paid), else what is available."""
    cause = Cause("PURCHASE", purchase, reason=order.external_id.strip())
    if order.hold is None:
        if not order.points:
            return None, 0
        spend = drawing.spend if order.from_household else ledger.spend
        posted = await spend(actor, root, {order.wallet: order.points}, cause, at=order.paid_at)
        return posted.journal, order.points
    held = await holds.one(order.hold)
    if await members.root_of(held.member) != root:
        raise InvalidInput.at("holdId", "This is another member's hold.")
    if held.state != HoldState.OPEN:
        raise HoldNotOpen(held.state)
    if [leg.wallet for leg in held.legs] != [order.wallet]:
        raise InvalidInput.at("holdId", f"The hold is not of {order.wallet} alone.")
    done = await holds.capture(actor, order.hold, {order.wallet: order.points} if order.points else None)
    return done.journal, done.legs[0].captured


async def _scale(wallet: str) -> int:
    scales = await reading.scales()
    if wallet not in scales:
        raise InvalidInput.at("pointsWallet", f"There is no wallet {wallet}.")
    return scales[wallet]
