"""Points that follow a used car to its next owner, where the rule that gave them says so (``follows_vehicle``).

Others stay with who earned them. The garage tells of it: the owner's right ended as SOLD, and another person's began. What
of those points is still available with the seller moves through TRANSIT, lots keeping their expiry and funding source; what
is pending or held stays, and so does everything of a frozen account. A reaction only keeps a due row: a sweep locks both
people's accounts by id. Posted once for each change of hands and wallet.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.foundation.sweeps import Sweep
from domain.points import books, earning, giving, setbacks
from domain.points import engagement_kinds as kinds
from domain.points.amounts import decimal
from domain.points.book import Account, Book, Journal, Lot
from domain.points.ledger import Cause
from domain.points.tables import JournalKind
from domain.profile import interactions
from domain.profile.drain import Reaction
from domain.profile.interactions import Fact

SOURCE = "VEHICLE"
_BOUND, _UNBOUND = "garage.vehicle.bound", "garage.vehicle.unbound"
_SOLD = "SOLD"
_AT_ONCE = 200
_SWEEP = "points_following"

_POSTED = f"SELECT EXISTS (SELECT FROM points.journal WHERE kind = 'GIFT' AND source = '{SOURCE}' AND source_id = $1)"
#: Who gave the car up last before a moment, and why.
_FORMER = f"""SELECT m.root, i.properties ->> 'reason' AS reason FROM profile.interaction AS i
    JOIN profile.member AS m ON m.id = i.member WHERE i.kind = '{_UNBOUND}' AND i.subject_kind = 'VEHICLE'
    AND i.subject_id = $1 AND i.properties ->> 'role' = 'OWNER' AND i.occurred_at <= $2
    ORDER BY i.occurred_at DESC, i.id DESC LIMIT 1"""
#: A person's available lots that a rule gave for something about the car, and those that came with it from an owner before.
_LOTS = """SELECT l.id, t.code, coalesce(r.code, j.facts -> 'breakdown' -> 0 ->> 'rule') AS rule FROM points.lot AS l
    JOIN points.account AS a ON a.id = l.account JOIN points.wallet_type AS t ON t.id = a.wallet_type
    JOIN profile.member AS m ON m.id = a.member JOIN points.journal AS j ON j.id = l.journal
    LEFT JOIN points.earn_rule_version AS v ON v.id = j.rule_version LEFT JOIN points.earn_rule AS r ON r.id = v.rule
    WHERE m.root = $1 AND l.state = 'ACTIVE' AND l.remaining > 0 AND CASE
        WHEN j.source = 'VEHICLE' THEN j.facts ->> 'vehicle' = $2
        WHEN j.source = 'INTERACTION' AND (v.definition ->> 'follows_vehicle')::boolean THEN EXISTS (
            SELECT FROM profile.interaction AS i WHERE i.id = j.source_id::uuid AND (
                (i.subject_kind = 'VEHICLE' AND i.subject_id = $2) OR i.properties ->> 'vehicle' = $2))
        ELSE false END"""


def wants(kind: str) -> bool:
    return kind == _BOUND


async def react(fact: Fact) -> None:
    """A car has a next owner: keep it for the sweep."""
    said = fact.properties
    if fact.root is None or "no_rules" in fact.flags or "historical" in fact.flags:
        return
    if said.get("role") != "OWNER" or said.get("is_first_owner") or fact.subject_id is None:
        return
    await db.run(
        """INSERT INTO points.follow_due (id, interaction, vehicle, member, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (interaction) DO NOTHING""",
        ids.new(), fact.id, fact.subject_id, fact.root, clock.now(),
    )  # fmt: skip


async def follow_due() -> int:
    """Let the points of cars that changed hands follow, one transaction each; answers how many were looked at."""
    rows = await db.fetch(
        f"""SELECT d.id FROM points.follow_due AS d WHERE d.created_at <= $1 AND NOT {setbacks.waits(_SWEEP, "d.id")}
        ORDER BY d.created_at, d.id LIMIT $2""",
        clock.now(), _AT_ONCE,
    )  # fmt: skip
    return await setbacks.each(_SWEEP, [row["id"] for row in rows], _work_off)


async def next_due() -> datetime | None:
    """When the oldest of them came."""
    return await db.value(
        f"""SELECT min(greatest(d.created_at, b.next_try_at)) FROM points.follow_due AS d
        {setbacks.join(_SWEEP, "d.id")}"""
    )


async def _work_off(due: UUID) -> None:
    async with db.transaction():
        row = await db.one("DELETE FROM points.follow_due WHERE id = $1 RETURNING interaction, vehicle", due)
        if row is None:
            return
        fact = await earning.fact_of(row["interaction"])
        if fact.root is None or not await db.value("SELECT profile.counts($1)", fact.id):
            return
        former = await db.one(_FORMER, row["vehicle"], fact.occurred_at)
        if former is None or former["reason"] != _SOLD or former["root"] == fact.root:
            return
        if await db.value(_POSTED, str(fact.id)):
            return
        await _follow(fact, row["vehicle"], former["root"], fact.root)


async def _follow(fact: Fact, vehicle: str, seller: UUID, buyer: UUID) -> None:
    rules: dict[str, dict[UUID, str]] = {}  # by wallet: which lots follow, and which rule gave them
    for row in await db.fetch(_LOTS, seller, vehicle):
        rules.setdefault(row["code"], {})[row["id"]] = row["rule"]
    if not rules:
        return
    book = await books.lock([seller, buyer], sorted(rules))
    await books.load_whole(book, book.accounts.values())
    await books.settle(book)
    moved = []
    for code, of in sorted(rules.items()):
        giver, receiver = book.of(seller, code), book.of(buyer, code)
        lots = [lot for lot in giver.lots.values() if lot.id in of and lot.remaining]
        if lots and not giver.is_frozen_at(book.now):
            moved.append((_move(book, fact, vehicle, giver, receiver, lots, of), giver.wallet))
    await books.settle(book)
    await books.write(book, SYSTEM, cause=fact)
    for journal, wallet in moved:
        amount = str(decimal(journal.facts["moved"], wallet.scale))
        for side, member in (("SELLER", seller), ("BUYER", buyer)):
            await interactions.record(
                SYSTEM, kinds.VEHICLE_FOLLOWED, ("VEHICLE", vehicle), once=f"{journal.id}:{side}", member=member,
                cause=fact, vehicle=vehicle, wallet=wallet.code, amount=amount, side=side, journal=str(journal.id),
            )  # fmt: skip


def _move(
    book: Book,
    fact: Fact,
    vehicle: str,
    giver: Account,
    receiver: Account,
    lots: list[Lot],
    rules: dict[UUID, str],
) -> Journal:
    by_rule: dict[str, int] = {}
    for lot in lots:
        by_rule[rules[lot.id]] = by_rule.get(rules[lot.id], 0) + lot.remaining
    facts: dict[str, Any] = {
        "vehicle": vehicle,
        "moved": sum(by_rule.values()),
        "breakdown": [
            {"rule": rule, "wallet": giver.wallet.code, "points": str(points), "bonus": "0", "multiplier": None, "cut_by": None}
            for rule, points in sorted(by_rule.items())
        ],
    }  # fmt: skip
    cause = Cause(SOURCE, fact.id, leg=giver.wallet.code, reason="vehicle", facts=facts)
    journal = book.begin(cause.journal(SYSTEM, JournalKind.GIFT, book.now))
    giving.hand_over_lots(book, journal, giver, receiver, lots)
    return journal


SWEEP = Sweep(_SWEEP, follow_due, next_due)
REACTION = Reaction(_SWEEP, react, wants)
