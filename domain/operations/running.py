"""The dynamic segments in force, as this process knows them: read again when one of them changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain import db
from domain.operations.conditions import known, reading
from domain.operations.conditions.tree import Condition
from domain.profile import kinds
from domain.profile.interactions import Fact


@dataclass(frozen=True)
class Running:
    """A segment and the condition that is in force."""

    id: UUID
    key: str
    version: int
    condition: Condition = field(compare=False)


@dataclass
class Known:
    """Who looks at what. ``stamp`` tells whether it is still true; ``broken`` conditions cannot be read any more."""

    stamp: str | None = None
    segments: dict[UUID, Running] = field(default_factory=dict)
    broken: set[UUID] = field(default_factory=set)
    by_kind: dict[str, set[UUID]] = field(default_factory=dict)
    by_prefix: dict[str, set[UUID]] = field(default_factory=dict)
    by_trait: dict[str, set[UUID]] = field(default_factory=dict)
    by_tag: dict[str, set[UUID]] = field(default_factory=dict)
    open: set[UUID] = field(default_factory=set)


_known = Known()


def known_now() -> Known:
    """What :func:`refresh` read last."""
    return _known


async def refresh() -> Known:
    """Read the segments in force again if any of them changed; one small statement when none did."""
    global _known
    stamp = await db.value(
        """SELECT coalesce(md5(string_agg(id || ':' || active_version, ',' ORDER BY id)), '')
        FROM operations.segment WHERE state = 'ACTIVE' AND kind = 'DYNAMIC'"""
    )
    if stamp != _known.stamp:
        _known = await _read(stamp)
    return _known


async def find(segment_id: UUID) -> Running | None:
    """The segment as it is in force in this very transaction, held until its end; None when it is not running."""
    version = await db.value(
        """SELECT active_version FROM operations.segment
        WHERE id = $1 AND state = 'ACTIVE' AND kind = 'DYNAMIC' FOR KEY SHARE""",
        segment_id,
    )
    if version is None:
        return None
    cached = _known.segments.get(segment_id)
    if cached is not None and cached.version == version:
        return cached
    return (await refresh()).segments.get(segment_id)


async def _read(stamp: str) -> Known:
    found = Known(stamp=stamp)
    rows = await db.fetch(
        """SELECT s.id, s.key, v.version, v.condition FROM operations.segment AS s
        JOIN operations.segment_version AS v ON v.segment = s.id AND v.version = s.active_version
        WHERE s.state = 'ACTIVE' AND s.kind = 'DYNAMIC'"""
    )
    for row in rows:
        condition, _ = reading.parse(row["condition"])
        if condition is None:
            found.broken.add(row["id"])
        else:
            found.segments[row["id"]] = Running(row["id"], row["key"], row["version"], condition)
    for row in await db.fetch(
        "SELECT subject, kind, is_prefix, trait, tag, is_open FROM operations.dependency WHERE subject = ANY($1)",
        list(found.segments),
    ):
        if row["is_open"]:
            found.open.add(row["subject"])
        for looked_at, index in (
            (row["kind"], found.by_prefix if row["is_prefix"] else found.by_kind),
            (row["trait"], found.by_trait),
            (row["tag"], found.by_tag),
        ):
            if looked_at is not None:
                index.setdefault(looked_at, set()).add(row["subject"])
    return found


def looking_at_kinds(known_: Known, names: Iterable[str]) -> set[UUID]:
    """The segments whose condition counts interactions of one of these kinds."""
    found: set[UUID] = set()
    for name in names:
        found |= known_.by_kind.get(name, set())
        for prefix, subjects in known_.by_prefix.items():
            if name.startswith(prefix):
                found |= subjects
    return found


def looking_at(known_: Known, fact: Fact) -> set[UUID]:
    """The segments whose answer this interaction may change."""
    found = looking_at_kinds(known_, [fact.kind])
    given: Any = fact.properties.get("traits")
    for trait, subjects in known_.by_trait.items():
        if known.may_change(trait, fact.kind) or (isinstance(given, dict) and trait in given):
            found |= subjects
    if fact.kind in (kinds.TAG_ASSIGNED.name, kinds.TAG_REMOVED.name):
        found |= known_.by_tag.get(str(fact.properties.get("key")), set())
    return found
