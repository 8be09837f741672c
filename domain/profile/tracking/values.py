"""Values as SDKs send them: ids that are numbers, times in several notations, batches with a context of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.profile.report_rules import Refused

#: A number above this counts milliseconds since 1970.
_MILLISECONDS_FROM = 100_000_000_000
_NONE: dict[str, Any] = {}


def text(value: Any) -> str | None:
    """An id as text; numbers as their decimal digits; anything else is absent."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None


def identity(event: dict[str, Any], *names: str) -> str | None:
    """The first of these fields that is there; a value that is no id at all is kept as an empty, blocked one."""
    for name in names:
        value = event.get(name)
        if value is not None:
            return text(value) or ""
    return None


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else _NONE


def time(value: Any, path: str) -> datetime | None:
    """A time in ISO 8601 or in seconds or milliseconds since 1970; without a zone it is UTC. Raises Refused."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str) and not value.isdigit():
            at = datetime.fromisoformat(value)
        else:
            number = int(value) if isinstance(value, str) else value
            if isinstance(number, bool):
                raise ValueError
            seconds = number / 1000 if abs(number) > _MILLISECONDS_FROM else number
            at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        raise Refused("bad_time", path) from None


def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Both objects; where both say something ``over`` counts, objects inside are merged likewise."""
    if not under or not over:
        return over or under
    both = {**under, **over}
    for name in under.keys() & over.keys():
        if isinstance(under[name], dict) and isinstance(over[name], dict):
            both[name] = merged(under[name], over[name])
    return both
