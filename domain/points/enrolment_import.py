"""Importing who is in a programme: `marque import enrolments FILE`.

A row is known by programme and number; the same row again changes nothing, other dates revise it. The tier becomes the
floor of the programme's scheme that has a tier of this code, from the first day until the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM
from domain.errors import Problem
from domain.foundation import ids, importing
from domain.foundation.importing import BadValue, Importer, Options, Report, Row
from domain.points import enrolments, kinds, periods, programmes, standing_keeping, tiers
from domain.points.tiers import Known
from domain.profile import identities, interactions, members

BATCH = 500
COLUMNS = ("member", "programme", "number", "joined_on", "left_on", "tier", "promotion")


@dataclass(frozen=True)
class _Enrolled:
    """A row that can be read."""

    member: UUID
    programme: Any
    number: str
    joined_on: date
    left_on: date | None
    scheme: Known | None
    tier: str | None
    promotion: str | None


async def run(rows: Iterator[Row], options: Options, report: Report) -> None:
    """Rows in batches, each in one transaction."""
    while batch := list(islice(rows, BATCH)):
        async with db.transaction():
            named = {str(row.data.get("member") or "").strip() for row in batch}
            owners = await identities.owners(options.identity_type, named)
            known = {row["code"]: row for row in await programmes.listed()}
            schemes = await tiers.listed()
            roots = sorted(set(owners.values()))
            if roots:
                await members.lock(*roots)
            for row in batch:
                try:
                    is_new = await _take(_read(row, owners, known, schemes, options), options)
                except BadValue as bad:
                    report.reject(row, bad.reason, bad.problem.path, importing.text(row, "number"))
                    continue
                report.accept() if is_new else report.keep()


def _read(
    row: Row, owners: dict[str, UUID], known: dict[str, Any], schemes: list[Known], options: Options
) -> _Enrolled:
    name, programme = importing.text(row, "member"), importing.text(row, "programme") or "marque"
    if name is None or name not in owners:
        raise _bad("unknown_member", "member", f"no member is {name!r}")
    if programme not in known:
        raise _bad("unknown_programme", "programme", f"there is no programme {programme!r}")
    number, joined = importing.text(row, "number", longest=100), _day(row, "joined_on", options)
    if number is None or joined is None:
        raise _bad("missing", "number" if number is None else "joined_on", "is empty")
    left = _day(row, "left_on", options)
    if joined > clock.now().date() or (left is not None and left < joined):
        raise _bad("IMPLAUSIBLE_DATE", "left_on" if left else "joined_on", "does not fit")
    tier = importing.text(row, "tier", longest=30)
    scheme = next((s for s in schemes if s.programme == programme and s.now.tier(tier)), None)
    if tier is not None and scheme is None:
        raise _bad("unknown_tier", "tier", f"no scheme of the programme has a tier {tier!r}")
    return _Enrolled(
        owners[name], known[programme], number, joined, left, scheme, tier, importing.text(row, "promotion", longest=100)
    )  # fmt: skip


async def _take(row: _Enrolled, options: Options) -> bool:
    """Store a row; answers whether it was not there just so."""
    root = await members.root_of(row.member)
    said = (row.joined_on, row.left_on, row.promotion)
    kept = await enrolments.holder(row.programme["id"], row.number)
    if kept is None:
        await _must_be_free(root, row, None)
        kept = ids.new()
        await enrolments.add(kept, root, row.programme["id"], row.number, row.joined_on, row.left_on, options.source, row.promotion)  # fmt: skip
    else:
        found = await enrolments.one(kept)
        if found.root != root:
            raise _bad("number_taken", "number", "is another member's")
        if (found.joined_on, found.left_on, found.promotion) == said:
            return False
        await _must_be_free(root, row, kept)
        await db.run(
            "UPDATE points.enrolment SET joined_on = $2, left_on = $3, promotion = $4 WHERE id = $1",
            kept,
            *said,
        )
    await _tell(await enrolments.one(kept), options)
    if row.scheme is not None:
        await _stand(root, row, row.scheme)
    return True


async def _must_be_free(root: UUID, row: _Enrolled, kept: UUID | None) -> None:
    for other in await enrolments.listed(root, row.programme["code"]):
        starts = row.left_on is None or other.joined_on < row.left_on
        if other.id != kept and starts and (other.left_on is None or other.left_on > row.joined_on):
            raise _bad("already_enrolled", "joined_on", f"{other.number} holds at that time")


async def _tell(found: enrolments.Enrolment, options: Options) -> None:
    steps = ((kinds.ENROLMENT_STARTED, found.joined_on), (kinds.ENROLMENT_ENDED, found.left_on))
    for kind, on in steps:
        if on is not None:
            await interactions.record(
                SYSTEM, kind, ("ENROLMENT", found.id), once=f"{found.id}:{on}", member=found.root,
                at=periods.midnight(on, found.zone), flags=options.flags, source=options.source,
                programme=found.programme, number=found.number, promotion=found.promotion,
            )  # fmt: skip


async def _stand(root: UUID, row: _Enrolled, scheme: Known) -> None:
    zone = row.programme["zone"]
    since = periods.midnight(row.joined_on, zone)
    until = periods.midnight(row.left_on, zone) if row.left_on else None
    await standing_keeping.note_floor(root, scheme.id, row.tier, since, until, None)
    await standing_keeping.make_due(scheme.id, root, is_historical=True)


def _day(row: Row, path: str, options: Options) -> date | None:
    """A date as it stands, without its time if it has one."""
    found = importing.time(row, path, options)
    return found.date() if found else None


def _bad(reason: str, path: str, message: str) -> BadValue:
    return BadValue(reason, Problem(path, message))


ENROLMENTS = Importer(
    kind="enrolments",
    help="Who is in a programme, since when, and in which tier at least.",
    run=run,
    columns=COLUMNS,
    example="marque import enrolments members.csv --source legacy --map member=MemberNo",
)
