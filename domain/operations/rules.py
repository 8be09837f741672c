"""What is decided without a look at the database: the states of a segment, and what a segment must look like."""

from __future__ import annotations

import re
from typing import Any

from domain.errors import IllegalTransition, InvalidInput, Problem
from domain.operations.tables import SegmentKind, SegmentState

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")

#: From a state to those that may follow.
EDGES: dict[SegmentState, tuple[SegmentState, ...]] = {
    SegmentState.DRAFT: (SegmentState.ACTIVE, SegmentState.ARCHIVED),
    SegmentState.ACTIVE: (SegmentState.PAUSED, SegmentState.ARCHIVED),
    SegmentState.PAUSED: (SegmentState.ACTIVE, SegmentState.ARCHIVED),
    SegmentState.ARCHIVED: (),
}


def must_become(state: str, target: SegmentState, *, has_newer_version: bool = False) -> None:
    """Refuse a step that the table does not list; an active segment may be activated for its newer version."""
    allowed = list(EDGES[SegmentState(state)])
    if state == SegmentState.ACTIVE and has_newer_version:
        allowed.append(SegmentState.ACTIVE)
    if target not in allowed:
        raise IllegalTransition(state, target.value, [each.value for each in allowed])


def must_be_named(key: str, name: str, purpose: str) -> None:
    """Refuse keys, names and purposes that cannot be kept."""
    problems = []
    if not _KEY.fullmatch(key):
        problems.append(
            Problem("key", "Use 1 to 100 of a-z, 0-9, - and _, beginning with a letter or digit.")
        )
    if not 1 <= len(name.strip()) <= 200:
        problems.append(Problem("name", "A name has 1 to 200 characters."))
    if len(purpose) > 2_000:
        problems.append(Problem("purpose", "Use at most 2,000 characters."))
    if problems:
        raise InvalidInput(problems)


def must_fit(kind: SegmentKind, condition: Any) -> None:
    """A static segment has no condition; every other one has."""
    if (kind is SegmentKind.STATIC) != (condition is None):
        raise InvalidInput.at(
            "condition",
            "A static segment has no condition." if condition is not None else "Give the condition.",
        )
