"""What falls due in access by time alone."""

from __future__ import annotations

from domain.access import approvals, codes, sessions
from domain.foundation.sweeps import Sweep


async def forget() -> int:
    """Drop codes and sessions that count for nothing any more."""
    return await codes.forget_old() + await sessions.forget_old()


async def never() -> None:
    """Forgetting changes nothing that anybody can see, so the test clock need not stop for it."""


SWEEPS = [
    Sweep("access.approvals", approvals.expire_due, approvals.next_due),
    Sweep("access.forgotten", forget, never, every_seconds=3600),
]
