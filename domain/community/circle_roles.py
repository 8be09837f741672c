"""Roles in a circle, invitations to it, and who is shown the door. Done by its leads and by staff over it."""

from __future__ import annotations

from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import circles, kinds, people, viewers
from domain.community.tables import CircleRole
from domain.errors import Forbidden, IllegalTransition, InvalidInput, NotFound
from domain.profile import interactions, members

HIGHEST_RANK = 1_000


async def set_role(
    actor: Actor, circle_id: UUID, member_id: UUID, role: CircleRole, rank: int | None = None
) -> UUID:
    """Give somebody in a circle a role; among moderators the lower ``rank`` is the better one.

    Staff over the circle give every role; its leads do, but not to those who stand before them. What is so already
    stays so. Locks the member's root, then the circle. Raises NOT_FOUND, FORBIDDEN, InvalidInput, LastLead.
    """
    if rank is not None and not 0 <= rank <= HIGHEST_RANK:
        raise InvalidInput.at("rank", f"Use 0 to {HIGHEST_RANK}.")
    async with db.transaction():
        root, place = await _place(actor, circle_id, member_id)
        if place is None or place["state"] != "ACTIVE":
            raise NotFound()
        await _must_stand_before(actor, circle_id, place)
        given = 0 if role is CircleRole.MEMBER else place["rank"] if rank is None else rank
        if (place["role"], place["rank"]) == (role, given):
            return circle_id
        if place["role"] == CircleRole.LEAD and role is not CircleRole.LEAD:
            await circles.must_keep_a_lead(circle_id, place["id"])
        transition = await db.value(
            """UPDATE community.circle_member SET role = $2, rank = $3, changed_at = $4, transition = transition + 1
            WHERE id = $1 RETURNING transition""",
            place["id"], role, given, clock.now(),
        )  # fmt: skip
        await interactions.record(
            actor, kinds.CIRCLE_ROLE_SET, ("CIRCLE", circle_id), once=f"{place['id']}:{transition}", member=root,
            role=role.value, before=place["role"], rank=given,
        )  # fmt: skip
    return circle_id


async def invite(actor: Actor, circle_id: UUID, member_id: UUID) -> UUID:
    """Invite somebody: he joins by joining, whatever the circle's policy. Again: nothing changes.

    Raises NOT_FOUND (to others than leads, moderators and staff; for who cannot be seen), IllegalTransition for those
    who are in it. Who had asked to join is let in.
    """
    async with db.transaction():
        root, place = await _place(actor, circle_id, member_id, roles=("MODERATOR", "LEAD"))
        if not await people.is_seen(viewers.of(actor), root):
            raise NotFound()
        state = place["state"] if place else None
        if state == "INVITED":
            return circle_id
        if state == "ACTIVE":
            raise IllegalTransition("ACTIVE", "INVITED", [])
        becomes = "ACTIVE" if state == "REQUESTED" else "INVITED"
        occurrence = await circles.enter(place, circle_id, root, becomes, "INVITE")
        kind = kinds.CIRCLE_JOINED if becomes == "ACTIVE" else kinds.CIRCLE_INVITED
        await interactions.record(
            actor, kind, ("CIRCLE", circle_id), once=occurrence, member=root, how="INVITE"
        )
        if becomes == "ACTIVE":
            await circles.note_circles(root)
    return circle_id


async def show_out(actor: Actor, circle_id: UUID, member_id: UUID) -> UUID:
    """End somebody's place in a circle, or his invitation; no rule brings him back. Again: nothing changes.

    Raises NOT_FOUND, FORBIDDEN (for those who stand before the actor), LastLead.
    """
    async with db.transaction():
        root, place = await _place(actor, circle_id, member_id, roles=("MODERATOR", "LEAD"))
        if place is None:
            raise NotFound()
        if place["state"] in ("LEFT", "REJECTED"):
            return circle_id
        await _must_stand_before(actor, circle_id, place)
        if place["role"] == CircleRole.LEAD:
            await circles.must_keep_a_lead(circle_id, place["id"])
        occurrence = await circles.end_places(root, circle_id, place["id"])
        kind = {"ACTIVE": kinds.CIRCLE_LEFT, "REQUESTED": kinds.CIRCLE_REJECTED}.get(
            place["state"], kinds.CIRCLE_WITHDRAWN
        )
        await interactions.record(
            actor, kind, ("CIRCLE", circle_id), once=occurrence, member=root, how="SHOWN_OUT"
        )
        await circles.note_circles(root)
    return circle_id


async def _place(
    actor: Actor, circle_id: UUID, member_id: UUID, roles: tuple[str, ...] = ("LEAD",)
) -> tuple[UUID, db.Row | None]:
    """The member's root, locked, and his place in the circle; NOT_FOUND to those who do not run it."""
    (root,) = await members.lock_living(member_id)
    if await circles.held(circle_id) != circle_id:
        raise NotFound()
    if (
        not viewers.is_over(actor, circle_id)
        and await viewers.role_in(actor.member_id, circle_id) not in roles
    ):
        raise NotFound()
    return root, await circles.place_of(root, circle_id)


async def _must_stand_before(actor: Actor, circle_id: UUID, place: db.Row) -> None:
    """Raise FORBIDDEN unless the actor is staff, the person himself, or of a better role or rank than the other."""
    if viewers.is_over(actor, circle_id):
        return
    own = await circles.place_of(await members.root_of(actor.must_be_member()), circle_id)
    if own is None or own["id"] == place["id"]:
        return
    if _standing(own) >= _standing(place) and place["role"] != CircleRole.MEMBER:
        raise Forbidden("Only who stands before somebody decides on his role.")


def _standing(place: db.Row) -> tuple[int, int]:
    """Smaller is better: leads, then moderators, each by rank."""
    return ["LEAD", "MODERATOR", "MEMBER"].index(place["role"]), place["rank"]
