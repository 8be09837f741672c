"""Cash that was paid outside: it confirms a registration, or is owed back."""

from __future__ import annotations

from uuid import UUID

from domain import clock, db
from domain.actor import SYSTEM, Actor
from domain.capacity import taking
from domain.capacity.errors import PoolFull
from domain.capacity.rules import Purpose, State
from domain.errors import Forbidden, InvalidInput
from domain.events import changes, funds, gates, hosting, offers, reviewing
from domain.events.errors import AmountMismatch, DuplicateReference, PaymentTooLate
from domain.events.rules import RegistrationState
from domain.foundation import ids
from domain.points.errors import AccountFrozen, InsufficientPoints
from domain.profile import interactions
from domain.profile import kinds as profile_kinds


async def record(actor: Actor, registration_id: UUID, amount: int, reference: str) -> UUID:
    """Note a payment (minor units, unique reference); answers the registration that it confirmed.

    The same reference for the same registration again changes nothing. A payment that comes after the time is over
    makes a new registration if the places can still be taken; else PaymentTooLate, and a row says what is owed back.
    """
    if not 1 <= len(reference.strip()) <= 200:
        raise InvalidInput.at("reference", "Use 1 to 200 characters.")
    async with db.transaction():
        root, row = await changes.locked(registration_id)
        _must_be_allowed(actor, row)
        if row["payment_reference"] == reference:
            return registration_id
        await _must_be_new(reference)
        if amount != row["cash_due"] or not amount:
            raise AmountMismatch(row["cash_due"])
        if row["state"] == RegistrationState.PENDING_PAYMENT and row["pay_by"] <= clock.now():
            row = await expire(row)
        if row["state"] == RegistrationState.EXPIRED:
            paid = await _pay_late(actor, root, row, amount, reference)
        elif row["state"] == RegistrationState.PENDING_PAYMENT:
            await reviewing.confirm(actor, row, cash_paid=amount, payment_reference=reference, pay_by=None)
            paid = registration_id
        else:
            raise changes.refusal(RegistrationState(row["state"]), RegistrationState.CONFIRMED)
        await interactions.record(
            actor, profile_kinds.PAYMENT_RECORDED, ("REGISTRATION", paid), once=reference, member=root,
            amount=amount, reference=reference,
        )  # fmt: skip
    return paid


async def expire(row: db.Row) -> db.Row:
    """A locked registration was not paid in time: its places and points go back."""
    if row["hold"] is not None:
        await taking.release(row["hold"], State.EXPIRED)
    if row["points_held"]:
        await funds.void(SYSTEM, row["points_hold"])
    return await changes.step(SYSTEM, row, RegistrationState.EXPIRED, points_held=0)


def _must_be_allowed(actor: Actor, row: db.Row) -> None:
    if "source" not in actor.roles:
        hosting.must_host(actor, row["occurrence"])
    elif "payments" not in actor.scopes:
        raise Forbidden("This write key has no scope payments.")


async def _must_be_new(reference: str) -> None:
    if await db.value(
        """SELECT EXISTS (SELECT FROM events.registration WHERE payment_reference = $1)
        OR EXISTS (SELECT FROM events.refund_due WHERE reference = $1)""",
        reference,
    ):
        raise DuplicateReference()


async def _pay_late(actor: Actor, root: UUID, row: db.Row, amount: int, reference: str) -> UUID:
    """A new, confirmed registration in place of the expired one, or PaymentTooLate with a row of what is owed."""
    offer = await offers.find(row["occurrence"], row["tier"])
    is_gone = gates.of_occurrence(offer.occurrence, clock.now()) or await gates.live_registration(
        root, row["occurrence"]
    )
    registration_id = ids.new()
    points = row["price"]["points"]
    try:
        if is_gone:
            raise PaymentTooLate()
        hold = await taking.take(
            {pool.id: row["party_size"] for pool in offer.tier.pools}, purpose=Purpose.REGISTRATION,
            subject=("REGISTRATION", registration_id), member=root, state=State.TAKEN,
        )  # fmt: skip
        points_hold = await funds.hold(actor, root, registration_id, points, None) if points else None
    except (PaymentTooLate, PoolFull, InsufficientPoints, AccountFrozen):
        await _owe(row["id"], amount, reference)
        raise PaymentTooLate() from None
    if points_hold is not None:
        await funds.capture(actor, points_hold)
    kept = (
        "occurrence",
        "tier",
        "party_size",
        "price",
        "refund_policy",
        "answers",
        "campaign",
        "experiment_arm",
    )
    columns = {name: row[name] for name in kept} | {
        "id": registration_id,
        "member": root,
        "hold": hold,
        "points_hold": points_hold,
        "points_paid": points,
        "cash_due": amount,
        "cash_paid": amount,
        "payment_reference": reference,
    }
    await changes.begin(actor, columns, RegistrationState.CONFIRMED, reason="paid late")
    await db.run(
        """INSERT INTO events.attendee (id, registration, number, name, phone_hash, member)
        SELECT gen_random_uuid(), $2, number, name, phone_hash, member FROM events.attendee WHERE registration = $1""",
        row["id"], registration_id,
    )  # fmt: skip
    return registration_id


async def _owe(registration_id: UUID, amount: int, reference: str) -> None:
    """Keep what is owed although the call refuses: in a transaction of its own."""
    async with db.independent() as own:
        await own.execute(
            """INSERT INTO events.refund_due (id, registration, amount, reference, recorded_at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (reference) DO NOTHING""",
            ids.new(), registration_id, amount, reference, clock.now(),
        )  # fmt: skip
