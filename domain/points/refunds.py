"""Refunds of purchases: what the refunded part earned is taken back, and the points paid for it come back.

Everybody who earned by the order is concerned, and what it took (deductions) comes back in the same proportion. A refund
is known by its id within the purchase; the same one again changes nothing. Locks: the member's root, the accounts of all
these people by id, then the order's row.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import Conflict, InvalidInput, NotFound
from domain.foundation import ids
from domain.points import (
    balances,
    books,
    kinds,
    ledger,
    purchase_rules,
    purchases,
    refund_taking,
    refund_targets,
)
from domain.points.balances import Balance
from domain.points.errors import NothingToReverse
from domain.points.ledger import Cause
from domain.points.purchase_rules import Bought
from domain.points.refund_taking import Taken
from domain.profile import interactions, members
from domain.profile.interactions import Fact

#: The order's row; whoever refunds it holds this lock until the end.
_LOCKED = "SELECT * FROM points.purchase WHERE id = $1 FOR NO KEY UPDATE"


@dataclass(frozen=True)
class Share:
    """What a refund did to somebody else who earned by the order; minor units by wallet."""

    member: UUID
    clawed_back: dict[str, int]
    waived: dict[str, int]
    restored: dict[str, int]


@dataclass(frozen=True)
class Refunded:
    """What a refund did to the order's own member; amounts in minor units by wallet. ``journals`` is empty for a dry run.

    ``returned`` had paid for the order, ``restored`` was taken by it (deductions); ``others`` earned by it too.
    """

    purchase: UUID
    journals: list[UUID]
    clawed_back: dict[str, int]
    waived: dict[str, int]
    returned: dict[str, int]
    restored: dict[str, int]
    others: list[Share]
    balances: list[Balance]


@dataclass
class _Case:
    """A refund at work."""

    actor: Actor
    row: db.Row
    id: UUID
    refund_id: str
    at: datetime
    bought: Bought
    more: list[int]
    names_lines: bool
    cause: Fact | None
    flags: Sequence[str]

    @property
    def now(self) -> Bought:
        return self.bought.with_more(self.more)

    def said(self, leg: str | None) -> Cause:
        return Cause(
            "PURCHASE_REFUND", self.id, leg=leg, reason=self.refund_id, fact=self.cause, flags=self.flags,
            facts={"purchase": str(self.row["id"])},
        )  # fmt: skip


async def refund(
    actor: Actor,
    external_id: str,
    refund_id: str,
    *,
    source: str = purchases.DEFAULT_SOURCE,
    lines: Sequence[tuple[str, int]] | None = None,
    amount: int | None = None,
    currencies: Collection[str] = (),
    at: datetime | None = None,
    fact: Fact | None = None,
    flags: Sequence[str] = (),
    only: UUID | None = None,
    is_dry: bool = False,
) -> Refunded:
    """Refund lines (amounts of money by sku), or an amount of the whole order, or all that is left of it.

    ``currencies`` are those that the caller named; the amounts are of the order's own. ``only``: nobody else's accounts
    may be taken, it is a Conflict else. NOT_FOUND for an order that is not there, NothingToReverse when all of it was
    refunded before.
    """
    async with db.transaction():
        if lines and amount is not None:
            raise InvalidInput.at("amount", "Name the lines or the amount.")
        if not 1 <= len(refund_id.strip()) <= purchase_rules.LONGEST_ID:
            raise InvalidInput.at("refundId", f"Use 1 to {purchase_rules.LONGEST_ID} characters.")
        found = await purchases.by_name(source, external_id)
        if found is None:
            raise NotFound()
        if set(currencies) - {found["currency"]}:
            raise InvalidInput.at("amount.currency", f"The order was paid in {found['currency']}.")
        how = (actor, found, refund_id.strip(), lines, amount, at or clock.now(), fact, flags, only)
        if not is_dry:
            return await _refund(*how)
        tried: list[Refunded] = []
        try:
            async with db.savepoint():
                tried.append(await _refund(*how))
                raise _Undo
        except _Undo:
            once = tried[0]
            return replace(once, journals=[])


class _Undo(Exception):
    """Ends a dry run."""


async def people(purchase: db.Row) -> set[UUID]:
    """Everybody whose accounts a refund of the order moves, by root: who paid points for it, and who earned by it."""
    return await refund_targets.people(purchase["interaction"], purchase["spent"])


async def _refund(
    actor: Actor,
    found: db.Row,
    refund_id: str,
    lines: Sequence[tuple[str, int]] | None,
    amount: int | None,
    at: datetime,
    fact: Fact | None,
    flags: Sequence[str],
    only: UUID | None,
) -> Refunded:
    root = await purchases.locked_root(found["member"])
    row = await _locked(found, root, only)
    kept = await db.one(
        "SELECT * FROM points.purchase_refund WHERE purchase = $1 AND refund_id = $2", row["id"], refund_id
    )
    if kept is not None:
        return await _stands(kept, root)
    case = await _case(actor, row, refund_id, lines, amount, at, fact, flags)
    returned, back = await _return(case)
    order = await refund_targets.load(row["id"], row["interaction"])
    order.bought, order.by_line = case.now, case.names_lines
    taken = await refund_taking.take(actor, order, case.said(None), at)
    journals = [*back, *taken.journals]
    await _store(case, root, taken, returned, journals)
    if fact is None:
        await interactions.record(
            actor, kinds.PURCHASE_REFUNDED, ("PURCHASE", row["id"]), once=case.id, member=root, at=at, flags=flags,
            external_id=row["external_id"], source=row["source"], refund_id=refund_id, currency=row["currency"],
            amount={"minor_units": sum(case.more), "currency": row["currency"]},
        )  # fmt: skip
    clawed, waived, restored = refund_taking.of_member(taken.parts.values(), root)
    others = [
        Share(each, *refund_taking.of_member(taken.parts.values(), each))
        for each in sorted({whose for whose, _ in taken.parts} - {root})
    ]
    own = await balances.of_member(root)
    return Refunded(row["id"], journals, clawed, waived, returned, restored, others, own)


async def _locked(found: db.Row, root: UUID, only: UUID | None) -> db.Row:
    """The order, locked after the accounts of everybody concerned; whoever earned meanwhile is locked too."""
    concerned = {root, *await people(found)}
    while only is None or concerned <= {only}:
        try:
            async with db.savepoint():
                await books.lock(sorted(concerned), None)
                row = await db.one(_LOCKED, found["id"])
                assert row is not None
                grown = concerned | await people(row)
                if grown == concerned:
                    return row
                raise _Grown
        except _Grown:
            concerned = grown
    raise Conflict("Points of other people are being posted; try again.")


class _Grown(Exception):
    """Lets the locks go: more people are concerned than was known."""


async def _stands(kept: db.Row, root: UUID) -> Refunded:
    return Refunded(
        kept["purchase"], [UUID(each) for each in kept["journals"]], kept["clawed_back"], kept["waived"],
        kept["returned"], kept["restored"], await _others(kept["id"], root), await balances.of_member(root),
    )  # fmt: skip


async def _others(refund: UUID, root: UUID) -> list[Share]:
    parts = await refund_targets.of_refund(refund)
    whose = sorted({part.root for part in parts} - {root})
    return [Share(each, *refund_taking.of_member(parts, each)) for each in whose]


async def _case(
    actor: Actor,
    row: db.Row,
    refund_id: str,
    lines: Sequence[tuple[str, int]] | None,
    amount: int | None,
    at: datetime,
    fact: Fact | None,
    flags: Sequence[str],
) -> _Case:
    rows = await db.fetch(
        "SELECT sku, amount, refunded FROM points.purchase_line WHERE purchase = $1 ORDER BY number",
        row["id"],
    )
    before = await db.fetch("SELECT names_lines FROM points.purchase_refund WHERE purchase = $1", row["id"])
    bought = Bought([line["amount"] for line in rows], [line["refunded"] for line in rows])
    left = sum(bought.left)
    if not left and (before or row["total"]):
        raise NothingToReverse()
    if lines:
        more, wrong = purchase_rules.picked(lines, [line["sku"] for line in rows], bought)
        if wrong:
            raise InvalidInput(wrong)
        if not sum(more) and left:
            raise InvalidInput.at("lines", "Refund more than 0.")
    else:
        whole = left if amount is None else amount
        if not (0 < whole <= left or whole == left):
            raise InvalidInput.at("amount", f"Use 1 to what is left of the order: {left}.")
        more = purchase_rules.spread(whole, bought)
    names_lines = bool(lines) or any(each["names_lines"] for each in before)
    return _Case(actor, row, ids.new(), refund_id, at, bought, more, names_lines, fact, flags)


async def _return(case: _Case) -> tuple[dict[str, int], list[UUID]]:
    """The points paid come back into their lots, in the proportion of the order that is refunded by now."""
    row = case.row
    want = purchase_rules.returning(row["points_paid"], case.now) - row["points_returned"]
    if row["spent"] is None or want <= 0:
        return {}, []
    wallet = row["points_wallet"]
    want = min(want, (await ledger.not_refunded(row["spent"])).get(wallet, 0))
    if not want:
        return {}, []  # staff gave it back by hand
    posted = await ledger.refund(case.actor, row["spent"], case.said("returned"), {wallet: want}, at=case.at)
    return {wallet: want}, [posted.journal] if posted.journal else []


async def _store(
    case: _Case, root: UUID, taken: Taken, returned: dict[str, int], journals: Sequence[UUID]
) -> None:
    row, parts = case.row, taken.parts.values()
    clawed, waived, restored = refund_taking.of_member(parts, root)
    await db.run(
        """INSERT INTO points.purchase_refund (id, purchase, refund_id, amount, lines, names_lines, clawed_back, waived,
            returned, restored, journals, refunded_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)""",
        case.id, row["id"], case.refund_id, sum(case.more), {str(n): each for n, each in enumerate(case.more) if each},
        case.names_lines, clawed, waived, returned, restored, [str(each) for each in journals], case.at, clock.now(),
    )  # fmt: skip
    await refund_targets.store(row["id"], parts, case.id)
    await db.run(
        """UPDATE points.purchase_line AS l SET refunded = l.refunded + n.more
        FROM unnest($2::int[], $3::bigint[]) AS n(number, more) WHERE l.purchase = $1 AND l.number = n.number""",
        row["id"], list(range(len(case.more))), case.more,
    )  # fmt: skip
    back = returned.get(row["points_wallet"] or "", 0)
    await db.run(
        """UPDATE points.purchase SET refunded = refunded + $2, points_returned = points_returned + $3
        WHERE id = $1""",
        row["id"], sum(case.more), back,
    )  # fmt: skip


async def waiting(source: str, external_id: str) -> list[dict[str, Any]]:
    """Refunds that were reported before their order, oldest first; they wait no longer."""
    rows = await db.fetch(
        "DELETE FROM points.refund_waiting WHERE source = $1 AND external_id = $2 RETURNING *",
        source,
        external_id,
    )
    return [dict(row) for row in sorted(rows, key=lambda row: (row["refunded_at"], row["id"]))]


async def wait(
    source: str, external_id: str, refund_id: str, member: UUID, said: dict[str, Any], at: datetime
) -> None:
    """Keep a refund until its order is known."""
    await db.run(
        """INSERT INTO points.refund_waiting (id, source, external_id, refund_id, member, said, refunded_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING""",
        ids.new(), source, external_id, refund_id, member, said, at, clock.now(),
    )  # fmt: skip


async def belongs_to(purchase: db.Row, root: UUID | None) -> bool:
    """Whether an order is this person's."""
    return root is not None and await members.root_of(purchase["member"]) == root
