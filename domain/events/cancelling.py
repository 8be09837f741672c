"""Cancelling: the places go back at once, the points as the policy of the registration's own day says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor, ActorKind
from domain.capacity import taking
from domain.errors import InvalidInput, NotFound
from domain.events import changes, funds, hosting, kinds, rules
from domain.events.errors import CancellationBlocked
from domain.events.rules import CancellationBlock, RefundPolicy, RegistrationState, Standing, Terms, Window
from domain.profile import members

LONGEST_REASON = 1_000


@dataclass(frozen=True)
class Preview:
    """What cancelling now would give back; ``refund_points`` in minor units."""

    blocked: CancellationBlock | None
    refund_points: int
    refund_percent: int
    windows: list[Window]


@dataclass(frozen=True)
class Cancelled:
    """What a cancellation gave back, in minor units."""

    registration_id: UUID
    refund_points: int


async def cancel(
    actor: Actor,
    registration_id: UUID,
    *,
    attendee_ids: Sequence[UUID] | None = None,
    reason: str | None = None,
) -> Cancelled:
    """Cancel one's registration, or only some attendees of it; a host cancels anybody's and everything comes back.

    Locks: the member's root, pools, points account, record. Refuses CancellationBlocked; somebody else's
    registration is NOT_FOUND.
    """
    if len(reason or "") > LONGEST_REASON:
        raise InvalidInput.at("reason", f"Use at most {LONGEST_REASON} characters.")
    async with db.transaction():
        root, row = await changes.locked(registration_id)
        by_host = await _must_be_allowed(actor, root, row)
        terms = await _terms(row, by_host=by_host)
        if isinstance(terms, CancellationBlock):
            raise CancellationBlocked(terms)
        leaving = await _leaving(row, attendee_ids)
        if leaving and len(leaving) < row["party_size"]:
            return await _reduce(actor, row, leaving, terms, reason)
        return await _cancel(actor, row, terms, reason, is_late=terms.is_late and not by_host)


async def cancel_for(actor: Actor, registration_id: UUID, reason: str) -> bool:
    """The house cancels (occurrence called off, profiles merged): in full; answers whether there was anything to do."""
    async with db.transaction():
        _, row = await changes.locked(registration_id)
        if RegistrationState(row["state"]) not in rules.CANCELLABLE_STATES:
            return False
        await _cancel(actor, row, rules.FULL, reason, is_late=False)
    return True


async def preview(actor: Actor, registration_id: UUID) -> Preview:
    """What cancelling the whole registration now would do; changes nothing."""
    row = await db.one("SELECT * FROM events.registration WHERE id = $1", registration_id)
    if row is None:
        raise NotFound()
    by_host = await _must_be_allowed(actor, await members.root_of(row["member"]), row)
    terms = await _terms(row, by_host=by_host)
    starts_at = await db.value("SELECT starts_at FROM events.occurrence WHERE id = $1", row["occurrence"])
    shown = rules.windows(RefundPolicy.read(row["refund_policy"]), starts_at)
    if isinstance(terms, CancellationBlock):
        return Preview(terms, 0, 0, shown)
    return Preview(None, _refund(row, terms, row["party_size"])[1] + row["points_held"], terms.percent, shown)


async def release_all(actor: Actor, row: db.Row) -> dict[str, Any]:
    """Give back the places and let the held points go; answers the columns that change with it."""
    if row["hold"] is not None:
        await taking.release(row["hold"])
    if row["points_held"]:
        await funds.void(actor, row["points_hold"])
    return {"points_held": 0}


async def _must_be_allowed(actor: Actor, root: UUID, row: db.Row) -> bool:
    """Whether a host (or the system) asks; NOT_FOUND for everybody else but the member."""
    if actor.member_id is not None and await members.root_of(actor.member_id) == root:
        return False
    if actor.kind is ActorKind.SYSTEM or hosting.may_host(actor, row["occurrence"]):
        return True
    raise NotFound()


async def _terms(row: db.Row, *, by_host: bool) -> Terms | CancellationBlock:
    of = await db.one(
        "SELECT starts_at, free_cancel_until FROM events.occurrence WHERE id = $1", row["occurrence"]
    )
    assert of is not None
    standing = Standing(
        RegistrationState(row["state"]), RefundPolicy.read(row["refund_policy"]), of["starts_at"], of["free_cancel_until"]
    )  # fmt: skip
    return rules.terms_of_cancelling(standing, clock.now(), by_host=by_host)


async def _leaving(row: db.Row, attendee_ids: Sequence[UUID] | None) -> list[UUID]:
    """Attendees who leave, none meaning all; those who are not of this party, or left before, are InvalidInput."""
    if attendee_ids is None:
        return []
    wanted = list(dict.fromkeys(attendee_ids))
    known = await db.fetch(
        "SELECT id FROM events.attendee WHERE registration = $1 AND cancelled_at IS NULL AND id = ANY($2)",
        row["id"], wanted,
    )  # fmt: skip
    if not wanted or len(known) < len(wanted):
        raise InvalidInput.at("attendeeIds", "Name attendees of this registration who still come.")
    if row["state"] != RegistrationState.CONFIRMED and len(wanted) < row["party_size"]:
        raise InvalidInput.at("attendeeIds", "Only a confirmed party can become smaller.")
    return wanted


def _refund(row: db.Row, terms: Terms, leaving: int) -> tuple[int, int]:
    """(the part of the payment that is settled by this, what of it comes back)."""
    settled = rules.share(row["points_paid"] - row["points_settled"], row["party_size"], leaving)
    return settled, min(settled, terms.refund(settled))


async def _cancel(actor: Actor, row: db.Row, terms: Terms, reason: str | None, *, is_late: bool) -> Cancelled:
    was_held = row["points_held"]
    columns = await release_all(actor, row)
    settled, refund = _refund(row, terms, row["party_size"])
    await funds.give_back(actor, row, refund)
    columns |= _settled(row, settled, refund)
    kind = kinds.LATE_CANCELLED if is_late else kinds.CANCELLED
    after = await changes.step(actor, row, RegistrationState.CANCELLED, kind=kind, reason=reason, **columns)
    await _strike_out(row["id"], None, clock.now())
    return Cancelled(after["id"], refund + was_held)


async def _reduce(
    actor: Actor, row: db.Row, leaving: list[UUID], terms: Terms, reason: str | None
) -> Cancelled:
    await taking.give_back(row["hold"], len(leaving))
    settled, refund = _refund(row, terms, len(leaving))
    await funds.give_back(actor, row, refund)
    columns = _settled(row, settled, refund) | {"party_size": row["party_size"] - len(leaving)}
    await changes.keep(actor, row, kinds.REDUCED, reason=reason, **columns)
    await _strike_out(row["id"], leaving, clock.now())
    return Cancelled(row["id"], refund)


def _settled(row: db.Row, settled: int, refund: int) -> dict[str, Any]:
    return {
        "points_settled": row["points_settled"] + settled,
        "points_refunded": row["points_refunded"] + refund,
    }


async def _strike_out(registration_id: UUID, attendees: list[UUID] | None, at: datetime) -> None:
    await db.run(
        """UPDATE events.attendee SET cancelled_at = $3
        WHERE registration = $1 AND cancelled_at IS NULL AND ($2::uuid[] IS NULL OR id = ANY($2))""",
        registration_id, attendees, at,
    )  # fmt: skip
