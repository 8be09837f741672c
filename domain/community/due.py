"""What falls due in publishing: scheduled posts, and the texts of what their authors deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from domain import clock, db
from domain.actor import SYSTEM, Actor, member
from domain.community import authors, configuration, content, mentions, screening, stages, submitting
from domain.community.errors import ContentRejected
from domain.community.tables import Stage, TargetKind
from domain.errors import NotFound, RateLimited, Refusal
from domain.foundation.sweeps import Sweep
from domain.profile import members

log = structlog.get_logger("marque.community")

_AT_ONCE = 100


async def publish_due() -> int:
    """Publish scheduled posts whose time has come, one transaction each; answers how many were worked off.

    Each is judged again: it may have to wait, or be refused. What its author may not publish any more is a draft again,
    and the author is told. Locks: the author's root, then the post.
    """
    rows = await db.fetch(
        """SELECT id FROM community.post WHERE stage = 'SCHEDULED' AND deleted_at IS NULL AND scheduled_at <= $1
        ORDER BY scheduled_at, id LIMIT $2""",
        clock.now(), _AT_ONCE,
    )  # fmt: skip
    return sum([await _publish(row["id"]) for row in rows])


async def purge_due() -> int:
    """Wipe the texts of what was deleted longer ago than a deletion can be undone; answers how many.

    Not while a report or an appeal is open about it, or a removal of it may still be appealed (legal hold).
    """
    done = 0
    for kind in (TargetKind.POST, TargetKind.COMMENT):
        rows = await db.fetch(
            f"""SELECT t.id FROM community.{kind.lower()} AS t WHERE t.deleted_at <= $1 AND {_TO_PURGE.format(kind=kind)}
            ORDER BY t.deleted_at LIMIT $2""",
            clock.now() - await _undo_window(), _AT_ONCE,
        )  # fmt: skip
        done += sum([await _purge(kind, row["id"]) for row in rows])
    return done


#: Deleted, not wiped yet, and not under legal hold.
_TO_PURGE = """t.purged_at IS NULL AND t.removed_by IS NULL AND NOT EXISTS (
    SELECT FROM community.review_item AS i WHERE i.subject = t.id AND i.subject_kind = '{kind}' AND i.state = 'PENDING')"""


async def _publish(post_id: UUID) -> int:
    try:
        return await db.attempt(lambda: _go(post_id))
    except ContentRejected:
        return await db.attempt(lambda: _refuse(post_id))
    except (Refusal, NotFound, RateLimited) as refused:
        reason = type(refused).__name__
        log.info("a scheduled post is a draft again", post=str(post_id), reason=reason)
        return await db.attempt(lambda: _back(post_id, reason))


async def _go(post_id: UUID) -> int:
    post = await _locked(post_id)
    if post is None:
        return 0
    author = await authors.of(_as(post), post["root"])
    if post["status"] != "ACTIVE":
        await _return(post_id, post["root"], "SUSPENDED")
        return 1
    whole = (await content.stored(post_id)).whole()
    judged = await submitting.post(author, whole, is_counted=False)
    await db.run(
        "UPDATE community.post SET title = $2, body = $3, folded_hash = $4 WHERE id = $1",
        post_id, judged.title, judged.body, judged.fingerprint,
    )  # fmt: skip
    await mentions.put(TargetKind.POST, post_id, judged.mentioned)
    await judged.keep(TargetKind.POST, post_id, post["version"])
    await stages.settle(replace(SYSTEM, touchpoint=post["touchpoint"]), post_id, judged.held_for)
    return 1


async def _back(post_id: UUID, reason: str) -> int:
    """The post is a draft again, in a transaction of its own after the one that was refused."""
    post = await _locked(post_id)
    if post is not None:
        await _return(post_id, post["root"], reason)
    return 1


async def _refuse(post_id: UUID) -> int:
    """Screening refused the text; its author is told."""
    post = await _locked(post_id)
    if post is not None:
        await stages.refuse(SYSTEM, TargetKind.POST, post_id, [screening.WORDS])
        await stages.tell_return(post["root"], post_id)
    return 1


async def _return(post_id: UUID, author: UUID, reason: str) -> None:
    transition = await stages.move(post_id, Stage.DRAFT)
    await stages.record_return(post_id, author, transition, reason)


async def _locked(post_id: UUID) -> db.Row | None:
    """The post, if it is still due, with its author's root locked before it."""
    author = await db.value("SELECT author FROM community.post WHERE id = $1", post_id)
    if author is None:
        return None
    (root,) = await members.lock(author)
    return await db.one(
        """SELECT p.*, $3::uuid AS root, m.status FROM community.post AS p JOIN profile.member AS m ON m.id = $3
        WHERE p.id = $1 AND p.stage = 'SCHEDULED' AND p.deleted_at IS NULL AND p.scheduled_at <= $2
        FOR NO KEY UPDATE OF p""",
        post_id, clock.now(), root,
    )  # fmt: skip


def _as(post: db.Row) -> Actor:
    return member(post["root"], touchpoint=post["touchpoint"])


async def _purge(kind: TargetKind, target: UUID) -> int:
    table = kind.lower()
    async with db.transaction():
        title = "title = NULL, " if kind is TargetKind.POST else ""
        done = await db.run(
            f"""UPDATE community.{table} AS t SET {title}body = '', folded_hash = NULL, purged_at = $2
            WHERE t.id = $1 AND t.deleted_at <= $3 AND {_TO_PURGE.format(kind=kind)}""",
            target, clock.now(), clock.now() - await _undo_window(),
        )  # fmt: skip
        if done:
            await wipe(kind, target)
    return done


async def wipe(kind: TargetKind, target: UUID) -> None:
    """Take away what else was written for a text that is gone."""
    table = kind.lower()
    await db.run(f"DELETE FROM community.{table}_revision WHERE {table} = $1", target)
    await db.run("DELETE FROM community.mention WHERE target = $1", target)
    if kind is TargetKind.POST:
        await db.run("DELETE FROM community.post_hashtag WHERE post = $1", target)


async def _undo_window() -> timedelta:
    return timedelta(hours=await configuration.value("undo.hours"))


async def _next_publish() -> datetime | None:
    return await db.value(
        "SELECT min(scheduled_at) FROM community.post WHERE stage = 'SCHEDULED' AND deleted_at IS NULL"
    )


async def _next_purge() -> datetime | None:
    deleted_at = await db.value(
        " UNION ALL ".join(
            f"SELECT min(t.deleted_at) AS at FROM community.{kind.lower()} AS t "
            f"WHERE t.deleted_at IS NOT NULL AND {_TO_PURGE.format(kind=kind)}"
            for kind in TargetKind
        ).join(("SELECT min(at) FROM (", ") AS found"))
    )
    return None if deleted_at is None else deleted_at + await _undo_window()


SWEEPS = (
    Sweep(name="community.scheduled", run=publish_due, next_due=_next_publish),
    Sweep(name="community.purge", run=purge_due, next_due=_next_purge, every_seconds=60),
)
