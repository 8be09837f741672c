"""Draining the outbox: on every nudge, and every second anyway."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from domain import clock, wiring
from domain.profile import drain as outbox

BUDGET_SECONDS = 30.0
#: Roots that a process works off at the same time.
AT_ONCE = 4
_busy = asyncio.Lock()


async def drain(context: dict[str, Any]) -> int:
    """Work off what is pending; answers how much. A second call in this process leaves it to the first."""
    if _busy.locked():
        return 0
    async with _busy:
        await clock.refresh()
        until, total = time.monotonic() + BUDGET_SECONDS, 0
        while time.monotonic() < until and (done := await outbox.drain(wiring.reactions, at_once=AT_ONCE)):
            total += done
        return total
