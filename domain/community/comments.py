"""Comments and answers: a tree of any depth, kept exact in its counts and its visibility."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import answers, kinds, locks, rules, stats, viewers
from domain.community.errors import (
    DuplicateContent,
    PostingBarrier,
    PostingNotAllowed,
    ThreadLocked,
    UndoWindowClosed,
)
from domain.community.stats import Change
from domain.community.tables import BodyFormat, CirclePosting, CommentKind
from domain.errors import InvalidInput, NotFound
from domain.foundation import ids
from domain.profile import interactions


async def publish(
    actor: Actor,
    post_id: UUID,
    *,
    body: str,
    kind: CommentKind = CommentKind.COMMENT,
    parent_id: UUID | None = None,
    body_format: BodyFormat = BodyFormat.PLAIN,
) -> UUID:
    """Comment on a post, reply to a comment, or answer a question, or refuse and change nothing.

    Locks: the member's root, then the thread's root comment (shared: replies do not wait for each other, but a removal
    of the thread does). Raises PostingNotAllowed, ThreadLocked, InvalidInput, DuplicateContent, NOT_FOUND.
    """
    async with db.transaction():
        root = await viewers.locked(actor)
        await locks.share(post_id)
        post = await _open_post(actor, post_id)
        _must_be_unlocked(actor, post, kind)
        parent = None if parent_id is None else await _parent(actor, post, parent_id)
        rules.check_comment(body)
        if kind is CommentKind.ANSWER and (parent is not None or post["kind"] != "QUESTION"):
            raise InvalidInput.at("kind", "Only a question is answered, and an answer replies to nothing.")
        fingerprint = rules.fingerprint(None, body)
        await _must_be_new(root, fingerprint)
        comment_id, now = ids.new(), clock.now()
        thread = None if parent is None else parent["root"] or parent["id"]
        await db.run(
            """INSERT INTO community.comment (id, post, root, parent, author, kind, body, body_format, folded_hash, stage,
                is_visible, published_at, feed_seq, version, transition, touchpoint, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'PUBLISHED', true, $10, community.feed_seq($10), 1, 0, $11, $10)""",
            comment_id, post_id, thread, parent_id, root, kind, body, body_format, fingerprint, now, actor.touchpoint,
        )  # fmt: skip
        await stats.add(await _counted([(comment_id, post_id, parent_id, kind, 1)]))
        await interactions.record(
            actor, kinds.COMMENT_PUBLISHED, ("COMMENT", comment_id), once=comment_id, member=root,
            kind=kind.value, post=str(post_id), author=_text(post["author"]),
            parent=_text(parent_id),
        )  # fmt: skip
    return comment_id


async def delete(actor: Actor, comment_id: UUID) -> UUID:
    """Delete one's own comment; what stands below it is not seen either. Again: nothing changes.

    Deleting the accepted answer clears the acceptance.
    """
    async with db.transaction():
        root = await viewers.locked(actor)
        comment = await own(root, comment_id)
        if comment["deleted_at"] is None:
            transition = await turn(comment, "deleted_at", clock.now())
            await interactions.record(
                actor, kinds.COMMENT_DELETED, ("COMMENT", comment_id), once=f"{comment_id}:{transition}", member=root
            )  # fmt: skip
            await answers.clear(actor, comment)
    return comment_id


async def undelete(actor: Actor, comment_id: UUID) -> UUID:
    """Take one's own deletion back within 24 h; it brings no acceptance back. Raises UndoWindowClosed."""
    async with db.transaction():
        root = await viewers.locked(actor)
        comment = await own(root, comment_id)
        if comment["deleted_at"] is not None:
            closed_at = comment["deleted_at"] + rules.UNDO_WINDOW
            if clock.now() > closed_at:
                raise UndoWindowClosed(closed_at)
            transition = await turn(comment, "deleted_at", None)
            await interactions.record(
                actor, kinds.COMMENT_UNDELETED, ("COMMENT", comment_id), once=f"{comment_id}:{transition}", member=root
            )  # fmt: skip
    return comment_id


async def own(root: UUID, comment_id: UUID) -> db.Row:
    """The person's own comment with its thread locked, or NOT_FOUND."""
    if not await db.value(
        "SELECT community.is_same_person(author, $2) FROM community.comment WHERE id = $1", comment_id, root
    ):
        raise NotFound()
    return await locked(comment_id)


async def locked(comment_id: UUID) -> db.Row:
    """The comment, with its post (for answers, whose acceptance may change) and its thread's root locked."""
    place = await db.one("SELECT post, root, kind FROM community.comment WHERE id = $1", comment_id)
    if place is None:
        raise NotFound()
    if place["kind"] == "ANSWER":
        await db.run("SELECT FROM community.post WHERE id = $1 FOR NO KEY UPDATE", place["post"])
    await db.run("SELECT FROM community.comment WHERE id = $1 FOR NO KEY UPDATE", place["root"] or comment_id)
    row = await db.one("SELECT * FROM community.comment WHERE id = $1", comment_id)
    assert row is not None
    return row


async def turn(comment: db.Row, fact: str, value: datetime | UUID | None) -> int:
    """Set one of the facts against a locked comment, judge its thread anew, and count what changed."""
    transition = await db.value(
        f"UPDATE community.comment SET {fact} = $2, transition = transition + 1 WHERE id = $1 RETURNING transition",
        comment["id"], value,
    )  # fmt: skip
    await judge(comment["root"] or comment["id"])
    return transition


async def judge(root: UUID) -> None:
    """Judge anew which comments of a thread are visible, and count what changed. The caller holds its root's row."""
    changed = await db.fetch(
        """WITH RECURSIVE tree AS (
            SELECT id, stands AS is_seen FROM community.comment WHERE id = $1
            UNION ALL
            SELECT c.id, t.is_seen AND c.stands FROM tree AS t JOIN community.comment AS c ON c.parent = t.id
        ) UPDATE community.comment AS c SET is_visible = t.is_seen FROM tree AS t
        WHERE c.id = t.id AND c.is_visible <> t.is_seen RETURNING c.id, c.post, c.parent, c.kind, c.is_visible""",
        root,
    )
    await stats.add(
        await _counted(
            [(c["id"], c["post"], c["parent"], c["kind"], 1 if c["is_visible"] else -1) for c in changed]
        )
    )


async def judge_imported(made: Sequence[UUID]) -> None:
    """Imported comments are as visible as what is above them; those that are seen are counted."""
    rows = await db.fetch(
        """WITH RECURSIVE above AS (
            SELECT id AS below, parent, stands FROM community.comment WHERE id = ANY($1)
            UNION ALL
            SELECT a.below, c.parent, c.stands FROM above AS a JOIN community.comment AS c ON c.id = a.parent
        ), judged AS (SELECT below AS id, bool_and(stands) AS is_seen FROM above GROUP BY below)
        UPDATE community.comment AS c SET is_visible = j.is_seen FROM judged AS j
        WHERE c.id = j.id AND NOT j.is_seen RETURNING c.id""",
        list(made),
    )
    hidden = {row["id"] for row in rows}
    seen = await db.fetch(
        "SELECT id, post, parent, kind FROM community.comment WHERE id = ANY($1)",
        [comment for comment in made if comment not in hidden],
    )
    await stats.add(await _counted([(c["id"], c["post"], c["parent"], c["kind"], 1) for c in seen]))


async def _counted(rows: list[tuple[UUID, UUID, UUID | None, str, int]]) -> list[Change]:
    """What comments (id, post, parent, kind, +1 or -1) change in the counts of the post and of all above them."""
    changes: list[Change] = []
    by: dict[UUID, int] = {}
    for comment, post, parent, kind, d in rows:
        changes.append((post, "comments", d))
        if parent is None:
            changes.append((post, "answers" if kind == "ANSWER" else "root_comments", d))
        else:
            by[comment] = d
    if by:
        above = await db.fetch(
            """WITH RECURSIVE above AS (
                SELECT id AS below, parent FROM community.comment WHERE id = ANY($1)
                UNION ALL
                SELECT a.below, c.parent FROM above AS a JOIN community.comment AS c ON c.id = a.parent
                WHERE c.parent IS NOT NULL
            ) SELECT below, parent FROM above WHERE parent IS NOT NULL""",
            list(by),
        )
        changes += [(row["parent"], "replies", by[row["below"]]) for row in above]
    return changes


async def _open_post(actor: Actor, post_id: UUID) -> db.Row:
    """The visible post, or NOT_FOUND; PostingNotAllowed where only the circle's members may speak."""
    row = await db.one(
        f"""SELECT p.id, p.author, p.kind, p.circle, p.locked_by, k.posting, k.join_policy,
            community.role_in($1, p.circle) AS role
        FROM community.post AS p LEFT JOIN community.circle AS k ON k.id = p.circle
        WHERE p.id = $4 AND p.is_visible AND {viewers.SEES_POST}""",
        *viewers.of(actor).args, post_id,
    )  # fmt: skip
    if row is None:
        raise NotFound()
    if row["posting"] == CirclePosting.MEMBERS:
        barrier = rules.barrier(row["posting"], row["join_policy"], row["role"])
        if barrier is not None:
            raise PostingNotAllowed([barrier])
    return row


def _must_be_unlocked(actor: Actor, post: db.Row, kind: CommentKind) -> None:
    if post["locked_by"] is None or post["role"] in ("MODERATOR", "LEAD"):
        return
    if kind is CommentKind.ANSWER:
        raise PostingNotAllowed([PostingBarrier.CLOSED_QUESTION])
    raise ThreadLocked(post["id"])


async def _parent(actor: Actor, post: db.Row, parent_id: UUID) -> db.Row:
    """The visible comment that is replied to, its thread locked (shared); NOT_FOUND in another post or unseen.

    Under a closed comment only the circle's moderators write (ThreadLocked).
    """
    place = await db.one(
        "SELECT id, root FROM community.comment WHERE id = $1 AND post = $2", parent_id, post["id"]
    )
    if place is None:
        raise NotFound()
    await db.run("SELECT FROM community.comment WHERE id = $1 FOR SHARE", place["root"] or place["id"])
    if not await db.value(
        f"""SELECT c.is_visible AND {viewers.SEES_COMMENT} FROM community.comment AS c
        JOIN community.post AS p ON p.id = c.post WHERE c.id = $4""",
        *viewers.of(actor).args, parent_id,
    ):  # fmt: skip
        raise NotFound()
    closed = await db.value(
        """WITH RECURSIVE above AS (
            SELECT id, parent, locked_by FROM community.comment WHERE id = $1
            UNION ALL
            SELECT c.id, c.parent, c.locked_by FROM above AS a JOIN community.comment AS c ON c.id = a.parent
        ) SELECT id FROM above WHERE locked_by IS NOT NULL LIMIT 1""",
        parent_id,
    )
    if closed is not None and post["role"] not in ("MODERATOR", "LEAD"):
        raise ThreadLocked(closed)
    return place


async def _must_be_new(root: UUID, fingerprint: int) -> None:
    """Raise DuplicateContent when a comment of the person with the same folded text stands since less than 5 min."""
    same = await db.one(
        """SELECT c.post, c.published_at FROM community.comment AS c JOIN profile.member AS m ON m.id = c.author
        WHERE m.root = $1 AND c.created_at > $2 AND c.folded_hash = $3
        AND c.is_visible AND community.can_see_comment($1, c) ORDER BY c.feed_seq DESC LIMIT 1""",
        root, clock.now() - rules.DUPLICATE_WINDOW, fingerprint,
    )  # fmt: skip
    if same is not None:
        raise DuplicateContent(same["post"], same["published_at"] + rules.DUPLICATE_WINDOW)


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)
