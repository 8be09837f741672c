"""After a mutation the drain is woken. It runs every second or two anyway, so a lost nudge loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from api import redis

WAIT_SECONDS = 2.0
#: The first call wakes at once; those that come within this time after it share one wake-up at its end.
SPACING_SECONDS = 0.05

_task: asyncio.Task[None] | None = None
_again = False


class Nudge(SchemaExtension):
    """Wakes the drain once for each mutation operation."""

    def on_execute(self) -> Iterator[None]:
        yield
        if self.execution_context.operation_type is OperationType.MUTATION:
            drain_soon()


def drain_soon() -> None:
    """Wake the drain, without waiting and without failing; calls that come meanwhile share the next wake-up."""
    global _task, _again
    if _task is not None and not _task.done():
        _again = True
        return
    _task = asyncio.get_running_loop().create_task(_wake())


async def settled() -> None:
    """Until the wake-up that is under way, if there is one, is over."""
    if _task is not None and not _task.done():
        await asyncio.wait({_task})


async def _wake() -> None:
    global _again
    while True:
        _again = False
        pool = await redis.pool()
        if pool is None:
            return
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await pool.enqueue_job("drain", _job_id="drain")
        except Exception as exc:
            redis.went_away(exc)
            return
        redis.came_back()
        await asyncio.sleep(SPACING_SECONDS)
        if not _again:
            return
