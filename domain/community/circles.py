"""Circles (圈子): made by staff, joined and left by members."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import circle_rules, kinds, viewers
from domain.community.circle_rules import AutoRule
from domain.community.errors import JoinRefused, LastLead, SlugTaken
from domain.community.tables import CircleApproval, CircleKind, CirclePosting, CircleVisibility, JoinPolicy
from domain.community.viewers import Viewer
from domain.errors import Forbidden, IllegalTransition, NotFound
from domain.foundation import ids
from domain.profile import interactions, members, traits

_MODERATES = ("MODERATOR", "LEAD")
COLUMNS = """k.id, k.slug AS circle_slug, k.name AS circle_name, k.kind AS circle_kind,
    k.visibility AS circle_visibility, k.join_policy AS circle_join_policy, k.posting AS circle_posting,
    k.approval AS circle_approval, k.auto_rule AS circle_auto_rule, k.version AS circle_version,
    k.created_at AS circle_created_at"""


async def create(
    actor: Actor,
    *,
    slug: str,
    name: str,
    kind: CircleKind,
    visibility: CircleVisibility = CircleVisibility.PUBLIC,
    join_policy: JoinPolicy = JoinPolicy.OPEN,
    posting: CirclePosting = CirclePosting.ANYONE,
    approval: CircleApproval = CircleApproval.NONE,
    auto_rule: AutoRule | None = None,
) -> UUID:
    """A new circle; raises SlugTaken, InvalidInput. A moderator of certain circles makes none (FORBIDDEN).

    Whom the rule of a circle with policy AUTO lets in, a sweep adds.
    """
    if not actor.has("operator") and not viewers.of(actor).sees_all:
        raise Forbidden("Only operators and moderators of all circles make circles.")
    circle_rules.check(slug, name, join_policy, auto_rule)
    circle_id, now = ids.new(), clock.now()
    async with db.transaction():
        made = await db.run(
            """INSERT INTO community.circle
                (id, slug, name, kind, visibility, join_policy, posting, approval, auto_rule, auto_due_at, version,
                created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11) ON CONFLICT (slug) DO NOTHING""",
            circle_id, slug, name.strip(), kind, visibility, join_policy, posting, approval,
            auto_rule and auto_rule.stored(), now if auto_rule else None, now,
        )  # fmt: skip
        if not made:
            raise SlugTaken(slug)
    return circle_id


async def join(actor: Actor, circle_id: UUID) -> UUID:
    """Join an open circle or one that one was invited to, or ask to (APPROVAL); again: nothing changes.

    Locks: the member's root, then the circle (shared), so that nobody joins a circle that is being merged away. Raises
    NOT_FOUND for a circle that cannot be seen, JoinRefused where nobody may ask.
    """
    async with db.transaction():
        root = await viewers.locked(actor)
        circle_id = await held(circle_id)
        circle = await find(viewers.of(actor), circle_id)
        place = await place_of(root, circle_id)
        if place is not None and place["state"] in ("ACTIVE", "REQUESTED"):
            return circle_id
        state, source = (
            {"OPEN": "ACTIVE", "APPROVAL": "REQUESTED"}.get(circle["circle_join_policy"]),
            "MANUAL",
        )
        if place is not None and place["state"] == "INVITED":
            state, source = "ACTIVE", "INVITE"
        if state is None and await circle_rules.lets_in(root, circle):
            state, source = "ACTIVE", "AUTO"
        if state is None:
            raise JoinRefused(circle["circle_join_policy"])
        occurrence = await enter(place, circle_id, root, state, source)
        kind = kinds.CIRCLE_JOINED if state == "ACTIVE" else kinds.CIRCLE_REQUESTED
        await interactions.record(actor, kind, ("CIRCLE", circle_id), once=occurrence, member=root)
        if state == "ACTIVE":
            await note_circles(root)
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
        place = await place_of(root, circle_id) if may else None
        if place is None:
            raise NotFound()
        state = "ACTIVE" if is_approved else "REJECTED"
        if place["state"] != "REQUESTED":
            raise IllegalTransition(place["state"], state, [])
        occurrence = await enter(place, circle_id, root, state, "MANUAL")
        kind = kinds.CIRCLE_JOINED if is_approved else kinds.CIRCLE_REJECTED
        await interactions.record(
            actor, kind, ("CIRCLE", circle_id), once=occurrence, member=root,
            how="APPROVED" if is_approved else "REJECTED",
        )  # fmt: skip
        if is_approved:
            await note_circles(root)
    return circle_id


async def leave(actor: Actor, circle_id: UUID) -> UUID:
    """Leave a circle; leaving one that was not joined changes nothing. Raises LastLead."""
    async with db.transaction():
        root = await viewers.locked(actor)
        circle_id = (await find(viewers.of(actor), circle_id))["id"]
        place = await place_of(root, circle_id)
        if place is None or place["state"] in ("LEFT", "REJECTED"):
            return circle_id
        if place["role"] == "LEAD":
            await must_keep_a_lead(circle_id, place["id"])
        occurrence = await end_places(root, circle_id, place["id"])
        kind = kinds.CIRCLE_LEFT if place["state"] == "ACTIVE" else kinds.CIRCLE_WITHDRAWN
        await interactions.record(actor, kind, ("CIRCLE", circle_id), once=occurrence, member=root)
        if place["state"] == "ACTIVE":
            await note_circles(root)
    return circle_id


async def by_ids(viewer: Viewer, circle_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """The cards of circles that the viewer may know of (all but those by invitation that he is not in)."""
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM community.circle AS k WHERE k.id = ANY($4) AND {_KNOWS}",
        *viewer.args, list(circle_ids),
    )  # fmt: skip
    return {row["id"]: row for row in rows}


async def find(viewer: Viewer, circle_id: UUID | None = None, slug: str | None = None) -> db.Row:
    """A circle's card by id or slug, or NOT_FOUND; a circle that was merged away answers the one that it is in now."""
    row = await db.one(
        f"""SELECT {COLUMNS} FROM community.circle AS o JOIN community.circle AS k ON k.id = coalesce(o.merged_into, o.id)
        WHERE ($4::uuid IS NULL OR o.id = $4) AND ($5::text IS NULL OR o.slug = $5) AND {_KNOWS}""",
        *viewer.args, circle_id, slug,
    )  # fmt: skip
    if row is None or (circle_id is None and slug is None):
        raise NotFound()
    return row


async def card(circle_id: UUID) -> db.Row:
    """A circle's card for those who have just changed something about it."""
    return await find(Viewer(sees_all=True), circle_id)


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
        """SELECT ($2 OR k.id = ANY($3::uuid[]) OR community.can_enter($1, k.id)) FROM community.circle AS o
        JOIN community.circle AS k ON k.id = coalesce(o.merged_into, o.id) WHERE o.id = $4""",
        *viewer.args, circle_id,
    ):  # fmt: skip
        raise NotFound()


MINE = """EXISTS (SELECT FROM community.circle_member AS c JOIN profile.member AS m ON m.id = c.member
    WHERE c.circle = k.id AND c.state = 'ACTIVE' AND m.root = (SELECT root FROM profile.member WHERE id = $1::uuid))"""
#: PRIVATE circles by invitation are known to those in them, and to those who were invited.
_KNOWS = f"""($2::boolean OR k.id = ANY($3::uuid[]) OR k.visibility <> 'PRIVATE' OR k.join_policy <> 'INVITE'
    OR {MINE.replace("= 'ACTIVE'", "IN ('ACTIVE', 'INVITED')")})"""


async def held(circle_id: UUID) -> UUID:
    """The circle, or the one that it was merged into, held (shared) against a merge; NOT_FOUND."""
    found = None
    while found != circle_id:
        circle_id = found or circle_id
        found = await db.value(
            "SELECT coalesce(merged_into, id) FROM community.circle WHERE id = $1 FOR SHARE", circle_id
        )
        if found is None:
            raise NotFound()
    return circle_id


async def place_of(root: UUID, circle_id: UUID) -> db.Row | None:
    """The person's row in a circle, whichever of the merged members it was written with; an active one first."""
    return await db.one(
        """SELECT c.id, c.role, c.rank, c.state, c.source FROM community.circle_member AS c JOIN profile.member AS m ON m.id = c.member
        WHERE c.circle = $1 AND m.root = $2
        ORDER BY (c.state = 'ACTIVE') DESC, (c.state = 'REQUESTED') DESC, c.changed_at DESC LIMIT 1""",
        circle_id, root,
    )  # fmt: skip


async def enter(place: db.Row | None, circle_id: UUID, root: UUID, state: str, source: str) -> str:
    """Open the person's place; answers a key of this very occurrence."""
    if place is not None:
        return await db.value(
            """UPDATE community.circle_member SET state = $2, role = 'MEMBER', rank = 0, source = $4, changed_at = $3,
                transition = transition + 1 WHERE id = $1 RETURNING id || ':' || transition""",
            place["id"], state, clock.now(), source,
        )  # fmt: skip
    return await db.value(
        """INSERT INTO community.circle_member
            (id, circle, member, role, rank, state, source, transition, created_at, changed_at)
        VALUES ($1, $2, $3, 'MEMBER', 0, $4, $6, 1, $5, $5) RETURNING id || ':' || transition""",
        ids.new(), circle_id, root, state, clock.now(), source,
    )  # fmt: skip


async def end_places(root: UUID, circle_id: UUID, place: UUID, source: str = "MANUAL") -> str:
    """The person is in the circle no more, with none of the merged members; answers a key of this occurrence."""
    rows = await db.fetch(
        """UPDATE community.circle_member SET state = 'LEFT', role = 'MEMBER', rank = 0, source = $4, changed_at = $3,
            transition = transition + 1
        WHERE circle = $2 AND state IN ('ACTIVE', 'REQUESTED', 'INVITED')
        AND member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1))
        RETURNING id, id || ':' || transition AS occurrence""",
        root, circle_id, clock.now(), source,
    )  # fmt: skip
    return next(row["occurrence"] for row in rows if row["id"] == place)


async def must_keep_a_lead(circle_id: UUID, place: UUID) -> None:
    """Raise LastLead unless the circle has another one."""
    # The circle's row stands for its leads: two last ones who leave at once wait for each other here.
    await db.run("SELECT FROM community.circle WHERE id = $1 FOR NO KEY UPDATE", circle_id)
    if not await db.value(
        """SELECT EXISTS (SELECT FROM community.circle_member
        WHERE circle = $1 AND role = 'LEAD' AND state = 'ACTIVE' AND id <> $2)""",
        circle_id, place,
    ):  # fmt: skip
        raise LastLead()


TRAIT = "community.circles"
#: The addresses of the circles that people (roots) are in.
SLUGS = """SELECT r.root, ARRAY(SELECT DISTINCT k.slug FROM community.circle_member AS c
        JOIN community.circle AS k ON k.id = c.circle JOIN profile.member AS m ON m.id = c.member
        WHERE m.root = r.root AND c.state = 'ACTIVE' ORDER BY 1) AS slugs
    FROM unnest($1::uuid[]) AS r(root)"""


async def note_circles(root: UUID) -> None:
    """Tell the profile which circles the person is in."""
    row = await db.one(SLUGS, [root])
    assert row is not None
    await traits.declare(root, TRAIT, row["slugs"])
