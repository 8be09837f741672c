"""Where earlier walks of a standing came to, so that a later one reads only what happened since. Pure.

A checkpoint says which entries it has read of each account, and keeps a digest of all else that was known until its
moment. It holds as long as both are still so: an entry of an earlier moment, another version of the scheme, a floor, a
condition or a merge that changes the past make it worthless, and an older one or the whole history is walked instead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from domain.points.standing_conditions import History, Span
from domain.points.standing_rules import Walk
from domain.points.standing_types import ALWAYS, Input, Kept, Moved, Scheme

#: Raise it with any change of how a history is read or walked: what was kept before is then walked anew.
_WALKED_BY = 1
#: Besides the newest, the last of an earlier hour, day and month is kept, for facts that come as late.
_WIDTHS = (timedelta(hours=1), timedelta(days=1), timedelta(days=32))


def kept(walk: Walk, read: dict[str, int], known: str) -> Kept | None:
    """A checkpoint of a walk at its last step; None when points are still to come, or nothing happened yet."""
    if walk.stepped is None or any(isinstance(each, Moved) for each in walk.inputs[walk.next :]):
        return None
    return Kept(
        walk.stepped, walk.number, walk.state, walk.shown, walk.balance, dict(walk.earned), dict(read), known
    )


def with_new(new: Kept, older: Iterable[Kept]) -> list[Kept]:
    """What to keep, the newest first."""
    before = sorted((each for each in older if each.at < new.at), key=lambda each: each.at, reverse=True)
    found = [new]
    for width in _WIDTHS:
        last = next((each for each in before if _number(each.at, width) < _number(new.at, width)), None)
        if last is not None and last not in found:
            found.append(last)
    return found


def digest(
    versions: Sequence[Scheme], inputs: Iterable[Input], history: History, merges: Any, until: datetime
) -> str:
    """Tells whether what was known until a moment, points aside, is still the same; later things do not count."""
    known = (
        _WALKED_BY,
        versions,
        [(type(each).__name__, each) for each in inputs if each.at <= until],
        {segment: _clipped(spans, until) for segment, spans in sorted(history.segments.items())},
        _clipped(history.owner, until),
        merges,
    )
    return hashlib.sha256(msgspec.json.encode(known)).hexdigest()


def _clipped(spans: Iterable[Span], until: datetime) -> list[Span]:
    """As they looked then."""
    return sorted(
        (
            (since, end if end is not None and end <= until else None)
            for since, end in spans
            if since <= until
        ),
        key=lambda span: (span[0], span[1] or until),
    )


def _number(at: datetime, width: timedelta) -> int:
    return (at - ALWAYS) // width
