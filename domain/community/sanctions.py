"""Sanctions: limits on members, on the site or in one circle. They end by their time, by reads, or by a moderator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.community.desk_tables import SanctionKind


@dataclass(frozen=True)
class Sanction:
    """A sanction in force; ``circle`` None is the whole site, ``until`` None for good."""

    id: UUID
    member: UUID
    kind: SanctionKind
    circle: UUID | None
    starts_at: datetime
    until: datetime | None
    cause: str

    @classmethod
    def of(cls, row: db.Row) -> Sanction:
        return cls(
            row["id"], row["member"], SanctionKind(row["kind"]), row["circle"], row["starts_at"], row["until"],
            row["cause"],
        )  # fmt: skip


async def active(member: UUID, circle: UUID | None = None) -> list[Sanction]:
    """What is in force for a person now on the site, and in this circle; the longest first.

    By reads: what has run out is not there, whether a job has marked it or not. WARN is in force but limits nothing.
    """
    rows = await db.fetch(
        """SELECT s.id, m.root AS member, s.kind, s.circle, s.starts_at, s.until, s.cause
        FROM profile.member AS m JOIN community.sanction AS s ON s.member = m.id
        WHERE m.root = (SELECT root FROM profile.member WHERE id = $1) AND s.ended_at IS NULL AND s.starts_at <= $3
        AND (s.until IS NULL OR s.until > $3) AND (s.circle IS NULL OR s.circle = $2)
        ORDER BY s.until DESC NULLS FIRST, s.starts_at""",
        member, circle, clock.now(),
    )  # fmt: skip
    return [Sanction.of(row) for row in rows]


async def disclosed(member: UUID) -> list[db.Row]:
    """All limits in force of a person, wherever they hold, as the member may know them: SHADOW is never told."""
    return await db.fetch(
        """SELECT s.* FROM profile.member AS m JOIN community.sanction AS s ON s.member = m.id
        WHERE m.root = (SELECT root FROM profile.member WHERE id = $1) AND s.ended_at IS NULL AND s.starts_at <= $2
        AND (s.until IS NULL OR s.until > $2) AND s.kind <> 'SHADOW'
        ORDER BY s.until DESC NULLS FIRST, s.starts_at""",
        member, clock.now(),
    )  # fmt: skip
