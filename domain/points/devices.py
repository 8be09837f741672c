"""Whether two people used the same device, as far as the profile knows: what tells somebody who refers themselves.

A device is known by the id that sessions and reports name, by an anonymous value (its owner's, or one that both were seen
with before it named nobody), by a push token, and by what was earned on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import db

#: So many of a person's newest reports are looked at.
_MOST_REPORTS = 10_000

_USED = """SELECT u.member, s.device AS name FROM access.session AS s JOIN access.subject AS u ON u.id = s.subject
        WHERE u.member = ANY($1::uuid[] || $2::uuid[]) AND s.device IS NOT NULL
    UNION ALL SELECT i.member, i.value_norm FROM profile.identity AS i JOIN profile.identity_type AS t ON t.name = i.type
        WHERE i.member = ANY($1::uuid[] || $2::uuid[]) AND t.is_anonymous
    UNION ALL SELECT d.member, s.value_norm FROM profile.shared_device_use AS d
        JOIN profile.shared_device AS s ON s.id = d.device WHERE d.member = ANY($1::uuid[] || $2::uuid[])
    UNION ALL SELECT e.member, e.device FROM points.device_use AS e WHERE e.member = ANY($1::uuid[] || $2::uuid[])
    UNION ALL SELECT member, 'push token ' || subject_id FROM profile.interaction
        WHERE member = ANY($1::uuid[] || $2::uuid[]) AND kind = 'messaging.push_token.registered'
    UNION ALL SELECT m.id, r.device FROM unnest($1::uuid[] || $2::uuid[]) AS m(id), LATERAL (
        SELECT i.context #>> '{device,id}' AS device FROM profile.interaction AS i WHERE i.member = m.id
        ORDER BY i.occurred_at DESC, i.id DESC LIMIT $4) AS r WHERE r.device IS NOT NULL
    UNION ALL SELECT ($1::uuid[])[1], $3::text WHERE $3::text IS NOT NULL"""


async def have_in_common(mine: Sequence[UUID], theirs: Sequence[UUID], device: str | None) -> bool:
    """Whether the members ``mine`` (who are on ``device`` now) and ``theirs`` used one device."""
    return await db.value(
        f"""WITH used AS MATERIALIZED ({_USED})
        SELECT EXISTS (SELECT FROM used AS a JOIN used AS b USING (name)
            WHERE a.member = ANY($1::uuid[]) AND b.member = ANY($2::uuid[]))""",
        list(mine), list(theirs), device, _MOST_REPORTS,
    )  # fmt: skip
