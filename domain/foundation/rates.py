"""How many calls a minute a member, a device and an address may make, and how many events a source may report: data,
so that a brand can change it.
"""

from __future__ import annotations

from domain import db

SUBJECTS = ("member", "device", "address", "source")


async def per_minute() -> dict[str, int]:
    """The limit of each subject; a subject without a row is not limited."""
    rows = await db.fetch("SELECT id, calls_per_minute FROM foundation.rate_limit")
    return {row["id"]: row["calls_per_minute"] for row in rows}
