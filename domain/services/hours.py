"""Opening hours and the starts that they offer. Pure functions; local minutes in, instants out.

Ranges are (opens, closes) in minutes of the store's local day, 1440 being midnight at its end.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

Range: TypeAlias = tuple[int, int]
DAY = 24 * 60
PERIODS = ("DAY", "WEEK", "MONTH", "YEAR")


@dataclass(frozen=True)
class Rule:
    """Hours of some weekdays (1 is Monday), for one service type or for all."""

    weekdays: frozenset[int]
    opens: int
    closes: int
    service_type: UUID | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    def holds_on(self, day: date) -> bool:
        return (
            day.isoweekday() in self.weekdays
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
        )


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same hours without overlaps; ranges that touch become one."""
    found: list[Range] = []
    for opens, closes in sorted(ranges):
        if found and opens <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], closes))
        else:
            found.append((opens, closes))
    return found


def ranges_on(
    day: date, rules: Sequence[Rule], exceptions: Mapping[date, Sequence[Range]], service_type: UUID | None
) -> list[Range]:
    """A day's hours: a dated exception replaces the day; rules of the service type replace the general ones."""
    if day in exceptions:
        return merged(exceptions[day])
    own = [rule for rule in rules if rule.service_type is not None and rule.service_type == service_type]
    chosen = own or [rule for rule in rules if rule.service_type is None]
    return merged((rule.opens, rule.closes) for rule in chosen if rule.holds_on(day))


def instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """A local time as an instant: a time in a gap moves forward by the gap, an ambiguous one is the first."""
    day, minute = (day + timedelta(days=1), minute - DAY) if minute >= DAY else (day, minute)
    local = datetime.combine(day, time(minute // 60, minute % 60), zone)  # fold=0: before the change
    return local.astimezone(UTC)


def grid(step_minutes: int) -> int:
    """The largest of 60, 30, 20, 15, 10, 5 minutes that divides the step, else 1."""
    return next((size for size in (60, 30, 20, 15, 10, 5) if step_minutes % size == 0), 1)


def starts(
    day: date, ranges: Sequence[Range], zone: ZoneInfo, duration_minutes: int, step_minutes: int
) -> list[datetime]:
    """The starts of a day: each range from its first time on the grid, every step, as long as the end fits in."""
    size = grid(step_minutes)
    duration, step = timedelta(minutes=duration_minutes), timedelta(minutes=step_minutes)
    found: dict[datetime, None] = {}
    for opens, closes in merged(ranges):
        first = -(-opens // size) * size
        since, until = instant(day, opens, zone), instant(day, closes, zone)
        if first >= closes or since >= until:
            continue
        at = instant(day, first, zone)
        while at + duration <= until:
            if at >= since:  # hours that begin in a gap begin behind it
                found[at] = None
            at += step
    return list(found)


def windows(day: date, ranges: Sequence[Range], zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """A day's hours as instants; hours that a change of the clock swallows are none."""
    found = [(instant(day, opens, zone), instant(day, closes, zone)) for opens, closes in merged(ranges)]
    return [(since, until) for since, until in found if since < until]


def bookable_days(horizon: Mapping[str, Any] | None, today: date) -> tuple[date | None, date | None]:
    """The first and the last day that may be booked; None is without a limit.

    ROLLING n is today plus n days; business days are Monday to Friday, and the days between them stay open. RANGE is
    inclusive on both sides.
    """
    if not horizon:
        return None, None
    if horizon["kind"] == "RANGE":
        return date.fromisoformat(horizon["from"]), date.fromisoformat(horizon["until"])
    last, left = today, int(horizon["days"])
    if horizon.get("unit") != "BUSINESS":
        return None, today + timedelta(days=left)
    while left > 0:
        last += timedelta(days=1)
        left -= last.isoweekday() <= 5
    return None, last


def problem_of_limits(limits: Mapping[str, int]) -> str | None:
    """Why limits cannot be: they must be positive and not decrease with the period."""
    given = [(period, limits[period]) for period in PERIODS if period in limits]
    if any(count < 1 for _, count in given):
        return "A limit is at least 1."
    for (shorter, few), (longer, many) in itertools.pairwise(given):
        if many < few:
            return f"The limit per {longer} ({many}) must not be less than per {shorter} ({few})."
    return None


def period_of(period: str, day: date) -> tuple[date, date]:
    """The period that a day belongs to: first day, and the day after the last. Weeks begin on Monday."""
    if period == "DAY":
        return day, day + timedelta(days=1)
    if period == "WEEK":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    if period == "MONTH":
        return day.replace(day=1), (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return date(day.year, 1, 1), date(day.year + 1, 1, 1)


def reached_limit(limits: Mapping[str, int], day: date, booked: Sequence[date]) -> str | None:
    """The first period whose limit the bookings of these days reach already."""
    for period in PERIODS:
        if period in limits:
            since, until = period_of(period, day)
            if sum(since <= other < until for other in booked) >= limits[period]:
                return period
    return None


def parse_minute(text: str) -> int:
    """``HH:MM`` as minutes, 24:00 included; ValueError for anything else."""
    hour, _, minute = text.partition(":")
    if not (len(hour) == 2 and len(minute) == 2 and hour.isascii() and text.replace(":", "").isdigit()):
        raise ValueError("Write HH:MM, 24:00 for midnight at the end of the day.")
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > DAY:
        raise ValueError("This is no time of a day.")
    return found


def show_minute(minute: int) -> str:
    """Minutes of a day as ``HH:MM``."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
