"""Working off what falls due by time alone, and keeping house."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import structlog

from domain import clock, idempotency, wiring
from domain.foundation import heartbeat
from domain.profile import examining, partitions

log = structlog.get_logger()

_busy = asyncio.Lock()
_last: dict[str, float] = {}


async def sweep(context: dict[str, Any]) -> int:
    """Every sweep whose turn it is; one that fails is logged and does not keep the others from theirs."""
    if _busy.locked():
        return 0
    async with _busy:
        await clock.refresh()
        done = 0
        for each in wiring.sweeps:
            if time.monotonic() - _last.get(each.name, -1e9) < each.every_seconds - 0.5:
                continue
            _last[each.name] = time.monotonic()
            try:
                done += await each.run()
            except Exception:
                log.exception("a sweep failed", sweep=each.name)
        return done


async def examine(context: dict[str, Any]) -> None:
    """Once a night: whether the profile's invariants hold; what does not is logged as an error."""
    await clock.refresh()
    await examining.nightly()


async def beat(context: dict[str, Any]) -> None:
    """Tell that the worker lives."""
    await heartbeat.beat("worker")


async def keep_house(context: dict[str, Any]) -> None:
    """Once an hour and at start: partitions ahead, and keys that nobody will repeat any more."""
    await clock.refresh()
    await partitions.ensure()
    await idempotency.forget()
