"""Changes of what moderators give or say of a post: a place at the top, the mark of excellence, the sign of AI."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.community.desk import kinds
from domain.community.desk.changes import Change
from domain.foundation import ids
from domain.profile import interactions
from domain.profile.catalogue import Kind


async def turn_featured(actor: Actor, change: Change, event: UUID) -> bool:
    """``{by, at}`` or nothing."""
    row = await _mark(change.id)
    now = None if row["featured_by"] is None else str(row["featured_by"])
    if now != _by(change.before):
        return False
    said: dict[str, Any] = change.after or {}
    await db.run(
        """UPDATE community.post_mark SET featured_by = $2::text::uuid, featured_at = $3::text::timestamptz
        WHERE post = $1""",
        change.id, said.get("by"), said.get("at"),
    )  # fmt: skip
    await _record(actor, kinds.POST_FEATURED if said else kinds.POST_UNFEATURED, change.id, event)
    return True


async def turn_pinned(actor: Actor, change: Change, event: UUID) -> bool:
    """``{by, until, scope}`` or nothing."""
    row = await _mark(change.id)
    now = None if row["pinned_by"] is None else str(row["pinned_by"])
    if now != _by(change.before):
        return False
    said: dict[str, Any] = change.after or {}
    await db.run(
        """UPDATE community.post_mark SET pinned_by = $2::text::uuid, pinned_until = $3::text::timestamptz, pin_scope = $4
        WHERE post = $1""",
        change.id, said.get("by"), said.get("until"), said.get("scope"),
    )  # fmt: skip
    await _record(actor, kinds.POST_PINNED if said else kinds.POST_UNPINNED, change.id, event)
    return True


async def turn_ai(actor: Actor, change: Change, event: UUID) -> bool:
    """Whether a post is said to be made with AI."""
    changed = await db.run(
        "UPDATE community.post SET ai_suspected = $2, transition = transition + 1 WHERE id = $1 AND ai_suspected = $3",
        change.id, change.after, change.before,
    )  # fmt: skip
    if changed:
        await _record(
            actor, kinds.POST_MARKED_AI if change.after else kinds.POST_UNMARKED_AI, change.id, event
        )
    return bool(changed)


async def _mark(post: UUID) -> db.Row:
    """The post's marks, locked; the row is made at the first of them."""
    row = await db.one(
        """INSERT INTO community.post_mark AS k (id, post) VALUES ($1, $2)
        ON CONFLICT (post) DO UPDATE SET post = excluded.post RETURNING k.*""",
        ids.new(), post,
    )  # fmt: skip
    assert row is not None
    return row


def _by(value: Any) -> str | None:
    return None if value is None else value["by"]


async def _record(actor: Actor, kind: Kind, post: UUID, event: UUID) -> None:
    author = await db.value("SELECT author FROM community.post WHERE id = $1", post)
    await interactions.record(actor, kind, ("POST", post), once=event, member=author)
