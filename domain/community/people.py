"""People as the community shows them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import db


async def by_ids(member_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """The roots behind member ids, in the columns that posts and comments carry for their authors."""
    rows = await db.fetch(
        """SELECT w.id AS asked, a.id AS author_id, a.number AS author_number, a.display_name AS author_name,
            a.avatar AS author_avatar
        FROM profile.member AS w JOIN profile.member AS a ON a.id = w.root WHERE w.id = ANY($1)""",
        list(member_ids),
    )
    return {row["asked"]: row for row in rows}
