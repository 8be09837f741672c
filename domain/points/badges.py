"""Badges (徽章) of missions: a completed round has one while it stands; the profile shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points.mission_rules import Round
from domain.profile import interactions
from domain.profile.interactions import Fact
from domain.profile.kinds import BADGE_EARNED, BADGE_REVOKED


@dataclass(frozen=True)
class Badge:
    """A badge that a person has; ``times`` counts the rounds that earned it."""

    name: str
    mission: str
    times: int
    first_at: datetime
    last_at: datetime


async def of_roots(roots: Sequence[UUID]) -> dict[UUID, list[Badge]]:
    """What these roots have, the newest first: their own rows say it all, whoever was merged into them."""
    found: dict[UUID, list[Badge]] = {root: [] for root in roots}
    for row in await db.fetch(
        """SELECT b.member, b.badge, m.code, count(*) AS times, min(b.created_at) AS first_at, max(b.created_at) AS last_at
        FROM points.badge_award AS b JOIN points.mission AS m ON m.id = b.mission
        WHERE b.member = ANY($1) AND b.revoked_at IS NULL GROUP BY b.member, b.badge, m.code
        ORDER BY max(b.created_at) DESC, m.code""",
        list(roots),
    ):
        found[row["member"]].append(
            Badge(row["badge"], row["code"], row["times"], row["first_at"], row["last_at"])
        )
    return found


async def bring(
    mission: UUID, code: str, root: UUID, people: Sequence[UUID], rounds: Sequence[Round], cause: Fact | None
) -> None:
    """Give completed rounds their badges, and take those that do not stand any more; the root is locked.

    What a merged member earned already is not told a second time.
    """
    wanted = {
        each.number: each.said["badge"]
        for each in rounds
        if each.said.get("badge") and each.completed_on is not None
    }
    for row in await db.fetch(
        """UPDATE points.badge_award SET revoked_at = $4 WHERE mission = $1 AND member = $2 AND NOT round = ANY($3)
        AND revoked_at IS NULL RETURNING id, badge, round""",
        mission, root, list(wanted), clock.now(),
    ):  # fmt: skip
        await _revoke(row, root, code, cause)
    for number, badge in sorted(wanted.items()):
        given = await db.one(
            """INSERT INTO points.badge_award AS b (id, member, mission, round, badge, created_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (mission, member, round) DO UPDATE SET revoked_at = NULL WHERE b.revoked_at IS NOT NULL
            RETURNING id, badge, EXISTS (SELECT FROM points.badge_award AS o WHERE o.mission = $3 AND o.round = $4
                AND o.member = ANY($7) AND o.member <> $2 AND o.revoked_at IS NULL) AS was_told""",
            ids.new(), root, mission, number, badge, clock.now(), list(people),
        )  # fmt: skip
        if given and not given["was_told"]:
            await interactions.record(
                SYSTEM, BADGE_EARNED, ("BADGE", given["id"]), once=ids.new(), member=root, cause=cause,
                name=given["badge"], mission=code, round=number,
            )  # fmt: skip


async def _revoke(row: db.Row, root: UUID, code: str, cause: Fact | None) -> None:
    told = await interactions.find_compensated(BADGE_EARNED, ("BADGE", row["id"]))
    if told:
        await interactions.record(
            SYSTEM, BADGE_REVOKED, ("BADGE", row["id"]), once=ids.new(), member=root, cause=cause,
            compensates=told[-1], name=row["badge"], mission=code, round=row["round"],
        )  # fmt: skip
