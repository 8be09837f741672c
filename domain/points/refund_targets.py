"""What refunds of an order mean to everybody who earned by it: what has to be taken back, and what was so far.

An award that is judged, corrected, undone or granted again after a part of its order was refunded posts only what is
kept: :meth:`Order.change`. Whoever changes an award of an order holds the accounts, then the order's row (:func:`of`), so
a refund and an award that comes at the same time see one another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from domain import clock, db
from domain.foundation import ids
from domain.points import purchase_rules
from domain.points.purchase_rules import Bought

Amounts = dict[str, int]
Lines = dict[str, list[int]]


_LOCK = "FOR NO KEY UPDATE"


@dataclass
class Posting:
    """A posting by which an order earned or took from a person, by wallet: what is left of it, in minor units.

    ``given`` less what was taken back, ``deducted`` less what came back.
    """

    journal: UUID
    rule: UUID
    root: UUID
    given: Amounts = field(default_factory=dict)
    deducted: Amounts = field(default_factory=dict)


@dataclass
class Part:
    """What a refund, or a changed award, means to a person's wallet; see ``points.refund_part``."""

    root: UUID
    wallet: str
    taken: int = 0
    restored: int = 0
    clawed_back: int = 0
    waived: int = 0


@dataclass
class Order:
    """An order with what each rule gave whom by line (signed, by rule and root), and what refunds took by now."""

    id: UUID
    bought: Bought
    by_line: bool
    awards: dict[tuple[UUID, UUID], Lines] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)
    taken: dict[tuple[UUID, str], int] = field(default_factory=lambda: defaultdict(int))
    restored: dict[tuple[UUID, str], int] = field(default_factory=lambda: defaultdict(int))
    parts: list[Part] = field(default_factory=list)

    @property
    def roots(self) -> set[UUID]:
        return {root for _, root in self.awards}

    def lines(self, granted: Mapping[str, int], said: Mapping[str, Sequence[int]]) -> Lines:
        """What each line earned of an award: as it says, else by the amounts of the lines."""
        return {
            w: purchase_rules.by_lines(n, said.get(w), self.bought.amounts) for w, n in granted.items() if n
        }

    def earned(self, root: UUID, sign: int) -> Lines:
        """What each line gave a person (or, with -1, took), by wallet; not below 0."""
        found: Lines = {}
        for (_, whose), award in self.awards.items():
            for wallet, lines in award.items():
                if whose == root and sum(lines) * sign > 0:
                    sums = found.get(wallet, [0] * len(lines))
                    found[wallet] = [a + max(0, b * sign) for a, b in zip(sums, lines, strict=True)]
        return found

    def wanted(self, root: UUID, sign: int) -> Amounts:
        """How much of it has to be back after all refunds so far."""
        return purchase_rules.targets(self.earned(root, sign), self.bought, by_line=self.by_line)

    def change(self, rule: UUID, root: UUID, lines: Lines, change: Mapping[str, int]) -> Amounts:
        """A rule's award becomes ``lines``, which alone would post ``change``: answers what is to be posted of that.

        What refunds took is brought to what they take of the award as it is now.
        """
        before = {sign: (self.earned(root, sign), self.wanted(root, sign)) for sign in (1, -1)}
        self.awards[rule, root] = lines
        found = defaultdict(int, change)
        for sign, settled in ((1, self.taken), (-1, self.restored)):
            earned, wanted = self.earned(root, sign), self.wanted(root, sign)
            for wallet in {*before[sign][0], *earned}:
                was = settled[root, wallet]
                over = max(0, was - before[sign][1].get(wallet, 0))  # what rounding took more
                now = min(sum(earned.get(wallet, ())), wanted.get(wallet, 0) + over)
                settled[root, wallet] = now
                found[wallet] -= sign * (now - was)
                part = Part(root, wallet)
                setattr(part, "taken" if sign > 0 else "restored", now - was)
                self.parts.append(part)
        return {wallet: points for wallet, points in found.items() if points}


async def of(interactions: Iterable[UUID]) -> dict[UUID, Order]:
    """The orders that these facts tell of, as far as something of them was refunded. Locks the rows of all, by id."""
    wanted = sorted(set(interactions))
    if not wanted:
        return {}
    rows = await db.fetch(
        f"SELECT id, interaction FROM points.purchase WHERE interaction = ANY($1) ORDER BY id {_LOCK}",
        wanted,
    )
    if not rows:
        return {}
    refunded = await db.fetch(
        "SELECT DISTINCT purchase FROM points.purchase_refund WHERE purchase = ANY($1)",
        [row["id"] for row in rows],
    )
    known = {row["purchase"] for row in refunded}
    return {
        row["interaction"]: await load(row["id"], row["interaction"]) for row in rows if row["id"] in known
    }


async def load(purchase: UUID, interaction: UUID | None) -> Order:
    """One order; the caller has locked its row."""
    kept = await db.fetch(
        """SELECT amount, refunded, (SELECT coalesce(bool_or(names_lines), false) FROM points.purchase_refund
            WHERE purchase = $1) AS by_line FROM points.purchase_line WHERE purchase = $1 ORDER BY number""",
        purchase,
    )
    bought = Bought([row["amount"] for row in kept], [row["refunded"] for row in kept])
    order = Order(purchase, bought, any(row["by_line"] for row in kept))
    for row in await db.fetch(_SETTLED, purchase):
        order.taken[row["root"], row["wallet"]] = row["taken"]
        order.restored[row["root"], row["wallet"]] = row["restored"]
    order.postings, gone = await _postings(interaction)
    for row in await db.fetch(_DECISIONS, interaction):
        key, said = (row["rule"], row["root"]), row["lines"] or {}
        stands = {w: n for w, n in row["granted"].items() if (*key, w) not in gone}
        # of a deduction the lines say what was really taken
        stands |= {w: sum(said[w]) for w, n in stands.items() if n < 0 and w in said}
        for wallet, lines in order.lines(stands, said).items():
            sums = order.awards.setdefault(key, {}).get(wallet, [0] * len(lines))
            order.awards[key][wallet] = [a + b for a, b in zip(sums, lines, strict=True)]
    return order


async def people(interaction: UUID | None, spent: UUID | None) -> set[UUID]:
    """Who has a posting by which this fact earned, or of this spend, by root."""
    rows = await db.fetch(
        f"""SELECT DISTINCT m.root FROM points.journal AS j JOIN points.entry AS e ON e.journal = j.id
        JOIN points.account AS a ON a.id = e.account JOIN profile.member AS m ON m.id = a.member
        WHERE ({_OF_FACT}) OR j.id = $2""",
        str(interaction), spent,
    )  # fmt: skip
    return {row["root"] for row in rows}


async def of_refund(refund: UUID) -> list[Part]:
    """What a refund meant to whom, as they are one person now."""
    rows = await db.fetch(
        """SELECT m.root, p.wallet, sum(p.taken)::bigint, sum(p.restored)::bigint, sum(p.clawed_back)::bigint,
            sum(p.waived)::bigint FROM points.refund_part AS p JOIN profile.member AS m ON m.id = p.member
        WHERE p.refund = $1 GROUP BY 1, 2 ORDER BY 1, 2""",
        refund,
    )
    return [Part(*row.values()) for row in rows]


async def store(purchase: UUID, parts: Collection[Part], refund: UUID | None = None) -> None:
    """Keep what a refund, or changed awards, mean to people; nothing for those to whom they mean nothing."""
    now = clock.now()
    await db.run_many(
        """INSERT INTO points.refund_part (id, purchase, refund, member, wallet, taken, restored, clawed_back, waived,
            created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        [
            (ids.new(), purchase, refund, p.root, p.wallet, p.taken, p.restored, p.clawed_back, p.waived, now)
            for p in parts
            if p.taken or p.restored or p.clawed_back or p.waived
        ],
    )  # fmt: skip


async def store_changed(orders: Iterable[Order]) -> None:
    """Keep what changed awards mean to people, of several orders."""
    for order in orders:
        if order.parts:
            await store(order.id, order.parts)


#: Postings for a fact itself, not those that take an earlier one back.
_OF_FACT = """j.source = 'INTERACTION' AND j.source_id = $1 AND j.kind IN ('EARN', 'CORRECT', 'CLAW_BACK')
    AND j.reverses IS NULL"""
_SETTLED = """SELECT m.root, p.wallet, sum(p.taken)::bigint AS taken, sum(p.restored)::bigint AS restored
    FROM points.refund_part AS p JOIN profile.member AS m ON m.id = p.member WHERE p.purchase = $1 GROUP BY 1, 2"""
_DECISIONS = """SELECT d.rule, m.root, d.granted, d.lines FROM points.earn_decision AS d
    JOIN profile.member AS m ON m.id = d.member WHERE d.interaction = $1 AND d.granted <> '{}' AND NOT d.is_reversed
    AND d.gate IS DISTINCT FROM 'CANCELLED' ORDER BY d.id"""
#: What each posting moved, and what of it went or came back since: by postings that reverse it, or before it was available.
_POSTINGS = f"""SELECT j.id, v.rule, m.root, t.code,
        coalesce(sum(e.amount) FILTER (WHERE e.source_part = 'ISSUED'), 0)::bigint AS given,
        coalesce(sum(e.amount) FILTER (WHERE e.target_part = 'CLAWED_BACK'), 0)::bigint AS deducted,
        coalesce((SELECT sum(c.amount * ((c.target_part = 'CLAWED_BACK')::int - (c.source_part = 'CLAWED_BACK')::int))
            FROM points.journal AS r JOIN points.entry AS c ON c.journal = r.id
            JOIN points.account AS ca ON ca.id = c.account
            WHERE r.reverses = j.id AND ca.wallet_type = t.id), 0)::bigint AS back,
        coalesce((SELECT sum(u.amount) FROM points.lot AS l JOIN points.lot_use AS u ON u.lot = l.id
            JOIN points.account AS la ON la.id = l.account JOIN points.journal AS k ON k.id = u.journal
            WHERE l.journal = j.id AND la.wallet_type = t.id AND u.kind = 'CANCEL' AND k.kind = 'CANCEL'), 0)::bigint
        AS cancelled,
        EXISTS (SELECT FROM points.journal AS r WHERE r.reverses = j.id AND r.source = 'PURCHASE_REFUND') AS is_refunded
    FROM points.journal AS j JOIN points.earn_rule_version AS v ON v.id = j.rule_version
    JOIN points.entry AS e ON e.journal = j.id AND (e.source_part = 'ISSUED' OR e.target_part = 'CLAWED_BACK')
    JOIN points.account AS a ON a.id = e.account JOIN points.wallet_type AS t ON t.id = a.wallet_type
    JOIN profile.member AS m ON m.id = a.member WHERE {_OF_FACT} GROUP BY j.id, v.rule, m.root, t.id ORDER BY j.id, t.code"""


_Key = tuple[UUID, UUID, str]  # rule, root, wallet


async def _postings(interaction: UUID | None) -> tuple[list[Posting], set[_Key]]:
    """What is left of each posting; and the awards that others than refunds took back whole: the sweep, an operator, or
    a reversal by hand."""
    found: dict[UUID, Posting] = {}
    left: dict[_Key, int] = defaultdict(int)
    refunded: set[_Key] = set()
    for row in await db.fetch(_POSTINGS, str(interaction)):
        each = found.setdefault(row["id"], Posting(row["id"], row["rule"], row["root"]))
        key = (row["rule"], row["root"], row["code"])
        if row["given"]:
            each.given[row["code"]] = max(0, row["given"] - row["back"] - row["cancelled"])
            left[key] += each.given[row["code"]]
        else:
            each.deducted[row["code"]] = max(0, row["deducted"] + row["back"])
            left[key] += row["deducted"]
        if row["is_refunded"]:
            refunded.add(key)
    return list(found.values()), {key for key, n in left.items() if not n} - refunded
