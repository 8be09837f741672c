"""What rules look at beside the fact: tags, segments, traits, tiers and enrolment of the person, as they stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import db
from domain.points import matching
from domain.points.definitions import Version
from domain.points.matching import Needs, Seen
from domain.profile import memberships, tags, traits
from domain.profile.tags import TagSubject


@dataclass
class Eyes:
    """What was read about several people at once; :meth:`seen` answers one of them at a moment."""

    needs: Needs
    traits: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    tags: dict[UUID, frozenset[str]] = field(default_factory=dict)
    segments: dict[UUID, set[UUID]] = field(default_factory=dict)
    tiers: dict[UUID, tuple[str | None, frozenset[str]]] = field(default_factory=dict)
    enrolments: dict[UUID, list[db.Row]] = field(default_factory=dict)

    def seen(self, root: UUID, at: datetime, zone: str) -> Seen:
        """The person; local days are those of the rule's zone."""
        tier, reached = self.tiers.get(root, (None, frozenset[str]()))
        return Seen(
            traits=self.traits.get(root, {}),
            tags=self.tags.get(root, frozenset()),
            segments=frozenset(each for each, inside in self.segments.items() if root in inside),
            tier=tier,
            reached=reached,
            joined_on=self._joined_on(root, at),
            today=at.astimezone(ZoneInfo(zone)).date(),
        )

    def _joined_on(self, root: UUID, at: datetime) -> date | None:
        """Since when the person is in a programme without a break; of several the longest."""
        found = []
        for row in self.enrolments.get(root, ()):
            today = at.astimezone(ZoneInfo(row["zone"])).date()
            if row["joined_on"] <= today and (row["left_on"] is None or row["left_on"] > today):
                found.append(row["joined_on"])
        return min(found, default=None)


async def look(root: UUID, versions: Collection[Version], at: datetime) -> Seen:
    """What the conditions of these versions need; nothing is read that none of them asks for."""
    eyes = await look_at([root], versions)
    return eyes.seen(root, at, next(iter(versions)).zone)


async def look_at(roots: Sequence[UUID], versions: Collection[Version]) -> Eyes:
    """The same about many people, in a number of statements that does not depend on how many they are."""
    needs = matching.needs(version.condition for version in versions)
    eyes = Eyes(needs)
    if needs.traits:
        eyes.traits = await _traits(roots, needs.traits)
    if needs.tags:
        eyes.tags = {
            root: frozenset(name for row in rows for name in (row["key"], f"{row['key']}:{row['value']}"))
            for root, rows in (await tags.open_of(TagSubject.MEMBER, roots)).items()
        }
    for segment in needs.segments:
        eyes.segments[segment] = await memberships.inside(segment, roots)
    if needs.tiers:
        eyes.tiers = await _tiers(roots)
    if needs.enrolment:
        eyes.enrolments = await _enrolments(roots)
    return eyes


async def _traits(roots: Sequence[UUID], names: Collection[str]) -> dict[UUID, dict[str, Any]]:
    found = await traits.of_roots(roots, sorted(names))
    return {root: {trait.name: trait.value for trait in of_root} for root, of_root in found.items()}


async def _tiers(roots: Sequence[UUID]) -> dict[UUID, tuple[str | None, frozenset[str]]]:
    """The tiers of people as their traits say, and all those that they reached: of each scheme, up to their own."""
    rows = await db.fetch(
        """SELECT t.code, t.rank, s.code AS scheme, s.id = first_value(s.id) OVER (ORDER BY s.created_at, s.id) AS is_first
        FROM points.tier AS t JOIN points.tier_scheme AS s ON s.id = t.scheme ORDER BY s.created_at, s.id, t.rank"""
    )
    trait = {row["scheme"]: "tier" if row["is_first"] else f"tier.{row['scheme']}" for row in rows}
    found = {}
    for root, own in (await _traits(roots, set(trait.values()))).items():
        ranks = {row["scheme"]: row["rank"] for row in rows if own.get(trait[row["scheme"]]) == row["code"]}
        named = [own[trait[scheme]] for scheme in ranks]
        reached = {row["code"] for row in rows if row["rank"] <= ranks.get(row["scheme"], -1)}
        found[root] = (", ".join(named) or None, frozenset(reached))
    return found


async def _enrolments(roots: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    found: dict[UUID, list[db.Row]] = {}
    for row in await db.fetch(
        """SELECT m.root, e.joined_on, e.left_on, p.zone FROM points.enrolment AS e
        JOIN profile.member AS m ON m.id = e.member JOIN points.programme AS p ON p.id = e.programme
        WHERE m.root = ANY($1)""",
        list(roots),
    ):
        found.setdefault(row["root"], []).append(row)
    return found
