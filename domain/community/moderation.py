"""Removing and restoring content, with all that follows from it: points, tags and segments unwind by compensation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import answers, comments, kinds, locks, rules, viewers
from domain.community.errors import AlreadyInState
from domain.community.tables import TargetKind
from domain.errors import NotFound
from domain.foundation import ids
from domain.profile import interactions
from domain.profile.catalogue import Kind
from domain.profile.interactions import Entry

_PUBLISHED = {TargetKind.POST: kinds.POST_PUBLISHED, TargetKind.COMMENT: kinds.COMMENT_PUBLISHED}
_REMOVED = {TargetKind.POST: kinds.POST_REMOVED, TargetKind.COMMENT: kinds.COMMENT_REMOVED}
_RESTORED = {TargetKind.POST: kinds.POST_RESTORED, TargetKind.COMMENT: kinds.COMMENT_RESTORED}


_LOCKED = {
    (TargetKind.POST, True): kinds.POST_LOCKED,
    (TargetKind.POST, False): kinds.POST_UNLOCKED,
    (TargetKind.COMMENT, True): kinds.COMMENT_LOCKED,
    (TargetKind.COMMENT, False): kinds.COMMENT_UNLOCKED,
}


@dataclass(frozen=True)
class Content:
    """A post or comment under moderation, locked."""

    kind: TargetKind
    id: UUID
    author: UUID | None
    removed_by: UUID | None
    row: db.Row


async def remove(
    actor: Actor, target_id: UUID, *, reason: str, policy: str | None = None
) -> tuple[TargetKind, UUID]:
    """Remove a post or comment: nobody but its author and moderators sees it.

    Records one removal that compensates the publication, and one for each like and comment received that counts, all
    on the author's timeline and in one statement. Locks: the content against additions, then its row. Raises
    NOT_FOUND (also outside of the moderator's circles), AlreadyInState, InvalidInput.
    """
    rules.check_act(reason, policy)
    async with db.transaction():
        content = await _locked(actor, target_id)
        if content.removed_by is not None:
            raise AlreadyInState("REMOVED")
        event = await _note(actor, "REMOVE", content, reason, policy)
        await _set(content, event)
        if content.kind is TargetKind.COMMENT:
            await answers.clear(actor, content.row)
        voided = await received(content.kind, content.id)
        await _compensate(actor, _REMOVED[content.kind], content, event, voided)
    return content.kind, content.id


async def restore(
    actor: Actor, target_id: UUID, *, reason: str, policy: str | None = None
) -> tuple[TargetKind, UUID]:
    """Take a removal back: what its author deleted himself stays deleted.

    Each interaction of the removal is compensated, so that what it had voided counts again, once.
    """
    rules.check_act(reason, policy)
    async with db.transaction():
        content = await _locked(actor, target_id)
        if content.removed_by is None:
            raise AlreadyInState(await _state(content))
        event = await _note(actor, "RESTORE", content, reason, policy, reverts=content.removed_by)
        await _set(content, None)
        voided = await _of_removal(content, content.removed_by)
        await _compensate(actor, _RESTORED[content.kind], content, event, voided)
    return content.kind, content.id


async def lock(
    actor: Actor, target_id: UUID, *, reason: str, policy: str | None = None, is_on: bool = True
) -> tuple[TargetKind, UUID]:
    """Close a post or a comment with all below it to additions (moderators may), or open it again.

    Raises NOT_FOUND (also outside of the moderator's circles), AlreadyInState, InvalidInput.
    """
    rules.check_act(reason, policy)
    async with db.transaction():
        content = await _locked(actor, target_id)
        before = await db.value(
            f"SELECT locked_by FROM community.{content.kind.lower()} WHERE id = $1", content.id
        )
        if (before is not None) is is_on:
            raise AlreadyInState("LOCKED" if is_on else "UNLOCKED")
        event = await _note(actor, "LOCK" if is_on else "UNLOCK", content, reason, policy, reverts=before)
        await db.run(
            f"UPDATE community.{content.kind.lower()} SET locked_by = $2, transition = transition + 1 WHERE id = $1",
            content.id, event if is_on else None,
        )  # fmt: skip
        await interactions.record(
            actor,
            _LOCKED[content.kind, is_on],
            (content.kind.value, content.id),
            once=event,
            member=content.author,
        )
    return content.kind, content.id


async def _locked(actor: Actor, target_id: UUID) -> Content:
    """The content with nobody adding to it, within the moderator's circles."""
    await locks.claim(target_id)
    post = await db.one(
        "SELECT id, author, removed_by, circle FROM community.post WHERE id = $1 FOR NO KEY UPDATE", target_id
    )
    if post is not None:
        kind, row, circle = TargetKind.POST, post, post["circle"]
    else:
        row = await comments.locked(target_id)
        kind = TargetKind.COMMENT
        circle = await db.value("SELECT circle FROM community.post WHERE id = $1", row["post"])
    if not (
        viewers.is_over(actor, circle)
        or await viewers.role_in(actor.member_id, circle) in ("MODERATOR", "LEAD")
    ):
        raise NotFound()
    return Content(kind, target_id, row["author"], row["removed_by"], row)


async def _set(content: Content, event: UUID | None) -> None:
    if content.kind is TargetKind.COMMENT:
        await comments.turn(content.row, "removed_by", event)
    else:
        await db.run(
            "UPDATE community.post SET removed_by = $2, transition = transition + 1 WHERE id = $1",
            content.id, event,
        )  # fmt: skip


async def _state(content: Content) -> str:
    deleted = await db.value(
        f"SELECT deleted_at IS NOT NULL FROM community.{content.kind.lower()} WHERE id = $1", content.id
    )
    return "DELETED" if deleted else "PUBLISHED"


async def _note(
    actor: Actor, kind: str, content: Content, reason: str, policy: str | None, reverts: UUID | None = None
) -> UUID:
    event = ids.new()
    await db.run(
        """INSERT INTO community.mod_event
            (id, actor, actor_kind, kind, subject_kind, subject, policy, reason, payload, reverts, at)
        VALUES ($1, $2, 'HUMAN', $3, $4, $5, $6, $7, '{}', $8, $9)""",
        event, actor.id, kind, content.kind, content.id, policy, reason, reverts, clock.now(),
    )  # fmt: skip
    return event


async def received(kind: TargetKind, id_: UUID) -> list[UUID]:
    """Interactions that count only because of this content: its publication, then likes and comments it received."""
    rows = await db.fetch(
        """SELECT id FROM (
            SELECT id, received_at, kind = $3 AS is_own FROM profile.interaction
            WHERE subject_kind = $1 AND subject_id = $2 AND kind = ANY(ARRAY[$3, $4])
            UNION ALL
            SELECT i.id, i.received_at, false FROM community.comment AS c
            JOIN profile.interaction AS i ON i.subject_kind = 'COMMENT' AND i.subject_id = c.id::text AND i.kind = $5
            WHERE c.post = $6 AND $1 = 'POST'
        ) AS r WHERE profile.counts(id) ORDER BY is_own DESC, received_at, id""",
        kind.value, str(id_), _PUBLISHED[kind].name, kinds.REACTION_SET.name,
        kinds.COMMENT_PUBLISHED.name, id_,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def _of_removal(content: Content, removal: UUID) -> list[UUID]:
    rows = await db.fetch(
        """SELECT id FROM profile.interaction WHERE subject_kind = $1 AND subject_id = $2 AND kind = $3
        AND properties->>'event' = $4 ORDER BY received_at, id""",
        content.kind.value, str(content.id), _REMOVED[content.kind].name, str(removal),
    )  # fmt: skip
    return [row["id"] for row in rows]


async def _compensate(
    actor: Actor, kind: Kind, content: Content, event: UUID, voided: Iterable[UUID]
) -> None:
    """One row for each voided interaction; at least one, so that the act itself stands on the timeline."""
    await interactions.record_many(
        [
            Entry(
                kind, (content.kind.value, content.id), f"{event}:{compensated}", content.author, clock.now(),
                actor.kind, actor.id, compensated, {"event": str(event)},
            )
            for compensated in (list[UUID | None](voided) or [None])
        ],
        touchpoint=actor.touchpoint,
    )  # fmt: skip
