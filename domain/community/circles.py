"""Circles (圈子): made by staff, joined and left by members."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import kinds, rules, viewers
from domain.community.errors import JoinRefused, LastLead, SlugTaken
from domain.community.tables import CircleKind, CirclePosting, CircleVisibility, JoinPolicy
from domain.community.viewers import Viewer
from domain.errors import Forbidden, IllegalTransition, NotFound
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.profile import interactions, members, traits

_MODERATES = ("MODERATOR", "LEAD")
COLUMNS = """k.id, k.slug AS circle_slug, k.name AS circle_name, k.kind AS circle_kind,
    k.visibility AS circle_visibility, k.join_policy AS circle_join_policy, k.posting AS circle_posting,
    k.version AS circle_version, k.created_at AS circle_created_at"""


async def create(
    actor: Actor,
    *,
    slug: str,
    name: str,
    kind: CircleKind,
    visibility: CircleVisibility = CircleVisibility.PUBLIC,
    join_policy: JoinPolicy = JoinPolicy.OPEN,
    posting: CirclePosting = CirclePosting.ANYONE,
) -> UUID:
    """A new circle; raises SlugTaken. A moderator of certain circles makes none (FORBIDDEN)."""
    if not actor.has("operator") and not viewers.of(actor).sees_all:
        raise Forbidden("Only operators and moderators of all circles make circles.")
    rules.check_circle(slug, name)
    circle_id = ids.new()
    async with db.transaction():
        made = await db.run(
            """INSERT INTO community.circle
                (id, slug, name, kind, visibility, join_policy, posting, version, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8) ON CONFLICT (slug) DO NOTHING""",
            circle_id, slug, name.strip(), kind, visibility, join_policy, posting, clock.now(),
        )  # fmt: skip
        if not made:
            raise SlugTaken(slug)
    return circle_id


async def join(actor: Actor, circle_id: UUID) -> UUID:
    """Join an open circle, or ask to (APPROVAL); joining again changes nothing.

    Locks: the member's root. Raises NOT_FOUND for a circle that cannot be seen, JoinRefused where nobody may ask.
    """
    async with db.transaction():
        root = await viewers.locked(actor)
        circle = await _card(viewers.of(actor), circle_id)
        state = {"OPEN": "ACTIVE", "APPROVAL": "REQUESTED"}.get(circle["circle_join_policy"])
        place = await _place(root, circle_id)
        if place is not None and place["state"] in ("ACTIVE", "REQUESTED"):
            return circle_id
        if state is None:
            raise JoinRefused(circle["circle_join_policy"])
        occurrence = await _enter(place, circle_id, root, state)
        kind = kinds.CIRCLE_JOINED if state == "ACTIVE" else kinds.CIRCLE_REQUESTED
        await interactions.record(actor, kind, ("CIRCLE", circle_id), once=occurrence, member=root)
        if state == "ACTIVE":
            await _note_circles(root)
    return circle_id


async def decide(actor: Actor, circle_id: UUID, member: UUID, *, is_approved: bool) -> UUID:
    """Let in who has asked to join, or not; who is rejected may ask again.

    Locks: the asker's root. Raises NOT_FOUND to those who do not moderate the circle, IllegalTransition.
    """
    async with db.transaction():
        (root,) = await members.lock(member)
        may = (
            viewers.is_over(actor, circle_id)
            or await viewers.role_in(actor.member_id, circle_id) in _MODERATES
        )
        place = await _place(root, circle_id) if may else None
        if place is None:
            raise NotFound()
        state = "ACTIVE" if is_approved else "REJECTED"
        if place["state"] != "REQUESTED":
            raise IllegalTransition(place["state"], state, [])
        occurrence = await _enter(place, circle_id, root, state)
        kind = kinds.CIRCLE_JOINED if is_approved else kinds.CIRCLE_REJECTED
        await interactions.record(actor, kind, ("CIRCLE", circle_id), once=occurrence, member=root)
        if is_approved:
            await _note_circles(root)
    return circle_id


async def leave(actor: Actor, circle_id: UUID) -> UUID:
    """Leave a circle; leaving one that was not joined changes nothing. Raises LastLead."""
    async with db.transaction():
        root = await viewers.locked(actor)
        await _card(viewers.of(actor), circle_id)
        place = await _place(root, circle_id)
        if place is None or place["state"] in ("LEFT", "REJECTED"):
            return circle_id
        if place["role"] == "LEAD" and not await _has_other_lead(circle_id, place["id"]):
            raise LastLead()
        occurrence = await _end_places(root, circle_id, place["id"])
        kind = kinds.CIRCLE_LEFT if place["state"] == "ACTIVE" else kinds.CIRCLE_WITHDRAWN
        await interactions.record(actor, kind, ("CIRCLE", circle_id), once=occurrence, member=root)
        if place["state"] == "ACTIVE":
            await _note_circles(root)
    return circle_id


async def by_ids(viewer: Viewer, circle_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """The cards of circles that the viewer may know of (all but those by invitation that he is not in)."""
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM community.circle AS k WHERE k.id = ANY($4) AND {_KNOWS}",
        *viewer.args, list(circle_ids),
    )  # fmt: skip
    return {row["id"]: row for row in rows}


async def find(viewer: Viewer, circle_id: UUID | None = None, slug: str | None = None) -> db.Row:
    """A circle's card by id or slug, or NOT_FOUND."""
    row = await db.one(
        f"""SELECT {COLUMNS} FROM community.circle AS k
        WHERE ($4::uuid IS NULL OR k.id = $4) AND ($5::text IS NULL OR k.slug = $5) AND {_KNOWS}""",
        *viewer.args, circle_id, slug,
    )  # fmt: skip
    if row is None or (circle_id is None and slug is None):
        raise NotFound()
    return row


async def card(circle_id: UUID) -> db.Row:
    """A circle's card for those who have just changed something about it."""
    return await find(Viewer(sees_all=True), circle_id)


async def listed(
    viewer: Viewer, page: Page, *, kind: str | None = None, is_joined: bool | None = None
) -> list[db.Row]:
    """Circles in order of their names: public ones, and those that the viewer is in."""
    name, slug = page.after or (None, None)
    return await db.fetch(
        f"""SELECT * FROM (SELECT {COLUMNS}, {MINE} AS is_joined FROM community.circle AS k) AS k
        WHERE (k.circle_visibility = 'PUBLIC' OR k.is_joined OR $2 OR k.id = ANY($3))
        AND ($4::text IS NULL OR k.circle_kind = $4) AND ($5::boolean IS NULL OR k.is_joined = $5)
        AND ($6::text IS NULL OR (k.circle_name, k.circle_slug) > ($6, $7))
        ORDER BY k.circle_name, k.circle_slug LIMIT $8""",
        *viewer.args, kind, is_joined, name, slug, page.limit + 1,
    )  # fmt: skip


async def places(viewer: Viewer, circle_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """For each circle: how many people are in it, and the viewer's own role and state."""
    rows = await db.fetch(
        """SELECT k.id,
            CASE WHEN $2 OR k.id = ANY($3) OR community.can_enter($1, k.id) THEN (
                SELECT count(DISTINCT m.root) FROM community.circle_member AS c
                JOIN profile.member AS m ON m.id = c.member
                WHERE c.circle = k.id AND c.state = 'ACTIVE') END AS member_count,
            me.role, me.state
        FROM community.circle AS k LEFT JOIN LATERAL (
            SELECT c.role, c.state FROM community.circle_member AS c JOIN profile.member AS m ON m.id = c.member
            WHERE c.circle = k.id AND m.root = (SELECT root FROM profile.member WHERE id = $1)
            ORDER BY (c.state = 'ACTIVE') DESC, c.changed_at DESC LIMIT 1) AS me ON true
        WHERE k.id = ANY($4)""",
        *viewer.args, list(circle_ids),
    )  # fmt: skip
    return {row["id"]: row for row in rows}


async def must_enter(viewer: Viewer, circle_id: UUID) -> None:
    """Raise NOT_FOUND for a circle that is not there or whose contents the viewer may not see."""
    if not await db.value(
        "SELECT ($2 OR k.id = ANY($3::uuid[]) OR community.can_enter($1, k.id)) FROM community.circle AS k WHERE k.id = $4",
        *viewer.args, circle_id,
    ):  # fmt: skip
        raise NotFound()


MINE = """EXISTS (SELECT FROM community.circle_member AS c JOIN profile.member AS m ON m.id = c.member
    WHERE c.circle = k.id AND c.state = 'ACTIVE' AND m.root = (SELECT root FROM profile.member WHERE id = $1::uuid))"""
_KNOWS = f"""($2::boolean OR k.id = ANY($3::uuid[]) OR k.visibility <> 'PRIVATE' OR k.join_policy <> 'INVITE'
    OR {MINE})"""


async def _card(viewer: Viewer, circle_id: UUID) -> db.Row:
    return await find(viewer, circle_id)


async def _place(root: UUID, circle_id: UUID) -> db.Row | None:
    """The person's row in a circle, whichever of the merged members it was written with; an active one first."""
    return await db.one(
        """SELECT c.id, c.role, c.state FROM community.circle_member AS c JOIN profile.member AS m ON m.id = c.member
        WHERE c.circle = $1 AND m.root = $2
        ORDER BY (c.state = 'ACTIVE') DESC, (c.state = 'REQUESTED') DESC, c.changed_at DESC LIMIT 1""",
        circle_id, root,
    )  # fmt: skip


async def _enter(place: db.Row | None, circle_id: UUID, root: UUID, state: str) -> str:
    """Open the person's place; answers a key of this very occurrence."""
    if place is not None:
        return await db.value(
            """UPDATE community.circle_member SET state = $2, role = 'MEMBER', source = 'MANUAL', changed_at = $3,
                transition = transition + 1 WHERE id = $1 RETURNING id || ':' || transition""",
            place["id"], state, clock.now(),
        )  # fmt: skip
    return await db.value(
        """INSERT INTO community.circle_member
            (id, circle, member, role, rank, state, source, transition, created_at, changed_at)
        VALUES ($1, $2, $3, 'MEMBER', 0, $4, 'MANUAL', 1, $5, $5) RETURNING id || ':' || transition""",
        ids.new(), circle_id, root, state, clock.now(),
    )  # fmt: skip


async def _end_places(root: UUID, circle_id: UUID, place: UUID) -> str:
    """The person is in the circle no more, with none of the merged members; answers a key of this occurrence."""
    rows = await db.fetch(
        """UPDATE community.circle_member SET state = 'LEFT', role = 'MEMBER', changed_at = $3,
            transition = transition + 1
        WHERE circle = $2 AND state IN ('ACTIVE', 'REQUESTED')
        AND member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1))
        RETURNING id, id || ':' || transition AS occurrence""",
        root, circle_id, clock.now(),
    )  # fmt: skip
    return next(row["occurrence"] for row in rows if row["id"] == place)


async def _has_other_lead(circle_id: UUID, place: UUID) -> bool:
    # The circle's row stands for its leads: two last ones who leave at once wait for each other here.
    await db.run("SELECT FROM community.circle WHERE id = $1 FOR NO KEY UPDATE", circle_id)
    return await db.value(
        """SELECT EXISTS (SELECT FROM community.circle_member
        WHERE circle = $1 AND role = 'LEAD' AND state = 'ACTIVE' AND id <> $2)""",
        circle_id, place,
    )  # fmt: skip


async def _note_circles(root: UUID) -> None:
    """Tell the profile which circles the person is in (the trait ``community.circles``)."""
    slugs = await db.fetch(
        """SELECT DISTINCT k.slug FROM community.circle_member AS c JOIN community.circle AS k ON k.id = c.circle
        JOIN profile.member AS m ON m.id = c.member WHERE m.root = $1 AND c.state = 'ACTIVE' ORDER BY k.slug""",
        root,
    )
    await traits.declare(root, "community.circles", [row["slug"] for row in slugs])
