"""Importing tags: of members by external id, of vehicles and stores by what their areas know them by."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.foundation import ids, importing
from domain.foundation.importing import BadValue, Importer, Options, Report, Row
from domain.profile import identities, interactions, kinds, relations
from domain.profile.imports import people
from domain.profile.tags import TagSubject


async def run(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Store the rows in batches, each in one transaction; a tag that is there already, just so, is unchanged."""
    while batch := list(islice(rows, people.BATCH)):
        async with db.transaction():
            named = {str(row.data.get("external_id", "")).strip() for row in batch}
            known = await identities.owners(options.identity_type, named)
            left = await people.who_left(options, named - known.keys())
            for row in batch:
                try:
                    kind, subject = await _subject(row, known, left, options)
                    is_new = await _tag(row, kind, subject, options)
                except BadValue as wrong:
                    external_id = str(row.data.get("external_id") or "").strip()
                    report.reject(row, wrong.reason, wrong.problem.path, external_id or None)
                    continue
                report.accept() if is_new else report.keep()


async def _subject(
    row: Row, known: dict[str, UUID], left: set[str], options: Options
) -> tuple[TagSubject, UUID]:
    """Who or what is tagged: a root (locked), a vehicle or a store."""
    has_kind = importing.text(row, "subject_kind") is not None
    kind = people.one_of(TagSubject, row, "subject_kind") if has_kind else TagSubject.MEMBER
    external_id = people.needed(row, "external_id")
    if kind is not TagSubject.MEMBER:
        found = await relations.target_of(kind, external_id, options.identity_type)
        if found is None:
            raise people.bad("unknown_subject", "external_id", "names nothing")
        return kind, found
    if external_id in left:
        raise people.bad("suppressed", "external_id", "names somebody who left")
    if external_id not in known:
        raise people.bad("unknown_member", "external_id", "names no member of this source")
    (root,) = await people.locked(known[external_id])
    return kind, root


async def _tag(row: Row, kind: TagSubject, subject: UUID, options: Options) -> bool:
    key, value = people.needed(row, "key", 100), importing.text(row, "value", longest=100) or ""
    since = importing.time(row, "valid_from", options) or clock.now()
    until = importing.time(row, "valid_to", options)
    if until is not None and until <= since:
        raise people.bad("bad_time", "valid_to", "is not after valid_from")
    held = await db.value(
        """SELECT EXISTS (SELECT FROM profile.tag_assignment WHERE subject_kind = $6 AND subject_id = $1
            AND key = $2 AND value = $3 AND (valid_to IS NULL AND $5::timestamptz IS NULL
                OR valid_from = $4 AND valid_to IS NOT DISTINCT FROM $5))""",
        subject, key, value, since, until, kind,
    )  # fmt: skip
    if held:
        return False
    tag_id = ids.new()
    await db.run(
        """INSERT INTO profile.tag_assignment
            (id, subject_kind, subject_id, key, value, origin, valid_from, valid_to, evidence)
        VALUES ($1, $8, $2, $3, $4, 'MANUAL', $5, $6, $7)""",
        tag_id, subject, key, value, since, until, {"import": options.source}, kind,
    )  # fmt: skip
    for recorded, at in ((kinds.TAG_ASSIGNED, since), (kinds.TAG_REMOVED, until)):
        if at is not None:
            await interactions.record(
                SYSTEM, recorded, (kind, subject), once=tag_id, at=min(at, clock.now()), flags=options.flags,
                member=subject if kind is TagSubject.MEMBER else None, source=options.source, key=key, value=value,
            )  # fmt: skip
    return True


TAGS = Importer(
    kind="tags",
    help="Tags of members, vehicles and stores, in force or past.",
    run=run,
    columns=("subject_kind", "external_id", "key", "value", "valid_from", "valid_to"),
    example="marque import tags tags.csv --source crm",
)
