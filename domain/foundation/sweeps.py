"""Work that falls due by time alone (expiries, time-outs, exits from a window)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Sweep:
    """``run`` works off everything due at ``clock.now()`` and answers how much; it picks ids without locks, locks in
    the house's order and checks again, so several processes may run it at once.

    ``next_due`` answers the earliest instant at which something will be due (it may lie in the past), or None. The
    test clock stops at each such instant in turn.
    """

    name: str
    run: Callable[[], Awaitable[int]]
    next_due: Callable[[], Awaitable[datetime | None]]
    every_seconds: int = 1
