"""Sharing a post out of the app: noted, so that rules may reward it; nothing else changes."""

from __future__ import annotations

from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.community import publishing_kinds as kinds
from domain.community import viewers
from domain.errors import NotFound
from domain.foundation import ids
from domain.profile import interactions


async def share(actor: Actor, post_id: UUID) -> UUID:
    """Note that a member shared a post that everybody may see; NOT_FOUND for any other."""
    async with db.transaction():
        root = await viewers.locked(actor)
        post = await db.one(
            f"""SELECT p.author FROM community.post AS p
            WHERE p.id = $4 AND p.is_visible AND {viewers.SEES_POST}""",
            *viewers.of(actor).args, post_id,
        )  # fmt: skip
        if post is None:
            raise NotFound()
        await interactions.record(
            actor, kinds.POST_SHARED, ("POST", post_id), once=ids.new(), member=root,
            author=None if post["author"] is None else str(post["author"]),
        )  # fmt: skip
    return post_id
