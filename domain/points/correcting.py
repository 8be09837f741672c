"""Correcting what a rule awarded: the facts of a time are judged again, and only the differences are posted.

Each fact is judged by the version in force when it occurred. More is posted as of the fact's time, like a late fact; less
is taken back now, like a removal. A correction posts for a fact once (its id is the posting's leg), and one that is run
again finds nothing to post. Left alone: facts that still wait to be judged, awards that were cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import approvals, audit
from domain.access.approvals import Approval, Command
from domain.actor import Actor
from domain.errors import Conflict, NotFound
from domain.foundation.sweeps import Sweep
from domain.points import (
    amounts,
    books,
    correction_posting,
    decisions,
    earning,
    reading,
    replaying,
    stood,
    studies,
)
from domain.points.book import Book
from domain.points.correction_posting import Difference
from domain.points.definitions import Version
from domain.points.replaying import Replay, Study
from domain.points.studies import Of, Scope
from domain.profile.interactions import Fact

CORRECT = "points.CORRECT"
#: A dry run looks at no more facts than this.
MOST_TRIED = 10_000


@dataclass(frozen=True)
class Plan:
    """What a page comes to: the differences, and the counters as they are after them."""

    facts: int
    imported: int  # of them with --rules skip
    differences: list[Difference]
    counters: dict[decisions.Key, Any]

    @property
    def roots(self) -> set[UUID]:
        return {each.member for each in self.differences}

    @property
    def keys(self) -> set[decisions.Key]:
        return {key for each in self.differences for _, key in each.keyed}


async def correct(
    actor: Actor,
    rule: UUID,
    since: datetime,
    until: datetime | None = None,
    *,
    includes_imported: bool = False,
    is_dry: bool = False,
) -> db.Row | dict[str, Any] | Approval:
    """Judge the facts of a time again; answers the correction's row, the figures of a dry run, or what must be signed.

    Above the threshold of CORRECT (by all that would move) a second person signs first; what is too much to be counted
    while the caller waits always needs one. Few facts are corrected now, many by the worker. What imports brought with
    ``--rules skip`` is left alone unless it ``includes_imported``, or this rule has judged it since.
    """
    async with db.transaction():
        code = await db.value("SELECT code FROM points.earn_rule WHERE id = $1", rule)
        if code is None:
            raise NotFound()
        until = until or clock.now()
        studies.must_be_past(since, until)
        scope = await _scope_of(rule)
        most, judged_by = MOST_TRIED if is_dry else None, None if includes_imported else rule
        facts = await studies.must_fit(WORK, scope, since, until, most, judged_by=judged_by)
        what = (actor, rule, since, until, facts)
        tried = await _tried(*what, includes_imported) if is_dry or facts <= WORK.page else None
        if is_dry:
            assert tried is not None
            return tried
        given = {
            "rule": str(rule), "since": since.isoformat(), "until": until.isoformat(),
            "includes_imported": includes_imported,
        }  # fmt: skip
        scales = await reading.scales()
        asked = await approvals.ask(
            actor, CORRECT, given, effects=_effects(code, given, tried, scales), amount=_size(tried, scales)
        )
        if asked is not None:
            return asked
        row = await studies.begin(
            WORK, "rule", rule, actor, since, until, facts, includes_imported=includes_imported
        )
        await audit.append(
            actor, "points.awards.corrected", "earn_rule", rule, facts={**given, "correction": str(row["id"])}
        )
        return row


async def journals(correction: UUID, most: int) -> list[UUID]:
    """The first postings of a correction."""
    rows = await db.fetch(
        """SELECT id FROM points.journal WHERE kind = 'CORRECT' AND split_part(leg, '/', 1) = $1 ORDER BY id LIMIT $2""",
        str(correction), most,
    )  # fmt: skip
    return [row["id"] for row in rows]


class _Undo(Exception):
    """Ends a dry run."""


async def _tried(
    actor: Actor, rule: UUID, since: datetime, until: datetime, facts: int, includes_imported: bool
) -> dict[str, Any]:
    """What a correction would do: it is done, and undone."""
    found: list[db.Row] = []
    try:
        async with db.savepoint():
            found.append(
                await studies.begin(
                    WORK,
                    "rule",
                    rule,
                    actor,
                    since,
                    until,
                    facts,
                    includes_imported=includes_imported,
                    is_now=True,
                )
            )
            raise _Undo
    except _Undo:
        return dict(found[0]["result"])


def _size(tried: dict[str, Any] | None, scales: dict[str, int]) -> Decimal | None:
    """All that would move, both ways."""
    if tried is None:
        return None
    moved = [*tried.get("up", {}).items(), *tried.get("down", {}).items()]
    return sum((amounts.decimal(points, scales[wallet]) for wallet, points in moved), Decimal(0))


def _effects(
    code: str, given: dict[str, Any], tried: dict[str, Any] | None, scales: dict[str, int]
) -> dict[str, Any]:
    said = {
        "rule": code,
        "from": given["since"],
        "to": given["until"],
        "imported": given["includes_imported"],
    }
    if tried is None:
        return {**said, "facts": f"more than {WORK.page}"}
    shown = {
        way: {wallet: str(amounts.decimal(n, scales[wallet])) for wallet, n in tried.get(way, {}).items()}
        for way in ("up", "down")
    }
    return {**said, **shown, "members": tried.get("members", 0)}


async def _scope_of(rule: UUID) -> Scope:
    return Scope.of([span.version for span in await earning.spans_of(rule)])


async def _scope(row: db.Row) -> Scope:
    return await _scope_of(row["rule"])


async def _step(row: db.Row, of: Of) -> dict[str, Any]:
    """Find the differences, lock whom they concern, look again, and post. Locks: roots by id, accounts by id, counters."""
    plan = await _plan(row, of)
    if not plan.differences:
        return correction_posting.figures(row["result"], plan.facts, plan.imported, [])
    book = await _locked(plan)
    again = await _plan(row, of)
    if not (again.roots <= plan.roots and again.keys <= plan.keys):
        raise Conflict("Points of these people are being posted; try again.")
    await correction_posting.post(book, row, again.differences)
    counters = {key: again.counters[key] for key in sorted(again.keys)}
    await correction_posting.store(again.differences, counters, book.now)
    return correction_posting.figures(row["result"], again.facts, again.imported, again.differences)


async def _locked(plan: Plan) -> Book:
    await db.run(
        "SELECT FROM profile.member WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", sorted(plan.roots)
    )
    wallets = {wallet for each in plan.differences for wallet in each.wallets}
    if wallets:
        book = await books.lock(sorted(plan.roots), sorted(wallets))
        await books.load_whole(book, book.accounts.values())
        await books.settle(book)
    else:
        book = Book(clock.now())
    await decisions.lock_counters([pair for each in plan.differences for pair in each.keyed])
    return book


async def _plan(row: db.Row, of: Of) -> Plan:
    rule, since, until = row["rule"], row["since"], row["until"]
    spans = await earning.spans_of(rule)

    def in_force(fact: Fact) -> Version | None:
        return next((span.version for span in spans if span.holds(fact.occurred_at)), None)

    scope = Scope.of([span.version for span in spans])
    kept = await stood.decided(rule, since, until, of)
    judged_by = None if row["includes_imported"] else rule
    found, imported = await stood.facts(scope.kinds, since, until, of, judged_by)
    waiting = await stood.waiting(rule, [fact.id for fact in found]) - {
        each.decision.interaction for each in kept
    }
    facts = [fact for fact in found if fact.id not in waiting]
    done = await replaying.replay(Study(rule, since, until, in_force), facts, kept)
    return Plan(len(found), imported, _differences(done, facts, kept), done.counters)


def _differences(done: Replay, facts: list[Fact], kept: list[stood.Stood]) -> list[Difference]:
    before = {(each.decision.interaction, each.decision.member): each for each in kept}
    by_id = {fact.id: fact for fact in facts}
    found = []
    for redone in done.redone:
        key = (redone.decision.interaction, redone.decision.member)
        found.append(Difference(by_id[key[0]], key[1], redone, before.pop(key, None)))
    for (interaction, member), stands in before.items():  # no version means this person any more
        if interaction in by_id:
            found.append(Difference(by_id[interaction], member, None, stands))
    return [each for each in found if each.matters]


async def _run(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    since, until = datetime.fromisoformat(given["since"]), datetime.fromisoformat(given["until"])
    done = await correct(
        actor, UUID(given["rule"]), since, until, includes_imported=given.get("includes_imported", False)
    )
    assert not isinstance(done, Approval)
    return {"correction": str(done["id"])}


#: Small pages: their people wait while one is posted.
WORK = studies.Work("correction", _scope, _step, page=500)
SWEEP = Sweep("points_corrections", lambda: studies.work_off(WORK), lambda: studies.next_due(WORK))
#: Shipped: 0, so whenever something would move.
COMMAND = Command(CORRECT, _run, frozenset({"operator"}), Decimal(0))
