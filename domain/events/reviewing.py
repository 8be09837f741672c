"""Hosts decide on registrations that need an approval."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.capacity import taking
from domain.capacity.rules import State
from domain.errors import InvalidInput
from domain.events import cancelling, changes, funds, hosting, kinds, registering
from domain.events.rules import RegistrationState


class ReviewDecision(StrEnum):
    APPROVE = "APPROVE"
    REJECT = "REJECT"


async def decide(
    actor: Actor, registration_id: UUID, decision: ReviewDecision, reason: str | None = None
) -> None:
    """Admit a registration (points captured, or payment due) or reject it (points and places go back).

    Locks: the member's root, pools, points account, record. IllegalTransition for one that is not to be reviewed.
    """
    if decision is ReviewDecision.REJECT and not 1 <= len((reason or "").strip()) <= 1_000:
        raise InvalidInput.at("reason", "Say why, in 1 to 1000 characters.")
    async with db.transaction():
        _, row = await changes.locked(registration_id)
        hosting.must_host(actor, row["occurrence"])
        if decision is ReviewDecision.REJECT:
            await reject(actor, row, reason)
            return
        to = RegistrationState.PENDING_PAYMENT if row["cash_due"] else RegistrationState.CONFIRMED
        if row["state"] != RegistrationState.PENDING_REVIEW:
            raise changes.refusal(RegistrationState(row["state"]), to)
        if to is RegistrationState.CONFIRMED:
            await confirm(actor, row, reason=reason)
            return
        pay_by = clock.now() + registering.PAY_WITHIN
        await taking.limit(row["hold"], pay_by)
        await changes.step(actor, row, to, kind=kinds.APPROVED, reason=reason, pay_by=pay_by)


async def reject(actor: Actor, row: db.Row, reason: str | None) -> None:
    """A locked registration is not admitted: everything goes back."""
    if row["state"] != RegistrationState.PENDING_REVIEW:
        raise changes.refusal(RegistrationState(row["state"]), RegistrationState.REJECTED)
    columns = await cancelling.release_all(actor, row)
    await changes.step(actor, row, RegistrationState.REJECTED, reason=reason, **columns)


async def confirm(actor: Actor, row: db.Row, *, reason: str | None = None, **columns: Any) -> None:
    """A locked registration is certain: its places are taken and its points captured."""
    await taking.move(row["hold"], State.TAKEN)
    if row["points_held"]:
        await funds.capture(actor, row["points_hold"])
        columns |= {"points_held": 0, "points_paid": row["points_held"]}
    await changes.step(actor, row, RegistrationState.CONFIRMED, reason=reason, **columns)
