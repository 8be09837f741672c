"""`marque import circles FILE` and `marque import circle-members FILE`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import ActorKind
from domain.community import kinds
from domain.community.importers import cells
from domain.community.importers.posts import external_circles, named
from domain.community.tables import CircleKind, CircleRole, CircleVisibility
from domain.foundation import ids
from domain.foundation.importing import BadValue, Importer, Options, Report, Row
from domain.profile import identities, interactions
from domain.profile.interactions import Entry

Circle = tuple[str, str, CircleKind, CircleVisibility]


async def run_circles(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Store circles in batches; a known external id is left as it is. They concern nobody: no interaction."""
    for batch in cells.batches(rows):
        async with db.transaction():
            known = set(await external_circles(options, cells.values(batch, "external_id")))
            for row in batch:
                try:
                    circle = _read_circle(row)
                except BadValue as bad:
                    report.reject(
                        row, bad.reason, bad.problem.path, str(row.data.get("external_id") or "") or None
                    )
                    continue
                if circle[0] in known:
                    report.keep()
                    continue
                known.add(circle[0])
                await _add_circle(circle, options)
                report.accept()


async def run_members(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Store memberships in batches; who is in the circle already is left as they are."""
    for batch in cells.batches(rows):
        async with db.transaction():
            await _members(batch, options, report)


def _read_circle(row: Row) -> Circle:
    return (
        cells.needed(row, "external_id"),
        cells.needed(row, "name", longest=60),
        cells.one_of(row, "kind", CircleKind),
        cells.one_of(row, "visibility", CircleVisibility, CircleVisibility.PUBLIC),
    )


async def _add_circle(circle: Circle, options: Options) -> None:
    external_id, name, kind, visibility = circle
    circle_id = ids.new()
    slug = re.sub(r"[^a-z0-9]+", "-", external_id.lower()).strip("-")[:40] or "circle"
    if await db.value("SELECT EXISTS (SELECT FROM community.circle WHERE slug = $1)", slug):
        slug = f"{slug}-{circle_id.hex[-8:]}"
    await db.run(
        """INSERT INTO community.circle (id, slug, name, kind, visibility, join_policy, posting, version, source,
            external_id, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'ANYONE', 1, $7, $8, $9)""",
        circle_id, slug, name, kind, visibility,
        "OPEN" if visibility is not CircleVisibility.PRIVATE else "APPROVAL", options.source, external_id,
        clock.now(),
    )  # fmt: skip


async def _members(batch: list[Row], options: Options, report: Report) -> None:
    circles = await external_circles(options, cells.values(batch, "circle"))
    members = await identities.owners(options.identity_type, cells.values(batch, "member"))
    rows = await db.fetch(
        "SELECT circle, member FROM community.circle_member WHERE circle = ANY($1) AND member = ANY($2)",
        list(circles.values()), list(members.values()),
    )  # fmt: skip
    there = {(row["circle"], row["member"]) for row in rows}
    fresh: list[tuple[UUID, UUID, UUID, CircleRole, datetime]] = []
    for row in batch:
        try:
            cells.needed(row, "circle"), cells.needed(row, "member")
            circle, member = named(row, "circle", circles), named(row, "member", members)
            role = cells.one_of(row, "role", CircleRole, CircleRole.MEMBER)
            at = cells.at(row, "joined_at", options)
        except BadValue as bad:
            report.reject(row, bad.reason, bad.problem.path)
            continue
        assert circle is not None and member is not None
        if (circle, member) in there:
            report.keep()
            continue
        there.add((circle, member))
        fresh.append((ids.new(), circle, member, role, at))
        report.accept()
    await _join(fresh, options)


async def _join(fresh: list[tuple[UUID, UUID, UUID, CircleRole, datetime]], options: Options) -> None:
    if not fresh:
        return
    await db.run(
        """INSERT INTO community.circle_member
            (id, circle, member, role, rank, state, source, transition, created_at, changed_at)
        SELECT i, c, m, r, 0, 'ACTIVE', 'MANUAL', 1, at, at
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[]) AS g(i, c, m, r, at)""",
        *(list(column) for column in zip(*fresh, strict=True)),
    )
    await interactions.record_many(
        [
            Entry(kinds.CIRCLE_JOINED, ("CIRCLE", c), f"{i}:1", m, at, ActorKind.MEMBER, m)
            for i, c, m, _, at in fresh
        ],
        flags=options.flags,
        source=options.source,
    )


CIRCLES = Importer(
    kind="circles",
    help="Circles with their external ids.",
    run=run_circles,
    columns=("external_id", "name", "kind", "visibility"),
    rules="apply",
    example="marque import circles circles.csv --source forum",
)
CIRCLE_MEMBERS = Importer(
    kind="circle-members",
    help="Who is in which circle since when.",
    run=run_members,
    columns=("circle", "member", "role", "joined_at"),
    rules="apply",
    example="marque import circle-members members.csv --source forum",
)
