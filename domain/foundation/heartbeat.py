"""Signs of life of the worker processes, kept where a lost Redis cannot lose them."""

from __future__ import annotations

from domain import db


async def beat(process: str) -> None:
    """Say that ``process`` works; called every few seconds. The wall clock counts, not the test clock."""
    await db.run(
        "INSERT INTO foundation.heartbeat (id, at) VALUES ($1, statement_timestamp()) "
        "ON CONFLICT (id) DO UPDATE SET at = excluded.at",
        process,
    )


async def age(process: str) -> float | None:
    """Seconds since the last sign of life, or None if there never was one."""
    seconds = await db.value(
        "SELECT extract(epoch FROM statement_timestamp() - at) FROM foundation.heartbeat WHERE id = $1",
        process,
    )
    return None if seconds is None else float(seconds)
