"""What the kill tests let another process do until nothing is left: ``python -m tests.domain.points.working NAME``."""

from __future__ import annotations

import sys

from cli import attached


async def sweep() -> None:
    from domain import clock
    from domain.points import sweeps

    await clock.refresh()
    while await sweeps.settle_due():
        pass


async def drain() -> None:
    from domain import wiring
    from domain.points import earning
    from domain.profile import drain

    while await drain.drain(wiring.reactions, limit=20) + await earning.judge_due():
        pass


if __name__ == "__main__":
    attached.in_domain({"sweep": sweep, "drain": drain}[sys.argv[1]], prepared=False)
