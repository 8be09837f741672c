"""What screens show of events: lists with everything a page needs in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain import db
from domain.actor import Actor
from domain.events import hosting, offers, rules
from domain.events.offers import Tier
from domain.foundation.pages import Page


@dataclass(frozen=True)
class View:
    """An occurrence with its tiers and how many come; places, not registrations."""

    row: db.Row
    tiers: list[Tier]
    headcount: int
    checked_in_count: int
    pending_review_count: int


class OccurrenceOrder(StrEnum):
    SOONEST = "SOONEST"
    LATEST = "LATEST"


@dataclass(frozen=True)
class Filter:
    """Which occurrences; ``city`` is the beginning of an adcode, ``starts`` lies in [since, until)."""

    kinds: tuple[str, ...] | None = None
    states: tuple[str, ...] | None = None
    city: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def listed(
    actor: Actor, page: Page, asked: Filter, order: OccurrenceOrder = OccurrenceOrder.SOONEST
) -> list[db.Row]:
    """Occurrences that the actor may see, by start; one more than the page to tell of more."""
    limited = hosting.limits(actor)
    comparison, direction = ("<", "DESC") if order is OccurrenceOrder.LATEST else (">", "ASC")
    starts_at, last = page.after or (None, None)
    return await db.fetch(
        f"""SELECT * FROM events.occurrence
        WHERE (state = ANY($1) OR $2 OR id = ANY($3))
        AND ($4::text[] IS NULL OR kind = ANY($4)) AND ($5::text[] IS NULL OR state = ANY($5))
        AND ($6::text IS NULL OR starts_with(city_adcode, $6))
        AND ($7::timestamptz IS NULL OR starts_at >= $7) AND ($8::timestamptz IS NULL OR starts_at < $8)
        AND ($9::timestamptz IS NULL OR (starts_at, id) {comparison} ($9, $10::uuid))
        ORDER BY starts_at {direction}, id {direction} LIMIT $11""",
        list(rules.PUBLIC_STATES), limited is None, _ids(limited), asked.kinds, asked.states, asked.city, asked.since,
        asked.until, starts_at, last, page.limit + 1,
    )  # fmt: skip


async def visible(actor: Actor, occurrence_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Those of these occurrences that the actor may see."""
    limited = hosting.limits(actor)
    rows = await db.fetch(
        "SELECT * FROM events.occurrence WHERE id = ANY($1) AND (state = ANY($2) OR $3 OR id = ANY($4))",
        list(occurrence_ids), list(rules.PUBLIC_STATES), limited is None, _ids(limited),
    )  # fmt: skip
    return {row["id"]: row for row in rows}


async def views(rows: Sequence[db.Row]) -> list[View]:
    """Occurrences with their tiers, places and numbers (three statements)."""
    ids = [row["id"] for row in rows]
    tiers = await offers.tiers_of(ids)
    numbers = {
        row["occurrence"]: row
        for row in await db.fetch(
            """SELECT occurrence, coalesce(sum(party_size) FILTER (WHERE state = ANY($2)), 0)::int AS coming,
            coalesce(sum(party_size) FILTER (WHERE state IN ('CHECKED_IN', 'ATTENDED')), 0)::int AS checked_in,
            count(*) FILTER (WHERE state = 'PENDING_REVIEW') AS to_review
            FROM events.registration WHERE occurrence = ANY($1) GROUP BY occurrence""",
            ids, list(rules.COMING_STATES),
        )
    }  # fmt: skip
    found = []
    for row in rows:
        of = numbers.get(row["id"])
        counts = (of["coming"], of["checked_in"], of["to_review"]) if of else (0, 0, 0)
        found.append(View(row, tiers[row["id"]], *counts))
    return found


async def my_registrations(root: UUID, page: Page, states: Sequence[str] | None) -> list[db.Row]:
    """A root's registrations, the newest first, whichever of its members wrote them."""
    at, last = page.after or (None, None)
    return await db.fetch(
        """SELECT r.* FROM events.registration AS r JOIN profile.member AS m ON m.id = r.member
        WHERE m.root = $1 AND ($2::text[] IS NULL OR r.state = ANY($2))
        AND ($3::timestamptz IS NULL OR (r.registered_at, r.id) < ($3, $4::uuid))
        ORDER BY r.registered_at DESC, r.id DESC LIMIT $5""",
        root, states, at, last, page.limit + 1,
    )  # fmt: skip


async def registrations_of(occurrence_id: UUID, page: Page, states: Sequence[str] | None) -> list[db.Row]:
    """An occurrence's registrations in the order in which they came; for its hosts."""
    at, last = page.after or (None, None)
    return await db.fetch(
        """SELECT * FROM events.registration WHERE occurrence = $1 AND ($2::text[] IS NULL OR state = ANY($2))
        AND ($3::timestamptz IS NULL OR (registered_at, id) > ($3, $4::uuid))
        ORDER BY registered_at, id LIMIT $5""",
        occurrence_id, states, at, last, page.limit + 1,
    )  # fmt: skip


async def registrations(actor: Actor, registration_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Those of these registrations that are the actor's own, or of an occurrence that the actor runs."""
    limited = hosting.limits(actor)
    rows = await db.fetch(
        """SELECT r.* FROM events.registration AS r JOIN profile.member AS m ON m.id = r.member
        WHERE r.id = ANY($1) AND ($2 OR r.occurrence = ANY($3)
            OR m.root = (SELECT root FROM profile.member WHERE id = $4))""",
        list(registration_ids), limited is None, _ids(limited), actor.member_id,
    )  # fmt: skip
    return {row["id"]: row for row in rows}


async def own_of(root: UUID, occurrence_ids: Sequence[UUID]) -> dict[UUID, db.Row]:
    """Occurrence -> the root's newest registration for it."""
    rows = await db.fetch(
        """SELECT DISTINCT ON (r.occurrence) r.* FROM events.registration AS r
        JOIN profile.member AS m ON m.id = r.member WHERE m.root = $1 AND r.occurrence = ANY($2)
        ORDER BY r.occurrence, r.state = ANY($3) DESC, r.registered_at DESC, r.id DESC""",
        root, list(occurrence_ids), list(rules.LIVE_STATES),
    )  # fmt: skip
    return {row["occurrence"]: row for row in rows}


async def attendees_of(registration_ids: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    """Registration -> its attendees who still come, or came until it was cancelled, by number."""
    return await _grouped(
        "SELECT * FROM events.attendee WHERE registration = ANY($1) ORDER BY registration, number",
        registration_ids,
    )


async def history_of(registration_ids: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    """Registration -> its steps, the first one first."""
    return await _grouped(
        "SELECT * FROM events.registration_change WHERE registration = ANY($1) ORDER BY registration, number",
        registration_ids,
    )


async def _grouped(sql: str, ids: Sequence[UUID]) -> dict[UUID, list[db.Row]]:
    found: dict[UUID, list[db.Row]] = {each: [] for each in ids}
    for row in await db.fetch(sql, list(ids)):
        found[row["registration"]].append(row)
    return found


def _ids(limited: frozenset[str] | None) -> list[UUID]:
    return [] if limited is None else hosting.as_ids(limited)
