"""Removing, restoring and closing content by hand: what follows from it (points, tags, segments) unwinds by compensation.

Each act is one ``mod_event`` whose changes can be undone exactly (:mod:`domain.community.desk.reverting`).
"""

from __future__ import annotations

from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.community import comments, locks, viewers
from domain.community.desk import acts, outcomes, plans, policies, subjects
from domain.community.desk import scope as scopes
from domain.community.desk.subjects import Subject
from domain.community.desk_tables import SubjectKind
from domain.community.errors import AlreadyInState
from domain.community.tables import TargetKind
from domain.errors import NotFound
from domain.foundation import ids


async def remove(
    actor: Actor, target_id: UUID, *, reason: str, policy: str | None = None, with_replies: bool = False
) -> tuple[TargetKind, UUID]:
    """Remove a post or comment (with all below it): nobody but its author and moderators sees it.

    Records one removal that compensates the publication, and one for each like and comment received that counts, all
    on the author's timeline and in one statement. Locks: the content against additions, then its row. Raises
    NOT_FOUND (also outside of the moderator's circles), AlreadyInState, InvalidInput, RankTooLow.
    """
    await policies.check_act(reason, policy)
    async with db.transaction():
        content, event = await locked(actor, target_id), ids.new()
        planned = await plans.removal(content, event, with_replies=with_replies)
        if not planned:
            raise AlreadyInState("REMOVED")
        await acts.perform(actor, "REMOVE", content.ref, planned, id=event, policy=policy, reason=reason)
        await outcomes.tell_author(content, ["REMOVE"], event, policy_code=policy)
    return TargetKind(content.kind), content.id


async def restore(
    actor: Actor, target_id: UUID, *, reason: str, policy: str | None = None
) -> tuple[TargetKind, UUID]:
    """Take a removal back: what its author deleted himself stays deleted.

    Each interaction of the removal is compensated, so that what it had voided counts again, once.
    """
    await policies.check_act(reason, policy)
    async with db.transaction():
        content, event = await locked(actor, target_id), ids.new()
        planned = plans.restoration(content)
        if not planned:
            raise AlreadyInState("DELETED" if content.row["deleted_at"] else content.row["stage"])
        await acts.perform(actor, "RESTORE", content.ref, planned, id=event, policy=policy, reason=reason)
    return TargetKind(content.kind), content.id


async def lock(
    actor: Actor, target_id: UUID, *, reason: str, policy: str | None = None, is_on: bool = True
) -> tuple[TargetKind, UUID]:
    """Close a post or a comment with all below it to additions (moderators may), or open it again.

    Raises NOT_FOUND (also outside of the moderator's circles), AlreadyInState, InvalidInput, RankTooLow.
    """
    await policies.check_act(reason, policy)
    async with db.transaction():
        content, event = await locked(actor, target_id), ids.new()
        planned = plans.locking(content, event if is_on else None)
        if not planned:
            raise AlreadyInState("LOCKED" if is_on else "UNLOCKED")
        name = "LOCK" if is_on else "UNLOCK"
        await acts.perform(actor, name, content.ref, planned, id=event, policy=policy, reason=reason)
    return TargetKind(content.kind), content.id


async def locked(actor: Actor, target_id: UUID) -> Subject:
    """The content with nobody adding to it, within the moderator's circles and not of one who ranks above."""
    await locks.claim(target_id)
    kind = SubjectKind.POST
    if not await db.run("SELECT FROM community.post WHERE id = $1 FOR NO KEY UPDATE", target_id):
        await comments.locked(target_id)
        kind = SubjectKind.COMMENT
    content = await subjects.find(target_id, kind)
    if not (
        viewers.is_over(actor, content.circle)
        or await viewers.role_in(actor.member_id, content.circle) in ("MODERATOR", "LEAD")
    ):
        raise NotFound()
    await scopes.must_outrank(actor, content.author, content.circle)
    return content
