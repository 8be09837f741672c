"""Following rows as they are committed, for subscriptions.

Rows are read again every second, from a little before the last one seen, so that what commits late is not lost; what
was handed out already is left out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from domain import clock

OVERLAP = timedelta(seconds=20)
EVERY_SECONDS = 0.5
REMEMBERED = 10_000


async def follow(
    since: Callable[[datetime], Awaitable[Sequence[Any]]],
) -> AsyncGenerator[Any, None]:
    """Rows (with ``id`` and ``received_at``) that arrive from now on, each once."""
    started = clock.now()
    seen: deque[Any] = deque(maxlen=REMEMBERED)
    known = {row["id"] for row in await since(started - OVERLAP)}
    newest = started
    while True:
        for row in await since(newest - OVERLAP):
            if row["id"] in known:
                continue
            if len(seen) == REMEMBERED:
                known.discard(seen[0])
            seen.append(row["id"])
            known.add(row["id"])
            newest = max(newest, row["received_at"])
            yield row
        await asyncio.sleep(EVERY_SECONDS)
