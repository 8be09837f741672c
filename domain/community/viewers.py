"""Through whose eyes content is read: a person, a moderator in role, or anybody."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.community.errors import PostingBarrier, PostingNotAllowed
from domain.profile import members


@dataclass(frozen=True)
class Viewer:
    """``member`` sees what ``community.can_see`` says; a moderator sees all of his circles, or everything."""

    member: UUID | None = None
    sees_all: bool = False
    circles: tuple[UUID, ...] = ()

    @property
    def args(self) -> tuple[UUID | None, bool, list[UUID]]:
        """The first three parameters of every reading statement."""
        return self.member, self.sees_all, list(self.circles)


#: Conditions over the first three parameters, for a post ``p`` and a comment ``c`` with its post ``p``.
#: Drafts are their authors' alone, whatever a moderator sees.
SEES_POST = """(($2::boolean OR p.circle = ANY($3::uuid[]) OR community.can_see($1::uuid, p))
    AND (p.stage NOT IN ('DRAFT', 'SCHEDULED') OR community.is_same_person($1::uuid, p.author)))"""
SEES_COMMENT = "($2::boolean OR p.circle = ANY($3::uuid[]) OR community.can_see_comment($1::uuid, c))"


def of(actor: Actor) -> Viewer:
    """The eyes of an actor."""
    if actor.is_staff and actor.has("moderator"):
        scope = actor.scope_ids("circle")
        if scope is None:
            return Viewer(sees_all=True)
        return Viewer(circles=tuple(UUID(circle) for circle in scope))
    return Viewer(member=actor.member_id)


def is_over(actor: Actor, circle: UUID | None) -> bool:
    """Whether the actor is a staff moderator whose scope holds this circle."""
    viewer = of(actor)
    return viewer.sees_all or (circle is not None and circle in viewer.circles)


async def reads_standing(actor: Actor, member: UUID) -> bool:
    """Whether the actor is the member, or staff who judge members."""
    if actor.has("moderator", "operator", "analyst") and actor.is_staff:
        return True
    return actor.member_id is not None and bool(
        await db.value("SELECT community.is_same_person($1, $2)", actor.member_id, member)
    )


async def locked(actor: Actor) -> UUID:
    """The acting member's root, locked, so that one person's acts follow one another.

    Raises PostingNotAllowed (SANCTIONED) for a suspended membership.
    """
    (root,) = await members.lock(actor.must_be_member())
    status = await db.value("SELECT status FROM profile.member WHERE id = $1", root)
    if status != "ACTIVE":
        raise PostingNotAllowed([PostingBarrier.SANCTIONED])
    return root


async def role_in(member: UUID | None, circle: UUID | None) -> str | None:
    """The person's role in a circle; None for an outsider."""
    if member is None or circle is None:
        return None
    return await db.value("SELECT community.role_in($1, $2)", member, circle)
