"""Accepted answers: one a question, chosen by who asked or by the circle's moderators."""

from __future__ import annotations

from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM, Actor
from domain.community import kinds, viewers
from domain.errors import Forbidden, InvalidInput, NotFound
from domain.profile import interactions
from domain.profile.catalogue import Kind


async def accept(actor: Actor, comment_id: UUID) -> UUID:
    """Accept an answer; a second acceptance replaces the first, the same one again changes nothing.

    Locks the question. Raises NOT_FOUND, InvalidInput (no answer), FORBIDDEN for others. Answers the question's id.
    """
    async with db.transaction():
        post = await _question(actor, comment_id)
        if not await db.value(
            "SELECT kind = 'ANSWER' AND is_visible FROM community.comment WHERE id = $1", comment_id
        ):
            raise InvalidInput.at("commentId", "Only an answer that can be seen is accepted.")
        if post["accepted_comment"] != comment_id:
            if post["accepted_comment"] is not None:
                await take_back(actor, post)
            await _turn(actor, post, comment_id)
    return post["id"]


async def unaccept(actor: Actor, comment_id: UUID) -> UUID:
    """Take an acceptance back; an answer that is not accepted stays as it is. Answers the question's id."""
    async with db.transaction():
        post = await _question(actor, comment_id)
        if post["accepted_comment"] == comment_id:
            await take_back(actor, post)
    return post["id"]


async def clear(actor: Actor, comment: db.Row) -> None:
    """An answer that is deleted or removed is accepted no more (its question is locked by the caller)."""
    if comment["kind"] != "ANSWER":
        return
    post = await db.one(
        "SELECT id, author, accepted_comment FROM community.post WHERE id = $1 AND accepted_comment = $2",
        comment["post"], comment["id"],
    )  # fmt: skip
    if post is not None:
        await take_back(SYSTEM, post)


async def give_back(actor: Actor, post: db.Row, comment_id: UUID) -> None:
    """The question (locked by the caller) has its accepted answer again."""
    await _turn(actor, post, comment_id)


async def _question(actor: Actor, comment_id: UUID) -> db.Row:
    """The question of a comment that the actor sees, locked; FORBIDDEN to all but the asker and moderators."""
    viewer = viewers.of(actor)
    post = await db.one(
        f"""SELECT p.id, p.author, p.circle, p.accepted_comment,
            community.role_in($1, p.circle) AS role, community.is_same_person(p.author, $1) AS is_own
        FROM community.post AS p JOIN community.comment AS c ON c.post = p.id
        WHERE c.id = $4 AND {viewers.SEES_COMMENT} FOR NO KEY UPDATE OF p""",
        *viewer.args, comment_id,
    )  # fmt: skip
    if post is None:
        raise NotFound()
    if not (
        post["is_own"] or post["role"] in ("MODERATOR", "LEAD") or viewers.is_over(actor, post["circle"])
    ):
        raise Forbidden("Only who asked, or a moderator of the circle, accepts an answer.")
    # Read again under the lock: the answer accepted until now may be another one by this time.
    return await db.one(
        "SELECT id, author, circle, accepted_comment FROM community.post WHERE id = $1", post["id"]
    )


async def take_back(actor: Actor, post: db.Row) -> None:
    """The question (locked by the caller) has no accepted answer any more."""
    accepted = post["accepted_comment"]
    transition = await _set(post["id"], None)
    await _record(actor, kinds.POST_UNACCEPTED, post, accepted, transition)


async def _turn(actor: Actor, post: db.Row, comment_id: UUID) -> None:
    transition = await _set(post["id"], comment_id)
    await _record(actor, kinds.POST_ACCEPTED, post, comment_id, transition)


async def _set(post_id: UUID, comment_id: UUID | None) -> int:
    return await db.value(
        "UPDATE community.post SET accepted_comment = $2, transition = transition + 1 WHERE id = $1 RETURNING transition",
        post_id, comment_id,
    )  # fmt: skip


async def _record(actor: Actor, kind: Kind, post: db.Row, comment_id: UUID, transition: int) -> None:
    """On the asker's timeline; the answer's author is a property, so that rules may reward him."""
    author = await db.value("SELECT author FROM community.comment WHERE id = $1", comment_id)
    await interactions.record(
        actor, kind, ("POST", post["id"]), once=f"{post['id']}:{transition}", member=post["author"] or author,
        at=clock.now(), comment=str(comment_id), author=None if author is None else str(author),
    )  # fmt: skip
