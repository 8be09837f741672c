"""Calls a minute by member, device and address, and events by source, counted in Redis. While it is away they pass."""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from api import redis
from domain.actor import Actor
from domain.errors import RateLimited
from domain.foundation import rates
from domain.settings import settings

#: Outside production the limits are there, but a test run does not meet them.
PLAY = 100
READ_AGAIN_SECONDS = 60
WAIT_SECONDS = 0.5
#: While a source reports without a pause, its events are told to Redis this often.
ASK_AGAIN_SECONDS = 0.1


@dataclass(slots=True)
class _Tally:
    """Events of a source in a minute: ``everywhere`` as Redis said last, ``here`` what it was not told yet."""

    minute: int
    everywhere: int = 0
    here: int = 0
    asked_at: float = float("-inf")


_tallies: dict[UUID, _Tally] = {}
_limits: dict[str, int] = {}
_read_at = float("-inf")


async def count(actor: Actor) -> None:
    """Count this call; raises RATE_LIMITED when one of its subjects called too often in this minute."""
    if not settings().rate_limits:
        return
    limits = await _current()
    subjects = {
        "member": str(actor.id or ""),
        "device": actor.device or "",
        "address": actor.ip or "",
    }
    counted = [(name, value) for name, value in subjects.items() if value and name in limits]
    pool = await redis.pool() if counted else None
    if pool is None:
        return
    now = time.time()
    minute = int(now // 60)
    try:
        async with asyncio.timeout(WAIT_SECONDS), pool.pipeline(transaction=False) as pipe:
            for name, value in counted:
                key = f"calls:{name}:{_short(value)}:{minute}"
                pipe.incr(key)
                pipe.expire(key, 90)
            numbers = (await pipe.execute())[::2]
    except Exception as exc:
        redis.went_away(exc)
        return
    redis.came_back()
    for (name, _), number in zip(counted, numbers, strict=True):
        if number > limits[name]:
            reset = (minute + 1) * 60
            raise RateLimited(max(1, int(reset - now)), limits[name], 0, datetime.fromtimestamp(reset, UTC))


async def count_events(source: UUID, number: int) -> None:
    """Count what a source reports; raises RATE_LIMITED when it sent too many events in this minute.

    A busy source is counted here between two answers of Redis, so that its events do not wait for them.
    """
    if not settings().rate_limits or not number:
        return
    limit = (await _current()).get("source")
    if limit is None:
        return
    now = time.time()
    minute = int(now // 60)
    tally = _tallies.get(source)
    if tally is None or tally.minute != minute:
        tally = _tallies[source] = _Tally(minute)
    tally.here += number
    if time.monotonic() - tally.asked_at >= ASK_AGAIN_SECONDS and not await _add_up(source, tally):
        return
    if tally.everywhere + tally.here > limit:
        reset = (minute + 1) * 60
        raise RateLimited(max(1, int(reset - now)), limit, 0, datetime.fromtimestamp(reset, UTC))


async def _add_up(source: UUID, tally: _Tally) -> bool:
    """Tell Redis what was counted here and learn the sum of all processes; False while it is away."""
    pool = await redis.pool()
    if pool is None:
        tally.here = 0
        return False
    told, tally.here, tally.asked_at = tally.here, 0, time.monotonic()
    tally.everywhere += told
    key = f"events:{source}:{tally.minute}"
    try:
        async with asyncio.timeout(WAIT_SECONDS), pool.pipeline(transaction=False) as pipe:
            pipe.incrby(key, told)
            pipe.expire(key, 90)
            tally.everywhere = max(tally.everywhere, (await pipe.execute())[0])
    except Exception as exc:
        redis.went_away(exc)
        _tallies.pop(source, None)
        return False
    redis.came_back()
    return True


async def _current() -> dict[str, int]:
    global _limits, _read_at
    if time.monotonic() - _read_at > READ_AGAIN_SECONDS:
        _read_at = time.monotonic()
        factor = 1 if settings().is_production else PLAY
        _limits = {name: limit * factor for name, limit in (await rates.per_minute()).items()}
    return _limits


def _short(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:24]  # no address stands in Redis in clear
