"""Publishing posts, now or later, and taking them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import (
    authors,
    configuration,
    content,
    content_rules,
    drafts,
    kinds,
    review_items,
    stages,
    submitting,
    viewers,
)
from domain.community import publishing_kinds as own_kinds
from domain.community.authors import Author
from domain.community.content import Content
from domain.community.desk_tables import ReviewCause
from domain.community.errors import UndoWindowClosed
from domain.community.submitting import Judged
from domain.community.tables import BodyFormat, PostKind, Stage, TargetKind
from domain.errors import NotFound
from domain.profile import interactions


async def publish(
    actor: Actor,
    *,
    kind: PostKind,
    body: str,
    title: str | None = None,
    circle_id: UUID | None = None,
    hashtag_names: Sequence[str] = (),
    body_format: BodyFormat | None = None,
) -> UUID:
    """Publish a plain post (:func:`submit` takes all that a post may hold)."""
    return await submit(
        actor,
        Content(kind, title, body, circle_id, hashtag_names, body_format=body_format),
    )


async def submit(
    actor: Actor, given: Content, *, draft_id: UUID | None = None, ip_region: str | None = None
) -> UUID:
    """Publish a post or a draft (what is said replaces what the draft holds), or refuse and change nothing.

    It is PENDING where it has to wait for a moderator. Judged in the order of :mod:`domain.community.submitting`. Locks
    the member's root, so that one person's posts follow one another. Raises PostingNotAllowed, RATE_LIMITED,
    InvalidInput, DuplicateContent, IllegalTransition; NOT_FOUND for a draft or a circle that cannot be seen.
    """
    async with db.transaction():
        author = await authors.locked(actor)
        was, whole = await _whole(author, given, draft_id, Stage.PUBLISHED)
        judged = await submitting.post(author, whole, is_counted=was is not Stage.SCHEDULED)
        post_id = await drafts.write(author, draft_id, whole, judged, ip_region=ip_region)
        await _submitted(post_id, judged, is_new=was is not Stage.SCHEDULED)
        await stages.settle(actor, post_id, judged.held_for)
    return post_id


async def schedule(
    actor: Actor,
    given: Content,
    at: datetime,
    *,
    draft_id: UUID | None = None,
    ip_region: str | None = None,
) -> UUID:
    """Let a post be published at an instant; it is judged now, counted now, and judged again then.

    A scheduled post gets another text or another time by the same call. Refuses as :func:`submit`.
    """
    async with db.transaction():
        author = await authors.locked(actor)
        was, whole = await _whole(author, given, draft_id, Stage.SCHEDULED)
        content_rules.check_due(at, clock.now())
        judged = await submitting.post(author, whole, is_counted=was is not Stage.SCHEDULED)
        post_id = await drafts.write(author, draft_id, whole, judged, ip_region=ip_region)
        await _submitted(post_id, judged, is_new=was is not Stage.SCHEDULED)
        if was is Stage.SCHEDULED:
            await stages.move(post_id, Stage.DRAFT)
        transition = await stages.move(post_id, Stage.SCHEDULED, scheduled_at=at)
        await interactions.record(
            actor, own_kinds.POST_SCHEDULED, ("POST", post_id), once=f"{post_id}:{transition}",
            member=author.root, at_time=at.isoformat(),
        )  # fmt: skip
    return post_id


async def delete(actor: Actor, post_id: UUID) -> UUID:
    """Delete one's own post or draft: nobody else sees it any more. Deleting it again changes nothing.

    What waited for a moderator waits no longer.
    """
    async with db.transaction():
        root = await viewers.locked(actor)
        post = await own(root, post_id)
        if post["deleted_at"] is None:
            transition = await _turn(post_id, clock.now())
            await review_items.withdraw(TargetKind.POST, post_id)
            await interactions.record(
                actor, kinds.POST_DELETED, ("POST", post_id), once=f"{post_id}:{transition}", member=root
            )
    return post_id


async def undelete(actor: Actor, post_id: UUID) -> UUID:
    """Take one's own deletion back in time (24 h); a removal by a moderator stays. Raises UndoWindowClosed.

    What had waited for a moderator waits again.
    """
    async with db.transaction():
        root = await viewers.locked(actor)
        post = await own(root, post_id)
        if post["deleted_at"] is not None:
            closed_at = post["deleted_at"] + timedelta(hours=await configuration.value("undo.hours"))
            if clock.now() > closed_at or post["purged_at"] is not None:
                raise UndoWindowClosed(closed_at)
            transition = await _turn(post_id, None)
            if post["stage"] == Stage.PENDING:
                await review_items.open(TargetKind.POST, post_id, ReviewCause.HELD, reasons=post["held_for"])
            await interactions.record(
                actor, kinds.POST_UNDELETED, ("POST", post_id), once=f"{post_id}:{transition}", member=root
            )
    return post_id


async def own(root: UUID, post_id: UUID) -> db.Row:
    """The person's own post, locked; another's is NOT_FOUND where it cannot be seen, and where it can."""
    row = await db.one(
        """SELECT p.id, p.kind, p.stage, p.circle, p.title, p.body, p.body_format, p.version, p.held_for,
            p.published_at, p.deleted_at, p.purged_at
        FROM community.post AS p WHERE p.id = $1 AND community.is_same_person(p.author, $2) FOR NO KEY UPDATE""",
        post_id, root,
    )  # fmt: skip
    if row is None:
        raise NotFound()
    return row


async def _whole(author: Author, given: Content, draft_id: UUID | None, to: Stage) -> tuple[Stage, Content]:
    """The stage that the draft is in (locked), and what is to be published: the draft with what is said now."""
    if draft_id is None:
        return Stage.DRAFT, given.whole()
    row = await own(author.root, draft_id)
    if row["deleted_at"] is not None:
        raise NotFound()
    stage = Stage(row["stage"])
    if stage not in (Stage.DRAFT, Stage.SCHEDULED):
        raise await stages.illegal(draft_id, to)
    return stage, given.over(await content.stored(draft_id)).whole()


async def _submitted(post_id: UUID, judged: Judged, *, is_new: bool) -> None:
    """Note what screening found, and (once) when the post was sent off."""
    version = await db.value(
        """UPDATE community.post SET submitted_at = CASE WHEN $3 THEN $2 ELSE submitted_at END
        WHERE id = $1 RETURNING version""",
        post_id, clock.now(), is_new,
    )  # fmt: skip
    await judged.keep(TargetKind.POST, post_id, version)


async def _turn(post_id: UUID, deleted_at: datetime | None) -> int:
    return await db.value(
        "UPDATE community.post SET deleted_at = $2, transition = transition + 1 WHERE id = $1 RETURNING transition",
        post_id, deleted_at,
    )  # fmt: skip
