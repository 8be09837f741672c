"""Caps: how much of an award their counters leave, and what a compensated fact changes under a NET cap. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from domain.points.definitions import Cap


@dataclass
class Counter:
    """How much of a cap is used: ``raw`` is what NET facts would have earned."""

    times: int = 0
    points: int = 0
    raw: int = 0


Counted = Sequence[tuple[Cap, Counter]]


def under(caps: Counted, desired: dict[str, int], reasons: list[dict[str, Any]]) -> dict[str, int]:
    """What the caps leave of an award; the counters move on, and what was cut says why."""
    granted = dict(desired)
    for cap, counter in caps:
        left = _under(cap, counter, granted)
        if left != granted:
            reasons.append(reached(cap))
            granted = left
    if granted or any(cap.mode == "NET" for cap, _ in caps):
        _count(caps, granted, desired)
    return granted


def is_full(caps: Counted) -> Cap | None:
    """The cap on times that is used up."""
    return next((c for c, n in caps if c.measure == "TIMES" and n.times >= c.limit), None)


def count_once(caps: Iterable[tuple[Cap, Counter]]) -> None:
    """A use that gives no points of its own."""
    for _, counter in caps:
        counter.times += 1


def recount(caps: Counted, desired: dict[str, int], is_back: bool) -> dict[str, int] | None:
    """Under a NET cap, what a compensated fact (or one that is back) changes; None without such a cap."""
    for cap, counter in caps:
        if cap.mode == "NET":
            wallet, points = next(iter(desired.items()))
            return _net(cap, counter, wallet, points if is_back else -points)
    return None


def uncount(caps: Counted, granted: dict[str, int], desired: dict[str, int], net: dict[str, int]) -> None:
    """Take a decision out of its counters again. ``desired`` is nothing for a fact that is compensated, ``net`` is what
    was posted for it in all."""
    for cap, counter in caps:
        counter.times = max(0, counter.times - 1)
        if cap.mode == "NET":
            counter.raw -= sum(desired.values())
            counter.points -= sum(net.values())
        elif cap.measure == "POINTS":
            counter.points = max(0, counter.points - max(0, sum(granted.values())))


def reached(cap: Cap) -> dict[str, Any]:
    return {"code": "CAP_REACHED", "limit": cap.limit, "per": cap.per, "window": cap.window}


def _under(cap: Cap, counter: Counter, granted: dict[str, int]) -> dict[str, int]:
    if cap.measure == "TIMES":
        return granted if counter.times < cap.limit else {}
    if not granted:
        return granted
    ((wallet, points),) = granted.items()
    if cap.mode == "NET":
        return _net(cap, Counter(counter.times, counter.points, counter.raw), wallet, points)
    left = max(0, cap.limit - counter.points)
    if points <= left:
        return granted
    return {wallet: left} if cap.on_excess == "CUT" and left else {}


def _net(cap: Cap, counter: Counter, wallet: str, points: int) -> dict[str, int]:
    before = counter.points
    counter.raw += points
    counter.points = min(cap.limit, counter.raw)
    difference = counter.points - before
    return {wallet: difference} if difference else {}


def _count(caps: Counted, granted: dict[str, int], desired: dict[str, int]) -> None:
    for cap, counter in caps:
        if cap.mode == "NET":
            wallet, points = next(iter(desired.items()))
            _net(cap, counter, wallet, points)
        elif cap.measure == "POINTS":
            counter.points += max(0, sum(granted.values()))
        counter.times += 1
