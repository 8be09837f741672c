"""Step-up: a fresh proof of the person before something sensitive, by phone code or PIN, kept with the session."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from domain import clock, db
from domain.access import audit, codes, passwords, policy, rules, sessions
from domain.access.errors import AccountLocked, PinNotSet, StepUpRequired, WrongPin
from domain.actor import Actor
from domain.errors import InvalidInput, Unauthenticated
from domain.foundation import ids

CODE, PIN = "CODE", "PIN"


async def require(actor: Actor, purpose: str) -> None:
    """Go on only with a fresh proof in this session, else refuse StepUpRequired."""
    if await db.value(
        "SELECT 1 FROM access.proof WHERE session = $1 AND expires_at > $2 LIMIT 1",
        actor.session_id,
        clock.now(),
    ):
        return
    has_pin = await db.value(
        "SELECT pin_hash IS NOT NULL FROM access.subject WHERE member = $1", actor.member_id
    )
    raise StepUpRequired(purpose=purpose, methods=[CODE, PIN] if has_pin else [CODE])


async def prove_with_code(actor: Actor, code: str, *, attempt: str | None = None) -> datetime:
    """Prove with a code asked for with purpose STEP_UP; answers until when it is good. Refuses as codes do."""
    async with db.transaction():
        await codes.check_own(actor, code, codes.Purpose.STEP_UP, attempt=attempt)
        return await keep_proof(actor, CODE)


async def prove_with_pin(actor: Actor, pin: str, *, attempt: str | None = None) -> datetime:
    """Prove with the PIN; answers until when it is good. Refuses WrongPin (counted), PinNotSet, AccountLocked."""
    async with db.transaction():
        await check_pin(actor, pin, attempt=attempt)
        return await keep_proof(actor, PIN)


async def check_pin(actor: Actor, pin: str, *, attempt: str | None = None) -> None:
    """Go on only with the member's PIN; every wrong one is counted for good, once per ``attempt``."""
    member, limits = actor.must_be_member(), await policy.limits()
    pin_hash = await _count_try(member, pin, attempt, limits)
    if not await passwords.fits(pin_hash, pin):
        tries = await db.value("SELECT pin_tries FROM access.subject WHERE member = $1", member)
        raise WrongPin(tries_left=max(0, limits.secret_tries - tries))
    await db.run(
        "UPDATE access.subject SET pin_tries = 0, pin_counted = '{}', pin_locked_until = NULL WHERE member = $1",
        member,
    )


async def set_pin(actor: Actor, pin: str, code: str, *, attempt: str | None = None) -> datetime:
    """Set the member's six-digit PIN, proved by a phone code asked for with purpose STEP_UP; answers as proving does."""
    if not (len(pin) == 6 and pin.isascii() and pin.isdigit()):
        raise InvalidInput.at("pin", "Use six digits.")
    if rules.is_weak_pin(pin):
        raise InvalidInput.at("pin", "This PIN is too easy to guess.")
    async with db.transaction():
        member = actor.must_be_member()
        await codes.check_own(actor, code, codes.Purpose.STEP_UP, attempt=attempt)
        subject = await sessions.subject_of(member=member)
        await db.run(
            "UPDATE access.subject SET pin_hash = $2, pin_tries = 0, pin_counted = '{}', pin_locked_until = NULL "
            "WHERE id = $1",
            subject.id, await passwords.hashed(pin),
        )  # fmt: skip
        until = await keep_proof(actor, CODE)
        await audit.append(actor, "access.pin.set", "member", member)
    return until


async def keep_proof(actor: Actor, method: str) -> datetime:
    """Keep that this session's person was proved just now; answers until when it is good."""
    if actor.session_id is None:
        raise Unauthenticated("Sign in first.")
    now = clock.now()
    until = now + timedelta(seconds=(await policy.limits()).proof_seconds)
    await db.run(
        "INSERT INTO access.proof (id, session, method, proved_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        ids.new(), actor.session_id, method, now, until,
    )  # fmt: skip
    return until


async def _count_try(member: UUID, pin: str, attempt: str | None, limits: policy.Limits) -> str:
    """Count the try before looking at it; the last one that is left closes the PIN for a while."""
    now = clock.now()
    mark = codes.hashed(f"{member}/{attempt}", pin) if attempt else ids.new().hex
    async with db.independent() as connection:
        row = await connection.fetchrow(_COUNT, member, limits.secret_tries, mark, now)
        if row is None:
            found = await connection.fetchrow(
                "SELECT pin_hash, pin_locked_until FROM access.subject WHERE member = $1", member
            )
        elif row["pin_tries"] >= limits.secret_tries:
            until = now + timedelta(seconds=limits.secret_lock_seconds)
            await connection.execute(
                "UPDATE access.subject SET pin_locked_until = $2 WHERE member = $1 AND pin_locked_until IS NULL",
                member,
                until,
            )
    if row is not None:
        return str(row["pin_hash"])
    if found is None or found["pin_hash"] is None:
        raise PinNotSet()
    raise AccountLocked(available_at=found["pin_locked_until"] or now)


# A lock that has passed starts the count anew.
_COUNT = """
UPDATE access.subject SET
    pin_tries = CASE WHEN pin_locked_until <= $4 THEN 1 WHEN $3 = ANY(pin_counted) THEN pin_tries ELSE pin_tries + 1 END,
    pin_counted = CASE WHEN pin_locked_until <= $4 THEN ARRAY[$3] WHEN $3 = ANY(pin_counted) THEN pin_counted
                       ELSE array_append(pin_counted, $3) END,
    pin_locked_until = CASE WHEN pin_locked_until <= $4 THEN NULL ELSE pin_locked_until END
WHERE member = $1 AND pin_hash IS NOT NULL
  AND (pin_tries < $2 OR pin_locked_until <= $4 OR $3 = ANY(pin_counted))
RETURNING pin_hash, pin_tries
"""
