"""Marking: facts count for missions, and everything that follows is worked out anew from the marks.

Late facts, undone facts, merges and their undo all end in :func:`work_out`: rounds are computed from all marks of the
person, and only differences are recorded and posted. Locks: the root, then accounts by id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM, Actor
from domain.foundation import ids
from domain.points import (
    badges,
    days,
    enrolments,
    matching,
    mission_awards,
    mission_items,
    mission_rules,
    rules,
    seeing,
)
from domain.points import engagement_kinds as kinds
from domain.points.mission_rules import Kept, Round, Unit
from domain.points.mission_tables import ProgressState
from domain.profile import interactions, members
from domain.profile.catalogue import Kind
from domain.profile.drain import Reaction
from domain.profile.interactions import Fact

_KEPT = (ProgressState.COMPLETED, ProgressState.CLAIMED)
_PEOPLE_CHANGED = frozenset({"profile.member.merged", "profile.member.parted"})
_SELECT = """SELECT m.id, m.code, m.version, m.definition, g.code AS programme, g.zone FROM points.mission AS m
    JOIN points.programme AS g ON g.id = m.programme"""


@dataclass(frozen=True)
class Mission:
    """A mission with its present definition."""

    id: UUID
    code: str
    version: int
    definition: dict[str, Any]
    programme: str
    zone: str


class _Known:
    missions: list[Mission] = []


async def prepare() -> None:
    """Read the missions anew; once a pass of the drain."""
    _Known.missions = [Mission(**dict(row)) for row in await db.fetch(_SELECT)]


def wants(kind: str) -> bool:
    """What a mission names, and whatever may undo it or change who somebody is."""
    return bool(_Known.missions) and (
        not kind.startswith("points.") or any(kind in m.definition["kinds"] for m in _Known.missions)
    )


async def react(fact: Fact) -> None:
    """Mark what the fact counts for, or undo and redo what it compensates."""
    if fact.root is None or "no_rules" in fact.flags:
        return
    touched = {each.id for each in _Known.missions if await _marks(each, fact)}
    if fact.compensates is not None:
        touched |= await _turn(fact.compensates)
    if fact.kind in _PEOPLE_CHANGED:
        touched |= await _of_person(fact.root)
    for mission in _Known.missions:
        if mission.id in touched:
            await work_out(mission, fact.root, cause=fact)


async def by_id(mission_id: UUID) -> Mission | None:
    """A mission with its present definition."""
    row = await db.one(f"{_SELECT} WHERE m.id = $1", mission_id)
    return Mission(**dict(row)) if row else None


async def work_out(
    mission: Mission,
    root: UUID,
    *,
    actor: Actor = SYSTEM,
    cause: Fact | None = None,
    joined_at: datetime | None = None,
) -> None:
    """Bring a person's rounds, badges and awards to what the marks say now; the caller has locked the root."""
    people = await members.ids_of(root)
    before = await _progress(mission.id, people)
    own = {row["round"]: row for row in before if row["member"] == root}
    joined = min(
        [row["joined_at"] for row in before if row["joined_at"]] + ([joined_at] if joined_at else []),
        default=None,
    )
    said = await _versions(mission, own)
    units, ends = await _units(mission, people, joined)
    joined_on = mission_rules.day_bounds(joined, mission.zone)[0] if joined else None
    kept = {
        n: Kept(row["starts_on"], row["completed_on"], frozenset(row["counted"]))
        for n, row in own.items()
        if row["state"] in _KEPT and said(n)["is_kept_after_completion"]
    }
    covered = await mission_items.covered(mission.id, people)
    found = mission_rules.rounds(said, units, joined_on, mission.zone, kept, covered)
    claimed = await mission_awards.claimed(mission.id, people)
    for each in found:
        await _store(mission, root, each, own.get(each.number), joined, claimed, actor, cause)
    await db.run(
        "DELETE FROM points.mission_progress WHERE mission = $1 AND member = $2 AND round > $3",
        mission.id, root, len(found),
    )  # fmt: skip
    await badges.bring(mission.id, mission.code, root, people, found, cause)
    await mission_awards.bring(mission.id, mission.code, root, people, found, ends, actor, cause)


async def local_day(mission: UUID, root: UUID, at: datetime) -> date:
    """The local day of a moment for a person: the one that a mark began, else by the member's zone."""
    return (await _day(mission, await members.ids_of(root), root, at))[0]


async def _marks(mission: Mission, fact: Fact) -> bool:
    """Whether the fact is new to the mission and counts for it; then its mark and day are kept."""
    said = mission.definition
    if fact.kind not in said["kinds"] or (fact.kind.startswith("points.") and fact.depth > rules.DEEPEST):
        return False
    assert fact.root is not None
    if not await _is_met(said["condition"], fact, mission.zone):
        return False
    if await enrolments.outside([fact.root], [each["wallet"] for each in said["steps"]], fact.occurred_at):
        return False
    people = await members.ids_of(fact.root)
    day, bounds = await _day(mission.id, people, fact.root, fact.occurred_at)
    if bounds is not None:
        await db.run(
            """INSERT INTO points.mission_day (id, mission, member, local_date, zone, starts_at, ends_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (mission, member, local_date) DO NOTHING""",
            ids.new(), mission.id, fact.root, day, *bounds,
        )  # fmt: skip
    return bool(
        await db.run(
            """INSERT INTO points.mission_mark (id, mission, member, interaction, local_date, occurred_at, counts)
            VALUES ($1, $2, $3, $4, $5, $6, profile.counts($4)) ON CONFLICT (mission, interaction) DO NOTHING""",
            ids.new(),
            mission.id,
            fact.root,
            fact.id,
            day,
            fact.occurred_at,
        )
    )


async def _day(
    mission: UUID, people: Sequence[UUID], root: UUID, at: datetime
) -> tuple[date, tuple[str, datetime, datetime] | None]:
    """The local day of a moment, and the zone and bounds of one that no mark has begun yet."""
    day = await db.value(
        """SELECT local_date FROM points.mission_day WHERE mission = $1 AND member = ANY($2) AND starts_at <= $3
        AND $3 < ends_at ORDER BY starts_at LIMIT 1""",
        mission, list(people), at,
    )  # fmt: skip
    if day is not None:
        return day, None
    zone = await db.value("SELECT zone FROM profile.member WHERE id = $1", root)
    day, starts_at, ends_at = mission_rules.day_bounds(at, zone)
    return day, (zone, starts_at, ends_at)


@dataclass(frozen=True)
class _Asks:
    condition: dict[str, Any] | None
    zone: str


async def _is_met(condition: dict[str, Any] | None, fact: Fact, zone: str) -> bool:
    if condition is None:
        return True
    asks: list[Any] = [_Asks(condition, zone)]
    assert fact.root is not None
    seen = await seeing.look(fact.root, asks, fact.occurred_at)
    return not matching.unmet(condition, fact, None, seen)


async def _turn(compensated: UUID) -> set[UUID]:
    """The marks of the fact at the start of the chain count, or do not, after all that is known by now."""
    rows = await db.fetch(
        """WITH RECURSIVE chain AS (
            SELECT id, compensates FROM profile.interaction WHERE id = $1
            UNION ALL SELECT i.id, i.compensates FROM chain JOIN profile.interaction AS i ON i.id = chain.compensates)
        UPDATE points.mission_mark AS k SET counts = NOT k.counts FROM chain AS c
        WHERE k.interaction = c.id AND k.counts <> profile.counts(k.interaction) RETURNING k.mission""",
        compensated,
    )
    return {row["mission"] for row in rows}


async def _of_person(root: UUID) -> set[UUID]:
    rows = await db.fetch(
        """SELECT DISTINCT p.mission FROM points.mission_progress AS p JOIN profile.member AS m ON m.id = p.member
        WHERE m.root = $1
        UNION SELECT a.mission FROM points.mission_award AS a JOIN profile.member AS m ON m.id = a.member
        WHERE m.root = $1""",
        root,
    )
    return {row["mission"] for row in rows}


async def _progress(mission: UUID, people: Sequence[UUID]) -> list[db.Row]:
    return await db.fetch(
        "SELECT * FROM points.mission_progress WHERE mission = $1 AND member = ANY($2) ORDER BY round",
        mission, list(people),
    )  # fmt: skip


async def _versions(mission: Mission, own: dict[int, db.Row]) -> Any:
    """The definition of each round: a round that has begun keeps its version."""
    rows = await db.fetch(
        "SELECT version, definition FROM points.mission_version WHERE mission = $1", mission.id
    )
    known = {row["version"]: row["definition"] for row in rows}
    return lambda number: known[own[number]["version"]] if number in own else mission.definition


async def _units(
    mission: Mission, people: Sequence[UUID], joined: datetime | None
) -> tuple[list[Unit], dict[date, datetime]]:
    """What counts, oldest first, and when each local day ends; where joining is needed, only what came after it."""
    if mission.definition["needs_joining"] and joined is None:
        return [], {}
    since = joined if mission.definition["needs_joining"] else None
    rows = await db.fetch(
        """SELECT k.interaction, k.local_date FROM points.mission_mark AS k
        WHERE k.mission = $1 AND k.member = ANY($2) AND k.counts AND ($3::timestamptz IS NULL OR k.occurred_at >= $3)
        ORDER BY k.local_date, k.occurred_at, k.interaction""",
        mission.id, list(people), since,
    )  # fmt: skip
    ends = {
        row["local_date"]: row["ends_at"]
        for row in await db.fetch(
            "SELECT local_date, ends_at FROM points.mission_day WHERE mission = $1 AND member = ANY($2) ORDER BY ends_at DESC",
            mission.id, list(people),
        )
    }  # fmt: skip
    if mission.definition["counts_per"] == "LOCAL_DAY":
        return [Unit(f"day:{day}", day) for day in sorted({row["local_date"] for row in rows})], ends
    return [Unit(f"fact:{row['interaction']}", row["local_date"]) for row in rows], ends


async def _store(
    mission: Mission,
    root: UUID,
    this: Round,
    before: db.Row | None,
    joined: datetime | None,
    claimed: frozenset[int],
    actor: Actor,
    cause: Fact | None,
) -> None:
    """Keep how a round stands, and record what changed."""
    ends_at = days.start_of(this.ends_on, mission.zone) if this.ends_on else None
    state = ProgressState.OPEN
    if this.completed_on is not None:
        state = ProgressState.CLAIMED if this.number in claimed else ProgressState.COMPLETED
    elif ends_at is not None and ends_at <= clock.now():
        state = ProgressState.MISSED
    count = this.said["target"] if this.is_kept else len(this.units)
    turns = before["turns"] + 1 if before else 1
    counted = before["counted"] if this.is_kept and before else [unit.key for unit in this.units]
    kept = await db.one(
        """INSERT INTO points.mission_progress AS p (id, mission, member, round, version, joined_at, starts_on, ends_at,
            reached, target, streak, last_on, completed_on, counted, state, turns, created_at, runs_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        ON CONFLICT (mission, member, round) DO UPDATE SET joined_at = excluded.joined_at, ends_at = excluded.ends_at,
            starts_on = excluded.starts_on, reached = excluded.reached, streak = excluded.streak, state = excluded.state,
            last_on = excluded.last_on, completed_on = excluded.completed_on, counted = excluded.counted,
            turns = excluded.turns, runs_until = excluded.runs_until RETURNING id""",
        ids.new(), mission.id, root, this.number, mission.version, joined, this.starts_on, ends_at, count,
        this.said["target"], this.streak, this.last_on, this.completed_on, counted, state, turns, clock.now(),
        this.runs_until,
    )  # fmt: skip
    assert kept is not None
    was = (before["reached"], before["state"]) if before else (0, ProgressState.OPEN)
    for kind in _told(was, (count, state)):
        await interactions.record(
            actor, kind, ("MISSION", mission.id), once=f"{kept['id']}:{turns}", member=root, cause=cause,
            mission=mission.code, round=this.number, count=count, target=this.said["target"], streak=this.streak,
        )  # fmt: skip


def _told(before: tuple[int, str], now: tuple[int, str]) -> list[Kind]:
    """What happened between two (count, state) of a round."""
    (was_count, was), (count, state) = before, now
    told = []
    if count > was_count:
        told.append(kinds.MISSION_ADVANCED)
    if count < was_count or (was in _KEPT and state not in _KEPT):
        told.append(kinds.MISSION_ROLLED_BACK)
    if state in _KEPT and was not in _KEPT:
        told.append(kinds.MISSION_COMPLETED)
    if state == ProgressState.MISSED and was != state:
        told.append(kinds.MISSION_MISSED)
    return told


REACTION = Reaction("missions", react, wants, prepare)
