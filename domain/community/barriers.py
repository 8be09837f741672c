"""What stands against publishing, commenting and reacting: sanctions, the circle, the phone, trust."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain import db
from domain.community import circles, configuration, rules, sanctions, viewers
from domain.community.authors import Author
from domain.community.desk_tables import SanctionKind
from domain.community.errors import PostingBarrier, PostingNotAllowed
from domain.community.sanctions import Sanction

#: Sanctions that silence; the others limit what becomes of a post, or what is earned.
SILENCING = frozenset({SanctionKind.MUTE, SanctionKind.SUSPEND, SanctionKind.BAN})


async def must_publish(author: Author, circle: UUID | None, kind: str) -> None:
    """Raise PostingNotAllowed with all that stands against a post of this kind here.

    NOT_FOUND for a circle that the author may not enter.
    """
    reasons: list[PostingBarrier] = []
    if circle is not None:
        viewer = viewers.of(author.actor)
        await circles.must_enter(viewer, circle)
        card = await circles.find(viewer, circle)
        role = await viewers.role_in(author.root, card["id"])
        found = rules.barrier(card["circle_posting"], card["circle_join_policy"], role)
        reasons += [found] if found else []
    await must_speak(author, circle, kind, reasons)


async def must_speak(
    author: Author, circle: UUID | None, kind: str | None, others: list[PostingBarrier] | None = None
) -> None:
    """Raise PostingNotAllowed for sanctions, a missing phone or trust, beside ``others`` that the caller found.

    ``kind`` is that of the post, COMMENT, or None for a reaction, which needs neither phone nor trust.
    """
    silenced = await silencing(author.root, circle)
    reasons = [PostingBarrier.SANCTIONED] if silenced else []
    if kind is not None and not author.is_staff:
        said = await configuration.values("barriers.phone_required", "barriers.trust")
        if said["barriers.phone_required"] and not await _has_phone(author.root):
            reasons.append(PostingBarrier.PHONE_UNVERIFIED)
        if author.level < said["barriers.trust"][kind]:
            reasons.append(PostingBarrier.TRUST_TOO_LOW)
    reasons += others or []
    if reasons:
        is_time_all = reasons == [PostingBarrier.SANCTIONED]
        raise PostingNotAllowed(reasons, _longest(silenced) if is_time_all else None)


async def silencing(root: UUID, circle: UUID | None) -> list[Sanction]:
    """Sanctions in force that silence a person on the site or in this circle."""
    return [found for found in await sanctions.active(root, circle) if found.kind in SILENCING]


def _longest(found: list[Sanction]) -> datetime | None:
    """Until when; None for good."""
    ends = [sanction.until for sanction in found]
    return None if None in ends else max(end for end in ends if end is not None)


async def _has_phone(root: UUID) -> bool:
    return await db.value(
        """SELECT EXISTS (SELECT FROM profile.identity AS i JOIN profile.member AS m ON m.id = i.member
        WHERE m.root = $1 AND i.type = 'phone' AND i.is_verified)""",
        root,
    )
