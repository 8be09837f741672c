"""Publishing posts, and what their authors may do with them afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import circles, hashtags, kinds, rules, viewers
from domain.community.errors import (
    DuplicateContent,
    EditWindowClosed,
    PostingNotAllowed,
    UndoWindowClosed,
)
from domain.community.tables import BodyFormat, PostKind
from domain.errors import InvalidInput, NotFound, VersionConflict
from domain.foundation import ids
from domain.profile import interactions

#: Kinds that this slice of the community takes from members; polls and the like come with their own parts.
PUBLISHABLE = frozenset(PostKind) - {PostKind.POLL}
_TITLED = frozenset({PostKind.ARTICLE, PostKind.QUESTION})


@dataclass(frozen=True)
class Edit:
    """What an edit changes; None leaves it as it is (``title=""`` takes the title away)."""

    title: str | None = None
    body: str | None = None
    hashtags: Sequence[str] | None = None


async def publish(
    actor: Actor,
    *,
    kind: PostKind,
    body: str,
    title: str | None = None,
    circle_id: UUID | None = None,
    hashtag_names: Sequence[str] = (),
    body_format: BodyFormat = BodyFormat.PLAIN,
) -> UUID:
    """Publish a post, or refuse and change nothing.

    Judged in this order: barriers, validation, repetition. Locks the member's root, so that one person's posts follow
    one another. Raises PostingNotAllowed, InvalidInput, DuplicateContent; NOT_FOUND for a circle that cannot be seen.
    """
    async with db.transaction():
        root = await viewers.locked(actor)
        await _must_be_let_in(actor, circle_id)
        _check(kind, title, body, hashtag_names)
        fingerprint = rules.fingerprint(title, body)
        await _must_be_new(root, fingerprint)
        post_id, now = ids.new(), clock.now()
        await db.run(
            """INSERT INTO community.post (id, author, circle, kind, title, body, body_format, folded_hash, stage,
                is_listed, published_at, feed_seq, version, transition, touchpoint, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'PUBLISHED', true, $9, community.feed_seq($9), 1, 0, $10, $9)""",
            post_id, root, circle_id, kind, title or None, body, body_format, fingerprint, now, actor.touchpoint,
        )  # fmt: skip
        await hashtags.put(post_id, hashtag_names)
        await interactions.record(
            actor, kinds.POST_PUBLISHED, ("POST", post_id), once=post_id, member=root,
            kind=kind.value, circle=None if circle_id is None else str(circle_id),
        )  # fmt: skip
    return post_id


async def edit(actor: Actor, post_id: UUID, expected_version: int, change: Edit) -> UUID:
    """Change one's own post while the window (1,440 min) is open; each edit is a revision and a version.

    Locks: the member's root, then the post. Raises NOT_FOUND, VersionConflict, EditWindowClosed, InvalidInput.
    """
    async with db.transaction():
        root = await viewers.locked(actor)
        post = await _own(root, post_id)
        if post["version"] != expected_version:
            raise VersionConflict(post["version"])
        _must_be_open(post["published_at"])
        title = (post["title"] if change.title is None else change.title) or None
        body = post["body"] if change.body is None else change.body
        _check(PostKind(post["kind"]), title, body, change.hashtags or ())
        if change.hashtags is not None:
            await hashtags.put(post_id, change.hashtags)
        version = await db.value(
            """UPDATE community.post SET title = $2, body = $3, folded_hash = $4, edited_at = $5, version = version + 1
            WHERE id = $1 RETURNING version""",
            post_id, title, body, rules.fingerprint(title, body), clock.now(),
        )  # fmt: skip
        await _keep_revision(post_id, post["version"], post["title"], post["body"])
        await _keep_revision(post_id, version, title, body)
        await interactions.record(
            actor, kinds.POST_EDITED, ("POST", post_id), once=f"{post_id}:{version}", member=root
        )
    return post_id


async def delete(actor: Actor, post_id: UUID) -> UUID:
    """Delete one's own post: nobody else sees it any more. Deleting it again changes nothing."""
    async with db.transaction():
        root = await viewers.locked(actor)
        post = await _own(root, post_id)
        if post["deleted_at"] is None:
            transition = await _turn(post_id, clock.now())
            await interactions.record(
                actor, kinds.POST_DELETED, ("POST", post_id), once=f"{post_id}:{transition}", member=root
            )
    return post_id


async def undelete(actor: Actor, post_id: UUID) -> UUID:
    """Take one's own deletion back within 24 h; a removal by a moderator stays. Raises UndoWindowClosed."""
    async with db.transaction():
        root = await viewers.locked(actor)
        post = await _own(root, post_id)
        if post["deleted_at"] is not None:
            closed_at = post["deleted_at"] + rules.UNDO_WINDOW
            if clock.now() > closed_at:
                raise UndoWindowClosed(closed_at)
            transition = await _turn(post_id, None)
            await interactions.record(
                actor, kinds.POST_UNDELETED, ("POST", post_id), once=f"{post_id}:{transition}", member=root
            )
    return post_id


async def _must_be_let_in(actor: Actor, circle_id: UUID | None) -> None:
    """Raise NOT_FOUND for a circle the member may not enter, PostingNotAllowed where he may not publish."""
    if circle_id is None:
        return
    viewer = viewers.of(actor)
    await circles.must_enter(viewer, circle_id)
    circle = await circles.find(viewer, circle_id)
    role = await viewers.role_in(actor.member_id, circle_id)
    barrier = rules.barrier(circle["circle_posting"], circle["circle_join_policy"], role)
    if barrier is not None:
        raise PostingNotAllowed([barrier])


def _check(kind: PostKind, title: str | None, body: str, names: Sequence[str]) -> None:
    if kind not in PUBLISHABLE:
        raise InvalidInput.at("kind", f"A post of kind {kind} cannot be published like this.")
    rules.check_post(title, body, names, needs_title=kind in _TITLED)


async def _must_be_new(root: UUID, fingerprint: int) -> None:
    """Raise DuplicateContent when a post of the person with the same folded text stands since less than 5 minutes."""
    since = clock.now() - rules.DUPLICATE_WINDOW
    same = await db.one(
        """SELECT p.id, p.published_at FROM community.post AS p JOIN profile.member AS m ON m.id = p.author
        WHERE m.root = $1 AND p.created_at > $2 AND p.folded_hash = $3
        AND p.is_visible AND community.can_see($1, p) ORDER BY p.feed_seq DESC LIMIT 1""",
        root, since, fingerprint,
    )  # fmt: skip
    if same is not None:
        raise DuplicateContent(same["id"], same["published_at"] + rules.DUPLICATE_WINDOW)


def _must_be_open(published_at: datetime) -> None:
    closed_at = published_at + rules.EDIT_WINDOW
    if clock.now() > closed_at:
        raise EditWindowClosed(closed_at)


async def _own(root: UUID, post_id: UUID) -> db.Row:
    """The person's own post, locked; another's is NOT_FOUND where it cannot be seen, and where it can."""
    row = await db.one(
        """SELECT p.id, p.kind, p.title, p.body, p.version, p.published_at, p.deleted_at FROM community.post AS p
        WHERE p.id = $1 AND community.is_same_person(p.author, $2) FOR NO KEY UPDATE""",
        post_id, root,
    )  # fmt: skip
    if row is None:
        raise NotFound()
    return row


async def _turn(post_id: UUID, deleted_at: datetime | None) -> int:
    return await db.value(
        "UPDATE community.post SET deleted_at = $2, transition = transition + 1 WHERE id = $1 RETURNING transition",
        post_id, deleted_at,
    )  # fmt: skip


async def _keep_revision(post_id: UUID, revision: int, title: str | None, body: str) -> None:
    await db.run(
        """INSERT INTO community.post_revision (id, post, revision, title, body, state, created_at)
        VALUES ($1, $2, $3, $4, $5, 'APPLIED', $6) ON CONFLICT (post, revision) DO NOTHING""",
        ids.new(), post_id, revision, title, body, clock.now(),
    )  # fmt: skip
