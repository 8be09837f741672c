"""Local days of a programme: which one a moment belongs to, and when one begins. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def day_of(at: datetime, zone: str, starts_at: int = 0) -> date:
    """The local date of a moment; days begin ``starts_at`` minutes after midnight on the local clock."""
    return (at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - timedelta(minutes=starts_at)).date()


def start_of(day: date, zone: str, starts_at: int = 0) -> datetime:
    """The instant at which a local day begins; where the clock skips that minute, when it goes on."""
    # A minute that the local clock skips has the offset from before, so that it is the instant after the change.
    return datetime.combine(day, time(), ZoneInfo(zone)) + timedelta(minutes=starts_at)


def next_month(day: date) -> date:
    """The first day of the month after a date."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
