"""`marque import comments FILE`."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from domain import db
from domain.community.importers import cells, landing
from domain.community.importers.landing import NewComment, Target
from domain.community.importers.posts import named
from domain.community.tables import BodyFormat, CommentKind
from domain.foundation import importing
from domain.foundation.importing import BadValue, Importer, Options, Report, Row
from domain.profile import identities, interactions

_TRIED = ("POST", "ANSWER", "COMMENT")


async def run(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Store comments in batches, each in one transaction; a known external id is left as it is (unchanged)."""
    for batch in cells.batches(rows):
        async with db.transaction():
            await _batch(batch, options, report)


async def _batch(batch: list[Row], options: Options, report: Report) -> None:
    """Store the batch level by level: a reply is taken once what it replies to is there."""
    authors = await identities.owners(options.identity_type, cells.values(batch, "author"))
    known = await _known(options, batch)
    waiting = batch
    while waiting:
        under = await landing.targets(options.source, cells.values(waiting, "post", "parent"), _TRIED)
        parents = await landing.targets(
            options.source, cells.values(waiting, "parent"), ("ANSWER", "COMMENT")
        )
        fresh: list[NewComment] = []
        later: list[Row] = []
        in_batch = {str(row.data.get("external_id") or "").strip() for row in waiting}
        for row in waiting:
            try:
                key = (cells.needed(row, "external_id"), cells.one_of(row, "kind", CommentKind))
                if key in known:
                    report.keep()
                    continue
                if _must_wait(row, parents, in_batch):
                    later.append(row)
                    continue
                comment = _read(row, options, authors, under, parents)
            except BadValue as bad:
                report.reject(
                    row, bad.reason, bad.problem.path, str(row.data.get("external_id") or "") or None
                )
                continue
            known.add(key)
            fresh.append(comment)
            report.accept()
        await _store(fresh, options)
        if not fresh:  # what is left waits for rows that were rejected, or for itself
            for row in later:
                report.reject(
                    row, "TARGET_NOT_FOUND", "parent", str(row.data.get("external_id") or "") or None
                )
            return
        waiting = later


def _must_wait(row: Row, parents: dict[str, Target], in_batch: set[str]) -> bool:
    parent = importing.text(row, "parent")
    return (
        parent is not None
        and parent not in parents
        and parent in in_batch
        and parent != importing.text(row, "post")
    )


async def _store(fresh: list[NewComment], options: Options) -> None:
    if fresh:
        entries = await landing.comments_of(fresh, options.source)
        await interactions.record_many(entries, flags=options.flags, source=options.source)


async def _known(options: Options, batch: list[Row]) -> set[tuple[str, CommentKind]]:
    rows = await db.fetch(
        "SELECT external_id, kind FROM community.comment WHERE source = $1 AND external_id = ANY($2)",
        options.source, list(cells.values(batch, "external_id")),
    )  # fmt: skip
    return {(row["external_id"], CommentKind(row["kind"])) for row in rows}


def _read(
    row: Row, options: Options, authors: dict[str, UUID], under: dict[str, Target], parents: dict[str, Target]
) -> NewComment:
    kind = cells.one_of(row, "kind", CommentKind)
    post = under.get(cells.needed(row, "post"))
    if post is None:
        raise cells.bad("TARGET_NOT_FOUND", "post", "is not there")
    place = _place(row, post, under, parents)
    if kind is CommentKind.ANSWER and place.kind != "POST":
        raise cells.bad("bad_parent", "parent", "an answer stands directly under its question")
    return NewComment(
        external_id=cells.needed(row, "external_id"),
        author=named(row, "author", authors),
        kind=kind,
        body=cells.body(row),
        body_format=cells.one_of(row, "body_format", BodyFormat, BodyFormat.PLAIN),
        at=cells.at(row, "created_at", options),
        under=place,
    )


def _place(row: Row, post: Target, under: dict[str, Target], parents: dict[str, Target]) -> Target:
    """What is replied to: the first of post, answer and comment with the parent's id that belongs to this post."""
    parent = importing.text(row, "parent")
    if parent is None or under.get(parent) == post:
        return post
    found = parents.get(parent)
    if found is not None and found.post == post.post:
        return found
    raise cells.bad("TARGET_NOT_FOUND", "parent", "is not there, or under another post")


COMMENTS = Importer(
    kind="comments",
    help="Comments and answers; an empty author is a closed account.",
    run=run,
    columns=("external_id", "post", "parent", "kind", "author", "body", "body_format", "created_at"),
    rules="apply",
    example="marque import comments comments.csv --source forum",
)
