"""`marque import reactions FILE`."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from uuid import UUID

from domain import db
from domain.community.importers import cells, landing
from domain.community.importers.landing import NewReaction, Target
from domain.community.importers.posts import named
from domain.community.tables import ReactionKind
from domain.foundation.importing import BadValue, Importer, Options, Report, Row
from domain.profile import identities, interactions


class Kind(StrEnum):
    POST = "POST"
    ANSWER = "ANSWER"
    COMMENT = "COMMENT"


async def run(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Store reactions in batches, each in one transaction; a known external id is left as it is (unchanged)."""
    for batch in cells.batches(rows):
        async with db.transaction():
            await _batch(batch, options, report)


async def known(source: str, external_ids: set[str]) -> set[str]:
    """The external ids of reactions that are there already."""
    rows = await db.fetch(
        "SELECT external_id FROM community.reaction WHERE source = $1 AND external_id = ANY($2)",
        source, list(external_ids),
    )  # fmt: skip
    return {row["external_id"] for row in rows}


async def _batch(batch: list[Row], options: Options, report: Report) -> None:
    keys = {row.line: _key(row, options) for row in batch}
    there = await known(options.source, set(keys.values()))
    members = await identities.owners(options.identity_type, cells.values(batch, "member"))
    wanted = cells.values(batch, "target")
    targets = {kind: await landing.targets(options.source, wanted, [kind]) for kind in Kind}
    taken = await _taken([t.id for found in targets.values() for t in found.values()], list(members.values()))
    fresh: list[NewReaction] = []
    for row in batch:
        key = keys[row.line]
        try:
            if key in there:
                report.keep()
                continue
            reaction = _read(row, key, options, members, targets, taken)
        except BadValue as bad:
            report.reject(row, bad.reason, bad.problem.path, str(row.data.get("external_id") or "") or None)
            continue
        there.add(key)
        if reaction.member is not None:
            taken.add((reaction.target.id, reaction.member))
        fresh.append(reaction)
        report.accept()
    if fresh:
        entries = await landing.reactions_of(fresh, options.source)
        await interactions.record_many(entries, flags=options.flags, source=options.source)


def _key(row: Row, options: Options) -> str:
    """A row without an id of its own is known by its file and line."""
    return str(row.data.get("external_id") or "").strip()[: cells.LONGEST_ID] or f"{options.file}:{row.line}"


async def _taken(targets: list[UUID], members: list[UUID]) -> set[tuple[UUID, UUID]]:
    rows = await db.fetch(
        "SELECT target, member FROM community.reaction WHERE target = ANY($1) AND member = ANY($2)",
        targets, members,
    )  # fmt: skip
    return {(row["target"], row["member"]) for row in rows}


def _read(
    row: Row,
    key: str,
    options: Options,
    members: dict[str, UUID],
    targets: dict[Kind, dict[str, Target]],
    taken: set[tuple[UUID, UUID]],
) -> NewReaction:
    target = targets[cells.one_of(row, "target_kind", Kind)].get(cells.needed(row, "target"))
    if target is None:
        raise cells.bad("TARGET_NOT_FOUND", "target", "is not there")
    member = named(row, "member", members)
    kind = cells.one_of(row, "kind", ReactionKind)
    if member is not None and member == target.author:
        raise cells.bad("OWN_CONTENT", "member", "reacts to what they wrote themselves")
    if member is not None and (target.id, member) in taken:
        raise cells.bad("ALREADY_REACTED", "member", "has reacted to this before")
    return NewReaction(key, target, member, kind, cells.at(row, "at", options))


REACTIONS = Importer(
    kind="reactions",
    help="Likes and dislikes; without a member they are anonymous.",
    run=run,
    columns=("external_id", "target_kind", "target", "member", "kind", "at"),
    rules="apply",
    example="marque import reactions likes.csv --source forum",
)
