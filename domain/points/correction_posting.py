"""Posting the differences that a correction found, on locked accounts, and letting the decisions say what is true now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import db
from domain.actor import Actor, ActorKind
from domain.points import award_terms, baskets, books, capping, decisions, moves, refund_targets, stood
from domain.points.book import Book, Journal
from domain.points.decisions import CANCELLED, Decision, Keyed
from domain.points.definitions import Version
from domain.points.refund_targets import Order
from domain.points.replaying import Redone
from domain.points.rules import Verdict
from domain.points.stood import Stood
from domain.points.tables import JournalKind
from domain.profile.interactions import Fact

#: So many differences are told one by one.
SHOWN = 100
Amounts = dict[str, int]


@dataclass
class Difference:
    """A fact and a person: what the rule means to them now (None: nothing any more), and what stands (None: nothing yet).

    ``moved`` is what was posted, signed, by wallet; ``waived`` what could not be taken.
    """

    fact: Fact
    member: UUID
    redone: Redone | None
    stands: Stood | None
    moved: Amounts = field(default_factory=dict)
    waived: Amounts = field(default_factory=dict)
    journals: list[UUID] = field(default_factory=list)

    @property
    def before(self) -> Amounts:
        return {w: n for w, n in self.stands.net.items() if n} if self.stands else {}

    @property
    def after(self) -> Amounts:
        return {w: n for w, n in self.redone.net.items() if n} if self.redone else {}

    @property
    def change(self) -> Amounts:
        wallets = sorted({*self.before, *self.after})
        found = {w: self.after.get(w, 0) - self.before.get(w, 0) for w in wallets}
        return {wallet: n for wallet, n in found.items() if n}

    @property
    def wallets(self) -> set[str]:
        return {*self.before, *self.after}

    @property
    def keyed(self) -> Keyed:
        """All counters that it concerns."""
        return [
            *(self.stands.decision.keyed if self.stands else ()),
            *(self.redone.decision.keyed if self.redone else ()),
        ]

    @property
    def version(self) -> Version:
        """The version that decides now; where none does, the one that did."""
        if self.redone:
            return self.redone.decision.version
        assert self.stands is not None
        return self.stands.decision.version

    @property
    def matters(self) -> bool:
        """Whether something has to be posted or noted. Awards that were cancelled, or not picked in time, are left alone."""
        if self.redone is not None and self.redone.is_lapsed:
            return False
        if self.stands is None:
            assert self.redone is not None
            return self.redone.decision.verdict.is_counted
        if self.stands.cancelled or self.stands.decision.gate == CANCELLED:
            return False
        said = self.stands.decision
        new = self.redone.decision if self.redone else None
        granted, keys = (new.verdict.granted, _keys(new)) if new else ({}, [])
        return bool(self.change) or granted != said.verdict.granted or keys != _keys(said)


async def post(book: Book, row: db.Row, found: Sequence[Difference]) -> None:
    """Post what changes, a posting for what comes and one for each award of which something goes."""
    known = await decisions.known([each.fact.id for each in found if each.stands])
    left = await stood.left([each.fact.id for each in found if each.stands], row["rule"])
    orders = await refund_targets.of(each.fact.id for each in found if each.fact.kind in baskets.TOLD_BY)
    causes: dict[UUID, Fact] = {}
    for each in found:
        own = known[each.fact.id, row["rule"]].journals if each.stands else []
        change = _less_refunds(orders, row["rule"], each)
        _post(book, row["id"], each, change, left.get((each.fact.id, each.member), {}), own)
        causes |= dict.fromkeys(each.journals, each.fact)
    await books.settle(book)
    actor = Actor(kind=ActorKind.STAFF, id=row["maker"]) if row["maker"] else Actor(kind=ActorKind.SYSTEM)
    await books.write(book, actor, causes=causes)
    await refund_targets.store_changed(orders.values())


async def store(
    found: Sequence[Difference], counters: Mapping[decisions.Key, capping.Counter], now: datetime
) -> None:
    """Let the decisions and the counters of caps say what is true now."""
    fresh: list[Decision] = []
    changed: list[Decision] = []
    for each in found:
        decision = _decision(each)
        (changed if each.stands else fresh).append(decision)
    await decisions.store(counters, fresh, [], now)
    await decisions.revise(changed)


def figures(before: dict[str, Any], facts: int, imported: int, found: Sequence[Difference]) -> dict[str, Any]:
    """The correction's result so far, with these."""
    result = dict(before)
    up: Counter[str] = Counter(result.get("up"))
    down: Counter[str] = Counter(result.get("down"))
    waived: Counter[str] = Counter(result.get("waived"))
    for each in found:
        up.update({w: n for w, n in each.moved.items() if n > 0})
        down.update({w: -n for w, n in each.moved.items() if n < 0})
        waived.update(each.waived)
    told = result.get("deltas", []) + [
        [
            str(each.fact.id),
            str(each.member),
            wallet,
            each.before.get(wallet, 0),
            each.after.get(wallet, 0),
            n,
        ]
        for each in found
        for wallet, n in each.moved.items()
    ]
    return {
        "seen": result.get("seen", 0) + facts, "imported": result.get("imported", 0) + imported,
        "members": result.get("members", 0) + len({each.member for each in found if each.moved}),
        "changed": result.get("changed", 0) + sum(bool(each.moved) for each in found),
        "up": dict(up), "down": dict(down), "waived": dict(waived), "deltas": told[:SHOWN],
    }  # fmt: skip


def _less_refunds(orders: Mapping[UUID, Order], rule: UUID, each: Difference) -> Amounts:
    """What is to be posted: of an order that was refunded in part, only for the part that was kept."""
    order = orders.get(each.fact.id)
    if order is None:
        return each.change
    said = each.redone.decision.verdict.lines() if each.redone else {}
    return order.change(rule, each.member, order.lines(each.after, said), each.change)


def _post(
    book: Book,
    correction: UUID,
    each: Difference,
    change: Amounts,
    left: dict[UUID, Amounts],
    own: Sequence[UUID],
) -> None:
    facts = {"before": each.before, "after": each.after}
    more = {wallet: n for wallet, n in change.items() if n > 0}
    if more:
        journal = _begin(book, correction, each, each.fact.occurred_at)
        journal.facts = dict(facts)
        for wallet, points in more.items():
            account = book.of(each.member, wallet)
            gate = _gate(each)
            terms = award_terms.terms(each.version, account.wallet, journal.occurred_at, gate)
            moves.earn(book, account, journal, points, **terms)
            each.moved[wallet] = points
    for wallet, points in change.items():
        if points < 0:
            _take(book, correction, each, wallet, -points, left, own, facts)


def _take(
    book: Book,
    correction: UUID,
    each: Difference,
    wallet: str,
    points: int,
    left: dict[UUID, Amounts],
    own: Sequence[UUID],
    facts: dict[str, Any],
) -> None:
    """Take back from the awards of the fact what nobody took back before, the newest first; then what the rule deducts."""
    deducted = min(points, max(0, -each.after.get(wallet, 0)) - max(0, -each.before.get(wallet, 0)))
    awards: list[tuple[UUID | None, int]] = [
        (award, left[award].get(wallet, 0)) for award in sorted(left, reverse=True)
    ]
    for award, there in [*awards, (None, max(0, deducted))]:
        part = min(points, there)
        if not part:
            continue
        points -= part
        journal = _begin(book, correction, each, book.now, award)
        journal.facts = dict(facts)
        before = len(book.entries)
        waived = moves.claw_back(
            book, book.of(each.member, wallet), journal, part, own=frozenset([*own, *each.journals]),
            policy="ALLOW_NEGATIVE",
        )  # fmt: skip
        if waived:
            journal.facts["waived"] = {wallet: waived}
            each.waived[wallet] = each.waived.get(wallet, 0) + waived
        if len(book.entries) == before:
            book.journals.remove(journal)
            each.journals.remove(journal.id)
        each.moved[wallet] = each.moved.get(wallet, 0) - (part - waived)


def _begin(
    book: Book, correction: UUID, each: Difference, at: datetime, reverses: UUID | None = None
) -> Journal:
    leg = f"{correction}/{len(each.journals)}" if each.journals else str(correction)
    journal = book.begin(
        Journal(
            JournalKind.CORRECT, "INTERACTION", str(each.fact.id), at, each.version.id, leg,
            reason=each.version.code, reverses=reverses,
        )
    )  # fmt: skip
    each.journals.append(journal.id)
    return journal


def _gate(each: Difference) -> str | None:
    """What the award waits for: as it does, else as a new one would."""
    stood_at = each.stands.decision.gate if each.stands else None
    return stood_at or (each.redone.decision.gate if each.redone else None)


def _decision(each: Difference) -> Decision:
    stands = each.stands.decision if each.stands else None
    if each.redone is None:
        assert stands is not None
        verdict = Verdict(reasons=[{"code": "CORRECTED"}])
        new = Decision(stands.id, each.fact.id, stands.version, each.member, verdict, [], [], each.fact)
    else:
        new = each.redone.decision
        new.lines = baskets.really(new.verdict.lines(), each.waived)
    new.gate = _gate(each)
    new.journals = list(each.journals)
    if stands is not None:
        new.id, new.turns = stands.id, max(stands.turns, new.turns)
    return new


def _keys(decision: Decision) -> list[decisions.Key]:
    return [key for _, key in decision.keyed]
