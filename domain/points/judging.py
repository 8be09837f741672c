"""Judging facts by rules, many at once: accounts locked by id, counters after them, then everything written together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from domain import clock
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import (
    award_terms,
    baskets,
    books,
    decisions,
    enrolments,
    moves,
    refund_targets,
    rules,
    seeing,
)
from domain.points.baskets import Basket
from domain.points.book import Book, Journal
from domain.points.capping import Counter, recount
from domain.points.decisions import HELD, OPENED, WAITING, Compensation, Decision, Key
from domain.points.definitions import Version, device_of
from domain.points.matching import Reason, Seen
from domain.points.rules import Verdict
from domain.points.tables import JournalKind, LotState
from domain.profile.interactions import Fact


@dataclass
class Case:
    """A fact, the version that judges it, and the root it means.

    With ``original`` it concerns the award of another fact: it is compensated (or restored), or, when ``is_pick``, it
    is what the award waits for. ``reason`` says why the version does not count at that time.
    """

    fact: Fact
    version: Version | None
    member: UUID
    rule: UUID = None  # type: ignore[assignment]
    original: UUID | None = None
    is_pick: bool = False
    reason: Reason | None = None

    def __post_init__(self) -> None:
        if self.version is not None:
            self.rule = self.version.rule


@dataclass(frozen=True)
class Judged:
    """What one rule decided about a fact; amounts are signed minor units by wallet.

    ``lines``: what of the granted amount each line of the fact's basket earned, by wallet; it adds up to ``granted``.
    ``is_pending``: it is not available yet.
    """

    rule: UUID
    version: UUID
    code: str
    member: UUID
    outcome: str
    desired: dict[str, int]
    granted: dict[str, int]
    reasons: list[dict[str, Any]]
    journal: UUID | None
    lines: dict[str, list[int]] = field(default_factory=dict)
    breakdown: list[dict[str, Any]] = field(default_factory=list)
    id: UUID | None = None
    is_pending: bool = False


@dataclass
class Group:
    """A fact and one root that it may earn for: the rules are looked at together."""

    fact: Fact
    member: UUID
    versions: list[Version] = field(default_factory=list)
    refused: dict[UUID, list[Reason]] = field(default_factory=dict)
    basket: Basket | None = None
    device_members: int = 0
    is_done: bool = False

    @property
    def matching(self) -> list[Version]:
        return [version for version in self.versions if version.id not in self.refused]

    def suspicious(self, version: Version) -> Reason | None:
        """Why an award has to wait for an operator."""
        most = version.device_members_max
        if most is None or self.device_members <= most:
            return None
        return {"code": "DEVICE_SHARED", "limit": most, "actual": self.device_members}


class World(Protocol):
    """What judging asks beside the fact and the counters. :class:`Live` reads it when asked."""

    async def seen(self, root: UUID, versions: Sequence[Version], at: datetime) -> Seen: ...

    async def awards_near(self, rule: UUID, root: UUID, at: datetime, seconds: int) -> list[datetime]: ...

    async def members_of_device(self, device: str, root: UUID) -> int: ...

    async def is_picked(self, version: Version, fact: Fact) -> bool: ...


@dataclass(frozen=True)
class Live:
    """The world as it stands; with ``writes`` it remembers who earned on which device."""

    writes: bool

    async def seen(self, root: UUID, versions: Sequence[Version], at: datetime) -> Seen:
        return await seeing.look(root, versions, at)

    async def awards_near(self, rule: UUID, root: UUID, at: datetime, seconds: int) -> list[datetime]:
        return await decisions.awards_near(rule, root, at, seconds)

    async def members_of_device(self, device: str, root: UUID) -> int:
        return await decisions.members_of_device(device, root, writes=self.writes)

    async def is_picked(self, version: Version, fact: Fact) -> bool:
        """Whether the fact that the rule waits for is known already."""
        return (fact.id, version.id) in await decisions.picked([(version, fact)])


WORLD = Live(writes=True)


@dataclass
class _Bench:
    """What one round of judging works on."""

    book: Book
    counters: dict[Key, Counter]
    decisions: dict[tuple[UUID, UUID], Decision]
    compensations: dict[UUID, list[Compensation]]
    orders: dict[UUID, refund_targets.Order]  # of which something was refunded, by their fact
    fresh: list[Decision] = field(default_factory=list)
    changed: dict[UUID, Decision] = field(default_factory=dict)
    causes: dict[UUID, Fact] = field(default_factory=dict)
    used: set[Key] = field(default_factory=set)


async def judge(cases: Sequence[Case]) -> list[Judged]:
    """Award, cut, refuse, hold, take back or grant again; every judged fact leaves its decisions.

    Locks: accounts by id, then the orders that facts tell of, then counters by key. A fact judged before is left as it
    was decided.
    """
    known = await decisions.known({case.original or case.fact.id for case in cases})
    groups = _groups(cases, known)
    barred = await enrolments.barred(
        [(g.fact.id, g.member, g.fact.occurred_at, v.wallets) for g in groups.values() for v in g.matching]
    )
    for key, group in groups.items():
        await look(group, WORLD, is_barred=key in barred)
    turning = [known[c.original, c.rule] for c in cases if c.original and (c.original, c.rule) in known]
    wallets = {w for g in groups.values() for v in g.matching for w in v.wallets}
    wallets |= {w for decision in turning for w in decision.version.wallets}
    takes = any(case.original is not None for case in cases)
    book = await _book({case.member for case in cases}, wallets, takes=takes)
    _note_lapsed(book, list({decision.id: decision for decision in turning}.values()))
    told = [g.fact.id for g in groups.values() if g.fact.kind in baskets.TOLD_BY]
    orders = await refund_targets.of([*told, *(d.interaction for d in turning)])
    keyed = [each for d in turning for each in d.keyed]
    keyed += [k for g in groups.values() for v in g.matching for k in decisions.keyed(v, g.member, g.fact)]
    bench = _Bench(
        book, await decisions.lock_counters(keyed), known,
        await decisions.compensations({case.original for case in cases if case.original}), orders,
    )  # fmt: skip
    for case in cases:
        if case.original is not None:
            _turn(bench, case)
        elif (mine := groups.get((case.fact.id, case.member))) and not mine.is_done:
            await _award(bench, mine)
    await books.settle(book)
    await books.write(book, SYSTEM, causes=bench.causes)
    counters = {key: bench.counters[key] for key in sorted(bench.used)}
    await decisions.store(counters, bench.fresh, list(bench.changed.values()), book.now)
    await refund_targets.store_changed(orders.values())
    return [_judged(decision) for decision in bench.fresh]


async def look(group: Group, world: World, *, is_barred: bool) -> None:
    """Find out which versions match the fact and the person, and why the others do not."""
    fact = group.fact
    group.basket = baskets.read(fact.properties)
    there = group.matching
    if not there:
        return
    seen = await world.seen(group.member, there, fact.occurred_at)
    for version in there:
        reasons = rules.matched(version, fact, group.basket, seen)
        if is_barred:
            reasons.append({"code": "NOT_ENROLLED"})
        if not reasons and version.cooldown:
            reasons = await _cooling(version, group, world)
        if reasons:
            group.refused[version.id] = reasons
    device = device_of(fact)
    if device is not None and any(v.device_members_max is not None for v in group.matching):
        group.device_members = await world.members_of_device(device, group.member)


async def _cooling(version: Version, group: Group, world: World) -> list[Reason]:
    at = group.fact.occurred_at
    near = await world.awards_near(version.rule, group.member, at, version.cooldown)
    return [_cools(version, near)] if near else []


def _cools(version: Version, near: Sequence[datetime]) -> Reason:
    until = max(near) + timedelta(seconds=version.cooldown)
    return {"code": "COOLDOWN", "seconds": version.cooldown, "available_at": until.isoformat()}


def _groups(
    cases: Sequence[Case], known: dict[tuple[UUID, UUID], Decision]
) -> dict[tuple[UUID, UUID], Group]:
    """The awards to be judged, by fact and root; what was judged before is left out."""
    groups: dict[tuple[UUID, UUID], Group] = {}
    for case in cases:
        if case.version is None or (case.fact.id, case.rule) in known:
            continue
        group = groups.setdefault((case.fact.id, case.member), Group(case.fact, case.member))
        group.versions.append(case.version)
        if case.reason is not None:
            group.refused[case.version.id] = [case.reason]
    return groups


async def _book(members: set[UUID], wallets: set[str], *, takes: bool) -> Book:
    """The accounts, locked and settled, with their lots where something may be taken; none when nothing can be earned."""
    if not wallets:
        return Book(clock.now())
    book = await books.lock(sorted(members), sorted(wallets))
    if takes:
        await books.load_whole(book, book.accounts.values())
    else:
        await books.load_for_earning(book)
    await books.settle(book)
    return book


async def _award(bench: _Bench, group: Group) -> None:
    group.is_done = True
    for version in group.matching:  # others of the same batch are not stored yet
        if version.cooldown and (reason := _cooling_here(bench, version, group)):
            group.refused[version.id] = [reason]
    keyed = {v.id: decisions.keyed(v, group.member, group.fact) for v in group.versions}
    found = rules.verdicts(
        group.versions, group.fact, group.basket, refused=group.refused,
        caps=lambda v: [(cap, bench.counters[key]) for cap, key in keyed[v.id]], is_suspicious=group.suspicious,
    )  # fmt: skip
    for version in group.versions:
        verdict = found[version.id]
        decision = Decision(
            ids.new(), group.fact.id, version, group.member, verdict, keyed[version.id], [], group.fact,
            lines=verdict.lines(), occurred_at=group.fact.occurred_at,
        )  # fmt: skip
        decision.gate = await gate_of(version, verdict, group.fact, WORLD)
        if verdict.is_counted:
            bench.used |= {key for _, key in keyed[version.id]}
        changes = _kept(bench, decision, verdict.granted, verdict.granted)
        if any(points < 0 for points in changes.values()):
            await books.load_whole(bench.book, [bench.book.of(group.member, w) for w in changes])
        if changes != verdict.granted:
            verdict.reasons.append({"code": "REFUNDED"})
            decision.gate = decision.gate if changes else None  # nothing waits
        if changes:
            _post(bench, decision, changes, group.fact, None, award_terms.shown(version, verdict))
        bench.decisions[(group.fact.id, version.rule)] = decision
        bench.fresh.append(decision)


async def gate_of(version: Version, verdict: Verdict, fact: Fact, world: World) -> str | None:
    """What an award waits for."""
    if sum(verdict.granted.values()) <= 0:
        return None
    if verdict.is_held:
        return HELD
    if not version.is_gated:
        return None
    return OPENED if await world.is_picked(version, fact) else WAITING


def _cooling_here(bench: _Bench, version: Version, group: Group) -> Reason | None:
    length, at = timedelta(seconds=version.cooldown), group.fact.occurred_at
    near = [
        d.occurred_at
        for d in bench.fresh
        if (d.version.rule, d.member) == (version.rule, group.member)
        and d.verdict.granted
        and d.occurred_at is not None
        and abs(d.occurred_at - at) < length
    ]
    return _cools(version, near) if near else None


def _turn(bench: _Bench, case: Case) -> None:
    """The original counts or does not, after all compensations known by now; post what that changes, once."""
    decision = bench.decisions.get((case.original, case.rule))  # type: ignore[arg-type]
    if decision is None:
        return
    if case.is_pick:
        _open(bench, decision, case.fact)
        return
    changes = turn(
        decision, bench.compensations.get(decision.interaction, ()), case.fact.kind, bench.counters
    )
    if changes is None:
        return
    bench.changed[decision.id] = decision
    if decision.verdict.is_counted:
        bench.used |= {key for cap, key in decision.keyed if cap.mode == "NET"}
    granted = {} if decision.is_reversed else decision.verdict.granted
    changes = _kept(bench, decision, granted, changes)
    if changes:
        _post(bench, decision, changes, case.fact, str(decision.turns), {})


def _kept(
    bench: _Bench, decision: Decision, granted: dict[str, int], changes: dict[str, int]
) -> dict[str, int]:
    """What is to be posted of an award that becomes ``granted``: of a refunded order, for the part that was kept."""
    order = bench.orders.get(decision.interaction)
    if order is None or not changes:
        return changes
    lines = order.lines(granted, decision.lines)
    return order.change(decision.version.rule, decision.member, lines, changes)


def turn(
    decision: Decision, known: Sequence[Compensation], kind: str, counters: Mapping[Key, Counter]
) -> dict[str, int] | None:
    """Whether the fact of a decision counts after all compensations ``known``, the last one of this ``kind``.

    None: nothing changes. Else the decision is turned, and what that moves is answered, by wallet.
    """
    version = decision.version
    undone = decisions.is_taken_back(version, known)
    if decision.is_reversed is undone or (not undone and not decisions.regrants(version, kind)):
        return None
    decision.is_reversed = undone
    decision.turns += 1
    counted = [(cap, counters[key]) for cap, key in decision.keyed] if decision.verdict.is_counted else []
    changes = recount(counted, decision.verdict.desired, not undone)
    if changes is None:
        sign = -1 if undone else 1
        granted, cancelled = decision.verdict.granted, decision.cancelled
        changes = {w: sign * (points - cancelled.get(w, 0)) for w, points in granted.items()}
    return {wallet: points for wallet, points in changes.items() if points}


def _open(bench: _Bench, decision: Decision, fact: Fact) -> None:
    """What the award waited for has happened: it is available from then on. One that was cancelled before that was told,
    though it happened in time, is given again."""
    version, since = decision.version, decision.occurred_at
    assert since is not None
    if decision.gate != WAITING or not since <= fact.occurred_at < decisions.waits_until(version, since):
        return
    decision.gate = OPENED
    bench.changed[decision.id] = decision
    for wallet in decision.verdict.granted:
        account = bench.book.of(decision.member, wallet)
        for lot in list(account.lots.values()):
            if lot.state == LotState.PENDING and lot.journal in decision.journals:
                bench.causes[moves.activate(bench.book, account, lot, fact.occurred_at).id] = fact
    lapsed, decision.cancelled = decision.cancelled, {}
    if lapsed and not decision.is_reversed:
        given = _kept(bench, decision, decision.verdict.granted, lapsed)
        _post(bench, decision, given, fact, "picked", {})


def _note_lapsed(book: Book, turning: Sequence[Decision]) -> None:
    """What of these awards was cancelled just now, for its time was over."""
    ended = {journal.id for journal in book.journals if journal.kind == JournalKind.CANCEL}
    for use in book.uses:
        if use.journal not in ended:
            continue
        account = book.accounts[book.lots[use.lot].account]
        for decision in turning:
            if book.lots[use.lot].journal in decision.journals:
                code = account.wallet.code
                decision.cancelled[code] = decision.cancelled.get(code, 0) + use.amount


def _post(
    bench: _Bench,
    decision: Decision,
    changes: dict[str, int],
    cause: Fact,
    leg: str | None,
    facts: dict[str, Any],
) -> None:
    """One journal for all wallets of a decision: what comes in is earned, what goes is taken back."""
    kind = JournalKind.EARN if any(points > 0 for points in changes.values()) else JournalKind.CLAW_BACK
    journal = bench.book.begin(
        Journal(
            kind, "INTERACTION", str(decision.interaction), cause.occurred_at, decision.version.id, leg,
            reason=decision.version.code, facts=facts,
        )
    )  # fmt: skip
    bench.causes[journal.id] = cause
    before = len(bench.book.entries)
    for wallet, points in changes.items():
        account = bench.book.of(decision.member, wallet)
        if points > 0:
            own = award_terms.terms(decision.version, account.wallet, journal.occurred_at, decision.gate)
            moves.earn(bench.book, account, journal, points, **own)
            continue
        waived = moves.claw_back(
            bench.book, account, journal, -points, own=frozenset(decision.journals), policy="ALLOW_NEGATIVE"
        )
        if waived:
            journal.facts.setdefault("waived", {})[wallet] = waived
            decision.lines = baskets.really(decision.lines, {wallet: waived})
    if len(bench.book.entries) == before:
        bench.book.journals.remove(journal)  # all of it was waived
    else:
        decision.journals.append(journal.id)


def _judged(decision: Decision) -> Judged:
    version, verdict = decision.version, decision.verdict
    return Judged(
        version.rule, version.id, version.code, decision.member, verdict.outcome, verdict.desired, verdict.granted,
        verdict.reasons, decision.journals[0] if decision.journals else None, verdict.lines(), award_terms.breakdown(version, verdict), decision.id,
        is_pending=decision.gate in (HELD, WAITING),
    )  # fmt: skip
