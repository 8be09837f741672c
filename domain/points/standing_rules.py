"""How a member stands in a tier scheme, decided from all that happened. Pure: the history is walked, or its end.

A standing is the higher of what is computed and of a floor that staff set. What happens at one instant is taken in
this order: what ends then, a new version of the scheme, staff and merges, points, conditions. Amounts are minor units.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.points import periods
from domain.points.standing_types import (
    ALWAYS,
    Change,
    Floor,
    Input,
    Joined,
    Kept,
    Moved,
    Scheme,
    Standing,
    State,
    Step,
    Truth,
    Turned,
)

_TICK = timedelta(microseconds=1)
_MOST_STEPS = 60  # how far a forecast looks: so many ends, ...
_HORIZON = timedelta(days=3 * 366)  # ... and so long


@dataclass
class Walk:
    """A member's way through a scheme; :meth:`to` goes on until a moment (inclusive)."""

    versions: Sequence[Scheme]
    inputs: list[Input]
    truth: Truth = lambda condition, at: condition is None
    changes: list[Change] = field(default_factory=list)
    state: State = field(default_factory=State)
    balance: int = 0
    earned: dict[int, int] = field(default_factory=dict)
    shown: Standing = field(default_factory=lambda: Standing(None, None, None, None, None, None))
    number: int = 0  # of the version in force
    next: int = 0  # of the input that follows
    reached: datetime = ALWAYS
    stepped: datetime | None = None  # the last instant at which something happened

    def __post_init__(self) -> None:
        order = (Floor, Joined, Moved, Turned)
        self.inputs = sorted(self.inputs, key=lambda each: (each.at, order.index(type(each))))
        if self.inputs:
            self.reached = self.inputs[0].at - _TICK
            before = [
                n for n, version in enumerate(self.versions) if n and version.since <= self.inputs[0].at
            ]
            self.number = max(before, default=0)

    @classmethod
    def resumed(cls, kept: Kept, versions: Sequence[Scheme], inputs: Iterable[Input], truth: Truth) -> Walk:
        """The same way from a checkpoint on; its changes are those that follow. No version may begin after it."""
        walk = cls(versions, [each for each in inputs if each.at > kept.at], truth)
        walk.state, walk.shown = copy.copy(kept.state), kept.shown
        walk.balance, walk.earned, walk.number = kept.balance, dict(kept.earned), kept.number
        walk.reached = walk.stepped = kept.at
        return walk

    @property
    def scheme(self) -> Scheme:
        return self.versions[self.number]

    def to(self, until: datetime) -> Walk:
        while (at := self._next_at(until)) is not None:
            self._step(at)
        self.reached = max(self.reached, until)
        return self

    def counted(self, at: datetime) -> int:
        """What counts at a moment: the balance, or what was earned in its period."""
        if self.scheme.basis == "BALANCE":
            return self.balance
        return self.earned.get(self._period(at), 0)

    def target(self, at: datetime, counted: int) -> str | None:
        """The highest tier that so many points (and the conditions) reach."""
        reached = [
            tier.code
            for tier in self.scheme.tiers
            if max(0, counted) >= tier.threshold and self.truth(tier.condition, at)
        ]
        return reached[-1] if reached else None

    def forecast(self, known: Iterable[Moved] = ()) -> Change | None:
        """The next change of the tier if nothing happens but time, and what is known to come (expiries)."""
        ahead = copy.copy(self)
        ahead.state, ahead.earned = copy.copy(self.state), dict(self.earned)
        ahead.inputs = sorted(known, key=lambda each: each.at)
        ahead.versions = self.versions[: self.number + 1]
        ahead.next, ahead.changes = 0, []
        start, before = self.reached, self.shown.tier
        for _ in range(_MOST_STEPS):
            at = ahead._next_at(start + _HORIZON)
            if at is None:
                return None
            ahead._step(at)
            if ahead.shown.tier != before:
                return ahead.changes[-1]
        return None

    def next_end(self) -> datetime | None:
        """When something of the standing ends by time alone, turns of periods aside."""
        state = self.state
        ends = (state.grace_until or state.ends_at, state.floor_until)
        return min((at for at in ends if at is not None), default=None)

    def _next_at(self, until: datetime) -> datetime | None:
        """The next instant at which something happens."""
        moments = [self.next_end()]
        if self.next < len(self.inputs):
            moments.append(self.inputs[self.next].at)
        if self.number + 1 < len(self.versions):
            moments.append(self.versions[self.number + 1].since)
        if self.scheme.turns and self.reached > ALWAYS and (self.earned or self.state.tier or self.balance):
            moments.append(self._start_of(self._period(self.reached) + 1))
        at = min((moment for moment in moments if moment is not None), default=None)
        return None if at is None or at > until else max(at, self.reached)

    def _step(self, at: datetime) -> None:
        """All that happens at one instant."""
        turned = self.reached > ALWAYS and self.scheme.turns and at > self.reached
        turned = turned and self._period(at) > self._period(self.reached)
        self.reached = self.stepped = at
        state = self.state
        if state.floor_until is not None and state.floor_until <= at:
            state.floor = state.floor_since = state.floor_until = None
        end = state.grace_until or state.ends_at
        if end is not None and end <= at:
            self._end(at)
        if turned:
            self._judge(at, self._kept(at) if self.scheme.apply == "NEXT_PERIOD" else self.counted(at))
        self._note(at)
        if self.number + 1 < len(self.versions) and self.versions[self.number + 1].since <= at:
            self._revise(at)
        while self.next < len(self.inputs) and self.inputs[self.next].at <= at:
            self._take(self.inputs[self.next], at)
            self.next += 1

    def _revise(self, at: datetime) -> None:
        """Another version: what was earned is summed anew in its periods."""
        self.number += 1
        taken = [each for each in self.inputs[: self.next] if isinstance(each, Moved)]
        self.earned = {}
        for each in taken:
            self._add(each)
        self._change(at)

    def _take(self, given: Input, at: datetime) -> None:
        state = self.state
        if isinstance(given, Moved):
            self.balance += given.amount
            self._add(given)
        elif isinstance(given, Floor):
            state.floor, state.floor_until = given.tier, given.until
            state.floor_since = at if given.tier else None
        elif isinstance(given, Joined):
            self._join(given.state)
        self._change(at)

    def _add(self, given: Moved) -> None:
        if self.scheme.period is not None:
            period = self._period(given.occurred_at)
            self.earned[period] = self.earned.get(period, 0) + given.amount

    def _change(self, at: datetime) -> None:
        if self.scheme.apply == "IMMEDIATELY":
            self._judge(at, self.counted(at))
        self._note(at)

    def _judge(self, at: datetime, counted: int) -> None:
        """Raise at once; lower at once only without an end to wait for."""
        state, target = self.state, self.target(at, counted)
        wanted, now = self.scheme.rank(target), self.scheme.rank(state.tier)
        if wanted > now:
            self._become(target, at)
        elif wanted == now and state.tier is not None and state.grace_until is not None:
            self._renew(at)
        elif wanted < now and self.scheme.expiry.get("immediate") and state.grace_until is None:
            self._fall_or_wait(at, target)

    def _end(self, at: datetime) -> None:
        """The time of the tier (or of its grace) is over: it is renewed, waits a while, or falls."""
        state, target = self.state, self.target(at, self._kept(at))
        wanted, now = self.scheme.rank(target), self.scheme.rank(state.tier)
        if wanted > now:
            self._become(target, at)
        elif wanted == now:
            self._renew(at)
        elif state.grace_until is not None:
            self._fall(at, target)
        else:
            self._fall_or_wait(at, target)

    def _kept(self, at: datetime) -> int:
        """What counts for staying when the time is over."""
        scheme = self.scheme
        if scheme.basis == "BALANCE":
            return self.balance
        last, present = self.earned.get(self._period(at) - 1, 0), self.earned.get(self._period(at), 0)
        if scheme.apply == "NEXT_PERIOD":
            return last
        end = scheme.expiry.get("end_of_period")
        if end is not None:
            return max(last, present) if end["next"] else present
        if scheme.expiry.get("immediate"):
            return present
        return self.earned.get(self._period(at - _TICK), 0)

    def _become(self, code: str | None, at: datetime) -> None:
        state = self.state
        state.tier, state.since = code, at
        state.ends_at, state.grace_until = self._end_of(code, at), None

    def _renew(self, at: datetime) -> None:
        state, scheme = self.state, self.scheme
        begun = at
        end = scheme.expiry.get("end_of_period")
        if end is not None and end["next"] and scheme.basis != "BALANCE" and scheme.apply == "IMMEDIATELY":
            tier = scheme.tier(state.tier)
            if tier is not None and self.earned.get(self._period(at), 0) < tier.threshold:
                begun = self._start_of(self._period(at)) - _TICK
        state.ends_at, state.grace_until = self._end_of(state.tier, begun), None

    def _fall_or_wait(self, at: datetime, target: str | None) -> None:
        tier = self.scheme.tier(self.state.tier)
        if self.scheme.downgrade == "NONE" or (tier is not None and tier.keeps):
            self.state.ends_at = None
        elif self.scheme.grace is not None:
            self.state.ends_at = self.state.ends_at or at
            self.state.grace_until = periods.end(at, self.scheme.zone, self.scheme.grace)
        else:
            self._fall(at, target)

    def _fall(self, at: datetime, target: str | None) -> None:
        rank = self.scheme.rank(target)
        if self.scheme.downgrade == "ONE_STEP":
            rank = max(rank, self.scheme.rank(self.state.tier) - 1)
        self._become(self.scheme.tiers[rank - 1].code if rank else None, at)

    def _end_of(self, code: str | None, at: datetime) -> datetime | None:
        scheme = self.scheme
        tier = scheme.tier(code)
        if tier is None or tier.keeps or scheme.downgrade == "NONE" or scheme.is_base(tier.code):
            return None
        if fixed := scheme.expiry.get("fixed"):
            return periods.end(at, scheme.zone, fixed)
        if days := scheme.expiry.get("calendar"):
            return periods.expiry_of({"calendar": days}, at, scheme.zone)
        if end := scheme.expiry.get("end_of_period"):
            start = self._start_on(self._period(at) + (2 if end["next"] else 1))
            return periods.midnight(start + timedelta(days=end["plus_days"]), scheme.zone)
        return None

    def _join(self, other: State) -> None:
        state, rank = self.state, self.scheme.rank
        if rank(other.tier) > rank(state.tier):
            state.tier, state.since = other.tier, other.since
            state.ends_at, state.grace_until = other.ends_at, other.grace_until
        elif rank(other.tier) == rank(state.tier):
            state.ends_at = _later(state.ends_at, other.ends_at)
        if rank(other.floor) > rank(state.floor):
            state.floor, state.floor_since = other.floor, other.floor_since
            state.floor_until = other.floor_until

    def _note(self, at: datetime) -> None:
        """Compare what is shown with what was, and keep the step."""
        before, now = self.shown, self._show(at)
        self.shown = now
        step = self._step_of(before, now)
        if step is not None:
            self.changes.append(Change(at, step, before.tier, now.tier, now.ends_at))

    def _step_of(self, before: Standing, now: Standing) -> Step | None:
        old, new = self.scheme.rank(before.tier), self.scheme.rank(now.tier)
        if old != new:
            if not old or not new:
                return Step.REACHED if new else Step.LEFT
            return Step.RAISED if new > old else Step.LOWERED
        if new and before.ends_at is not None and before.ends_at != now.ends_at:
            return Step.EXTENDED if _later(before.ends_at, now.ends_at) == now.ends_at else None
        return None

    def _show(self, at: datetime) -> Standing:
        state, rank = self.state, self.scheme.rank
        computed, floor = rank(state.tier), rank(state.floor)
        tier = state.floor if floor > computed else state.tier
        if floor > computed:
            ends_at, grace = state.floor_until, None
        elif floor and floor == computed:
            ends_at, grace = _later(state.ends_at, state.floor_until), state.grace_until
        else:
            ends_at, grace = state.ends_at, state.grace_until
        since = self.shown.since if tier == self.shown.tier else at
        if tier is None:
            since = None
        return Standing(tier, since, ends_at, state.floor, state.floor_until, grace)

    def _period(self, at: datetime) -> int:
        assert self.scheme.period is not None
        return periods.number_of(at.astimezone(ZoneInfo(self.scheme.zone)).date(), self.scheme.period)

    def _start_on(self, number: int) -> date:
        assert self.scheme.period is not None
        return periods.first_day(number, self.scheme.period)

    def _start_of(self, number: int) -> datetime:
        return periods.midnight(self._start_on(number), self.scheme.zone)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)
