"""What rules look at beside the fact: tags, segments, traits, tiers and enrolment of the person, as they stand."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import db
from domain.points import matching
from domain.points.definitions import Version
from domain.points.matching import Needs, Seen
from domain.profile import memberships, tags, traits
from domain.profile.tags import TagSubject


async def look(root: UUID, versions: Collection[Version], at: datetime) -> Seen:
    """What the conditions of these versions need; nothing is read that none of them asks for."""
    needs = matching.needs(version.condition for version in versions)
    zone = next(iter(versions)).zone
    tier, reached = await _tiers(root) if needs.tiers else (None, frozenset[str]())
    return Seen(
        traits=await traits.values_of(root, sorted(needs.traits)) if needs.traits else {},
        tags=await _tags(root) if needs.tags else frozenset(),
        segments=await _segments(root, needs),
        tier=tier,
        reached=reached,
        joined_on=await _joined_on(root, at) if needs.enrolment else None,
        today=at.astimezone(ZoneInfo(zone)).date(),
    )


async def _tags(root: UUID) -> frozenset[str]:
    rows = (await tags.open_of(TagSubject.MEMBER, [root]))[root]
    return frozenset(name for row in rows for name in (row["key"], f"{row['key']}:{row['value']}"))


async def _segments(root: UUID, needs: Needs) -> frozenset[UUID]:
    return frozenset([each for each in needs.segments if root in await memberships.inside(each, [root])])


async def _tiers(root: UUID) -> tuple[str | None, frozenset[str]]:
    """The tiers of a person as their traits say, and all those that they reached: of each scheme, up to their own."""
    rows = await db.fetch(
        """SELECT t.code, t.rank, s.code AS scheme, s.id = first_value(s.id) OVER (ORDER BY s.created_at, s.id) AS is_first
        FROM points.tier AS t JOIN points.tier_scheme AS s ON s.id = t.scheme ORDER BY s.created_at, s.id, t.rank"""
    )
    trait = {row["scheme"]: "tier" if row["is_first"] else f"tier.{row['scheme']}" for row in rows}
    own = await traits.values_of(root, sorted(set(trait.values())))
    ranks = {row["scheme"]: row["rank"] for row in rows if own.get(trait[row["scheme"]]) == row["code"]}
    named = [own[trait[scheme]] for scheme in ranks]
    reached = {row["code"] for row in rows if row["rank"] <= ranks.get(row["scheme"], -1)}
    return ", ".join(named) or None, frozenset(reached)


async def _joined_on(root: UUID, at: datetime) -> date | None:
    """Since when the person is in a programme without a break; of several the longest."""
    return await db.value(
        """SELECT min(e.joined_on) FROM points.enrolment AS e JOIN profile.member AS m ON m.id = e.member
        JOIN points.programme AS p ON p.id = e.programme
        WHERE m.root = $1 AND e.joined_on <= ($2 AT TIME ZONE p.zone)::date
        AND (e.left_on IS NULL OR e.left_on > ($2 AT TIME ZONE p.zone)::date)""",
        root, at,
    )  # fmt: skip
