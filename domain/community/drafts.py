"""Drafts: posts that only their authors see, until they are sent off."""

from __future__ import annotations

from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import authors, circles, content, hashtags, mentions, polls, rules, stages, viewers
from domain.community import publishing_kinds as kinds
from domain.community.authors import Author
from domain.community.content import Content
from domain.community.submitting import Judged
from domain.community.tables import Stage, TargetKind
from domain.errors import IllegalTransition, InvalidInput, NotFound, VersionConflict
from domain.foundation import ids
from domain.foundation.pages import Page
from domain.profile import interactions

MOST_DRAFTS = 200


async def save(
    actor: Actor, given: Content, *, draft_id: UUID | None = None, expected_version: int | None = None
) -> UUID:
    """Keep a post that is not sent off yet, whole as it is given; an unfinished one may be kept.

    A scheduled or a refused post becomes a draft again by it. Locks: the member's root, then the draft. Raises
    InvalidInput, VersionConflict, IllegalTransition (published, or waiting), NOT_FOUND.
    """
    async with db.transaction():
        author = await authors.locked(actor)
        whole = given.whole()
        if draft_id is not None:
            await _reopen(author, draft_id, expected_version)
        elif await _count(author.root) >= MOST_DRAFTS:
            raise InvalidInput.at("draftId", f"Keep at most {MOST_DRAFTS} drafts.")
        if whole.circle_id is not None:
            await circles.must_enter(viewers.of(actor), whole.circle_id)
        await content.check(author.root, whole, is_draft=True)
        judged = Judged(whole.title, whole.body or "", rules.fingerprint(whole.title, whole.body or ""))
        post_id = await write(author, draft_id, whole, judged)
        version = await db.value("SELECT version FROM community.post WHERE id = $1", post_id)
        await interactions.record(
            actor, kinds.POST_DRAFTED, ("POST", post_id), once=f"{post_id}:{version}", member=author.root
        )
    return post_id


async def write(
    author: Author, draft_id: UUID | None, whole: Content, judged: Judged, *, ip_region: str | None = None
) -> UUID:
    """Store a content as a draft's (a new one, or over the old one), and all that belongs to it."""
    post_id, now = draft_id or ids.new(), clock.now()
    await db.run(
        """INSERT INTO community.post AS p (id, author, circle, kind, title, body, body_format, folded_hash, stage,
            is_listed, version, transition, touchpoint, vehicle, event_id, ai_declared, compose_ms, ip_region, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'DRAFT', true, 1, 0, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (id) DO UPDATE SET circle = excluded.circle, kind = excluded.kind, title = excluded.title,
            body = excluded.body, body_format = excluded.body_format, folded_hash = excluded.folded_hash,
            touchpoint = excluded.touchpoint, vehicle = excluded.vehicle, event_id = excluded.event_id,
            ai_declared = excluded.ai_declared, compose_ms = excluded.compose_ms,
            ip_region = coalesce(excluded.ip_region, p.ip_region), version = p.version + 1""",
        post_id, author.root, whole.circle_id, whole.kind, judged.title, judged.body, whole.body_format,
        judged.fingerprint, author.actor.touchpoint, whole.vehicle_id, whole.event_id, whole.ai_declared,
        whole.compose_ms, ip_region, now,
    )  # fmt: skip
    await hashtags.put(post_id, whole.hashtags or ())
    await polls.put(post_id, whole.poll)
    await mentions.put(TargetKind.POST, post_id, judged.mentioned)
    return post_id


async def mine(member: UUID, page: Page) -> list[db.Row]:
    """Ids and times of what a person has not published: drafts, scheduled, waiting and refused posts, newest first.

    Key of a page: (created_at, id).
    """
    at, last = page.after or (None, None)
    return await db.fetch(
        """SELECT p.id, p.created_at FROM community.post AS p
        WHERE p.author = ANY(ARRAY(SELECT id FROM profile.member WHERE root = (SELECT root FROM profile.member WHERE id = $1)))
        AND p.stage <> 'PUBLISHED' AND p.deleted_at IS NULL
        AND ($2::timestamptz IS NULL OR (p.created_at, p.id) < ($2, $3::uuid))
        ORDER BY p.created_at DESC, p.id DESC LIMIT $4""",
        member, at, last, page.limit + 1,
    )  # fmt: skip


async def _reopen(author: Author, draft_id: UUID, expected_version: int | None) -> None:
    """The author's post is a draft, or becomes one again."""
    row = await db.one(
        """SELECT stage, version, deleted_at FROM community.post AS p
        WHERE p.id = $1 AND community.is_same_person(p.author, $2) FOR NO KEY UPDATE""",
        draft_id, author.root,
    )  # fmt: skip
    if row is None or row["deleted_at"] is not None:
        raise NotFound()
    if expected_version is not None and row["version"] != expected_version:
        raise VersionConflict(row["version"])
    if row["stage"] in (Stage.SCHEDULED, Stage.REJECTED):
        await stages.move(draft_id, Stage.DRAFT)
    elif row["stage"] != Stage.DRAFT:
        raise IllegalTransition(row["stage"], Stage.DRAFT, sorted(rules.STAGE_EDGES[Stage(row["stage"])]))


async def _count(root: UUID) -> int:
    return await db.value(
        """SELECT count(*) FROM community.post WHERE stage = 'DRAFT' AND deleted_at IS NULL
        AND author = ANY(ARRAY(SELECT id FROM profile.member WHERE root = $1))""",
        root,
    )
