"""Refunds of purchases: what the refunded part earned is taken back, and the points paid for it come back.

A refund is known by its id within the purchase; the same one again changes nothing. Locks: the member's root, the
accounts by id, then the order's row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.points import balances, books, kinds, ledger, moves, purchase_rules, purchases, returning
from domain.points.balances import Balance
from domain.points.book import Account, Book, Journal
from domain.points.errors import NothingToReverse
from domain.points.ledger import Cause
from domain.points.purchase_rules import Bought
from domain.points.tables import JournalKind
from domain.profile import interactions, members
from domain.profile.interactions import Fact

#: The order's row; whoever refunds it holds this lock until the end.
_LOCKED = "SELECT * FROM points.purchase WHERE id = $1 FOR NO KEY UPDATE"


@dataclass(frozen=True)
class Refunded:
    """What a refund did; amounts in minor units by wallet. ``journals`` is empty for a dry run."""

    purchase: UUID
    journals: list[UUID]
    clawed_back: dict[str, int]
    waived: dict[str, int]
    returned: dict[str, int]
    balances: list[Balance]


@dataclass
class _Award:
    """One posting by which the purchase earned: what of it each line earned, and what was not taken back otherwise."""

    journal: UUID
    lines: dict[str, list[int]] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)


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

    def said(self, leg: str) -> Cause:
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
    is_dry: bool = False,
) -> Refunded:
    """Refund lines (amounts of money by sku), or an amount of the whole order, or all that is left of it.

    ``currencies`` are those that the caller named; the amounts are of the order's own. NOT_FOUND for an order that is not there, NothingToReverse when all of it was refunded before.
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
        how = (actor, found, refund_id.strip(), lines, amount, at or clock.now(), fact, flags)
        if not is_dry:
            return await _refund(*how)
        tried: list[Refunded] = []
        try:
            async with db.savepoint():
                tried.append(await _refund(*how))
                raise _Undo
        except _Undo:
            once = tried[0]
            return Refunded(once.purchase, [], once.clawed_back, once.waived, once.returned, once.balances)


class _Undo(Exception):
    """Ends a dry run."""


async def _refund(
    actor: Actor,
    found: db.Row,
    refund_id: str,
    lines: Sequence[tuple[str, int]] | None,
    amount: int | None,
    at: datetime,
    fact: Fact | None,
    flags: Sequence[str],
) -> Refunded:
    root = await purchases.locked_root(found["member"])
    payers = await returning.payers(found["spent"]) if found["spent"] else []
    await books.lock([root, *payers], None)
    row = await db.one(_LOCKED, found["id"])
    assert row is not None
    kept = await db.one(
        "SELECT * FROM points.purchase_refund WHERE purchase = $1 AND refund_id = $2", row["id"], refund_id
    )
    if kept is not None:
        return await _stands(kept, root)
    case = await _case(actor, row, refund_id, lines, amount, at, fact, flags)
    returned, back = await _return(case)
    clawed, waived, taken_by = await _claw_back(case, root)
    journals = [*back, *taken_by]
    await _store(case, clawed, waived, returned, journals)
    if fact is None:
        await interactions.record(
            actor, kinds.PURCHASE_REFUNDED, ("PURCHASE", row["id"]), once=case.id, member=root, at=at, flags=flags,
            external_id=row["external_id"], source=row["source"], refund_id=refund_id, currency=row["currency"],
            amount={"minor_units": sum(case.more), "currency": row["currency"]},
        )  # fmt: skip
    return Refunded(row["id"], journals, clawed, waived, returned, await balances.of_member(root))


async def _stands(kept: db.Row, root: UUID) -> Refunded:
    return Refunded(
        kept["purchase"], [UUID(each) for each in kept["journals"]], kept["clawed_back"], kept["waived"],
        kept["returned"], await balances.of_member(root),
    )  # fmt: skip


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


async def _claw_back(case: _Case, root: UUID) -> tuple[dict[str, int], dict[str, int], list[UUID]]:
    """Take back what the refunded part earned: own lots first; what the policy does not let be taken is waived."""
    awards = await _awards(case)
    earned: dict[str, list[int]] = {}
    for award in awards:
        for wallet, lines in award.lines.items():
            sums = earned.get(wallet, [0] * len(lines))
            earned[wallet] = [a + b for a, b in zip(sums, lines, strict=True)]
    wanted = purchase_rules.targets(earned, case.now, by_line=case.names_lines)
    book = await books.lock([root], sorted(wanted) or None)
    await books.load_whole(book, book.accounts.values())
    await books.settle(book)
    accounts = {account.wallet.code: account for account in book.accounts.values()}
    clawed: dict[str, int] = {}
    waived: dict[str, int] = {}
    taken = dict(case.row["taken"])
    own = frozenset(award.journal for award in awards)
    journals = []
    due = {wallet: max(0, points - taken.get(wallet, 0)) for wallet, points in wanted.items()}
    for award in awards:
        given = {wallet: min(due[wallet], award.left.get(wallet, 0)) for wallet in award.lines}
        journal = _take(
            case, book, accounts, award, {w: n for w, n in given.items() if n}, own, clawed, waived
        )
        due = {wallet: n - given.get(wallet, 0) for wallet, n in due.items()}
        journals += [journal.id] if journal else []
    case.row = {**dict(case.row), "taken": {w: max(taken.get(w, 0), n) for w, n in wanted.items()}}
    await books.settle(book)
    await books.write(book, case.actor, cause=case.cause, flags=case.flags)
    return clawed, waived, journals


def _take(
    case: _Case,
    book: Book,
    accounts: Mapping[str, Account],
    award: _Award,
    given: Mapping[str, int],
    own: frozenset[UUID],
    clawed: dict[str, int],
    waived: dict[str, int],
) -> Journal | None:
    """One posting that takes these amounts of an award back; None when nothing of them could be taken."""
    if not given:
        return None
    is_full = dict(given) == {wallet: left for wallet, left in award.left.items() if left}
    said = case.said(str(award.journal))
    journal = book.begin(said.journal(case.actor, JournalKind.CLAW_BACK, case.at, reverses=award.journal))
    let_go = {}
    for wallet, amount in given.items():
        rest = moves.claw_back(book, accounts[wallet], journal, amount, own=own)
        clawed[wallet] = clawed.get(wallet, 0) + amount - rest
        if rest:
            let_go[wallet] = rest
            waived[wallet] = waived.get(wallet, 0) + rest
    if let_go:
        journal.facts["waived"] = let_go
    if let_go == dict(given):
        book.journals.remove(journal)
        return None
    journal.is_full = is_full and not let_go
    return journal


async def _awards(case: _Case) -> list[_Award]:
    """The purchase's postings on its member's own accounts, with what is left of each."""
    return await _awards_of(case.row, case.bought.amounts)


async def _awards_of(purchase: db.Row, line_amounts: Sequence[int]) -> list[_Award]:
    found: dict[UUID, _Award] = {}
    rows = await db.fetch(
        """SELECT j.id, j.kind, j.facts, t.code,
            coalesce(sum(e.amount) FILTER (WHERE e.source_part = 'ISSUED'), 0)::bigint AS granted,
            coalesce((SELECT sum(c.amount) FROM points.journal AS r JOIN points.entry AS c ON c.journal = r.id
                JOIN points.account AS ca ON ca.id = c.account
                WHERE r.reverses = j.id AND ca.wallet_type = t.id AND c.target_part = 'CLAWED_BACK'), 0)::bigint
            + coalesce((SELECT sum(u.amount) FROM points.lot AS l JOIN points.lot_use AS u ON u.lot = l.id
                JOIN points.account AS la ON la.id = l.account JOIN points.journal AS k ON k.id = u.journal
                WHERE l.journal = j.id AND la.wallet_type = t.id AND u.kind = 'CANCEL' AND k.kind = 'CANCEL'), 0)::bigint
            AS gone
        FROM points.journal AS j JOIN points.entry AS e ON e.journal = j.id
            AND (e.source_part = 'ISSUED' OR (j.kind = 'CORRECT' AND e.target_part = 'CLAWED_BACK'))
        JOIN points.account AS a ON a.id = e.account JOIN points.wallet_type AS t ON t.id = a.wallet_type
        JOIN profile.member AS m ON m.id = a.member
        WHERE j.kind IN ('EARN', 'CORRECT') AND j.source = 'INTERACTION' AND j.source_id = $1
            AND m.root = (SELECT root FROM profile.member WHERE id = $2)
        GROUP BY j.id, t.id ORDER BY j.id, t.code""",
        str(purchase["interaction"]), purchase["member"],
    )  # fmt: skip
    for row in rows:
        award = found.setdefault(row["id"], _Award(row["id"]))
        said = (row["facts"].get("lines") or {}).get(row["code"])
        if (
            row["kind"] == JournalKind.CORRECT
        ):  # what each line earns more or less; told by one posting of a correction
            award.lines[row["code"]] = list(said or [0] * len(line_amounts))
        else:
            award.lines[row["code"]] = purchase_rules.by_lines(row["granted"], said, line_amounts)
        award.left[row["code"]] = max(0, row["granted"] - row["gone"])
    return list(found.values())


@dataclass(frozen=True)
class Retargeted:
    """What of a correction of an order's award is refunded already, and what each line earns more or less, by wallet."""

    taken: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)


async def retarget(
    interaction: UUID, own: Collection[UUID], change: Mapping[str, int], lines: Mapping[str, Sequence[int]]
) -> Retargeted:
    """An order's award, given by the postings ``own``, changes so that its lines earn ``lines``: what refunds took of it
    has to change with it. Answers nothing for a fact that is no order. Locks the order's row; the accounts are locked."""
    if not change:
        return Retargeted()
    row = await db.one("SELECT * FROM points.purchase WHERE interaction = $1 FOR NO KEY UPDATE", interaction)
    if row is None:
        return Retargeted()
    kept = await db.fetch(
        "SELECT amount, refunded FROM points.purchase_line WHERE purchase = $1 ORDER BY number", row["id"]
    )
    bought = Bought([each["amount"] for each in kept], [each["refunded"] for each in kept])
    by_line = await db.value(
        "SELECT coalesce(bool_or(names_lines), false) FROM points.purchase_refund WHERE purchase = $1",
        row["id"],
    )
    awards = await _awards_of(row, bought.amounts)
    nothing = [0] * len(kept)
    earned, more = {}, {}
    for wallet in change:
        of_own = [award.lines[wallet] for award in awards if award.journal in own and wallet in award.lines]
        was = [sum(column) for column in zip(nothing, *of_own, strict=True)]
        more[wallet] = [n - m for n, m in zip(lines.get(wallet, nothing), was, strict=True)]
        of_all = [award.lines[wallet] for award in awards if wallet in award.lines]
        earned[wallet] = [sum(column) for column in zip(more[wallet], *of_all, strict=True)]
    taken = dict(row["taken"])
    if not any(bought.refunded):
        return Retargeted({}, more)
    wanted = {w: max(0, n) for w, n in purchase_rules.targets(earned, bought, by_line=by_line).items()}
    moved = {w: n - taken.get(w, 0) for w, n in wanted.items() if change[w] != n - taken.get(w, 0)}
    await db.run(
        "UPDATE points.purchase SET taken = $2 WHERE id = $1",
        row["id"],
        {**taken, **{w: wanted[w] for w in moved}},
    )
    return Retargeted({w: wanted[w] - taken.get(w, 0) for w in wanted}, more)


async def _store(
    case: _Case,
    clawed: dict[str, int],
    waived: dict[str, int],
    returned: dict[str, int],
    journals: Sequence[UUID],
) -> None:
    row = case.row
    await db.run(
        """INSERT INTO points.purchase_refund (id, purchase, refund_id, amount, lines, names_lines, clawed_back, waived,
            returned, journals, refunded_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
        case.id, row["id"], case.refund_id, sum(case.more), {str(n): each for n, each in enumerate(case.more) if each},
        case.names_lines, clawed, waived, returned, [str(each) for each in journals], case.at, clock.now(),
    )  # fmt: skip
    await db.run(
        """UPDATE points.purchase_line AS l SET refunded = l.refunded + n.more
        FROM unnest($2::int[], $3::bigint[]) AS n(number, more) WHERE l.purchase = $1 AND l.number = n.number""",
        row["id"], list(range(len(case.more))), case.more,
    )  # fmt: skip
    back = returned.get(row["points_wallet"] or "", 0)
    await db.run(
        """UPDATE points.purchase SET refunded = refunded + $2, points_returned = points_returned + $3, taken = $4
        WHERE id = $1""",
        row["id"], sum(case.more), back, row["taken"],
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
