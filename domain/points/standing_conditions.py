"""What a tier may ask for besides points, over time: being in a segment, owning a vehicle.

A condition is ``{"all": [...]}``, ``{"any": [...]}``, ``{"not": ...}``, ``{"in_segment": id}`` or ``{"is_owner": bool}``.
Segments come from the profile's memberships, owners from the history of the trait ``owner.since``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import db

#: (from, until) of a time for which something holds; until None: still.
Span = tuple[datetime, datetime | None]
_DEEPEST = 5

#: Kinds of interactions after which a condition may read otherwise.
KINDS = ("operations.segment.", "garage.", "profile.member.")


@dataclass(frozen=True)
class History:
    """When a root was in which segments, and when it owned a vehicle."""

    segments: dict[str, list[Span]]
    owner: list[Span]

    def holds(self, condition: dict[str, Any] | None, at: datetime) -> bool:
        """Whether a condition held at a moment."""
        if condition is None:
            return True
        ((name, said),) = condition.items()
        if name == "all":
            return all(self.holds(each, at) for each in said)
        if name == "any":
            return any(self.holds(each, at) for each in said)
        if name == "not":
            return not self.holds(said, at)
        if name == "is_owner":
            return _inside(self.owner, at) is said
        return _inside(self.segments.get(said, []), at)

    @property
    def turns(self) -> set[datetime]:
        """Every moment at which a condition may read otherwise than before."""
        spans = [*self.owner, *(span for spans in self.segments.values() for span in spans)]
        return {at for span in spans for at in span if at is not None}


async def history(root_ids: Sequence[UUID], conditions: Iterable[dict[str, Any] | None]) -> History:
    """What these conditions need to know of a root, whose member ids are given."""
    leaves = [leaf for condition in conditions if condition for leaf in _leaves(condition)]
    segments = sorted({said for name, said in leaves if name == "in_segment"})
    found = History({}, [])
    if segments:
        for row in await db.fetch(
            "SELECT segment, since_at, until_at FROM profile.segment_membership "
            "WHERE member = ANY($1) AND segment = ANY($2::uuid[])",
            list(root_ids), segments,
        ):  # fmt: skip
            found.segments.setdefault(str(row["segment"]), []).append((row["since_at"], row["until_at"]))
    if any(name == "is_owner" for name, _ in leaves):
        found.owner.extend(await _owner(root_ids))
    return found


def problems(condition: dict[str, Any], path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Everything wrong with a condition."""
    if len(condition) != 1 or depth > _DEEPEST:
        yield path, f"Say exactly one thing, at most {_DEEPEST} deep."
        return
    ((name, said),) = condition.items()
    if name in ("all", "any"):
        if not said:
            yield f"{path}.{name}", "Name at least one condition."
        for number, each in enumerate(said):
            yield from problems(each, f"{path}.{name}.{number}", depth + 1)
    elif name == "not":
        yield from problems(said, f"{path}.not", depth + 1)
    elif name == "is_owner":
        if not isinstance(said, bool):
            yield f"{path}.isOwner", "Say true or false."
    elif name == "in_segment":
        if not _is_id(said):
            yield f"{path}.inSegment", "Name the segment by its id."
    else:
        yield f"{path}.{name}", "There is no such condition."


def _is_id(said: Any) -> bool:
    try:
        return bool(UUID(str(said)))
    except ValueError:
        return False


async def _owner(root_ids: Sequence[UUID]) -> list[Span]:
    rows = await db.fetch(
        """SELECT member, at, value = 'null' AS is_end FROM profile.trait_change
        WHERE member = ANY($1) AND name = 'owner.since' AND origin = 'COMPUTED' ORDER BY member, at, id""",
        list(root_ids),
    )
    spans: list[Span] = []
    since: dict[UUID, datetime] = {}
    for row in rows:
        if not row["is_end"]:
            since.setdefault(row["member"], row["at"])
        elif row["member"] in since:
            spans.append((since.pop(row["member"]), row["at"]))
    return spans + [(at, None) for at in since.values()]


def _leaves(condition: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    ((name, said),) = condition.items()
    if name in ("all", "any"):
        for each in said:
            yield from _leaves(each)
    elif name == "not":
        yield from _leaves(said)
    else:
        yield name, said


def _inside(spans: Sequence[Span], at: datetime) -> bool:
    return any(since <= at and (until is None or at < until) for since, until in spans)
