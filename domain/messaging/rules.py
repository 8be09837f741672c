"""What is decided about messages, without a database: edges, quiet hours, words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from domain.messaging.tables import MessageState as State

#: Which state may follow which. A lease that ran out goes from SENDING to SENDING.
EDGES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.DEFERRED, State.SENDING, State.DELIVERED, State.SKIPPED, State.FAILED}),
    State.DEFERRED: frozenset({State.DEFERRED, State.SENDING, State.SKIPPED}),
    State.SENDING: frozenset({State.SENDING, State.QUEUED, State.SENT, State.SKIPPED, State.FAILED}),
    State.SENT: frozenset({State.DELIVERED, State.OPENED, State.CLICKED, State.FAILED}),
    State.DELIVERED: frozenset({State.OPENED, State.CLICKED, State.QUEUED}),
    State.OPENED: frozenset({State.CLICKED, State.QUEUED}),
    State.CLICKED: frozenset(),
    State.SKIPPED: frozenset({State.QUEUED}),
    State.FAILED: frozenset(),
}

OPEN_FOR = timedelta(hours=24)
YOUNG = timedelta(minutes=120)
SINGLES_THAT_JOIN = 2
PUSHED_AT = (1, 10, 100)

BRAND_QUIET = (time(22, 0), time(8, 0))

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][\w.]*)\s*(?:\|\s*([^{}]*?)\s*)?\}\}")


class MissingFact(Exception):
    """A variable without a default has no value."""


def quiet_until(now: datetime, zone: str, starts: time, ends: time) -> datetime | None:
    """When the quiet hours that hold at ``now`` end; None when none hold.

    They may span midnight. A local time that daylight saving skips is the next minute that exists; of a doubled one
    the first counts.
    """
    if starts == ends:
        return None
    local = ZoneInfo(zone)
    today = now.astimezone(local).date()
    for day in (today - timedelta(days=1), today):
        begun = _instant(day, starts, local)
        over = _instant(day if starts < ends else day + timedelta(days=1), ends, local)
        if begun <= now < over:
            return over
    return None


def variables(text: str) -> set[str]:
    """The facts that a template needs: its variables without a default."""
    return {name for name, default in _VARIABLE.findall(text) if not default}


def named(text: str) -> set[str]:
    """Every variable of a template."""
    return {name for name, _ in _VARIABLE.findall(text)}


def is_well_formed(text: str) -> bool:
    """Whether all braces belong to variables."""
    rest = _VARIABLE.sub("", text)
    return "{{" not in rest and "}}" not in rest


def fill(text: str, facts: Mapping[str, Any], zone: str) -> str:
    """The template with its facts, without control characters; MissingFact when one is absent.

    Facts whose name ends in ``_at`` are shown in the member's zone, of those in ``_on`` the day.
    """

    def put(match: re.Match[str]) -> str:
        value = _look_up(facts, match[1])
        if value is None or value == "":
            if match[2] is None:
                raise MissingFact(match[1])
            return match[2]
        return _plain(_shown(match[1], value, zone))

    return _VARIABLE.sub(put, text)


def _look_up(facts: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(facts, Mapping):
            return None
        facts = facts.get(part)
    return facts


def _shown(name: str, value: Any, zone: str) -> str:
    if name.endswith(("_at", "_on")):
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            return str(value)
        if at.tzinfo is None and name.endswith("_on"):
            return str(value)  # a day already
        return at.astimezone(ZoneInfo(zone)).strftime(
            "%Y-%m-%d" if name.endswith("_on") else "%Y-%m-%d %H:%M"
        )
    return str(value)


def _plain(text: str) -> str:
    return "".join(" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in text)


@lru_cache(maxsize=4096)
def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    wall = datetime.combine(day, at)
    for minute in range(24 * 60):
        tried = wall + timedelta(minutes=minute)
        instant = tried.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == tried:
            return instant
    raise AssertionError("no day lacks all of its minutes")
