"""People as the community shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.community import stats
from domain.community.viewers import Viewer
from domain.errors import NotFound

_CARD = """SELECT w.id AS asked, a.id AS author_id, a.number AS author_number, a.display_name AS author_name,
    a.avatar AS author_avatar
    FROM profile.member AS w JOIN profile.member AS a ON a.id = w.root"""
_SEEN = """a.status <> 'ERASED' AND ($2::uuid IS NULL OR NOT community.are_apart($2::uuid, a.id))"""


@dataclass(frozen=True)
class Badge:
    """That somebody owns a car (CURRENT), or did (FORMER); with the model and the owner's city where they are known."""

    status: str
    model: str | None
    city: str | None


@dataclass(frozen=True)
class Figures:
    """What everybody may know of a person."""

    follower_count: int = 0
    is_official: bool = False
    badge: Badge | None = None


@dataclass(frozen=True)
class Ties:
    """What the reader has to do with a person."""

    is_following: bool = False
    is_followed_by: bool = False
    is_blocked: bool = False
    is_muted: bool = False


async def by_ids(member_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """The roots behind member ids, in the columns that posts and comments carry for their authors."""
    rows = await db.fetch(f"{_CARD} WHERE w.id = ANY($1)", list(member_ids))
    return {row["asked"]: row for row in rows}


async def seen_by_ids(viewer: Viewer, member_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Those of the people whom the viewer may meet: nobody who is apart from him, nobody who is gone."""
    rows = await db.fetch(f"{_CARD} WHERE w.id = ANY($1) AND {_SEEN}", list(member_ids), _eyes(viewer))
    return {row["asked"]: row for row in rows}


async def is_seen(viewer: Viewer, member_id: UUID) -> bool:
    """Whether the viewer may meet a person."""
    return bool(await seen_by_ids(viewer, [member_id]))


async def by_number(number: str) -> db.Row:
    """The person with exactly this member number, whoever asks (a block does not hide a number); else NOT_FOUND."""
    row = await db.one(f"{_CARD} WHERE w.number = $1 AND {_SEEN}", number, None)
    if row is None:
        raise NotFound()
    return row


async def figures(member_ids: Sequence[UUID]) -> dict[UUID, Figures]:
    """Followers, whether they speak for the brand (they run an OFFICIAL circle), and the owner's badge.

    Ownership is what the garage tells the profile: the open tie to a vehicle; the model is its trait, of former owners
    the last that it had.
    """
    rows = await db.fetch(
        f"""SELECT w.id AS asked, {stats.FOLLOWER_COUNT} AS follower_count,
            EXISTS (SELECT FROM community.circle_member AS c JOIN community.circle AS k ON k.id = c.circle
                WHERE c.member = ANY(me.ids) AND c.state = 'ACTIVE' AND c.role IN ('LEAD', 'MODERATOR')
                AND k.kind = 'OFFICIAL') AS is_official,
            own.is_current, own.is_current IS NOT NULL AS has_badge,
            (SELECT t.value ->> 0 FROM profile.trait_change AS t WHERE t.member = ANY(me.ids) AND t.name = 'vehicle.models'
                AND t.value ->> 0 IS NOT NULL
                ORDER BY t.at DESC, t.id DESC LIMIT 1) AS model,
            (SELECT t.value #>> '{{}}' FROM profile.trait_value AS t WHERE t.member = ANY(me.ids) AND t.name = 'city'
                AND jsonb_typeof(t.value) = 'string' ORDER BY t.is_timed DESC, t.at DESC LIMIT 1) AS city
        FROM profile.member AS w
        CROSS JOIN LATERAL (SELECT ARRAY(SELECT id FROM profile.member WHERE root = w.root) AS ids) AS me
        CROSS JOIN LATERAL (SELECT bool_or(r.valid_to IS NULL OR r.valid_to > $2) AS is_current
            FROM profile.relation AS r WHERE r.member = ANY(me.ids) AND r.target_kind = 'VEHICLE'
            AND r.role = 'OWNER' AND r.valid_from <= $2) AS own
        WHERE w.id = ANY($1)""",
        list(member_ids), clock.now(),
    )  # fmt: skip
    return {row["asked"]: Figures(row["follower_count"], row["is_official"], _badge(row)) for row in rows}


async def ties(viewer: Viewer, member_ids: Sequence[UUID]) -> dict[UUID, Ties]:
    """What the reader has to do with each of these people; whether they block the reader, they keep to themselves."""
    rows = await db.fetch(
        """WITH me AS (SELECT id FROM profile.member WHERE root = (SELECT root FROM profile.member WHERE id = $2))
        SELECT w.id AS asked,
            EXISTS (SELECT FROM community.follow AS f WHERE f.member IN (SELECT id FROM me)
                AND f.followed = ANY(their.ids) AND f.voided_by IS NULL) AS is_following,
            EXISTS (SELECT FROM community.follow AS f WHERE f.followed IN (SELECT id FROM me)
                AND f.member = ANY(their.ids) AND f.voided_by IS NULL) AS is_followed_by,
            EXISTS (SELECT FROM community.block AS b WHERE b.member IN (SELECT id FROM me)
                AND b.blocked = ANY(their.ids)) AS is_blocked,
            community.mutes($2, w.id, NULL, NULL, '', '{MEMBER}') AS is_muted
        FROM profile.member AS w
        CROSS JOIN LATERAL (SELECT ARRAY(SELECT id FROM profile.member WHERE root = w.root) AS ids) AS their
        WHERE w.id = ANY($1) AND w.id NOT IN (SELECT id FROM me)""",
        list(member_ids), viewer.member,
    )  # fmt: skip
    return {row["asked"]: Ties(**{k: v for k, v in row.items() if k != "asked"}) for row in rows}


def _badge(row: Any) -> Badge | None:
    if not row["has_badge"]:
        return None
    return Badge("CURRENT" if row["is_current"] else "FORMER", row["model"], row["city"])


def _eyes(viewer: Viewer) -> UUID | None:
    """Staff see through blocks."""
    return None if viewer.sees_all else viewer.member
