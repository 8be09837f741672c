"""What an author writes, before it is a post: texts, a poll, and what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from uuid import UUID

from domain import clock, db
from domain.community import content_rules, polls
from domain.community.content_rules import PollText
from domain.community.tables import BodyFormat, PostKind


@dataclass(frozen=True)
class Content:
    """A post as its author wrote it; None is "not said" (:meth:`over`), and then the default."""

    kind: PostKind | None = None
    title: str | None = None
    body: str | None = None
    circle_id: UUID | None = None
    hashtags: Sequence[str] | None = None
    poll: PollText | None = None
    vehicle_id: UUID | None = None
    event_id: UUID | None = None
    ai_declared: bool | None = None
    compose_ms: int | None = None
    body_format: BodyFormat | None = None

    def over(self, stored: Content) -> Content:
        """What is said here, and for the rest what was stored."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        return replace(stored, **{name: value for name, value in said.items() if value is not None})

    def whole(self) -> Content:
        """With defaults for what was not said; articles are written in Markdown."""
        kind = self.kind or PostKind.MOMENT
        return replace(
            self,
            kind=kind,
            title=(self.title or "").strip() or None,
            body=self.body or "",
            hashtags=self.hashtags or (),
            ai_declared=bool(self.ai_declared),
            body_format=self.body_format
            or (BodyFormat.MARKDOWN if kind is PostKind.ARTICLE else BodyFormat.PLAIN),
        )


async def stored(post_id: UUID) -> Content:
    """What a draft holds."""
    row = await db.one("SELECT * FROM community.post WHERE id = $1", post_id)
    assert row is not None
    names = await db.fetch(
        """SELECT h.name FROM community.post_hashtag AS p JOIN community.hashtag AS h ON h.id = p.hashtag
        WHERE p.post = $1 ORDER BY p.position""",
        post_id,
    )
    return Content(
        PostKind(row["kind"]), row["title"], row["body"], row["circle"], [name["name"] for name in names],
        await polls.text_of(post_id), row["vehicle"], row["event_id"], row["ai_declared"], row["compose_ms"],
        BodyFormat(row["body_format"]),
    )  # fmt: skip


async def check(root: UUID, content: Content, *, is_draft: bool = False) -> None:
    """Raise InvalidInput with every problem of a post (of a draft: only what could never be kept)."""
    content_rules.check(content, clock.now(), is_draft=is_draft)
    if content.vehicle_id is not None and not await _has_vehicle(root, content.vehicle_id):
        raise content_rules.not_your_vehicle()


async def _has_vehicle(root: UUID, vehicle: UUID) -> bool:
    """Whether the person owns or drives it now (a tie in the profile)."""
    return await db.value(
        """SELECT EXISTS (SELECT FROM profile.relation AS r JOIN profile.member AS m ON m.id = r.member
        WHERE m.root = $1 AND r.target_kind = 'VEHICLE' AND r.target_id = $2 AND r.valid_from <= $3
        AND (r.valid_to IS NULL OR r.valid_to > $3))""",
        root, vehicle, clock.now(),
    )  # fmt: skip
