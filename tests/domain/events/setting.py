"""Short words for the tests of events: an occurrence that is published, members with points, what stands now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM, Actor
from domain.capacity import health
from domain.events import funds, occurrences, offers, registering
from domain.events.drafts import OccurrenceDraft, TierDraft
from domain.events.registering import Wanted
from domain.events.rules import OccurrenceKind, Price, RefundPolicy, RefundStep
from domain.points import ledger
from tests import make

#: 100 % until 48 h, 50 % until 24 h, fee 5.
POLICY = RefundPolicy(steps=(RefundStep(48, 100), RefundStep(24, 50)), flat_fee_points=5)


def operator() -> Actor:
    return make.staff("operator")


def tier(name: str = "Standard", points: int = 0, cash: int = 0, **options: Any) -> TierDraft:
    options.setdefault("max_party", 5)
    options.setdefault("price_options", (Price(points, cash),))
    return TierDraft(name=name, **options)


def draft(*tiers: TierDraft, hours: float = 72, **options: Any) -> OccurrenceDraft:
    starts_at = clock.now() + timedelta(hours=hours)
    options = {
        "title": "Night run",
        "kind": OccurrenceKind.GATHERING,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=3),
        "timezone": "Asia/Shanghai",
        "capacity": 10,
    } | options
    return OccurrenceDraft(tiers=tiers or (tier(),), **options)


async def published(*tiers: TierDraft, **options: Any) -> UUID:
    """An occurrence that is open for registration; the second person is not asked."""
    occurrence = await occurrences.draft(operator(), draft(*tiers, **options))
    await db.run(
        "UPDATE events.occurrence SET state = 'PUBLISHED', published_at = $2 WHERE id = $1",
        occurrence, clock.now(),
    )  # fmt: skip
    return occurrence


async def tier_of(occurrence: UUID, number: int = 1) -> offers.Tier:
    return (await offers.tiers_of([occurrence]))[occurrence][number - 1]


async def member(points: int = 0, **options: Any) -> Actor:
    actor = await make.member_actor(**options)
    if points:
        await ledger.earn(SYSTEM, actor.member_id, "POINTS", points, ledger.by_staff("a gift"))
    return actor


async def wanted(occurrence: UUID, number: int = 1, **options: Any) -> Wanted:
    found = await tier_of(occurrence, number)
    return Wanted(occurrence_id=occurrence, tier_id=found.id, **options)


async def register(actor: Actor, occurrence: UUID, number: int = 1, **options: Any) -> UUID:
    return await registering.register(actor, await wanted(occurrence, number, **options))


async def registration(registration_id: UUID) -> db.Row:
    return await db.one("SELECT * FROM events.registration WHERE id = $1", registration_id)


async def points_of(actor: Actor) -> int:
    return await funds.available(actor.member_id)


async def counters(occurrence: UUID) -> tuple[int, int, int]:
    """Taken, pending and held places of the occurrence's own pool."""
    row = await db.one(
        "SELECT taken, pending, held FROM capacity.pool WHERE scope_kind = 'OCCURRENCE' AND scope_id = $1",
        occurrence,
    )
    return tuple(row.values())


async def history(registration_id: UUID) -> list[tuple[str | None, str]]:
    rows = await db.fetch(
        "SELECT from_state, to_state FROM events.registration_change WHERE registration = $1 ORDER BY number",
        registration_id,
    )
    return [(row["from_state"], row["to_state"]) for row in rows]


async def told(registration_id: UUID) -> list[str]:
    """The kinds of interactions about a registration, oldest first."""
    rows = await db.fetch(
        """SELECT kind FROM profile.interaction WHERE subject_kind = 'REGISTRATION' AND subject_id = $1
        ORDER BY received_at, id""",
        str(registration_id),
    )
    return [row["kind"].removeprefix("events.registration.") for row in rows]


async def snapshot() -> tuple:
    """Everything that a refusal must leave as it was; that it refused is kept."""
    return (
        await db.fetch("SELECT * FROM events.registration ORDER BY id"),
        await db.fetch("SELECT * FROM events.registration_change ORDER BY id"),
        await db.fetch("SELECT * FROM events.attendee ORDER BY id"),
        await db.fetch("SELECT * FROM capacity.pool ORDER BY id"),
        await db.fetch("SELECT * FROM capacity.hold ORDER BY id"),
        await db.value("SELECT count(*) FROM points.entry"),
        await db.value("SELECT count(*) FROM profile.interaction WHERE kind <> 'events.eligibility.refused'"),
    )


async def is_sound() -> bool:
    """E1, E2, E3, E4 and E7, over everything there is."""
    broken = await db.value(
        """SELECT count(*) FROM events.registration AS r LEFT JOIN capacity.hold AS h ON h.id = r.hold
        LEFT JOIN points.hold AS p ON p.id = r.points_hold
        WHERE (r.state IN ('CONFIRMED', 'CHECKED_IN', 'ATTENDED') AND h.state IS DISTINCT FROM 'TAKEN')
        OR (r.state IN ('PENDING_REVIEW', 'PENDING_PAYMENT') AND h.state IS DISTINCT FROM 'PENDING')
        OR (r.state NOT IN ('CONFIRMED', 'CHECKED_IN', 'ATTENDED', 'PENDING_REVIEW', 'PENDING_PAYMENT')
            AND (h.state IN ('TAKEN', 'PENDING', 'HELD') OR p.state = 'OPEN'))
        OR EXISTS (SELECT FROM capacity.hold_line AS l WHERE l.hold = r.hold AND h.state IN ('TAKEN', 'PENDING')
            AND l.quantity <> r.party_size)
        OR (SELECT count(*) FROM events.registration_change AS c WHERE c.registration = r.id) <> r.version
        OR (SELECT count(*) FROM profile.interaction AS i WHERE i.subject_kind = 'REGISTRATION'
            AND i.subject_id = r.id::text AND i.kind LIKE 'events.%') <> r.version"""
    )
    return broken == 0 and await health.problems() == []
