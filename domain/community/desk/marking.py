"""Pinning (置顶) and featuring (精华) posts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import moderation
from domain.community.desk import acts, policies
from domain.community.desk import scope as scopes
from domain.community.desk.changes import What, change
from domain.community.desk.errors import PinLimitReached
from domain.community.desk.subjects import Subject
from domain.community.desk_tables import SubjectKind
from domain.community.errors import AlreadyInState
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.messaging import notices
from domain.messaging.types import NoticeType

MOST_PINNED = 3
PINNED_FOR = timedelta(days=30)


async def pin(
    actor: Actor,
    post_id: UUID,
    *,
    place: str = "CIRCLE",
    until: datetime | None = None,
    is_on: bool = True,
    policy: str | None = None,
    reason: str | None = None,
) -> UUID:
    """Put a post at the top of its circle (or of the SITE) until an instant, 30 days by default; or take it down.

    Locks the place's pins, then the post. Raises NOT_FOUND, PinLimitReached (three a place), AlreadyInState, InvalidInput,
    RankTooLow, FORBIDDEN (the site's pins are for moderators of all circles).
    """
    now = clock.now()
    until = until or now + PINNED_FOR
    if until <= now:
        raise InvalidInput.at("until", "This is in the past.")
    if place == "SITE":
        (await scopes.of(actor)).must_be_everywhere()
    await policies.named(policy, is_required=False)
    async with db.transaction():
        await db.run("SELECT pg_advisory_xact_lock(hashtextextended('community/pins', 0))")
        post = await _post(actor, post_id)
        if place == "CIRCLE" and post.circle is None:
            raise InvalidInput.at("scope", "This post is in no circle.")
        mark = await _mark(post_id)
        is_pinned = bool(mark and mark["pinned_until"] and mark["pinned_until"] > now)
        if not is_on and not is_pinned:
            raise AlreadyInState("UNPINNED")
        if mark and is_on and is_pinned and (mark["pin_scope"], mark["pinned_until"]) == (place, until):
            raise AlreadyInState("PINNED")
        if is_on:
            await _must_have_room(post, place, now)
        event = ids.new()
        before = None
        if mark is not None and mark["pinned_by"] is not None:
            before = {"by": mark["pinned_by"], "until": mark["pinned_until"], "scope": mark["pin_scope"]}
        after = {"by": event, "until": until, "scope": place} if is_on else None
        planned = [change(What.PINNED, SubjectKind.POST, post_id, before, after)]
        name = "PIN" if is_on else "UNPIN"
        await acts.perform(actor, name, post.ref, planned, id=event, policy=policy, reason=reason)
    return post_id


async def feature(
    actor: Actor,
    post_id: UUID,
    *,
    is_on: bool = True,
    policy: str | None = None,
    reason: str | None = None,
) -> UUID:
    """Mark a post as excellent, which its author hears, or no longer. Raises NOT_FOUND, AlreadyInState, RankTooLow."""
    await policies.named(policy, is_required=False)
    async with db.transaction():
        post = await _post(actor, post_id)
        mark = await _mark(post_id)
        is_featured = mark is not None and mark["featured_by"] is not None
        if is_featured is is_on:
            raise AlreadyInState("FEATURED" if is_on else "UNFEATURED")
        event = ids.new()
        before = {"by": mark["featured_by"], "at": mark["featured_at"]} if mark and is_featured else None
        after = {"by": event, "at": clock.now()} if is_on else None
        planned = [change(What.FEATURED, SubjectKind.POST, post_id, before, after)]
        name = "FEATURE" if is_on else "UNFEATURE"
        await acts.perform(actor, name, post.ref, planned, id=event, policy=policy, reason=reason)
        if is_on and post.author is not None:
            await notices.send(post.author, NoticeType.FEATURED, post.ref, once=event)
    return post_id


async def of_posts(posts: Sequence[UUID]) -> dict[UUID, db.Row]:
    """The marks of posts that have any; ``pinned_until`` is null once it is over."""
    rows = await db.fetch(
        """SELECT post, featured_at, CASE WHEN pinned_until > $2 THEN pinned_until END AS pinned_until, pin_scope
        FROM community.post_mark WHERE post = ANY($1)""",
        list(posts), clock.now(),
    )  # fmt: skip
    return {row["post"]: row for row in rows}


async def _post(actor: Actor, post_id: UUID) -> Subject:
    post = await moderation.locked(actor, post_id)
    if post.kind is not SubjectKind.POST:
        raise NotFound()
    return post


async def _mark(post_id: UUID) -> db.Row | None:
    return await db.one("SELECT * FROM community.post_mark WHERE post = $1", post_id)


async def _must_have_room(post: Subject, place: str, now: datetime) -> None:
    taken = await db.value(
        """SELECT count(*) FROM community.post_mark AS k JOIN community.post AS p ON p.id = k.post
        WHERE k.pinned_until > $1 AND k.pin_scope = $2 AND p.id <> $3 AND p.is_visible
        AND ($2 = 'SITE' OR p.circle = $4)""",
        now, place, post.id, post.circle,
    )  # fmt: skip
    if taken >= MOST_PINNED:
        raise PinLimitReached(MOST_PINNED)
