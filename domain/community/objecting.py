"""What the community has against a notice: people who are apart, what was muted, and what cannot be seen."""

from __future__ import annotations

from uuid import UUID

from domain import db
from domain.messaging.tables import Category, SkipReason
from domain.messaging.types import NoticeType

#: Whether the member ($1) sees what a notice is about ($2), and the thread that it belongs to.
_SEEN = {
    "POST": "SELECT p.id AS thread, community.can_see($1::uuid, p) AS is_seen FROM community.post AS p WHERE p.id = $2",
    "COMMENT": """SELECT c.post AS thread, community.can_see_comment($1::uuid, c) AS is_seen
        FROM community.comment AS c WHERE c.id = $2""",
}
#: What a muted thread keeps quiet about.
_OF_THREADS = (NoticeType.REPLY, NoticeType.MENTION, NoticeType.REACTION)


async def to(message: db.Row, root: UUID) -> SkipReason | None:
    """Why a member is not told; what has to be said (moderation and the like) is said anyway."""
    if message["category"] != Category.SERVICE:
        return None
    actor = message["actor"]
    if actor is not None and await db.value(
        "SELECT community.are_apart($1, $2) OR community.mutes($1, $2, NULL, NULL, '', '{MEMBER}')",
        root,
        actor,
    ):
        return SkipReason.UNWANTED
    if message["subject_kind"] not in _SEEN:
        return None
    return await _of_content(message, root)


async def _of_content(message: db.Row, root: UUID) -> SkipReason | None:
    row = await db.one(_SEEN[message["subject_kind"]], root, UUID(message["subject_id"]))
    if row is None:  # not of this community
        return None
    if not row["is_seen"]:
        return SkipReason.NOT_VISIBLE
    if message["type"] in _OF_THREADS and await db.value(
        "SELECT community.mutes($1, NULL, NULL, $2, '', '{THREAD}')", root, row["thread"]
    ):
        return SkipReason.UNWANTED
    return None
