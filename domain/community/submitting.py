"""Judging what somebody sends off, in the one order: barriers, rate, validation, repetition, screening, stage.

The first failure answers, and nothing was stored by then: a refused attempt consumes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from domain import clock, db
from domain.community import (
    authors,
    barriers,
    configuration,
    content,
    content_rules,
    mentions,
    rates,
    rules,
    screened,
)
from domain.community.authors import Author
from domain.community.content import Content
from domain.community.errors import DuplicateContent
from domain.community.rates import Act
from domain.community.screened import Screened
from domain.community.tables import BodyFormat, CircleApproval, TargetKind


@dataclass(frozen=True)
class Judged:
    """A text that may go on: as it will be shown, whom it names, and why it waits for a moderator (empty: it does not)."""

    title: str | None
    body: str
    fingerprint: int
    mentioned: list[UUID] = field(default_factory=list)
    held_for: tuple[str, ...] = ()
    screened: Screened | None = None

    async def keep(self, kind: TargetKind, target: UUID, rev: int) -> None:
        """Keep what screening found, with the stored text."""
        if self.screened is not None:
            await screened.keep(kind, target, rev, self.screened, self.held_for)


async def post(author: Author, given: Content, *, is_counted: bool = True) -> Judged:
    """Judge a whole post; ``is_counted`` is false for one that was counted when it was scheduled.

    Raises PostingNotAllowed, RATE_LIMITED, InvalidInput, DuplicateContent, ContentRejected, NOT_FOUND (its circle).
    """
    assert given.kind is not None
    await barriers.must_publish(author, given.circle_id, given.kind)
    if is_counted:
        await rates.must_allow(author, Act.POSTS)
    await rates.must_allow_content(author, given.title, given.body or "")
    await content.check(author.root, given)
    mentioned = await mentions.find(author, given.body or "")
    fingerprint = rules.fingerprint(given.title, given.body or "")
    if is_counted:
        await _must_be_new(author, fingerprint)
    small = [*(given.hashtags or ()), *(given.poll.options if given.poll else ())]
    found = await screened.judge(
        TargetKind.POST, given.title, given.body or "", circle=given.circle_id,
        body_format=given.body_format or BodyFormat.PLAIN, small=small,
    )  # fmt: skip
    held_for = [
        *found.held_for,
        *await newcomer_reasons(author, given.compose_ms, given.title, given.body or ""),
        *await _circle_reasons(author, given.circle_id),
    ]
    return Judged(found.title, found.body, fingerprint, mentioned, tuple(held_for), found)


async def comment(author: Author, circle: UUID | None, body: str, compose_ms: int | None) -> Judged:
    """Judge a comment whose place, barriers, rate and length were judged.

    Raises InvalidInput, DuplicateContent, ContentRejected.
    """
    mentioned = await mentions.find(author, body)
    fingerprint = rules.fingerprint(None, body)
    await must_be_new(
        author,
        """SELECT c.post, c.created_at AS at FROM community.comment AS c
        WHERE c.author = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1)) AND c.created_at > $2
        AND c.folded_hash = $3 AND c.deleted_at IS NULL AND c.stage IN ('PENDING', 'PUBLISHED')
        AND community.can_see_comment($1, c) ORDER BY c.created_at DESC LIMIT 1""",
        fingerprint,
    )
    found = await screened.judge(TargetKind.COMMENT, None, body, circle=circle)
    held_for = [*found.held_for, *await newcomer_reasons(author, compose_ms, None, body)]
    return Judged(None, found.body, fingerprint, mentioned, tuple(held_for), found)


async def edit(
    author: Author,
    kind: TargetKind,
    circle: UUID | None,
    title: str | None,
    body: str,
    *,
    body_format: BodyFormat,
    hashtags: Sequence[str] = (),
) -> Judged:
    """Judge the new text of a post or a comment whose limits were judged.

    Raises RATE_LIMITED, InvalidInput, ContentRejected.
    """
    await rates.must_allow_content(author, title, body)
    mentioned = await mentions.find(author, body)
    found = await screened.judge(kind, title, body, circle=circle, body_format=body_format, small=hashtags)
    held_for = [
        *found.held_for,
        *await newcomer_reasons(author, None, title, body),
        *(await _circle_reasons(author, circle) if kind is TargetKind.POST else ()),
    ]
    fingerprint = rules.fingerprint(found.title, found.body)
    return Judged(found.title, found.body, fingerprint, mentioned, tuple(held_for), found)


async def newcomer_reasons(author: Author, compose_ms: int | None, title: str | None, body: str) -> list[str]:
    """Why a text of somebody little known waits; members of TL2 and staff are known."""
    if author.is_staff:
        return []
    said = await configuration.values("hold.new_member_count", "hold.fast_typer_ms", "hold.links")
    found = []
    written = await _written(author.root)
    if author.level < authors.KNOWN_LEVEL:
        if written < said["hold.new_member_count"]:
            found.append("NEW_MEMBER_COUNT")
        if content_rules.links(title, body) > said["hold.links"]:
            found.append("LINKS")
    if compose_ms is not None and not written and compose_ms < said["hold.fast_typer_ms"]:
        found.append("FAST_TYPER")
    return found


async def must_be_new(author: Author, sql: str, fingerprint: int) -> None:
    """Raise DuplicateContent when ``sql`` finds (post, at) of the same text lately; regulars may repeat themselves.

    Its parameters are the root, the instant since when, and the fingerprint.
    """
    if author.is_staff or author.level >= authors.REGULAR_LEVEL:
        return
    window = timedelta(seconds=await configuration.value("duplicate.seconds"))
    same = await db.one(sql, author.root, clock.now() - window, fingerprint)
    if same is not None:
        raise DuplicateContent(same["post"], same["at"] + window)


async def _must_be_new(author: Author, fingerprint: int) -> None:
    await must_be_new(
        author,
        """SELECT p.id AS post, p.submitted_at AS at FROM community.post AS p
        WHERE p.author = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1)) AND p.submitted_at > $2
        AND p.folded_hash = $3 AND p.deleted_at IS NULL AND p.stage IN ('SCHEDULED', 'PENDING', 'PUBLISHED')
        AND community.can_see($1, p) ORDER BY p.submitted_at DESC LIMIT 1""",
        fingerprint,
    )


async def _written(root: UUID) -> int:
    """How many texts of a person were let through, up to a thousand."""
    return await db.value(
        """SELECT count(*) FROM (
            SELECT FROM community.post WHERE author = ANY(m.ids) AND stage = 'PUBLISHED'
            UNION ALL
            SELECT FROM community.comment WHERE author = ANY(m.ids) AND stage = 'PUBLISHED'
            LIMIT 1000) AS written""".replace(
            "m.ids", "ARRAY(SELECT id FROM profile.member WHERE root = $1)"
        ),
        root,
    )


async def _circle_reasons(author: Author, circle: UUID | None) -> list[str]:
    """Circles may see posts before all others do (先审后发): all of them, or a member's first one."""
    if circle is None or author.is_staff or await authors.is_moderator(author, circle):
        return []
    approval = await db.value("SELECT approval FROM community.circle WHERE id = $1", circle)
    if approval == CircleApproval.ALL:
        return ["CIRCLE_APPROVAL"]
    if approval == CircleApproval.NEW_MEMBERS and not await db.value(
        """SELECT EXISTS (SELECT FROM community.post WHERE circle = $2 AND stage = 'PUBLISHED'
        AND author = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1)))""",
        author.root, circle,
    ):  # fmt: skip
        return ["CIRCLE_APPROVAL"]
    return []
