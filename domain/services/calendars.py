"""When stores are open: weekly rules and dated exceptions, and what a change would do to what is booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import clock, db
from domain.actor import Actor
from domain.errors import BadInput, InvalidInput, NotFound, Problem, VersionConflict
from domain.foundation import ids
from domain.services import hours, stores
from domain.services.hours import Range, Rule

MOST_RULES = 100
MOST_DAYS = 31


@dataclass(frozen=True)
class Calendar:
    """A store's hours, ready to be asked."""

    zone: ZoneInfo
    rules: list[Rule]
    exceptions: dict[date, list[Range]]

    def ranges_on(self, day: date, service_type: UUID | None) -> list[Range]:
        return hours.ranges_on(day, self.rules, self.exceptions, service_type)


@dataclass(frozen=True)
class Change:
    """What a change of hours did, or would do: the booked appointments that lie outside of them now."""

    store: UUID
    affected: list[UUID]


async def set_rules(
    actor: Actor,
    store: UUID,
    rules: Sequence[Rule],
    *,
    expected_version: int | None = None,
    is_dry_run: bool = False,
) -> Change:
    """Replace a store's weekly hours. Booked appointments stay; those outside of the new hours are answered."""
    _check(rules)
    async with db.transaction():
        row = await _locked(actor, store, expected_version)
        calendar = (await of_stores([store]))[store]
        affected = await _affected(row, Calendar(calendar.zone, list(rules), calendar.exceptions))
        if not is_dry_run:
            await db.run("DELETE FROM services.calendar_rule WHERE store = $1", store)
            await db.run_many(
                """INSERT INTO services.calendar_rule
                    (id, store, service_type, weekdays, opens, closes, valid_from, valid_until)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
                [
                    (ids.new(), store, r.service_type, sorted(r.weekdays), r.opens, r.closes, r.valid_from, r.valid_until)
                    for r in rules
                ],
            )  # fmt: skip
            await _changed(store)
    return Change(store, affected)


async def set_exception(
    actor: Actor,
    store: UUID,
    on: date,
    ranges: Sequence[Range] | None,
    *,
    reason: str | None = None,
    is_dry_run: bool = False,
) -> Change:
    """Replace one day's hours (no ranges: closed), or take the exception back (None)."""
    problems = _problems_of_ranges(ranges or (), "ranges")
    if problems:
        raise InvalidInput(problems)
    async with db.transaction():
        row = await _locked(actor, store, None)
        calendar = (await of_stores([store]))[store]
        exceptions = {day: kept for day, kept in calendar.exceptions.items() if day != on}
        if ranges is not None:
            exceptions[on] = hours.merged(ranges)
        affected = await _affected(row, Calendar(calendar.zone, calendar.rules, exceptions))
        if not is_dry_run:
            await db.run(
                "DELETE FROM services.calendar_exception WHERE store = $1 AND on_date = $2", store, on
            )
            if ranges is not None:
                await db.run(
                    "INSERT INTO services.calendar_exception (id, store, on_date, ranges, reason) "
                    "VALUES ($1, $2, $3, $4, $5)",
                    ids.new(), store, on, db.json(exceptions[on]), reason,
                )  # fmt: skip
            await _changed(store)
    return Change(store, affected)


async def of_stores(
    store_ids: Sequence[UUID], known: Mapping[UUID, db.Row] | None = None
) -> dict[UUID, Calendar]:
    """The calendars of these stores, in three statements; two where the stores' rows are ``known``."""
    rows = (await stores.by_ids(store_ids) if known is None else known).values()
    found = {row["id"]: Calendar(ZoneInfo(row["timezone"]), [], {}) for row in rows}
    for row in await db.fetch(
        "SELECT * FROM services.calendar_rule WHERE store = ANY($1) ORDER BY opens, id", list(store_ids)
    ):
        found[row["store"]].rules.append(
            Rule(
                frozenset(row["weekdays"]), row["opens"], row["closes"], row["service_type"], row["valid_from"],
                row["valid_until"],
            )
        )  # fmt: skip
    for row in await db.fetch(
        "SELECT store, on_date, ranges FROM services.calendar_exception WHERE store = ANY($1)",
        list(store_ids),
    ):
        found[row["store"]].exceptions[row["on_date"]] = [(opens, closes) for opens, closes in row["ranges"]]
    return found


def windows(
    calendar: Calendar, service_type: UUID | None, first: date, last: date
) -> list[tuple[datetime, datetime]]:
    """The opening hours from ``first`` to ``last`` (at most 31 days) as instants."""
    must_be_span(first, last)
    return [
        window
        for offset in range((last - first).days + 1)
        for window in hours.windows(
            first + timedelta(days=offset),
            calendar.ranges_on(first + timedelta(days=offset), service_type),
            calendar.zone,
        )
    ]


def must_be_span(first: date, last: date) -> None:
    """Raise BAD_INPUT unless the days are in order, at most 31, and in years that a calendar has."""
    if not (first <= last < first + timedelta(days=MOST_DAYS)) or not 1970 <= first.year <= 9000:
        raise BadInput(f"Ask for 1 to {MOST_DAYS} days, from before to.")


async def _locked(actor: Actor, store: UUID, expected_version: int | None) -> db.Row:
    row = await db.one(
        f"SELECT {stores.COLUMNS} FROM services.store AS s WHERE s.id = $1 FOR NO KEY UPDATE", store
    )
    if row is None:
        raise NotFound()
    stores.must_see(actor, store)
    if expected_version is not None and row["version"] != expected_version:
        raise VersionConflict(row["version"])
    return row


async def _changed(store: UUID) -> None:
    await db.run("UPDATE services.store SET version = version + 1 WHERE id = $1", store)


async def _affected(store: db.Row, calendar: Calendar) -> list[UUID]:
    """Coming appointments that do not lie inside of the calendar's hours."""
    rows = await db.fetch(
        """SELECT id, service_type, starts_at, ends_at FROM services.appointment
        WHERE store = $1 AND starts_at > $2 AND state IN ('REQUESTED', 'BOOKED') ORDER BY starts_at, id""",
        store["id"], clock.now(),
    )  # fmt: skip
    outside = []
    for row in rows:
        day = row["starts_at"].astimezone(calendar.zone).date()
        open_hours = hours.windows(day, calendar.ranges_on(day, row["service_type"]), calendar.zone)
        if not any(opens <= row["starts_at"] and row["ends_at"] <= closes for opens, closes in open_hours):
            outside.append(row["id"])
    return outside


def _check(rules: Sequence[Rule]) -> None:
    if len(rules) > MOST_RULES:
        raise InvalidInput.at("rules", f"At most {MOST_RULES} rules.")
    problems: list[Problem] = []
    for number, rule in enumerate(rules):
        path = f"rules.{number}"
        problems += _problems_of_ranges([(rule.opens, rule.closes)], path)
        if not rule.weekdays or not rule.weekdays <= set(range(1, 8)):
            problems.append(Problem(f"{path}.weekdays", "Use 1 (Monday) to 7 (Sunday)."))
        if rule.valid_from and rule.valid_until and rule.valid_until < rule.valid_from:
            problems.append(Problem(f"{path}.validUntil", "It ends before it begins."))
    if problems:
        raise InvalidInput(problems)


def _problems_of_ranges(ranges: Sequence[Range], path: str) -> list[Problem]:
    return [
        Problem(path, f"{hours.show_minute(closes)} is not after {hours.show_minute(opens)}.")
        for opens, closes in ranges
        if not 0 <= opens < closes <= hours.DAY
    ]
