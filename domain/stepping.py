"""Moving the brand's clock, step by step: every due instant on the way is worked off in its order.

Only for tests and demonstrations (``MARQUE_TEST_CLOCK=1``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import clock, wiring
from domain.errors import Forbidden, InvalidInput
from domain.profile import drain
from domain.settings import settings

_MOST_STEPS = 100_000


async def set_clock(at: datetime) -> datetime:
    """Move the clock to ``at`` (never backwards) and work off all that falls due until then."""
    _must_be_allowed()
    await clock.refresh()
    if at < clock.now():
        raise InvalidInput.at("at", "The clock does not go backwards.")
    return await _step(at)


async def advance(by: timedelta) -> datetime:
    """Move the clock forward by ``by``; by nothing, what is due now is done."""
    _must_be_allowed()
    if by < timedelta(0):
        raise InvalidInput.at("by", "The clock does not go backwards.")
    await clock.refresh()
    return await _step(clock.now() + by)


async def _step(at: datetime) -> datetime:
    await settle()
    for _ in range(_MOST_STEPS):
        due = await _next_due()
        if due is None or due > at:
            break
        if due > clock.now():
            await clock.set_to(due)
        if not await settle():
            await clock.set_to(max(clock.now(), due) + timedelta(microseconds=1))
    if at > clock.now():
        await clock.set_to(at)
    await settle()
    return clock.now()


async def settle() -> int:
    """Drain and sweep until nothing is due any more; answers how much was done."""
    total = 0
    while done := await _round():
        total += done
    return total


async def _round() -> int:
    done = await drain.drain_all(wiring.reactions)
    for sweep in wiring.sweeps:
        done += await sweep.run()
    return done


async def _next_due() -> datetime | None:
    found = [await sweep.next_due() for sweep in wiring.sweeps]
    return min((due for due in found if due is not None), default=None)


def _must_be_allowed() -> None:
    if not settings().test_clock or settings().is_production:
        raise Forbidden("The test clock is off.")
