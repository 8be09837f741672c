"""Lists of circles, of the people in one, and of those who ask to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.community import viewers
from domain.community.circles import COLUMNS, MINE
from domain.community.viewers import Viewer
from domain.errors import BadInput
from domain.foundation.pages import Page

#: Orders of circles: the keyset, and ORDER BY; the last part tells equal ones apart.
_ORDERS = {
    "NAME": (
        "(k.circle_name, k.circle_slug) > ($6::text, $7::text)",
        "k.circle_name, k.circle_slug",
        "circle_name",
    ),
    "NEWEST": (
        "(k.circle_created_at, k.circle_slug) < ($6::timestamptz, $7::text)",
        "k.circle_created_at DESC, k.circle_slug DESC",
        "circle_created_at",
    ),
    "MEMBERS": (
        "(k.people, k.circle_slug) < ($6::bigint, $7::text)",
        "k.people DESC, k.circle_slug DESC",
        "people",
    ),
}
_PEOPLE = """(SELECT count(DISTINCT m.root) FROM community.circle_member AS c
    JOIN profile.member AS m ON m.id = c.member WHERE c.circle = k.id AND c.state = 'ACTIVE')"""


@dataclass(frozen=True)
class Wanted:
    """Which circles: of a kind, joined or not, with a text in the name or the address."""

    kind: str | None = None
    is_joined: bool | None = None
    text: str | None = None


async def circles(viewer: Viewer, page: Page, wanted: Wanted, order: str = "NAME") -> list[db.Row]:
    """Public circles and those that the viewer is in; staff see all of theirs. Circles merged away are not listed."""
    after, by, _ = _ORDERS[order]
    of, value, slug = page.after or (order, None, None)
    if of != order:
        raise BadInput("This cursor is of another order; start again without `after`.")
    return await db.fetch(
        f"""SELECT * FROM (SELECT {COLUMNS}, {MINE} AS is_joined, {_PEOPLE if order == "MEMBERS" else "0"} AS people
            FROM community.circle AS k WHERE k.merged_into IS NULL) AS k
        WHERE (k.circle_visibility = 'PUBLIC' OR k.is_joined OR $2 OR k.id = ANY($3))
        AND ($4::text IS NULL OR k.circle_kind = $4) AND ($5::boolean IS NULL OR k.is_joined = $5)
        AND ($7::text IS NULL OR {after})
        AND ($8::text IS NULL OR position(lower($8) IN lower(k.circle_name || ' ' || k.circle_slug)) > 0)
        ORDER BY {by} LIMIT $9""",
        *viewer.args, wanted.kind, wanted.is_joined, value, slug, (wanted.text or "").strip() or None, page.limit + 1,
    )  # fmt: skip


def key(row: db.Row, order: str) -> tuple[Any, ...]:
    """Where a circle stands in its order, for the cursor."""
    return order, row[_ORDERS[order][2]], row["circle_slug"]


async def members(viewer: Viewer, circle_id: UUID, page: Page, role: str | None = None) -> list[db.Row]:
    """The people in a circle whom the viewer may meet: leads first, then moderators by rank, then the latest.

    Nobody for those who may not enter.
    """
    if not await db.value(
        "SELECT $2 OR $4 = ANY($3::uuid[]) OR community.can_enter($1, $4)", *viewer.args, circle_id
    ):
        return []
    return await _people(viewer, circle_id, page, ["ACTIVE"], role)


async def requests(actor: Actor, circle_id: UUID, page: Page) -> list[db.Row]:
    """Those who ask to join, latest first; nobody for those who do not run the circle."""
    role = await viewers.role_in(actor.member_id, circle_id)
    if not viewers.is_over(actor, circle_id) and role not in ("MODERATOR", "LEAD"):
        return []
    return await _people(viewers.of(actor), circle_id, page, ["REQUESTED"], None)


async def _people(
    viewer: Viewer, circle_id: UUID, page: Page, states: Sequence[str], role: str | None
) -> list[db.Row]:
    place, at, after = page.after or (None, None, None)
    return await db.fetch(
        """SELECT * FROM (
            SELECT DISTINCT ON (a.id) c.id, c.role, c.rank, c.state, c.source, c.changed_at, a.id AS author_id,
                a.number AS author_number, a.display_name AS author_name, a.avatar AS author_avatar,
                array_position(ARRAY['LEAD', 'MODERATOR', 'MEMBER'], c.role::text) * 100000 + c.rank AS place
            FROM community.circle_member AS c JOIN profile.member AS w ON w.id = c.member
            JOIN profile.member AS a ON a.id = w.root
            WHERE c.circle = $4 AND c.state = ANY($5) AND ($6::text IS NULL OR c.role = $6)
            AND ($2 OR $4 = ANY($3) OR $1::uuid IS NULL OR NOT community.are_apart($1::uuid, a.id))
            ORDER BY a.id, array_position(ARRAY['LEAD', 'MODERATOR', 'MEMBER'], c.role::text), c.changed_at) AS t
        WHERE $7::int IS NULL OR place > $7 OR (place = $7 AND (changed_at, id) < ($8::timestamptz, $9::uuid))
        ORDER BY place, changed_at DESC, id DESC LIMIT $10""",
        *viewer.args, circle_id, list(states), role, place, at, after, page.limit + 1,
    )  # fmt: skip
