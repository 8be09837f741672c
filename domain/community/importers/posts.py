"""`marque import posts FILE`."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from domain import db
from domain.community.importers import cells, landing
from domain.community.importers.landing import NewPost
from domain.community.tables import BodyFormat, PostKind
from domain.foundation import importing
from domain.foundation.importing import BadValue, Importer, Options, Report, Row
from domain.profile import identities, interactions


async def run(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Store posts in batches, each in one transaction; a known external id is left as it is (unchanged)."""
    for batch in cells.batches(rows):
        async with db.transaction():
            await _batch(batch, options, report)


async def _batch(batch: list[Row], options: Options, report: Report) -> None:
    known = set(await landing.targets(options.source, cells.values(batch, "external_id"), ["POST"]))
    authors = await identities.owners(options.identity_type, cells.values(batch, "author"))
    circles = await external_circles(options, cells.values(batch, "circle"))
    fresh: list[NewPost] = []
    for row in batch:
        try:
            post = _read(row, options, authors, circles)
        except BadValue as bad:
            report.reject(row, bad.reason, bad.problem.path, str(row.data.get("external_id") or "") or None)
            continue
        if post.external_id in known:
            report.keep()
            continue
        known.add(post.external_id)
        fresh.append(post)
        report.accept()
    if fresh:
        entries = await landing.posts(fresh, options.source)
        await interactions.record_many(entries, flags=options.flags, source=options.source)


async def external_circles(options: Options, external_ids: set[str]) -> dict[str, UUID]:
    """The circles that external ids of the source name."""
    rows = await db.fetch(
        "SELECT external_id, id FROM community.circle WHERE source = $1 AND external_id = ANY($2)",
        options.source, list(external_ids),
    )  # fmt: skip
    return {row["external_id"]: row["id"] for row in rows}


def _read(row: Row, options: Options, authors: dict[str, UUID], circles: dict[str, UUID]) -> NewPost:
    views = importing.integer(row, "views")
    return NewPost(
        external_id=cells.needed(row, "external_id"),
        author=named(row, "author", authors),
        circle=named(row, "circle", circles),
        kind=cells.one_of(row, "kind", PostKind),
        title=importing.text(row, "title", longest=cells.LONGEST_TITLE),
        body=cells.body(row),
        body_format=cells.one_of(row, "body_format", BodyFormat, BodyFormat.PLAIN),
        hashtags=cells.names(row, "tags"),
        at=cells.at(row, "created_at", options),
        edited_at=importing.time(row, "edited_at", options),
        closed_at=importing.time(row, "closed_at", options),
        accepted=importing.text(row, "accepted_comment", longest=cells.LONGEST_ID),
        views=max(views or 0, 0),
        licence=importing.text(row, "licence", longest=100),
    )


def named(row: Row, path: str, known: dict[str, UUID]) -> UUID | None:
    """What an optional reference names; one that names nothing is a reject."""
    external_id = importing.text(row, path)
    if external_id is None:
        return None
    if external_id not in known:
        raise cells.bad("TARGET_NOT_FOUND", path, f"{external_id!r} is not there")
    return known[external_id]


POSTS = Importer(
    kind="posts",
    help="Posts with their hashtags; an empty author is a closed account.",
    run=run,
    columns=(
        "external_id", "author", "circle", "kind", "title", "body", "body_format", "tags", "created_at", "edited_at",
        "closed_at", "accepted_comment", "views", "licence",
    ),
    rules="apply",
    example="marque import posts posts.csv --source forum --zone Asia/Shanghai",
)  # fmt: skip
