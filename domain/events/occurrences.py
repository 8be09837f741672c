"""An occurrence's own life: drafted, edited, submitted, published, postponed, called off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.access import approvals, audit
from domain.access.approvals import Approval, Command
from domain.actor import Actor
from domain.capacity import pools, taking
from domain.errors import Forbidden, IllegalTransition, InvalidInput, NotFound, Problem, VersionConflict
from domain.events import drafts, hosting, kinds, offers, rules, tiering
from domain.events.drafts import OccurrenceDraft, TierDraft
from domain.events.rules import OccurrenceState
from domain.foundation import ids
from domain.profile import interactions

#: More places than this need a second person to publish, and everything that is paid.
LARGE = 200
#: Calling off an occurrence that gives back more points than this needs a second person.
DEAR = 100_000
PUBLISH_PAID = "events.publishPaidOccurrence"
PUBLISH_LARGE = "events.publishOccurrence"
CALL_OFF = "events.cancelOccurrence"

_FIELDS = frozenset({"title", "summary", "place", "city_adcode", "timezone", "check_in_opens_at"})
_TIMES = frozenset({"starts_at", "ends_at"})


async def draft(actor: Actor, wanted: OccurrenceDraft) -> UUID:
    """Write an occurrence down, with its tiers and their pools; nobody but staff sees it yet."""
    if hosting.limits(actor) is not None:
        raise Forbidden("A host of named events cannot draft others.")
    drafts.must_be_sound(wanted)
    async with db.transaction():
        occurrence = await _insert(wanted)
        pool = await pools.make(
            "OCCURRENCE", occurrence, size=wanted.capacity, closes_when_full=wanted.closes_when_full,
            frees_on_exit=wanted.frees_on_exit,
        )  # fmt: skip
        for number, tier in enumerate(wanted.tiers, start=1):
            await tiering.add_one(occurrence, number, tier, pool)
        await audit.append(actor, "events.occurrence.drafted", "OCCURRENCE", occurrence)
    return occurrence


async def edit(
    actor: Actor,
    occurrence_id: UUID,
    changes: dict[str, Any],
    *,
    expected_version: int,
    tiers: tuple[tiering.TierEdit, ...] = (),
    new_tiers: tuple[TierDraft, ...] = (),
) -> None:
    """Revise what is given. Once published, times only move by postponing. Registrations keep their snapshots."""
    hosting.must_host(actor, occurrence_id)
    async with db.transaction():
        row = await _locked(occurrence_id, expected_version)
        state = OccurrenceState(row["state"])
        if state not in (OccurrenceState.DRAFT, OccurrenceState.IN_REVIEW, OccurrenceState.PUBLISHED):
            raise _refusal(state, state)
        _check_edit(row, state, changes)
        await _set(row, **changes, is_modified=True)
        for tier in tiers:
            await tiering.edit(occurrence_id, tier)
        await tiering.add(occurrence_id, new_tiers)
        await audit.append(
            actor, "events.occurrence.edited", "OCCURRENCE", occurrence_id,
            facts={"fields": sorted(changes), "tiers": [tier.tier_id for tier in tiers]},
        )  # fmt: skip


async def submit(actor: Actor, occurrence_id: UUID, *, expected_version: int | None = None) -> None:
    """DRAFT becomes IN_REVIEW: it is ready to be looked at."""
    await _move(actor, occurrence_id, OccurrenceState.IN_REVIEW, expected_version)


async def send_back(actor: Actor, occurrence_id: UUID, *, expected_version: int | None = None) -> None:
    """IN_REVIEW becomes DRAFT again."""
    await _move(actor, occurrence_id, OccurrenceState.DRAFT, expected_version)


async def publish(
    actor: Actor, occurrence_id: UUID, *, expected_version: int | None = None
) -> Approval | None:
    """IN_REVIEW becomes PUBLISHED; an approval is returned when a second person is needed (paid, or over 200 places).

    What is approved is the version that was asked about.
    """
    hosting.must_host(actor, occurrence_id)
    async with db.transaction():
        row = await _locked(occurrence_id, expected_version)
        _must_lead(row, OccurrenceState.PUBLISHED)
        if row["starts_at"] <= clock.now():
            raise InvalidInput.at("occurrenceId", "Its start has passed; edit the times first.")
        tiers = (await offers.tiers_of([occurrence_id]))[occurrence_id]
        given = {"occurrenceId": str(occurrence_id), "expectedVersion": row["version"]}
        places = await db.value(
            "SELECT size FROM capacity.pool WHERE scope_kind = 'OCCURRENCE' AND scope_id = $1", occurrence_id
        )
        action = PUBLISH_PAID if any(tier.is_paid for tier in tiers) else PUBLISH_LARGE
        effects = {"title": row["title"], "places": places, "isPaid": action == PUBLISH_PAID}
        waiting = await approvals.ask(actor, action, given, effects=effects, amount=places)
        if waiting is not None:
            return waiting
        await _set(row, state=OccurrenceState.PUBLISHED, published_at=clock.now())
        await interactions.record(
            actor, kinds.OCCURRENCE_PUBLISHED, ("OCCURRENCE", occurrence_id), once=occurrence_id, member=None
        )
        await audit.append(actor, "events.occurrence.published", "OCCURRENCE", occurrence_id)
    return None


@dataclass(frozen=True)
class Effects:
    """What calling off or postponing means for members."""

    members: int
    refund_points: int
    offers: int = 0


async def postpone(
    actor: Actor,
    occurrence_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    *,
    reason: str | None = None,
    free_until: datetime | None = None,
    is_dry_run: bool = False,
) -> Effects:
    """Move a published occurrence; everybody may cancel for nothing until ``free_until`` (the new start if absent)."""
    hosting.must_host(actor, occurrence_id)
    problems = list(drafts.problems_of_times(starts_at, ends_at))
    if starts_at <= clock.now():
        problems.append(Problem("startsAt", "The new start lies in the future."))
    if problems:
        raise InvalidInput(problems)
    async with db.transaction():
        row = await _locked(occurrence_id)
        if row["state"] != OccurrenceState.PUBLISHED:
            raise _refusal(OccurrenceState(row["state"]), OccurrenceState.PUBLISHED)
        effects = replace(await _effects(occurrence_id), refund_points=0)
        if is_dry_run:
            return effects
        count = row["postponed_count"] + 1
        await _set(
            row, starts_at=starts_at, ends_at=ends_at, postponed_count=count,
            free_cancel_until=free_until or starts_at,
        )  # fmt: skip
        await interactions.record(
            actor, kinds.OCCURRENCE_POSTPONED, ("OCCURRENCE", occurrence_id), once=f"{occurrence_id}:{count}",
            member=None, starts_at=starts_at, reason=reason,
        )  # fmt: skip
        await audit.append(
            actor, "events.occurrence.postponed", "OCCURRENCE", occurrence_id, text={"reason": reason}
        )
    return effects


async def call_off(
    actor: Actor, occurrence_id: UUID, *, reason: str, is_dry_run: bool = False
) -> Effects | Approval:
    """PUBLISHED or ONGOING becomes CANCELLED: nobody can register any more, and checkouts end at once.

    The registrations are cancelled and refunded in full one by one by the sweep, which may stop and go on anywhere.
    Locks: pools in order, then the occurrence.
    """
    hosting.must_host(actor, occurrence_id)
    if not 1 <= len(reason.strip()) <= 1_000:
        raise InvalidInput.at("reason", "Say why, in 1 to 1000 characters.")
    async with db.transaction():
        row = await _read(occurrence_id)
        _must_lead(row, OccurrenceState.CANCELLED)
        effects = await _effects(occurrence_id)
        if is_dry_run:
            return effects
        given = {"occurrenceId": str(occurrence_id), "reason": reason}
        shown = {"title": row["title"], "members": effects.members, "refundPoints": effects.refund_points}
        waiting = await approvals.ask(actor, CALL_OFF, given, effects=shown, amount=effects.refund_points)
        if waiting is not None:
            return waiting
        await pools.close(await _pools_of(occurrence_id))
        await taking.release_all(await _checkouts_of(occurrence_id))
        row = await _locked(occurrence_id)
        _must_lead(row, OccurrenceState.CANCELLED)
        await _set(row, state=OccurrenceState.CANCELLED, cancelled_at=clock.now(), cancel_reason=reason)
        await interactions.record(
            actor, kinds.OCCURRENCE_CANCELLED, ("OCCURRENCE", occurrence_id), once=occurrence_id, member=None
        )
        await audit.append(
            actor, "events.occurrence.cancelled", "OCCURRENCE", occurrence_id, text={"reason": reason}
        )
    return effects


async def _run_publish(maker: Actor, given: dict[str, Any]) -> Any:
    await publish(maker, UUID(given["occurrenceId"]), expected_version=given["expectedVersion"])
    return {"occurrenceId": given["occurrenceId"]}


async def _run_call_off(maker: Actor, given: dict[str, Any]) -> Any:
    await call_off(maker, UUID(given["occurrenceId"]), reason=given["reason"])
    return {"occurrenceId": given["occurrenceId"]}


_HOSTS = frozenset({"host", "operator", "approver"})

#: What may need a second person.
COMMANDS = (
    Command(PUBLISH_PAID, _run_publish, _HOSTS, above=None),
    Command(PUBLISH_LARGE, _run_publish, _HOSTS, above=Decimal(LARGE)),
    Command(CALL_OFF, _run_call_off, _HOSTS, above=Decimal(DEAR)),
)


async def _insert(wanted: OccurrenceDraft) -> UUID:
    occurrence = ids.new()
    await db.run(
        """INSERT INTO events.occurrence (id, title, summary, kind, starts_at, ends_at, timezone, city_adcode, place,
            state, is_modified, postponed_count, check_in_opens_at, drafted_at, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'DRAFT', false, 0, $10, $11, 1)""",
        occurrence, wanted.title.strip(), wanted.summary, wanted.kind, wanted.starts_at, wanted.ends_at,
        wanted.timezone, wanted.city_adcode, wanted.place, wanted.check_in_opens_at, clock.now(),
    )  # fmt: skip
    return occurrence


def _check_edit(row: db.Row, state: OccurrenceState, changes: dict[str, Any]) -> None:
    unknown = changes.keys() - _FIELDS - _TIMES
    assert not unknown, unknown
    problems = list(drafts.problems_of_fields(changes))
    if changes.keys() & _TIMES:
        if state is OccurrenceState.PUBLISHED:
            problems.append(Problem("startsAt", "A published event is moved by postponing it."))
        times = [changes.get(name, row[name]) for name in ("starts_at", "ends_at")]
        problems += drafts.problems_of_times(times[0], times[1])
    if problems:
        raise InvalidInput(problems)


async def _move(actor: Actor, occurrence_id: UUID, to: OccurrenceState, expected_version: int | None) -> None:
    hosting.must_host(actor, occurrence_id)
    async with db.transaction():
        row = await _locked(occurrence_id, expected_version)
        _must_lead(row, to)
        await _set(row, state=to)
        await audit.append(
            actor,
            "events.occurrence.moved",
            "OCCURRENCE",
            occurrence_id,
            facts={"from": row["state"], "to": to},
        )


async def _read(occurrence_id: UUID) -> db.Row:
    row = await db.one("SELECT * FROM events.occurrence WHERE id = $1", occurrence_id)
    if row is None:
        raise NotFound()
    return row


async def _locked(occurrence_id: UUID, expected_version: int | None = None) -> db.Row:
    row = await db.one("SELECT * FROM events.occurrence WHERE id = $1 FOR NO KEY UPDATE", occurrence_id)
    if row is None:
        raise NotFound()
    if expected_version is not None and row["version"] != expected_version:
        raise VersionConflict(row["version"])
    return row


async def _set(row: db.Row, **columns: Any) -> None:
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, start=2))
    await db.run(
        f"UPDATE events.occurrence SET {sets}, version = version + 1 WHERE id = $1",
        row["id"],
        *columns.values(),
    )


def _must_lead(row: db.Row, to: OccurrenceState) -> None:
    state = OccurrenceState(row["state"])
    if to not in rules.OCCURRENCE_EDGES[state]:
        raise _refusal(state, to)


def _refusal(state: OccurrenceState, to: OccurrenceState) -> IllegalTransition:
    return IllegalTransition(from_=state, to=to, allowed=sorted(rules.OCCURRENCE_EDGES[state]))


async def _effects(occurrence_id: UUID) -> Effects:
    row = await db.one(
        """SELECT count(*) AS members, coalesce(sum(points_paid - points_settled + points_held), 0)::bigint AS points
        FROM events.registration WHERE occurrence = $1 AND state = ANY($2)""",
        occurrence_id, list(rules.CANCELLABLE_STATES),
    )  # fmt: skip
    assert row is not None
    return Effects(members=row["members"], refund_points=row["points"])


async def _pools_of(occurrence_id: UUID) -> list[UUID]:
    rows = await db.fetch(
        """SELECT DISTINCT p.pool FROM events.tier_pool AS p JOIN events.ticket_tier AS t ON t.id = p.tier
        WHERE t.occurrence = $1""",
        occurrence_id,
    )
    return [row["pool"] for row in rows]


async def _checkouts_of(occurrence_id: UUID) -> list[UUID]:
    rows = await db.fetch(
        "SELECT id FROM capacity.hold WHERE subject_kind = 'OCCURRENCE' AND subject_id = $1 AND state = 'HELD'",
        occurrence_id,
    )
    return [row["id"] for row in rows]
