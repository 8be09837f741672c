"""Date arithmetic of points: where a period ends, in the programme's zone.

A period of n units from local date d ends at the start of the day after d + n units, months clamped to their end;
a rounded one ends with the last day of its unit.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

UNITS = ("DAY", "WEEK", "MONTH", "YEAR")


def end(at: datetime, zone: str, period: dict[str, Any]) -> datetime:
    """The instant (exclusive) at which ``{"value", "unit", "round_to"}`` from ``at`` ends."""
    last = plus(_day(at, zone), int(period["value"]), period["unit"])
    if period.get("round_to"):
        last = _last_of(last, period["round_to"])
    return midnight(last + timedelta(days=1), zone)


def expiry_of(expiry: dict[str, Any] | None, at: datetime, zone: str) -> datetime | None:
    """When what became available at a moment expires: ``never``, ``rolling`` or ``sliding`` period, ``calendar`` days."""
    said = expiry or {}
    if said.get("calendar"):
        return midnight(next_of(said["calendar"], _day(at, zone)) + timedelta(days=1), zone)
    period = said.get("rolling") or said.get("sliding")
    return end(at, zone, period) if period else None


def pending_of(pending: dict[str, Any] | None, at: datetime, zone: str) -> datetime | None:
    """When what is earned at a moment becomes available: ``after`` a period, on the next of ``dates``, or at once (None)."""
    said = pending or {}
    if said.get("dates"):
        return midnight(next_of(said["dates"], _day(at, zone) + timedelta(days=1)), zone)
    return end(at, zone, said["after"]) if said.get("after") else None


def next_of(month_days: Sequence[str], day: date) -> date:
    """The first of these yearly days (``"MM-DD"``) on or after a date; 02-29 is the 28th in other years."""
    found = [_in_year(year, each) for year in (day.year, day.year + 1) for each in month_days]
    return min(each for each in found if each >= day)


def is_month_day(text: str) -> bool:
    """Whether a text names a day of the year as ``"MM-DD"``."""
    parts = text.split("-")
    if [len(part) for part in parts] != [2, 2] or not all(
        part.isascii() and part.isdigit() for part in parts
    ):
        return False
    month, day = (int(part) for part in parts)
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(2000, month)[1]


def plus(day: date, value: int, unit: str) -> date:
    """The date ``value`` units later, months clamped to the month's end."""
    if unit in ("DAY", "WEEK"):
        return day + timedelta(days=value * (7 if unit == "WEEK" else 1))
    months = day.year * 12 + day.month - 1 + value * (12 if unit == "YEAR" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def midnight(day: date, zone: str) -> datetime:
    """The start of a local day."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone))


def window(at: datetime, zone: str, unit: str) -> str:
    """The name of the window that holds ``at``: ``2026-11-22``, ``2026-W47``, ``2026-11``, ``2026-Q4``, ``2026``, ``EVER``."""
    day = at.astimezone(ZoneInfo(zone)).date()
    iso = day.isocalendar()
    return {
        "DAY": day.isoformat(),
        "WEEK": f"{iso.year}-W{iso.week:02}",
        "MONTH": f"{day:%Y-%m}",
        "QUARTER": f"{day.year}-Q{(day.month + 2) // 3}",
        "YEAR": f"{day.year}",
        "EVER": "EVER",
    }[unit]


def number_of(day: date, period: dict[str, Any]) -> int:
    """The number of the calendar period that holds a day: n months that divide a year begin in January."""
    value = int(period["value"])
    return {
        "DAY": day.toordinal(),
        "WEEK": (day.toordinal() - 1) // 7,
        "MONTH": day.year * 12 + day.month - 1,
        "YEAR": day.year,
    }[period["unit"]] // value


def first_day(number: int, period: dict[str, Any]) -> date:
    """The first day of the calendar period of this number."""
    count = number * int(period["value"])
    if period["unit"] == "DAY":
        return date.fromordinal(count)
    if period["unit"] == "WEEK":
        return date.fromordinal(count * 7 + 1)
    if period["unit"] == "MONTH":
        return date(count // 12, count % 12 + 1, 1)
    return date(count, 1, 1)


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def _in_year(year: int, month_day: str) -> date:
    month, day = (int(part) for part in month_day.split("-"))
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _last_of(day: date, unit: str) -> date:
    if unit == "WEEK":
        return day + timedelta(days=7 - day.isoweekday())
    if unit == "MONTH":
        return day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return date(day.year, 12, 31) if unit == "YEAR" else day
