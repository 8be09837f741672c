"""The law's other side: a condition evaluated in Python over the raw rows, with none of the compiler's code."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import conditions, db
from domain.operations.conditions.tree import (
    All,
    Any_,
    Condition,
    Event,
    Everyone,
    Not,
    Tag,
    Trait,
    compare_count,
)


@dataclass
class World:
    """Everything stored, read row by row."""

    root: Mapping[UUID, UUID]
    zone: Mapping[UUID, str]
    interactions: list[Any]
    traits: list[Any]
    tags: list[Any]

    def counts(self, interaction: UUID) -> bool:
        """An interaction counts iff no interaction that itself counts compensates it."""
        return not any(i["compensates"] == interaction and self.counts(i["id"]) for i in self.interactions)


async def look() -> World:
    members = await db.fetch("SELECT id, root, zone FROM profile.member WHERE status <> 'ERASED'")
    return World(
        root={row["id"]: row["root"] for row in members},
        zone={row["id"]: row["zone"] for row in members},
        interactions=await db.fetch("SELECT id, member, kind, occurred_at, properties, compensates FROM profile.interaction"),
        traits=await db.fetch("SELECT * FROM profile.trait_value"),
        tags=await db.fetch("SELECT * FROM profile.tag_assignment WHERE subject_kind = 'MEMBER' AND valid_to IS NULL"),
    )  # fmt: skip


def everybody(condition: Condition, world: World, now: datetime) -> set[UUID]:
    """The roots for whom it holds."""
    return {root for root in set(world.root.values()) if holds(condition, world, root, now)}


def holds(condition: Condition, world: World, root: UUID, now: datetime) -> bool:
    match condition:
        case All(parts):
            return all(holds(part, world, root, now) for part in parts)
        case Any_(parts):
            return any(holds(part, world, root, now) for part in parts)
        case Not(part):
            return not holds(part, world, root, now)
        case Everyone():
            return True
        case Event():
            return compare_count(_count(condition, world, root, now), condition.op, condition.n)
        case Trait():
            return _trait(condition, world, root, now)
        case Tag(key, value):
            return any(
                world.root[tag["subject_id"]] == root and tag["key"] == key and value in (None, tag["value"])
                and (tag["evidence"].get("until") is None or datetime.fromisoformat(tag["evidence"]["until"]) > now)
                for tag in world.tags
            )  # fmt: skip


def _count(event: Event, world: World, root: UUID, now: datetime) -> int:
    return sum(
        world.root.get(i["member"]) == root
        and (i["kind"].startswith(event.prefix) if event.prefix is not None else i["kind"] == event.kind)
        and i["occurred_at"] <= now
        and (event.last is None or i["occurred_at"] > now - event.last)
        and all(
            conditions.holds(conditions.at_path(i["properties"], f.path), f.op, f.value) for f in event.where
        )
        and world.counts(i["id"])
        for i in world.interactions
    )


def _trait(trait: Trait, world: World, root: UUID, now: datetime) -> bool:
    rows = [t for t in world.traits if world.root[t["member"]] == root and t["name"] == trait.name]
    winner = max(rows, key=lambda t: _rank(t, root), default=None)
    fact = conditions.MISSING if winner is None or winner["value"] is None else winner["value"]
    if trait.op.value in conditions.Operator.__members__:
        wanted = trait.duration or trait.value
        return conditions.holds(
            fact, conditions.Operator(trait.op.value), wanted, or_missing=trait.or_missing, now=now
        )
    if winner is None or fact is conditions.MISSING:
        return trait.or_missing
    if trait.op.value == "HELD_FOR":
        return (
            conditions.holds(fact, conditions.Operator.EQ, trait.value)
            and winner["since_at"] <= now - trait.duration
        )
    if trait.op.value == "CHANGED_IN":
        return now - trait.duration < winner["since_at"] <= now
    return _is_near(fact, trait.value, ZoneInfo(world.zone[root]), now)


def _rank(row: Any, root: UUID) -> tuple[Any, ...]:
    at = row["at"].timestamp() if row["is_timed"] else 0
    return row["is_timed"], at, row["member"] == root, row["message_id"], row["member"]


def _is_near(fact: Any, days: int, zone: ZoneInfo, now: datetime) -> bool:
    at = conditions.instant(fact)
    if at is None:
        return False
    day, today = (
        date.fromisoformat(fact) if len(fact) == 10 else at.astimezone(zone).date(),
        now.astimezone(zone).date(),
    )
    for year in (today.year, today.year + 1):
        found = date(year, day.month, min(day.day, monthrange(year, day.month)[1]))
        if found >= today:
            return found - today <= timedelta(days=days)
    return False
