"""Users, tags, posts and comments of a dump. Questions and tag wikis become posts, answers become comments."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import UUID

from domain import clock, db
from domain.community import rules
from domain.community.importers import cells, landing
from domain.community.importers.landing import NewComment, NewPost, Target
from domain.community.importers.stackexchange import dump
from domain.community.importers.stackexchange.unit import Unit, owner, target
from domain.community.tables import BodyFormat, CommentKind, PostKind
from domain.foundation import ids
from domain.foundation.importing import Row
from domain.profile import newcomers
from domain.profile.newcomers import Newcomer

QUESTION, ANSWER, EXCERPT, WIKI = "1", "2", "4", "5"
_KINDS = {QUESTION: PostKind.QUESTION, EXCERPT: PostKind.ARTICLE, WIKI: PostKind.ARTICLE}


async def users(unit: Unit) -> AsyncIterator[int]:
    """Users become members; each phase yields after a batch, with the number of its rows."""
    for batch in unit.batches("Users"):
        known = set(await unit.members(batch, "Id"))

        def read(row: Row, known: set[str] = known) -> Newcomer | None:
            external_id = dump.needed(row, "Id")
            if external_id in known:
                return None
            joined_at = dump.at(row)
            known.add(external_id)
            seen_at = dump.later(row, "LastAccessDate") or joined_at
            return Newcomer(
                external_id,
                joined_at,
                max(joined_at, seen_at),
                (dump.text(row, "DisplayName") or "")[:100] or None,
            )

        if fresh := unit.read(batch, read):
            unit.entries += await newcomers.add(fresh, unit.options.identity_type, unit.source)
        yield len(batch)


async def tags(unit: Unit) -> AsyncIterator[int]:
    """Tags become hashtags; they concern nobody."""
    for batch in unit.batches("Tags"):
        rows = await db.fetch(
            "SELECT name FROM community.hashtag WHERE name = ANY($1)", sorted(_tag_names(batch))
        )
        known = {row["name"] for row in rows}

        def read(row: Row, known: set[str] = known) -> tuple[str, str] | None:
            name = rules.hashtag(dump.needed(row, "TagName"))
            if name in known:
                return None
            known.add(name)
            return name, dump.needed(row, "Id")

        if fresh := unit.read(batch, read):
            await db.run(
                """INSERT INTO community.hashtag (id, name, source, external_id, created_at)
                SELECT i, n, $3, e, $5 FROM unnest($1::uuid[], $2::text[], $4::text[]) AS g(i, n, e)""",
                [ids.new() for _ in fresh], [name for name, _ in fresh], unit.source,
                [external_id for _, external_id in fresh], clock.now(),
            )  # fmt: skip
        yield len(batch)


async def posts(unit: Unit) -> AsyncIterator[int]:
    """Questions, and tag wikis and excerpts as articles that stand in no feed."""
    for batch in unit.batches("Posts", keep=lambda row: row.data.get("PostTypeId") != ANSWER):
        authors = await unit.members(batch, "OwnerUserId")
        known = set(await unit.posts(batch, "Id"))

        def read(row: Row, authors: dict[str, UUID] = authors, known: set[str] = known) -> NewPost | None:
            if dump.needed(row, "Id") in known:
                return None
            post = _post(row, authors)
            known.add(post.external_id)
            return post

        if fresh := unit.read(batch, read):
            unit.entries += await landing.posts(fresh, unit.source)
        yield len(batch)


async def answers(unit: Unit) -> AsyncIterator[int]:
    """Answers; the accepted ones are accepted as they arrive."""
    for batch in unit.batches("Posts", keep=lambda row: row.data.get("PostTypeId") == ANSWER):
        authors = await unit.members(batch, "OwnerUserId")
        questions = await unit.posts(batch, "ParentId")
        known = set(await unit.posts(batch, "Id"))

        def read(
            row: Row,
            authors: dict[str, UUID] = authors,
            questions: dict[str, Target] = questions,
            known: set[str] = known,
        ) -> NewComment | None:
            if dump.needed(row, "Id") in known:
                return None
            answer = _answer(row, authors, questions)
            known.add(answer.external_id)
            return answer

        if fresh := unit.read(batch, read):
            unit.entries += await landing.comments_of(fresh, unit.source)
        yield len(batch)


async def comments(unit: Unit) -> AsyncIterator[int]:
    """Comments on questions stand under the post, comments on answers below the answer."""
    for batch in unit.batches("Comments"):
        authors = await unit.members(batch, "UserId")
        under = await unit.posts(batch, "PostId")
        known = set(await landing.targets(unit.source, cells.values(batch, "Id"), ("COMMENT",)))

        def read(
            row: Row,
            authors: dict[str, UUID] = authors,
            under: dict[str, Target] = under,
            known: set[str] = known,
        ) -> NewComment | None:
            if dump.needed(row, "Id") in known:
                return None
            comment = NewComment(
                external_id=row.data["Id"],
                author=owner(row, "UserId", authors),
                kind=CommentKind.COMMENT,
                body=cells.body(row, "Text"),
                body_format=BodyFormat.PLAIN,
                at=dump.at(row),
                under=target(row, under),
                licence=dump.text(row, "ContentLicense"),
            )
            known.add(comment.external_id)
            return comment

        if fresh := unit.read(batch, read):
            unit.entries += await landing.comments_of(fresh, unit.source)
        yield len(batch)


def _post(row: Row, authors: dict[str, UUID]) -> NewPost:
    type_ = dump.needed(row, "PostTypeId")
    if type_ not in _KINDS:
        raise cells.bad("NOT_APPLICABLE", "PostTypeId", "only questions, answers and tag wikis are imported")
    return NewPost(
        external_id=dump.needed(row, "Id"),
        author=owner(row, "OwnerUserId", authors),
        kind=_KINDS[type_],
        title=(dump.text(row, "Title") or "")[: cells.LONGEST_TITLE] or None,
        body=cells.body(row, "Body"),
        body_format=BodyFormat.HTML,
        hashtags=tuple(re.findall(r"[^<>|]+", dump.text(row, "Tags") or "")),
        at=dump.at(row),
        edited_at=dump.later(row, "LastEditDate"),
        accepted=dump.text(row, "AcceptedAnswerId"),
        views=_views(row),
        licence=dump.text(row, "ContentLicense"),
        source_type=type_,
        is_listed=type_ == QUESTION,
    )


def _answer(row: Row, authors: dict[str, UUID], questions: dict[str, Target]) -> NewComment:
    question = target(row, questions, "ParentId")
    if question.kind != "POST":
        raise cells.bad("TARGET_NOT_FOUND", "ParentId", "is no question")
    return NewComment(
        external_id=dump.needed(row, "Id"),
        author=owner(row, "OwnerUserId", authors),
        kind=CommentKind.ANSWER,
        body=cells.body(row, "Body"),
        body_format=BodyFormat.HTML,
        at=dump.at(row),
        under=question,
        edited_at=dump.later(row, "LastEditDate"),
        licence=dump.text(row, "ContentLicense"),
        source_type=ANSWER,
    )


def _views(row: Row) -> int:
    found = dump.text(row, "ViewCount") or "0"
    if not found.isdecimal():
        raise cells.bad("bad_number", "ViewCount", f"{found!r} is no number")
    return int(found)


def _tag_names(batch: list[Row]) -> set[str]:
    return {rules.hashtag(name) for name in cells.values(batch, "TagName")}
