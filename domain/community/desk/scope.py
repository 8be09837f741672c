"""What a moderator sees and may act on: his circles (or everything), never his own content nor his own reports."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.community import viewers
from domain.community.desk.errors import RankTooLow
from domain.errors import Forbidden
from domain.profile import members

#: Conditions over the first three parameters, for an item ``i`` and a report ``r``.
_CIRCLE = "($1::boolean OR community.circle_of({0}.subject_kind, {0}.subject) = ANY($2::uuid[]))"
_FOREIGN = "($3::uuid IS NULL OR community.author_of({0}.subject_kind, {0}.subject) IS DISTINCT FROM $3)"
SEES_ITEM = f"""{_CIRCLE.format("i")} AND {_FOREIGN.format("i")} AND ($3::uuid IS NULL OR NOT EXISTS (
    SELECT FROM community.report AS mine WHERE mine.item = i.id AND mine.outcome IS NULL
    AND mine.reporter IN (SELECT id FROM profile.member WHERE root = $3)))"""
SEES_REPORT = f"""{_CIRCLE.format("r")} AND {_FOREIGN.format("r")} AND ($3::uuid IS NULL OR r.reporter IS NULL
    OR r.reporter NOT IN (SELECT id FROM profile.member WHERE root = $3))"""


@dataclass(frozen=True)
class Scope:
    """``member`` is set for moderators of circles who are members themselves."""

    sees_all: bool
    circles: tuple[UUID, ...]
    member: UUID | None

    @property
    def args(self) -> tuple[bool, list[UUID], UUID | None]:
        """The first three parameters of every statement of the desk."""
        return self.sees_all, list(self.circles), self.member

    def holds(self, circle: UUID | None) -> bool:
        return self.sees_all or (circle is not None and circle in self.circles)

    def must_be_everywhere(self) -> None:
        """FORBIDDEN to moderators of certain circles only."""
        if not self.sees_all:
            raise Forbidden("Only moderators of all circles may do this.")


async def of(actor: Actor) -> Scope:
    """The scope of a moderator: of the staff by role, of a member by the circles that he moderates."""
    if actor.is_staff:
        viewer = viewers.of(actor)
        return Scope(viewer.sees_all, viewer.circles, None)
    if actor.member_id is None:
        return Scope(False, (), None)
    root = await members.root_of(actor.member_id)
    rows = await db.fetch(
        """SELECT DISTINCT c.circle FROM community.circle_member AS c JOIN profile.member AS m ON m.id = c.member
        WHERE m.root = $1 AND c.state = 'ACTIVE' AND c.role IN ('MODERATOR', 'LEAD')""",
        root,
    )
    return Scope(False, tuple(row["circle"] for row in rows), root)


async def must_outrank(actor: Actor, member: UUID | None, circle: UUID | None) -> None:
    """Raise RankTooLow when a circle's moderator acts on a lead, or on a moderator of higher rank; staff rank above."""
    if actor.is_staff or member is None or actor.member_id is None or circle is None:
        return
    rows = await db.fetch(
        """SELECT m.root, max(CASE c.role WHEN 'LEAD' THEN 100000 WHEN 'MODERATOR' THEN 0 ELSE -100000 END + c.rank) AS rank
        FROM community.circle_member AS c JOIN profile.member AS m ON m.id = c.member
        WHERE c.circle = $1 AND c.state = 'ACTIVE' AND m.root IN
            (SELECT root FROM profile.member WHERE id = ANY($2)) GROUP BY m.root""",
        circle, [actor.member_id, member],
    )  # fmt: skip
    ranks = {row["root"]: row["rank"] for row in rows}
    mine = ranks.get(await members.root_of(actor.member_id), -200_000)
    if ranks.get(await members.root_of(member), -200_000) > mine:
        raise RankTooLow()
