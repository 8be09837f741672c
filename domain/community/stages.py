"""The stages of posts and comments, and the steps between them (``rules.STAGE_EDGES``).

What is published gets its time and its place in the feeds at that step, so a text that was approved late arrives at
the top. Moderation decides by :func:`approve` and :func:`reject`, in its own transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM, Actor
from domain.community import comments, kinds, mentions, review_items, revisions, rules
from domain.community import publishing_kinds as own_kinds
from domain.community.desk import kinds as desk_kinds
from domain.community.desk_tables import ReviewCause
from domain.community.tables import Stage, TargetKind
from domain.errors import IllegalTransition, NotFound
from domain.messaging import notices
from domain.messaging.types import NoticeType
from domain.profile import interactions
from domain.profile.catalogue import Kind

_RETURNED = "定时帖子未能发布，已转为草稿。 Your scheduled post could not be published; it is a draft again."


async def move(
    post_id: UUID, to: Stage, *, held_for: Sequence[str] = (), scheduled_at: datetime | None = None
) -> int:
    """One step of a post by one conditional UPDATE; answers its transition, or raises IllegalTransition."""
    sources = [source for source, targets in rules.STAGE_EDGES.items() if to in targets]
    transition = await db.value(
        """UPDATE community.post SET stage = $2::varchar, held_for = $3, scheduled_at = $4, transition = transition + 1,
            published_at = CASE WHEN $2 = 'PUBLISHED' THEN $5::timestamptz END,
            feed_seq = CASE WHEN $2 = 'PUBLISHED' THEN community.feed_seq($5::timestamptz) END
        WHERE id = $1 AND stage = ANY($6::text[]) RETURNING transition""",
        post_id, to, list(held_for), scheduled_at, clock.now(), sources,
    )  # fmt: skip
    if transition is None:
        raise await illegal(post_id, to)
    return transition


async def illegal(post_id: UUID, to: Stage) -> IllegalTransition:
    """Why a post does not go there."""
    now = Stage(await db.value("SELECT stage FROM community.post WHERE id = $1", post_id))
    return IllegalTransition(now, to, sorted(rules.STAGE_EDGES[now]))


async def settle(actor: Actor, post_id: UUID, held_for: Sequence[str]) -> Stage:
    """Publish a judged post, or let it wait for a moderator where there are reasons to."""
    if held_for:
        await hold(actor, post_id, held_for)
        return Stage.PENDING
    await publish(actor, post_id)
    return Stage.PUBLISHED


async def publish(actor: Actor, post_id: UUID) -> None:
    """A post is seen from now on: its place in the feeds, the interaction, and the notices of mentions."""
    transition = await move(post_id, Stage.PUBLISHED)
    post = await db.one("SELECT author, kind, circle FROM community.post WHERE id = $1", post_id)
    assert post is not None
    told = await mentions.tell(TargetKind.POST, post_id, post_id, post["author"])
    await interactions.record(
        actor, kinds.POST_PUBLISHED, ("POST", post_id), once=f"{post_id}:{transition}", member=post["author"],
        kind=post["kind"], circle=None if post["circle"] is None else str(post["circle"]),
        **mentions.facts(told),
    )  # fmt: skip


async def hold(actor: Actor, post_id: UUID, reasons: Sequence[str]) -> None:
    """A post waits for a moderator."""
    transition = await move(post_id, Stage.PENDING, held_for=reasons)
    await review_items.open(TargetKind.POST, post_id, ReviewCause.HELD, reasons=reasons)
    await _record(actor, own_kinds.POST_HELD, post_id, transition, reasons=list(reasons))


async def approve(actor: Actor, subject_kind: TargetKind | str, subject: UUID) -> None:
    """Let a text that waits be seen: a pending post or comment, or a pending edit of a published one.

    Joins the caller's transaction, which holds the content (:mod:`domain.community.locks`). Raises NOT_FOUND,
    IllegalTransition (nothing waits).
    """
    kind = TargetKind(subject_kind)
    stage = await _stage(kind, subject)
    if stage is Stage.PUBLISHED and await revisions.approve(actor, kind, subject):
        return
    if stage is not Stage.PENDING:
        raise IllegalTransition(stage, Stage.PUBLISHED, sorted(rules.STAGE_EDGES[stage]))
    if kind is TargetKind.POST:
        await publish(actor, subject)
    else:
        await publish_comment(actor, subject)


async def reject(actor: Actor, subject_kind: TargetKind | str, subject: UUID) -> None:
    """Refuse a text that waits: a pending post or comment, or a pending edit (the approved text stays public).

    The decision's own notice is the moderation's. Raises NOT_FOUND, IllegalTransition (nothing waits).
    """
    kind = TargetKind(subject_kind)
    stage = await _stage(kind, subject)
    if stage is Stage.PUBLISHED and await revisions.reject(actor, kind, subject):
        return
    if stage is not Stage.PENDING:
        raise IllegalTransition(stage, Stage.REJECTED, sorted(rules.STAGE_EDGES[stage]))
    await refuse(actor, kind, subject)


async def refuse(actor: Actor, kind: TargetKind, subject: UUID, reasons: Sequence[str] = ()) -> None:
    """A text was not let through."""
    if kind is TargetKind.POST:
        transition = await move(subject, Stage.REJECTED, held_for=reasons)
        await _record(actor, desk_kinds.POST_REJECTED, subject, transition, reasons=list(reasons))
        return
    comment = await comments.locked(subject)
    transition = await comments.turn(comment, "stage", Stage.REJECTED)
    await interactions.record(
        actor, desk_kinds.COMMENT_REJECTED, ("COMMENT", subject), once=f"{subject}:{transition}",
        member=comment["author"],
    )  # fmt: skip


async def publish_comment(actor: Actor, comment_id: UUID) -> None:
    """A comment that waited is seen from now on, and counted."""
    comment = await comments.locked(comment_id)
    now = clock.now()
    await db.run(
        """UPDATE community.comment SET published_at = $2, feed_seq = community.feed_seq($2), held_for = '{}'
        WHERE id = $1""",
        comment_id, now,
    )  # fmt: skip
    await comments.turn(comment, "stage", Stage.PUBLISHED)
    await comments.tell(actor, comment_id)


async def record_return(post_id: UUID, author: UUID, transition: int, reason: str) -> None:
    """A scheduled post could not be published and is a draft again; its author is told."""
    await interactions.record(
        SYSTEM, own_kinds.POST_RETURNED, ("POST", post_id), once=f"{post_id}:{transition}", member=author,
        reason=reason,
    )  # fmt: skip
    await tell_return(author, post_id)


async def tell_return(author: UUID, post_id: UUID) -> None:
    """Tell an author that a scheduled post was not published."""
    await notices.send(
        author, NoticeType.SYSTEM, ("POST", post_id), {"text": _RETURNED}, once=clock.now().isoformat()
    )


async def _stage(kind: TargetKind, subject: UUID) -> Stage:
    found = await db.value(f"SELECT stage FROM community.{kind.lower()} WHERE id = $1", subject)
    if found is None:
        raise NotFound()
    return Stage(found)


async def _record(actor: Actor, kind: Kind, post_id: UUID, transition: int, **facts: Any) -> None:
    author = await db.value("SELECT author FROM community.post WHERE id = $1", post_id)
    await interactions.record(
        actor, kind, ("POST", post_id), once=f"{post_id}:{transition}", member=author, **facts
    )
