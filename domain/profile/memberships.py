"""Who is in which segment and in which stage. Only operations writes here; the portrait and everybody else reads.

A row is a root's time in a segment, or in a stage of a dimension. It keeps the member id it was written with, so reads
go over the root.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain import db
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.profile import identities

Moment = tuple[UUID, datetime]
#: A member and the root that stood for it at the instant that is asked for.
Then = tuple[UUID, UUID]


async def inside(segment: UUID, roots: Sequence[UUID]) -> set[UUID]:
    """Those of the roots that are in the segment."""
    rows = await db.fetch(
        """SELECT DISTINCT m.root FROM profile.member AS m JOIN profile.segment_membership AS s ON s.member = m.id
        WHERE m.root = ANY($2) AND s.segment = $1 AND s.until_at IS NULL""",
        segment, list(roots),
    )  # fmt: skip
    return {row["root"] for row in rows}


async def all_inside(segment: UUID) -> set[UUID]:
    """Every root that is in the segment."""
    rows = await db.fetch(
        """SELECT DISTINCT m.root FROM profile.segment_membership AS s JOIN profile.member AS m ON m.id = s.member
        WHERE s.segment = $1 AND s.until_at IS NULL""",
        segment,
    )
    return {row["root"] for row in rows}


async def open(segment: UUID, version: int, entered: Sequence[Moment], cause: str) -> None:
    """Roots enter, each at its own instant; the caller has seen that they are outside."""
    await db.run(
        """INSERT INTO profile.segment_membership (id, segment, member, since_at, until_at, version, cause)
        SELECT e.id, $1, e.member, e.at, NULL, $2, $6
        FROM unnest($3::uuid[], $4::uuid[], $5::timestamptz[]) AS e(id, member, at)
        ON CONFLICT (segment, member) WHERE until_at IS NULL DO NOTHING""",
        segment, version, [ids.new() for _ in entered], [root for root, _ in entered], [at for _, at in entered],
        cause,
    )  # fmt: skip


async def close(segment: UUID, exited: Sequence[Moment]) -> None:
    """Roots leave, each at its own instant."""
    await db.run(
        """UPDATE profile.segment_membership AS s SET until_at = greatest(s.since_at, e.at)
        FROM unnest($2::uuid[], $3::timestamptz[]) AS e(root, at) JOIN profile.member AS m ON m.root = e.root
        WHERE s.segment = $1 AND s.member = m.id AND s.until_at IS NULL""",
        segment, [root for root, _ in exited], [at for _, at in exited],
    )  # fmt: skip


async def sizes(segments: Sequence[UUID]) -> dict[UUID, int]:
    """How many roots are in each segment."""
    rows = await db.fetch(
        """SELECT segment, count(*) AS n FROM profile.segment_membership
        WHERE segment = ANY($1) AND until_at IS NULL GROUP BY segment""",
        list(segments),
    )
    return dict.fromkeys(segments, 0) | {row["segment"]: row["n"] for row in rows}


async def members_of(segment: UUID, page: Page, at: datetime | None = None) -> list[db.Row]:
    """A page of roots that are in the segment (or were, at an instant), the latest first: member, since_at."""
    since, after = page.after or (None, None)
    return await db.fetch(
        """SELECT m.root AS member, s.since_at, s.id FROM profile.segment_membership AS s
        JOIN profile.member AS m ON m.id = s.member
        WHERE s.segment = $1 AND CASE WHEN $2::timestamptz IS NULL THEN s.until_at IS NULL
            ELSE s.since_at <= $2 AND coalesce(s.until_at > $2, true) END
        AND ($3::timestamptz IS NULL OR (s.since_at, s.id) < ($3, $4::uuid))
        ORDER BY s.since_at DESC, s.id DESC LIMIT $5""",
        segment, at, since, after, page.limit + 1,
    )  # fmt: skip


async def of_roots(roots: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    """The segments that each root is in: segment, since_at; the longest first."""
    rows = await db.fetch(
        """SELECT m.root, s.segment, min(s.since_at) AS since_at FROM profile.segment_membership AS s
        JOIN profile.member AS m ON m.id = s.member WHERE m.root = ANY($1) AND s.until_at IS NULL
        GROUP BY m.root, s.segment ORDER BY since_at, s.segment""",
        list(roots),
    )
    return identities.by_root(roots, rows)


async def then(people: Sequence[Then], at: datetime) -> dict[UUID, list[db.Row]]:
    """The segments that each root was in at an instant."""
    rows = await db.fetch(
        """SELECT g.root, s.segment, min(s.since_at) AS since_at
        FROM unnest($1::uuid[], $2::uuid[]) AS g(member, root)
        JOIN profile.segment_membership AS s ON s.member = g.member
        WHERE s.since_at <= $3 AND coalesce(s.until_at > $3, true)
        GROUP BY g.root, s.segment ORDER BY since_at, s.segment""",
        *_columns(people), at,
    )  # fmt: skip
    return identities.by_root({root for _, root in people}, rows)


async def enter_stage(dimension: str, stage: str, version: int, entered: Sequence[Moment], cause: str) -> int:
    """Roots come into a stage, each at its own instant, and leave the one they were in; answers how many did.

    Who is in that stage already stays, since when they were. The caller holds the roots.
    """
    columns = [root for root, _ in entered], [at for _, at in entered]
    async with db.transaction():
        await db.run(
            """UPDATE profile.stage_membership AS s SET until_at = greatest(s.since_at, e.at)
            FROM unnest($3::uuid[], $4::timestamptz[]) AS e(root, at) JOIN profile.member AS m ON m.root = e.root
            WHERE s.dimension = $1 AND s.stage <> $2 AND s.member = m.id AND s.until_at IS NULL""",
            dimension, stage, *columns,
        )  # fmt: skip
        return await db.run(
            """INSERT INTO profile.stage_membership (id, dimension, stage, member, since_at, until_at, version, cause)
            SELECT e.id, $1, $2, e.root, e.at, NULL, $3, $4
            FROM unnest($7::uuid[], $5::uuid[], $6::timestamptz[]) AS e(id, root, at)
            WHERE NOT EXISTS (SELECT FROM profile.stage_membership AS s JOIN profile.member AS m ON m.id = s.member
                WHERE m.root = e.root AND s.dimension = $1 AND s.until_at IS NULL)
            ON CONFLICT (dimension, member) WHERE until_at IS NULL DO NOTHING""",
            dimension, stage, version, cause, *columns, [ids.new() for _ in entered],
        )  # fmt: skip


async def stages_of_roots(roots: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    """The stage of each root in each dimension: dimension, stage, since_at; after a merge the root's own stands."""
    rows = await db.fetch(
        """SELECT DISTINCT ON (m.root, s.dimension) m.root, s.dimension, s.stage, s.since_at
        FROM profile.stage_membership AS s JOIN profile.member AS m ON m.id = s.member
        WHERE m.root = ANY($1) AND s.until_at IS NULL
        ORDER BY m.root, s.dimension, (s.member = m.root) DESC, s.since_at DESC, s.id""",
        list(roots),
    )
    return identities.by_root(roots, rows)


async def stages_then(people: Sequence[Then], at: datetime) -> dict[UUID, list[db.Row]]:
    """The stage that each root was in at an instant, in each dimension."""
    rows = await db.fetch(
        """SELECT DISTINCT ON (g.root, s.dimension) g.root, s.dimension, s.stage, s.since_at
        FROM unnest($1::uuid[], $2::uuid[]) AS g(member, root)
        JOIN profile.stage_membership AS s ON s.member = g.member
        WHERE s.since_at <= $3 AND coalesce(s.until_at > $3, true)
        ORDER BY g.root, s.dimension, (s.member = g.root) DESC, s.since_at DESC, s.id""",
        *_columns(people), at,
    )  # fmt: skip
    return identities.by_root({root for _, root in people}, rows)


def _columns(people: Sequence[Then]) -> tuple[list[UUID], list[UUID]]:
    return [member for member, _ in people], [root for _, root in people]
