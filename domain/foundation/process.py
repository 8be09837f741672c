"""What a process needs before it may call the domain, and gives back when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain import db


@asynccontextmanager
async def opened(size: int | None = None, *, command_timeout: float | None = 60) -> AsyncIterator[None]:
    """The database pool of this process; API, worker and command line run inside of it."""
    await db.open(size, command_timeout=command_timeout)
    try:
        yield
    finally:
        await db.close()
