"""Editing posts and comments while their windows are open; every edit is judged as if it were new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.community import (
    authors,
    barriers,
    comments,
    configuration,
    content_rules,
    mentions,
    posts,
    rates,
    review_items,
    revisions,
    rules,
    submitting,
)
from domain.community.authors import Author
from domain.community.desk_tables import ReviewCause
from domain.community.errors import EditWindowClosed
from domain.community.rates import Act
from domain.community.revisions import Text
from domain.community.submitting import Judged
from domain.community.tables import BodyFormat, PostKind, Stage, TargetKind
from domain.errors import InvalidInput, NotFound, VersionConflict


@dataclass(frozen=True)
class Edit:
    """What an edit changes; None leaves it as it is (``title=""`` takes the title away)."""

    title: str | None = None
    body: str | None = None
    hashtags: Sequence[str] | None = None


async def edit_post(actor: Actor, post_id: UUID, expected_version: int, change: Edit) -> UUID:
    """Change one's own post; where the new text has to wait, the approved one stays public until then.

    A small correction right after the text was shown makes no revision that is shown. A text that is the same already
    changes nothing. Locks: the member's root, then the post. Raises NOT_FOUND, PostingNotAllowed, VersionConflict,
    EditWindowClosed, RATE_LIMITED, InvalidInput.
    """
    async with db.transaction():
        author = await authors.locked(actor)
        post = await _post(author, post_id, expected_version)
        title = (post["title"] if change.title is None else change.title.strip()) or None
        body = post["body"] if change.body is None else change.body
        if (title, body) == (post["title"], post["body"]) and change.hashtags is None:
            return post_id
        await rates.must_allow(author, Act.EDITS)
        _check(PostKind(post["kind"]), title, body, change.hashtags)
        judged = await submitting.edit(
            author, TargetKind.POST, post["circle"], title, body,
            body_format=BodyFormat(post["body_format"]), hashtags=change.hashtags or (),
        )  # fmt: skip
        text = Text(judged.title, judged.body, change.hashtags, judged.mentioned)
        await _go_on(actor, TargetKind.POST, post, text, judged)
    return post_id


async def edit_comment(actor: Actor, comment_id: UUID, expected_version: int, body: str) -> UUID:
    """Change one's own comment, as :func:`edit_post` a post."""
    async with db.transaction():
        author = await authors.locked(actor)
        comment = await comments.own(author.root, comment_id)
        circle = await db.value("SELECT circle FROM community.post WHERE id = $1", comment["post"])
        await _must_be_open(author, comment, circle, "COMMENT", expected_version)
        if body == comment["body"]:
            return comment_id
        await rates.must_allow(author, Act.EDITS)
        rules.check_comment(body)
        judged = await submitting.edit(
            author, TargetKind.COMMENT, circle, None, body, body_format=BodyFormat(comment["body_format"])
        )
        text = Text(None, judged.body, None, judged.mentioned)
        await _go_on(actor, TargetKind.COMMENT, comment, text, judged)
    return comment_id


async def _post(author: Author, post_id: UUID, expected_version: int) -> db.Row:
    """The author's post, locked, which may be edited now."""
    await posts.own(author.root, post_id)
    post = await db.one("SELECT * FROM community.post WHERE id = $1", post_id)
    assert post is not None
    if post["stage"] in (Stage.DRAFT, Stage.SCHEDULED, Stage.REJECTED):
        raise InvalidInput.at("postId", "This is not published: save it as a draft.")
    await _must_be_open(author, post, post["circle"], post["kind"], expected_version)
    return post


async def _must_be_open(
    author: Author, content: db.Row, circle: UUID | None, kind: str, expected_version: int
) -> None:
    if content["deleted_at"] is not None or content["stage"] == Stage.REJECTED:
        raise NotFound()
    await barriers.must_speak(author, circle, kind)
    if content["version"] != expected_version:
        raise VersionConflict(content["version"])
    if content["published_at"] is None:
        return
    minutes = configuration.at_level(await configuration.value("edit.window_minutes"), author.level)
    closed_at = content["published_at"] + timedelta(minutes=minutes)
    if clock.now() > closed_at:
        raise EditWindowClosed(closed_at)


def _check(kind: PostKind, title: str | None, body: str, names: Sequence[str] | None) -> None:
    problems = rules.post_problems(
        title,
        body,
        names or (),
        needs_title=kind in content_rules.TITLED,
        needs_body=not (kind in content_rules.SPEAKS_BY_TITLE and title),
    )
    if problems:
        raise InvalidInput(problems)


async def _go_on(actor: Actor, kind: TargetKind, content: db.Row, text: Text, judged: Judged) -> None:
    """The judged text is applied, or waits; what is not public yet keeps waiting with the new text."""
    version = content["version"] + 1
    if content["stage"] == Stage.PENDING:
        await revisions.apply(actor, kind, content, text, is_shown=False, is_public=False)
        await judged.keep(kind, content["id"], version)
        return
    await judged.keep(kind, content["id"], version)
    if judged.held_for:
        await revisions.hold(actor, kind, content, text)
        await review_items.open(kind, content["id"], ReviewCause.HELD, reasons=judged.held_for)
        return
    is_shown = not await _is_small(kind, content, text)
    await revisions.apply(actor, kind, content, text, is_shown=is_shown)
    post = content["id"] if kind is TargetKind.POST else content["post"]
    await mentions.tell(kind, content["id"], post, content["author"])


async def _is_small(kind: TargetKind, content: db.Row, text: Text) -> bool:
    """Whether a correction is so small and so early that nobody is told of it."""
    said = await configuration.values("edit.ninja_seconds", "edit.ninja_characters")
    title, body, at = await revisions.last_shown(kind, content)
    changed = content_rules.changed_characters(title or "", text.title or "")
    changed += content_rules.changed_characters(body, text.body)
    return _is_early(at, said["edit.ninja_seconds"]) and changed <= said["edit.ninja_characters"]


def _is_early(at: datetime, seconds: int) -> bool:
    return clock.now() <= at + timedelta(seconds=seconds)
