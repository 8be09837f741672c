"""Comments and answers: a tree of any depth, kept exact in its counts and its visibility."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import (
    answers,
    authors,
    barriers,
    configuration,
    kinds,
    locks,
    mentions,
    rates,
    review_items,
    rules,
    stats,
    submitting,
    viewers,
)
from domain.community import publishing_kinds as own_kinds
from domain.community.authors import Author
from domain.community.desk_tables import ReviewCause
from domain.community.errors import PostingBarrier, PostingNotAllowed, ThreadLocked, UndoWindowClosed
from domain.community.rates import Act
from domain.community.stats import Change
from domain.community.tables import BodyFormat, CirclePosting, CommentKind, Stage, TargetKind
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
    compose_ms: int | None = None,
) -> UUID:
    """Comment on a post, reply to a comment, or answer a question, or refuse and change nothing.

    It is PENDING where it has to wait for a moderator. Judged as posts are: barriers, rate, validation, repetition,
    screening. Locks: the member's root, then the thread's root comment (shared: replies do not wait for each other, but
    a removal of the thread does). Raises PostingNotAllowed, ThreadLocked, RATE_LIMITED, InvalidInput, DuplicateContent,
    NOT_FOUND.
    """
    async with db.transaction():
        author = await authors.locked(actor)
        await locks.share(post_id)
        post = await _open_post(author, post_id)
        _must_be_unlocked(actor, post, kind)
        parent = None if parent_id is None else await _parent(actor, post, parent_id)
        await rates.must_allow(author, Act.COMMENTS)
        await rates.must_not_talk_alone(author, post_id)
        await rates.must_allow_content(author, None, body)
        rules.check_comment(body)
        if kind is CommentKind.ANSWER and (parent is not None or post["kind"] != "QUESTION"):
            raise InvalidInput.at("kind", "Only a question is answered, and an answer replies to nothing.")
        judged = await submitting.comment(author, post["circle"], body, compose_ms)
        stage = Stage.PENDING if judged.held_for else Stage.PUBLISHED
        comment_id, now = ids.new(), clock.now()
        thread = None if parent is None else parent["root"] or parent["id"]
        await db.run(
            """INSERT INTO community.comment (id, post, root, parent, author, kind, body, body_format, folded_hash, stage,
                is_visible, held_for, published_at, feed_seq, version, transition, touchpoint, created_at)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, CASE WHEN $11 THEN $13::timestamptz END,
                CASE WHEN $11 THEN community.feed_seq($13::timestamptz) END, 1, 0, $14, $13::timestamptz""",
            comment_id, post_id, thread, parent_id, author.root, kind, judged.body, body_format, judged.fingerprint,
            stage, stage is Stage.PUBLISHED, list(judged.held_for), now, actor.touchpoint,
        )  # fmt: skip
        await mentions.put(TargetKind.COMMENT, comment_id, judged.mentioned)
        await judged.keep(TargetKind.COMMENT, comment_id, 1)
        if stage is Stage.PENDING:
            await _hold(actor, comment_id, author.root, judged.held_for)
        else:
            await stats.add(await _counted([(comment_id, post_id, parent_id, kind, 1)]))
            await tell(actor, comment_id)
    return comment_id


async def tell(actor: Actor, comment_id: UUID) -> None:
    """A comment is published: the interaction, and the notices of those it names."""
    row = await db.one(
        """SELECT c.post, c.author, c.kind, c.parent, p.author AS asked FROM community.comment AS c
        JOIN community.post AS p ON p.id = c.post WHERE c.id = $1""",
        comment_id,
    )
    assert row is not None
    told = await mentions.tell(TargetKind.COMMENT, comment_id, row["post"], row["author"])
    await interactions.record(
        actor, kinds.COMMENT_PUBLISHED, ("COMMENT", comment_id), once=comment_id, member=row["author"],
        kind=row["kind"], post=str(row["post"]), author=_text(row["asked"]), parent=_text(row["parent"]),
        **mentions.facts(told),
    )  # fmt: skip


async def delete(actor: Actor, comment_id: UUID) -> UUID:
    """Delete one's own comment; what stands below it is not seen either. Again: nothing changes.

    Deleting the accepted answer clears the acceptance.
    """
    async with db.transaction():
        root = await viewers.locked(actor)
        comment = await own(root, comment_id)
        if comment["deleted_at"] is None:
            transition = await turn(comment, "deleted_at", clock.now())
            await review_items.withdraw(TargetKind.COMMENT, comment_id)
            await interactions.record(
                actor, kinds.COMMENT_DELETED, ("COMMENT", comment_id), once=f"{comment_id}:{transition}", member=root
            )  # fmt: skip
            await answers.clear(actor, comment)
    return comment_id


async def undelete(actor: Actor, comment_id: UUID) -> UUID:
    """Take one's own deletion back in time (24 h); it brings no acceptance back. Raises UndoWindowClosed.

    What had waited for a moderator waits again.
    """
    async with db.transaction():
        root = await viewers.locked(actor)
        comment = await own(root, comment_id)
        if comment["deleted_at"] is not None:
            closed_at = comment["deleted_at"] + timedelta(hours=await configuration.value("undo.hours"))
            if clock.now() > closed_at or comment["purged_at"] is not None:
                raise UndoWindowClosed(closed_at)
            transition = await turn(comment, "deleted_at", None)
            if comment["stage"] == Stage.PENDING:
                await review_items.open(
                    TargetKind.COMMENT, comment_id, ReviewCause.HELD, reasons=comment["held_for"]
                )
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


async def turn(comment: db.Row, fact: str, value: datetime | UUID | Stage | None) -> int:
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


async def _hold(actor: Actor, comment_id: UUID, author: UUID, reasons: Sequence[str]) -> None:
    """A comment waits for a moderator."""
    await review_items.open(TargetKind.COMMENT, comment_id, ReviewCause.HELD, reasons=reasons)
    await interactions.record(
        actor, own_kinds.COMMENT_HELD, ("COMMENT", comment_id), once=comment_id, member=author,
        reasons=list(reasons),
    )  # fmt: skip


async def _open_post(author: Author, post_id: UUID) -> db.Row:
    """The visible post, or NOT_FOUND; PostingNotAllowed for what stands against the author's words there."""
    row = await db.one(
        f"""SELECT p.id, p.author, p.kind, p.circle, p.locked_by, k.posting, k.join_policy,
            community.role_in($1, p.circle) AS role, community.are_apart($1, p.author) AS is_apart
        FROM community.post AS p LEFT JOIN community.circle AS k ON k.id = p.circle
        WHERE p.id = $4 AND p.is_visible AND {viewers.SEES_POST}""",
        *viewers.of(author.actor).args, post_id,
    )  # fmt: skip
    if row is None:
        raise NotFound()
    found = [PostingBarrier.BLOCKED] if row["is_apart"] else []  # a moderator sees it, and yet they are apart
    if row["posting"] == CirclePosting.MEMBERS:
        barrier = rules.barrier(row["posting"], row["join_policy"], row["role"])
        found += [barrier] if barrier else []
    await barriers.must_speak(author, row["circle"], "COMMENT", found)
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


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)
