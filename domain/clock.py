"""The only source of the time. With ``MARQUE_TEST_CLOCK=1`` all processes share an offset kept in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain import db
from domain.settings import settings

_offset = timedelta(0)


def now() -> datetime:
    """The present, in UTC, as the brand's clock shows it."""
    return datetime.now(UTC) + _offset


async def refresh() -> None:
    """Read the shared offset (test clock only); each transaction and each request does it first."""
    if settings().test_clock:
        microseconds = await db.value("SELECT microseconds FROM foundation.clock_offset WHERE id = 1")
        shift(timedelta(microseconds=microseconds or 0))


def shift(offset: timedelta) -> None:
    """Let this process show the wall clock plus ``offset`` (tests set it directly)."""
    global _offset
    _offset = offset


async def set_to(at: datetime) -> None:
    """Move the shared clock so that it shows ``at`` now; every process sees it with its next transaction."""
    offset = at - datetime.now(UTC)
    async with db.independent() as connection:
        await connection.execute(
            "INSERT INTO foundation.clock_offset (id, microseconds) VALUES (1, $1) "
            "ON CONFLICT (id) DO UPDATE SET microseconds = excluded.microseconds",
            offset // timedelta(microseconds=1),
        )
    shift(offset)


if settings().test_clock:
    db.on_begin.append(refresh)
