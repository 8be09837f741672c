"""The community's part of a portrait."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain import db


async def of(root: UUID) -> dict[str, Any]:
    """What one root gives to the community: visible content, likes received for it, and the circles joined."""
    row = await db.one(
        """WITH me AS (SELECT id FROM profile.member WHERE root = $1),
        mine AS (
            SELECT id, true AS is_post FROM community.post WHERE author IN (SELECT id FROM me) AND is_visible
            UNION ALL
            SELECT id, false FROM community.comment WHERE author IN (SELECT id FROM me) AND is_visible
        )
        SELECT count(*) FILTER (WHERE is_post) AS "postCount", count(*) FILTER (WHERE NOT is_post) AS "commentCount",
            (SELECT count(*) FROM community.reaction AS r JOIN mine ON mine.id = r.target
             WHERE r.kind = 'LIKE' AND r.voided_by IS NULL) AS "likesReceived",
            ARRAY(SELECT DISTINCT k.name FROM community.circle_member AS c JOIN community.circle AS k ON k.id = c.circle
                  WHERE c.member IN (SELECT id FROM me) AND c.state = 'ACTIVE' ORDER BY k.name) AS circles
        FROM mine""",
        root,
    )
    assert row is not None
    return dict(row)
