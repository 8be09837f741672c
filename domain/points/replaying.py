"""Judging stored facts again, many at once: the code that judges new facts, on counters in memory. Writes nothing.

One rule is looked at. What other rules said to a fact is taken as it was decided: which of them stands alone, and whose
multipliers count. Facts that were judged before come in their order of then and their compensations in between, facts
that never were come after them, like late ones; conditions read the person as he is now, as they do for a late fact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from domain import clock
from domain.foundation import ids
from domain.points import capping, decisions, earning, enrolments, judging, rules, seeing, stood
from domain.points.baskets import Basket
from domain.points.capping import Counter
from domain.points.decisions import WAITING, Compensation, Decision, Key
from domain.points.definitions import Version, device_of
from domain.points.judging import Group
from domain.points.matching import Seen
from domain.points.seeing import Eyes
from domain.points.stood import Other, Step, Stood
from domain.profile.interactions import Fact

#: Reasons that a rule gives after it has found the fact to be its own.
_SAID_LATER = frozenset(
    ("NOT_STACKABLE", "NOTHING_TO_EARN", "TOO_LARGE", "PER_EVENT_MAX", "CAP_REACHED", "HELD_FOR_REVIEW", "DEVICE_SHARED",
     "REFUNDED")
)  # fmt: skip


@dataclass(frozen=True)
class Study:
    """Which rule is looked at, over which time (exclusive end), and by which version each fact is judged."""

    rule: UUID
    since: datetime
    until: datetime
    version_of: Callable[[Fact], Version | None]


@dataclass
class Redone:
    """What the rule means to a fact now. ``net`` is what stands after compensations, by wallet, in minor units.

    ``is_lapsed``: the award waits for a fact that did not come in time.
    """

    decision: Decision
    net: dict[str, int]
    basket: Basket | None
    is_lapsed: bool = False

    @property
    def points(self) -> dict[str, int]:
        """What the person has of it."""
        return {} if self.is_lapsed else {wallet: n for wallet, n in self.net.items() if n}


@dataclass
class Replay:
    """The facts judged again, in their order, and the counters as they are after them."""

    redone: list[Redone]
    counters: dict[Key, Counter]


async def replay(study: Study, facts: Sequence[Fact], kept: Sequence[Stood]) -> Replay:
    """Judge these facts again. ``kept`` are all decisions of the rule that the study replaces for the same people:
    what they used of the caps is free again, what was used outside of the study stays used."""
    asked = [(v, fact) for fact in facts if (v := study.version_of(fact)) and rules.means(v, fact)]
    whose = await earning.beneficiaries(asked)
    cases = [(v, fact, root) for (v, fact), root in zip(asked, whose, strict=True) if root is not None]
    going = _Going(
        study,
        await _Remembered.of(study, cases),
        await enrolments.barred([(fact.id, root, fact.occurred_at, v.wallets) for v, fact, root in cases]),
        await stood.others(
            study.rule, [fact.id for _, fact, _ in cases], is_whole=all(v.is_whole for v, _, _ in cases)
        ),
        await _counters(cases, kept),
    )
    steps = await stood.steps([fact.id for _, fact, _ in cases])
    order = _order(cases, kept)
    events: list[tuple[_Place, tuple[Version, Fact, UUID] | Step]] = [
        *((order[case[1].id], case) for case in cases),
        *((_after(order[step.origin], step), step) for step in steps),
    ]
    for _, event in sorted(events, key=lambda event: event[0]):
        if isinstance(event, Step):
            going.turn(event)
        else:
            await going.judge(*event)
    return Replay(list(going.redone.values()), going.counters)


@dataclass
class _Going:
    study: Study
    world: _Remembered
    barred: set[tuple[UUID, UUID]]
    others: Mapping[tuple[UUID, UUID], Sequence[Other]]
    counters: dict[Key, Counter]
    redone: dict[UUID, Redone] = field(default_factory=dict)
    seen: dict[UUID, list[Step]] = field(default_factory=dict)

    async def judge(self, version: Version, fact: Fact, root: UUID) -> None:
        group = Group(fact, root, [version])
        await judging.look(group, self.world, is_barred=(fact.id, root) in self.barred)
        for other in self.others.get((fact.id, root), ()):
            if not _is_out(other):
                group.versions.append(other.version)
        keyed = decisions.keyed(version, root, fact)
        found = rules.verdicts(
            group.versions, fact, group.basket, refused=group.refused,
            caps=lambda v: [(cap, self.counters[key]) for cap, key in keyed] if v is version else [],
            is_suspicious=group.suspicious,
        )[version.id]  # fmt: skip
        decision = Decision(
            ids.new(), fact.id, version, root, found, keyed if found.is_counted else [], [], fact,
            occurred_at=fact.occurred_at,
        )  # fmt: skip
        decision.gate = await judging.gate_of(version, found, fact, self.world)
        if found.outcome != "REFUSED":
            self.world.note(root, fact.occurred_at)
        is_over = decision.gate == WAITING and decisions.waits_until(version, fact.occurred_at) <= clock.now()
        self.redone[fact.id] = Redone(decision, dict(found.granted), group.basket, is_over)

    def turn(self, step: Step) -> None:
        """A compensation of a fact (or of its compensation) comes."""
        came = self.seen.setdefault(step.origin, [])
        came.append(step)
        redone = self.redone.get(step.origin)
        if redone is None:
            return
        known = [
            Compensation(each.kind, _counts(each, came)) for each in came if each.compensates == step.origin
        ]
        for wallet, points in (judging.turn(redone.decision, known, step.kind, self.counters) or {}).items():
            redone.net[wallet] = redone.net.get(wallet, 0) + points


def _counts(step: Step, came: Sequence[Step]) -> bool:
    return not any(each.compensates == step.id and _counts(each, came) for each in came)


def _is_out(other: Other) -> bool:
    """Whether another rule had no say about the fact, as it was decided."""
    said = {reason["code"] for reason in other.reasons}
    # One that only multiplies has none either once its caps are used up.
    return bool(said - _SAID_LATER) or (not other.version.wallets and "CAP_REACHED" in said)


#: Never judged, when, a compensation, and by which id: the place of an event among the others.
_Place = tuple[bool, datetime, bool, UUID]


def _order(cases: Sequence[tuple[Version, Fact, UUID]], kept: Sequence[Stood]) -> dict[UUID, _Place]:
    """The facts' places: as they were judged; under a NET cap, where compensations move what others get, as received."""
    is_net = any(cap.mode == "NET" for version, _, _ in cases for cap in version.caps)
    found: dict[UUID, _Place] = {fact.id: (True, fact.received_at, False, fact.id) for _, fact, _ in cases}
    received = {fact.id: fact.received_at for _, fact, _ in cases}
    for each in kept:
        fact, decision = each.decision.interaction, each.decision
        if fact in found and decision.judged_at is not None:
            place = (received[fact], fact) if is_net else (decision.judged_at, decision.id)
            found[fact] = (False, place[0], False, place[1])
    return found


def _after(place: _Place, step: Step) -> _Place:
    """A compensation comes when it was received, but not before its fact."""
    return (place[0], max(place[1], step.received_at), True, step.id)


async def _counters(cases: Sequence[tuple[Version, Fact, UUID]], kept: Sequence[Stood]) -> dict[Key, Counter]:
    keys = {key for v, fact, root in cases for _, key in decisions.keyed(v, root, fact)}
    keys |= {key for each in kept for _, key in each.decision.keyed}
    counters = await decisions.read_counters(keys)
    for each in kept:
        decision = each.decision
        caps = [(cap, counters[key]) for cap, key in decision.keyed]
        desired = {} if decision.is_reversed else decision.verdict.desired
        capping.uncount(caps, decision.verdict.granted, desired, each.net)
    return counters


@dataclass
class _Remembered:
    """The world of :mod:`domain.points.judging`, read for all cases together."""

    eyes: Eyes
    devices: dict[str, set[UUID]]
    picked: set[tuple[UUID, UUID]]
    awards: dict[UUID, list[datetime]]

    @classmethod
    async def of(cls, study: Study, cases: Sequence[tuple[Version, Fact, UUID]]) -> _Remembered:
        versions = {version.id: version for version, _, _ in cases}.values()
        roots = sorted({root for _, _, root in cases})
        cools = max((version.cooldown for version in versions), default=0)
        named = {
            device for v, fact, _ in cases if v.device_members_max is not None and (device := device_of(fact))
        }
        return cls(
            await seeing.look_at(roots, list(versions)),
            await stood.devices(named) if named else {},
            await decisions.picked([(v, fact) for v, fact, _ in cases if v.is_gated]),
            await stood.awards_around(study.rule, roots, study.since, study.until, cools) if cools else {},
        )

    def note(self, root: UUID, at: datetime) -> None:
        self.awards.setdefault(root, []).append(at)

    async def seen(self, root: UUID, versions: Sequence[Version], at: datetime) -> Seen:
        return self.eyes.seen(root, at, versions[0].zone)

    async def awards_near(self, rule: UUID, root: UUID, at: datetime, seconds: int) -> list[datetime]:
        length = timedelta(seconds=seconds)
        return [each for each in self.awards.get(root, ()) if abs(each - at) < length]

    async def members_of_device(self, device: str, root: UUID) -> int:
        return len(self.devices.get(device, set()) | {root})

    async def is_picked(self, version: Version, fact: Fact) -> bool:
        return (fact.id, version.id) in self.picked
