"""Likes: set and unset, as often as one likes, counted exactly without a lock on the post."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import authors, barriers, configuration, kinds, locks, rates, stats, viewers
from domain.community.authors import Author
from domain.community.rates import Act
from domain.community.tables import ReactionKind, TargetKind
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.profile import interactions
from domain.profile.catalogue import Kind

FIELDS = {
    (TargetKind.POST, ReactionKind.LIKE): "likes",
    (TargetKind.POST, ReactionKind.DISLIKE): "dislikes",
    (TargetKind.COMMENT, ReactionKind.LIKE): "comment_likes",
    (TargetKind.COMMENT, ReactionKind.DISLIKE): "comment_dislikes",
}


@dataclass(frozen=True)
class Target:
    """What is reacted to, and by whom it was written."""

    kind: TargetKind
    id: UUID
    author: UUID | None
    circle: UUID | None


@dataclass(frozen=True)
class Outcome:
    """Whether anything changed, and about what."""

    changed: bool
    target: Target


async def set_reaction(actor: Actor, target_id: UUID, kind: ReactionKind, is_on: bool) -> Outcome:
    """Like or no longer like a post or a comment; what is so already stays so (``changed`` is false).

    Locks the member's root, so that one person has one reaction, merged members included. Raises PostingNotAllowed,
    InvalidInput (own content, a reaction that is not offered), NOT_FOUND.
    """
    if kind is ReactionKind.DISLIKE and not await configuration.value("reactions.is_dislike_on"):
        raise InvalidInput.at("kind", f"{kind} is not offered here.")
    async with db.transaction():
        author = await authors.locked(actor)
        root = author.root
        await locks.share(target_id)
        target = await _target(actor, target_id)
        if is_on:
            await barriers.must_speak(author, target.circle, None)
        if target.author is not None and await db.value(
            "SELECT community.is_same_person($1, $2)", target.author, root
        ):
            raise InvalidInput.at("targetId", "One's own content cannot be liked.")
        changed = await _set(author, target, kind) if is_on else await _unset(actor, root, target, kind)
    return Outcome(changed, target)


async def _set(author: Author, target: Target, kind: ReactionKind) -> bool:
    root = author.root
    if await db.value(
        f"SELECT EXISTS (SELECT FROM community.reaction WHERE {_MINE} AND kind = $3)", root, target.id, kind
    ):
        return False
    await rates.must_allow(author, Act.LIKES)
    await _unset(author.actor, root, target, _OTHER[kind])  # one opinion at a time
    reaction_id = ids.new()
    await db.run(
        """INSERT INTO community.reaction (id, target_kind, target, member, kind, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)""",
        reaction_id, target.kind, target.id, root, kind, clock.now(),
    )  # fmt: skip
    await stats.add([(target.id, FIELDS[target.kind, kind], 1)])
    await _record(author.actor, kinds.REACTION_SET, root, target, kind, reaction_id)
    return True


async def _unset(actor: Actor, root: UUID, target: Target, kind: ReactionKind) -> bool:
    gone = await db.fetch(
        f"DELETE FROM community.reaction WHERE {_MINE} AND kind = $3 RETURNING id, voided_by",
        root, target.id, kind,
    )  # fmt: skip
    counted = [row for row in gone if row["voided_by"] is None]
    await stats.add([(target.id, FIELDS[target.kind, kind], -len(counted))])
    for row in counted:
        await _record(actor, kinds.REACTION_UNSET, root, target, kind, row["id"])
    return bool(counted)


_OTHER = {ReactionKind.LIKE: ReactionKind.DISLIKE, ReactionKind.DISLIKE: ReactionKind.LIKE}
_MINE = "target = $2 AND member = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1))"


async def _target(actor: Actor, target_id: UUID) -> Target:
    """The visible post or comment with this id, or NOT_FOUND."""
    viewer = viewers.of(actor)
    post = await db.one(
        f"SELECT p.author, p.circle FROM community.post AS p WHERE p.id = $4 AND p.is_visible AND {viewers.SEES_POST}",
        *viewer.args, target_id,
    )  # fmt: skip
    if post is not None:
        return Target(TargetKind.POST, target_id, post["author"], post["circle"])
    comment = await db.one(
        f"""SELECT c.author, p.circle FROM community.comment AS c JOIN community.post AS p ON p.id = c.post
        WHERE c.id = $4 AND c.is_visible AND p.is_visible AND {viewers.SEES_COMMENT}
        AND NOT community.is_gap($1::uuid, c)""",
        *viewer.args, target_id,
    )  # fmt: skip
    if comment is None:
        raise NotFound()
    return Target(TargetKind.COMMENT, target_id, comment["author"], comment["circle"])


async def _record(
    actor: Actor, what: Kind, root: UUID, target: Target, kind: ReactionKind, reaction_id: UUID
) -> None:
    await interactions.record(
        actor, what, (target.kind.value, target.id), once=reaction_id, member=root,
        kind=kind.value, targetKind=target.kind.value, targetId=str(target.id),
        author=None if target.author is None else str(target.author),
    )  # fmt: skip
