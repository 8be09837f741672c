"""Points programmes, as staff define them: their zone, and whether only enrolled members earn."""

from __future__ import annotations

import re
from uuid import UUID
from zoneinfo import available_timezones

from domain import clock, db
from domain.access import audit
from domain.actor import Actor
from domain.errors import BadInput, InvalidInput, Problem
from domain.foundation import ids

_CODE = re.compile(r"[a-z][a-z0-9_-]{0,29}")
_MINUTES = 24 * 60


async def define(actor: Actor, *, code: str, zone: str, day_starts_at: int, requires_enrolment: bool) -> UUID:
    """Make a programme, or change one by its code."""
    problems = []
    if not _CODE.fullmatch(code):
        problems.append(Problem("code", "Use 1 to 30 of a-z, 0-9, - and _, beginning with a letter."))
    if zone not in available_timezones():
        problems.append(Problem("zone", f"{zone} is no IANA zone."))
    if not 0 <= day_starts_at < _MINUTES:
        problems.append(Problem("dayStartsAt", "Use 0 to 1439 minutes after midnight."))
    if problems:
        raise InvalidInput(problems)
    async with db.transaction():
        made = await db.value(
            """INSERT INTO points.programme (id, code, zone, day_starts_at, requires_enrolment, created_at)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (code) DO UPDATE SET zone = excluded.zone,
                day_starts_at = excluded.day_starts_at, requires_enrolment = excluded.requires_enrolment
            RETURNING id""",
            ids.new(), code, zone, day_starts_at, requires_enrolment, clock.now(),
        )  # fmt: skip
        await audit.append(
            actor, "points.programme.defined", "programme", made,
            facts={"code": code, "zone": zone, "requires_enrolment": requires_enrolment},
        )  # fmt: skip
        return made


async def listed() -> list[db.Row]:
    """All programmes, in the order in which they were made."""
    return await db.fetch("SELECT * FROM points.programme ORDER BY created_at, code")


async def find(code: str) -> db.Row | None:
    """A programme by its code."""
    return await db.one("SELECT * FROM points.programme WHERE code = $1", code)


async def named(code: str) -> db.Row:
    """A programme by its code, or InvalidInput."""
    row = await find(code)
    if row is None:
        raise InvalidInput.at("programme", f"There is no programme {code}.")
    return row


async def asked(code: str) -> db.Row:
    """A programme that a query names, or BAD_INPUT."""
    row = await find(code)
    if row is None:
        raise BadInput(f"programme: there is no programme {code}.")
    return row
