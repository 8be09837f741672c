"""What marks make of a mission: its rounds, how far each is, and what each gives. Pure.

A definition is JSON with the fields of ``MissionInput`` in snake_case; amounts are minor units of their wallet, days
are ISO dates, ``closes_on`` and a step's ``to`` are the first day outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from domain.errors import Problem
from domain.points import days, periods

RECURRENCES = ("ONCE", "ON_EXPIRY", "ON_COMPLETION")
COUNTS = ("LOCAL_DAY", "INTERACTION")
MOST = 10_000
LONGEST = {"DAY": 3_660, "WEEK": 520, "MONTH": 120, "YEAR": 10}

Said = Mapping[str, Any]


@dataclass(frozen=True)
class Unit:
    """One thing that counts: a local day with a mark, or a fact."""

    key: str
    day: date


@dataclass(frozen=True)
class Kept:
    """A completed round that stays whatever is undone."""

    starts_on: date
    completed_on: date
    counted: frozenset[str]


@dataclass
class Round:
    """One run at the target; ``awards`` are amounts by wallet, by the key and day of what gives them."""

    number: int
    said: Said
    starts_on: date
    ends_on: date | None
    units: list[Unit] = field(default_factory=list)
    completed_on: date | None = None
    is_kept: bool = False
    covered: frozenset[date] = frozenset()  # days whose lack of a mark breaks no streak

    @property
    def streak(self) -> int:
        """How many counted days in a row end with the last one; days that items cover are passed over."""
        return _run(sorted({unit.day for unit in self.units}), self.covered)

    @property
    def runs_until(self) -> date | None:
        """The last day on which nothing was left out: the last that counted, or a covered one after it."""
        day = self.last_on
        while day is not None and day + timedelta(days=1) in self.covered:
            day += timedelta(days=1)
        return day

    @property
    def last_on(self) -> date | None:
        return max((unit.day for unit in self.units), default=None)

    def awards(self) -> dict[str, tuple[date, dict[str, int]]]:
        """What the counted units and full streaks give."""
        found = {unit.key: (unit.day, _sum(_steps(self.said, unit.day))) for unit in self.units}
        streak = self.said.get("streak")
        counted = sorted({unit.day for unit in self.units})
        for number, day in enumerate(counted):
            if streak and _run(counted[: number + 1], self.covered) % streak["days"] == 0:
                found[f"streak:{day}"] = (day, _sum(streak["rewards"]))
        return {key: given for key, given in found.items() if given[1]}


def rounds(
    said_of: Callable[[int], Said],
    units: Sequence[Unit],
    joined_on: date | None,
    zone: str,
    kept: Mapping[int, Kept],
    covered: frozenset[date] = frozenset(),
) -> list[Round]:
    """The rounds that these units (in their order of time) make; a round begins with its first unit, the first one also by joining."""
    left = [unit for unit in units if _is_open(said_of(1), unit.day)]
    start = min([unit.day for unit in left[:1]] + ([joined_on] if joined_on else []), default=None)
    start = kept[1].starts_on if 1 in kept else start
    found: list[Round] = []
    while start is not None:
        number = len(found) + 1
        said = said_of(number)
        if number in kept:
            start = kept[number].starts_on
        this = Round(number, said, start, _end(said, start, zone), covered=covered)
        inside = [unit for unit in left if this.ends_on is None or unit.day < this.ends_on]
        if number in kept:
            this.is_kept = True
            this.units = [unit for unit in left if unit.key in kept[number].counted]
            this.completed_on = kept[number].completed_on
        else:
            this.units = inside[: said["target"]]
            this.completed_on = this.units[-1].day if len(this.units) == said["target"] else None
        found.append(this)
        left = _after(this, left)
        start = left[0].day if left else kept[number + 1].starts_on if number + 1 in kept else None
    return found


def _after(this: Round, left: list[Unit]) -> list[Unit]:
    """What counts for the rounds that follow."""
    recurrence = this.said["recurrence"]
    if recurrence == "ON_COMPLETION" and this.completed_on is not None:
        counted = {unit.key for unit in this.units}
        return [unit for unit in left if unit.key not in counted and unit.day >= this.completed_on]
    if recurrence == "ON_EXPIRY" and this.ends_on is not None:
        return [unit for unit in left if unit.day >= this.ends_on]
    return []


def day_bounds(at: datetime, zone: str) -> tuple[date, datetime, datetime]:
    """The local day of a moment, with its start and end."""
    day = days.day_of(at, zone)
    return day, days.start_of(day, zone), days.start_of(day + timedelta(days=1), zone)


def problems(said: Said, wallets: Mapping[str, int]) -> list[Problem]:
    """Everything wrong with a definition; paths are those of ``MissionInput``."""
    return [Problem(f"mission.{path}", message) for path, message in _problems(said, wallets)]


def _problems(said: Said, wallets: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    if not 1 <= len(said["code"].strip()) <= 60:
        yield "code", "Use 1 to 60 characters."
    if not 1 <= len(said["kinds"]) <= 50 or not all(str(kind).strip() for kind in said["kinds"]):
        yield "kinds", "Name 1 to 50 kinds of interactions."
    if not 1 <= said["target"] <= MOST:
        yield "target", f"Use 1 to {MOST}."
    if said["recurrence"] == "ON_EXPIRY" and not said.get("period"):
        yield "recurrence", "A mission that begins anew when its time is over needs a period."
    opens, closes = said.get("opens_on"), said.get("closes_on")
    if opens and closes and closes <= opens:
        yield "closesOn", "A mission closes after it opens."
    period = said.get("period")
    most = LONGEST[period["unit"]] if period else 0
    if period and not 0 <= period["value"] <= most:
        yield "period.value", f"Use 0 to {most}."
    for number, step in enumerate(said["steps"]):
        yield from _amount(f"steps.{number}", step, wallets)
        if step.get("from") and step.get("to") and step["to"] <= step["from"]:
            yield f"steps.{number}.to", "A step ends after it begins."
    streak = said.get("streak")
    if streak and not 2 <= streak["days"] <= 366:
        yield "streak.days", "Use 2 to 366 days."
    for name, given in (("streak.rewards", (streak or {}).get("rewards", [])), ("rewards", said["rewards"])):
        for number, each in enumerate(given):
            yield from _amount(f"{name}.{number}", each, wallets)
    if said.get("badge") is not None and not 1 <= len(said["badge"].strip()) <= 60:
        yield "badge", "Use 1 to 60 characters."


def _amount(path: str, given: Said, wallets: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    if given["wallet"] not in wallets:
        yield f"{path}.wallet", f"There is no wallet {given['wallet']}."
    if given["points"] <= 0:
        yield f"{path}.points", "Use an amount above 0."


def _is_open(said: Said, day: date) -> bool:
    opens, closes = said.get("opens_on"), said.get("closes_on")
    return (not opens or date.fromisoformat(opens) <= day) and (
        not closes or day < date.fromisoformat(closes)
    )


def _end(said: Said, start: date, zone: str) -> date | None:
    """The first day after a round: of its period, or of the mission."""
    ends = [date.fromisoformat(said["closes_on"])] if said.get("closes_on") else []
    if said.get("period"):
        ends.append(days.day_of(periods.end(days.start_of(start, zone), zone, said["period"]), zone))
    return min(ends, default=None)


def _steps(said: Said, day: date) -> list[Said]:
    return [
        step
        for step in said["steps"]
        if (not step.get("from") or date.fromisoformat(step["from"]) <= day)
        and (not step.get("to") or day < date.fromisoformat(step["to"]))
    ]


def _sum(given: Sequence[Said]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in given:
        total[each["wallet"]] = total.get(each["wallet"], 0) + each["points"]
    return total


def rewards(said: Said) -> dict[str, int]:
    """What a completed round gives when it is claimed, minor units by wallet."""
    return _sum(said["rewards"])


def _run(counted: Sequence[date], covered: frozenset[date]) -> int:
    """How many of these days (sorted) end in a row with the last one."""
    length, before = 0, None
    for day in reversed(counted):
        if before is not None:
            gap = (before - day).days
            if any(day + timedelta(days=n) not in covered for n in range(1, gap)):
                break
        length, before = length + 1, day
    return length
