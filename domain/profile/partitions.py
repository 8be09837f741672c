"""Monthly partitions of the interaction log, made ahead of time."""

from __future__ import annotations

from datetime import UTC, datetime

from domain import clock, db

AHEAD = 3
_LOCK = 0x7061_7274  # "part"


async def ensure(at: datetime | None = None) -> int:
    """Make the partitions of the month of ``at`` (or now) and of the next three; answers how many are new.

    A month whose rows have already come to the DEFAULT partition stays there.
    """
    first = (at or clock.now()).astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    made = 0
    async with db.transaction():
        await db.run("SELECT pg_advisory_xact_lock($1)", _LOCK)
        for _ in range(AHEAD + 1):
            following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
            made += await _make(first, following)
            first = following
    return made


async def _make(first: datetime, following: datetime) -> int:
    name = f"interaction_{first:%Y_%m}"
    if await db.value("SELECT to_regclass($1) IS NOT NULL", f"profile.{name}"):
        return 0
    if await db.value(
        "SELECT EXISTS (SELECT FROM profile.interaction_default WHERE received_at >= $1 AND received_at < $2)",
        first, following,
    ):  # fmt: skip
        return 0
    await db.run(
        f"CREATE TABLE profile.{name} PARTITION OF profile.interaction "
        f"FOR VALUES FROM ('{first.isoformat()}') TO ('{following.isoformat()}')"
    )
    return 1
