"""Missions (任务), as staff define them and members see them, join them and claim what they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import Ineligibility, InvalidInput, NotEligible, NotFound, Problem, VersionConflict
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.points import (
    days,
    enrolments,
    marking,
    mission_awards,
    mission_items,
    mission_rules,
    programmes,
    soundness,
)
from domain.points import engagement_kinds as kinds
from domain.points.engagement_errors import MissionNotOpen, NothingToClaim
from domain.points.mission_items import ItemKind
from domain.points.mission_tables import ProgressState
from domain.profile import catalogue, interactions, members

_COLUMNS = """m.id, m.code, m.version, m.definition, g.code AS programme, g.zone, m.created_at FROM points.mission AS m
    JOIN points.programme AS g ON g.id = m.programme"""


@dataclass(frozen=True)
class Mission:
    """A mission as it is defined now."""

    id: UUID
    code: str
    version: int
    definition: dict[str, Any]
    programme: str
    zone: str
    created_at: datetime

    @property
    def opens_on(self) -> date | None:
        return _day(self.definition.get("opens_on"))

    @property
    def closes_on(self) -> date | None:
        """The first day outside."""
        return _day(self.definition.get("closes_on"))

    def state(self, at: datetime) -> str:
        """UPCOMING, OPEN or CLOSED on the local day of a moment."""
        today = days.day_of(at, self.zone)
        if self.opens_on and today < self.opens_on:
            return "UPCOMING"
        return "CLOSED" if self.closes_on and self.closes_on <= today else "OPEN"


@dataclass(frozen=True)
class Progress:
    """How a person stands in the newest round; ``streak`` is 0 once a day was left out."""

    round: int
    count: int
    target: int
    streak: int
    state: str
    ends_at: datetime | None
    completed_on: date | None


async def define(actor: Actor, said: dict[str, Any], expected_version: int | None = None) -> Mission:
    """A new mission, or the next version of the one with this code; rounds that have begun keep theirs.

    Refuses VersionConflict.
    """
    async with db.transaction():
        programme = await programmes.named(said["programme"])
        await _must_be_sound(said)
        before = await db.one(
            "SELECT id, version FROM points.mission WHERE code = $1 FOR UPDATE", said["code"]
        )
        if before is not None and before["version"] != expected_version:
            raise VersionConflict(before["version"])
        made, version = (before["id"], before["version"] + 1) if before else (ids.new(), 1)
        now = clock.now()
        await db.run(
            """INSERT INTO points.mission (id, programme, code, version, definition, created_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (code) DO UPDATE SET version = excluded.version,
                definition = excluded.definition, programme = excluded.programme""",
            made, programme["id"], said["code"], version, said, now,
        )  # fmt: skip
        await db.run(
            "INSERT INTO points.mission_version (id, mission, version, definition, created_at) VALUES ($1, $2, $3, $4, $5)",
            ids.new(), made, version, said, now,
        )  # fmt: skip
        await audit.append(
            actor, "points.mission.defined", "mission", made, facts={"code": said["code"], "version": version}
        )
        return await one(made)


async def join(actor: Actor, mission_id: UUID) -> Mission:
    """Take part from now on; joining again changes nothing. Refuses MissionNotOpen, NotEligible. Locks the root."""
    async with db.transaction():
        (root,) = await members.lock(await members.must_be_active(actor))
        mission = await one(mission_id)
        if mission.state(clock.now()) != "OPEN":
            raise MissionNotOpen(mission.opens_on, mission.closes_on)
        await _must_be_inside(root, mission.programme)
        people = await members.ids_of(root)
        if await db.value(
            "SELECT EXISTS (SELECT FROM points.mission_progress WHERE mission = $1 AND member = ANY($2) "
            "AND joined_at IS NOT NULL)",
            mission_id, people,
        ):  # fmt: skip
            return mission
        marked = await marking.by_id(mission_id)
        assert marked is not None
        await marking.work_out(marked, root, actor=actor, joined_at=clock.now())
        await interactions.record(
            actor, kinds.MISSION_JOINED, ("MISSION", mission_id), once=f"{mission_id}:{root}", member=root,
            mission=mission.code,
        )  # fmt: skip
        return mission


async def claim(actor: Actor, mission_id: UUID) -> tuple[Mission, list[UUID]]:
    """Take the rewards of completed rounds; answers the journals. Refuses NothingToClaim. Locks the root."""
    async with db.transaction():
        (root,) = await members.lock(await members.must_be_active(actor))
        mission = await one(mission_id)
        rows = await db.fetch(
            """SELECT p.round FROM points.mission_progress AS p
            JOIN points.mission_version AS v ON v.mission = p.mission AND v.version = p.version
            WHERE p.mission = $1 AND p.member = $2 AND p.state = 'COMPLETED'
            AND jsonb_array_length(v.definition -> 'rewards') > 0 ORDER BY p.round""",
            mission_id, root,
        )  # fmt: skip
        if not rows:
            raise NothingToClaim()
        claims = [await mission_awards.claim(mission_id, root, row["round"]) for row in rows]
        marked = await marking.by_id(mission_id)
        assert marked is not None
        await marking.work_out(marked, root, actor=actor)
        for row, award in zip(rows, claims, strict=True):
            await interactions.record(
                actor, kinds.MISSION_CLAIMED, ("MISSION", mission_id), once=award, member=root,
                mission=mission.code, round=row["round"],
            )  # fmt: skip
        journals = await db.fetch(
            "SELECT id FROM points.journal WHERE source = 'MISSION' AND source_id = ANY($1) ORDER BY id",
            [str(award) for award in claims],
        )
        return mission, [row["id"] for row in journals]


async def grant_items(
    actor: Actor, mission_id: UUID, member: UUID, kind: ItemKind, count: int, reason: str
) -> tuple[Mission, UUID]:
    """Staff give a member items that keep a streak of this mission; answers the root too. Locks it."""
    async with db.transaction():
        mission = await one(mission_id)
        root = await mission_items.grant(actor, mission_id, mission.code, member, kind, count, reason)
        return mission, root


async def use_item(actor: Actor, mission_id: UUID, kind: ItemKind, day: date | None = None) -> Mission:
    """Cover a day (absent: today by a freeze, yesterday by a repair), and post what the streak gives by it.

    Refuses MissionNotOpen, NoMissionItem. Locks the root.
    """
    async with db.transaction():
        (root,) = await members.lock(await members.must_be_active(actor))
        mission = await one(mission_id)
        if mission.state(clock.now()) != "OPEN":
            raise MissionNotOpen(mission.opens_on, mission.closes_on)
        today = await marking.local_day(mission_id, root, clock.now())
        await mission_items.lay(actor, mission_id, mission.code, root, kind, day, today)
        marked = await marking.by_id(mission_id)
        assert marked is not None
        await marking.work_out(marked, root, actor=actor)
        return mission


async def one(mission_id: UUID) -> Mission:
    """A mission, or NOT_FOUND."""
    found = await by_ids([mission_id])
    if not found:
        raise NotFound()
    return found[0]


async def by_ids(missions: Sequence[UUID]) -> list[Mission]:
    """The missions of these ids."""
    return [
        Mission(**dict(row))
        for row in await db.fetch(f"SELECT {_COLUMNS} WHERE m.id = ANY($1)", list(missions))
    ]


async def listed(page: Page) -> list[Mission]:
    """All missions, newest first; key of a page: (created_at, id)."""
    at, last = page.after or (None, None)
    rows = await db.fetch(
        f"""SELECT {_COLUMNS} WHERE $1::timestamptz IS NULL OR (m.created_at, m.id) < ($1, $2::uuid)
        ORDER BY m.created_at DESC, m.id DESC LIMIT $3""",
        at, last, page.limit + 1,
    )  # fmt: skip
    return [Mission(**dict(row)) for row in rows]


async def progress_of(pairs: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Progress]:
    """How roots stand in missions, by (mission, root); a round whose time is over reads MISSED."""
    now = clock.now()
    rows = await db.fetch(
        """SELECT DISTINCT ON (p.mission, p.member) p.*, g.zone FROM points.mission_progress AS p
        JOIN unnest($1::uuid[], $2::uuid[]) AS n(mission, member) ON (p.mission, p.member) = (n.mission, n.member)
        JOIN points.mission AS m ON m.id = p.mission JOIN points.programme AS g ON g.id = m.programme
        ORDER BY p.mission, p.member, p.round DESC""",
        [mission for mission, _ in pairs], [root for _, root in pairs],
    )  # fmt: skip
    return {(row["mission"], row["member"]): _progress(row, now) for row in rows}


def _progress(row: db.Row, now: datetime) -> Progress:
    is_over = row["state"] == ProgressState.OPEN and row["ends_at"] is not None and row["ends_at"] <= now
    last = row["runs_until"] or row["last_on"]
    runs = last is not None and last >= days.day_of(now, row["zone"]) - timedelta(days=1)
    return Progress(
        row["round"], row["reached"], row["target"], row["streak"] if runs else 0,
        ProgressState.MISSED if is_over else row["state"], row["ends_at"], row["completed_on"],
    )  # fmt: skip


async def _must_be_inside(root: UUID, programme: str) -> None:
    of = await programmes.named(programme)
    if of["requires_enrolment"] and not await enrolments.listed(root, programme, only_open=True):
        raise NotEligible(
            [
                Ineligibility(
                    "NOT_ENROLLED", "请先加入会员计划。", next_step="ENROL", required=programme,
                    en="Join the programme first.",
                )
            ]
        )  # fmt: skip


async def _must_be_sound(said: dict[str, Any]) -> None:
    rows = await db.fetch("SELECT code, scale, has_lots FROM points.wallet_type")
    found = mission_rules.problems(said, {row["code"]: row["scale"] for row in rows})
    for number, kind in enumerate(said["kinds"]):
        if catalogue.find(kind) is None:
            found.append(Problem(f"mission.kinds.{number}", f"There is no kind {kind}."))
    if said["condition"]:
        known = {row["code"]: row["has_lots"] for row in rows}
        checked = soundness.problems(
            {"code": "mission", "kinds": said["kinds"], "condition": said["condition"]}, known
        )
        found += [
            Problem(f"mission.{each.path}", each.message)
            for each in checked
            if each.path.startswith("condition")
        ]
    if found:
        raise InvalidInput(found)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
