"""Phone codes: six digits by SMS, a few minutes, a few tries. Of phone and code only keyed hashes are kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain import clock, db, ports
from domain.access import policy
from domain.access.errors import CodeExpired, TooManyCodes, WrongCode
from domain.actor import Actor
from domain.foundation import ids
from domain.foundation import secrets as installation


class Purpose(StrEnum):
    SIGN_IN = "SIGN_IN"
    LINK = "LINK"
    STEP_UP = "STEP_UP"


@dataclass(frozen=True)
class VerifiedPhone:
    """A phone (E.164) whose holder has just named the code."""

    phone: str
    at: datetime


async def request(actor: Actor, phone: str, purpose: Purpose = Purpose.SIGN_IN) -> int:
    """Send a code to a phone (E.164, already normalised); answers the seconds until another may be asked for.

    Known and unknown phones are treated alike. Refuses TooManyCodes. The send is the last step: if the provider
    fails, nothing is kept and the caller hears of it, so an answered request was handed over.
    """
    limits, now, code, challenge = await policy.limits(), clock.now(), _six_digits(), ids.new()
    async with db.transaction():
        keys = {
            "phone": hashed("phone", phone),
            "device": _maybe("device", actor.device),
            "ip": _maybe("ip", actor.ip),
        }
        for key in sorted(key for key in keys.values() if key):
            await db.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"code/{key}")
        await _must_be_within(limits, keys, purpose, now)
        await db.run(
            "UPDATE access.challenge SET ended_at = $3 WHERE phone_hash = $1 AND purpose = $2 AND ended_at IS NULL",
            keys["phone"], purpose, now,
        )  # fmt: skip
        await db.run(
            "INSERT INTO access.challenge (id, purpose, phone_hash, code_hash, member, device_hash, ip_hash, counted, "
            "requested_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, '{}', $8, $9)",
            challenge, purpose, keys["phone"], hashed(str(challenge), code), actor.member_id, keys["device"],
            keys["ip"], now, now + timedelta(seconds=limits.code_seconds),
        )  # fmt: skip
        await ports.sender("SMS").send(
            ports.Send(
                channel="SMS",
                recipient=phone,
                template="access.code",
                body={"code": code, "minutes": limits.code_seconds // 60, "purpose": str(purpose)},
                key=str(challenge),
            )
        )
    return limits.code_resend_seconds


async def check(
    phone: str, code: str, purpose: Purpose = Purpose.SIGN_IN, *, attempt: str | None = None
) -> VerifiedPhone:
    """The phone, if this is its newest code; a code is good once, with the caller's transaction.

    Refuses WrongCode (counted, also when the caller rolls back) and CodeExpired. ``attempt`` names the call (its
    clientMutationId): the same call with the same code is counted once.
    """
    challenge = await db.value(
        "SELECT id FROM access.challenge WHERE phone_hash = $1 AND purpose = $2 ORDER BY requested_at DESC LIMIT 1",
        hashed("phone", phone), purpose,
    )  # fmt: skip
    await _use(challenge, code, attempt)
    return VerifiedPhone(phone, clock.now())


async def check_own(actor: Actor, code: str, purpose: Purpose, *, attempt: str | None = None) -> None:
    """The same for the newest code that the signed-in member asked for."""
    challenge = await db.value(
        "SELECT id FROM access.challenge WHERE member = $1 AND purpose = $2 ORDER BY requested_at DESC LIMIT 1",
        actor.must_be_member(), purpose,
    )  # fmt: skip
    await _use(challenge, code, attempt)


async def forget_old(days: int = 2) -> int:
    """Drop challenges that count for no limit any more."""
    return await db.run(
        "DELETE FROM access.challenge WHERE requested_at < $1", clock.now() - timedelta(days=days)
    )


def hashed(kind: str, value: str) -> str:
    """A hash that only this installation can make, so that phones and codes cannot be tried out on a copy."""
    return hmac.new(installation.key(), f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()


async def _must_be_within(
    limits: policy.Limits, keys: dict[str, str | None], purpose: Purpose, now: datetime
) -> None:
    hour, day = now - timedelta(hours=1), now - timedelta(days=1)
    waits = [
        await _wait("phone_hash = $1", keys["phone"], day, limits.codes_per_phone_day, timedelta(days=1), now),
        await _wait("device_hash = $1", keys["device"], hour, limits.codes_per_device_hour, timedelta(hours=1), now),
        await _wait("ip_hash = $1", keys["ip"], hour, limits.codes_per_ip_hour, timedelta(hours=1), now),
    ]  # fmt: skip
    last = await db.value(
        "SELECT max(requested_at) FROM access.challenge WHERE phone_hash = $1 AND purpose = $2",
        keys["phone"], purpose,
    )  # fmt: skip
    if last is not None:
        waits.append(limits.code_resend_seconds - (now - last).total_seconds())
    longest = max(waits)
    if longest > 0:
        raise TooManyCodes(retry_after_seconds=max(1, round(longest + 0.5)))


async def _wait(
    where: str, key: str | None, since: datetime, most: int, window: timedelta, now: datetime
) -> float:
    """Seconds until fewer than ``most`` requests lie in the window; 0 when that is so now."""
    if key is None:
        return 0.0
    oldest_that_counts = await db.value(
        f"SELECT requested_at FROM access.challenge WHERE {where} AND requested_at > $2 "
        "ORDER BY requested_at DESC OFFSET $3 LIMIT 1",
        key, since, most - 1,
    )  # fmt: skip
    if oldest_that_counts is None:
        return 0.0
    left: timedelta = oldest_that_counts + window - now
    return left.total_seconds()


async def _use(challenge: UUID | None, code: str, attempt: str | None) -> None:
    if challenge is None:
        raise CodeExpired()
    limits = await policy.limits()
    kept = await _count(challenge, code, attempt, limits.code_tries)
    if kept is None:
        raise CodeExpired()
    code_hash, tries = kept
    if not hmac.compare_digest(code_hash, hashed(str(challenge), code)):
        raise WrongCode(tries_left=max(0, limits.code_tries - tries))
    if not await db.run(
        "UPDATE access.challenge SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", challenge, clock.now()
    ):
        raise CodeExpired()


async def _count(challenge: UUID, code: str, attempt: str | None, most: int) -> tuple[str, int] | None:
    """Count the try before looking at it, for good; None when no try is left or the code has ended.

    One statement, so that parallel guesses never get more tries than there are.
    """
    mark = hashed(f"{challenge}/{attempt}", code) if attempt else ids.new().hex
    async with db.independent() as connection:
        row = await connection.fetchrow(
            "UPDATE access.challenge SET "
            "tries = tries + CASE WHEN $3 = ANY(counted) THEN 0 ELSE 1 END, "
            "counted = CASE WHEN $3 = ANY(counted) THEN counted ELSE array_append(counted, $3) END "
            "WHERE id = $1 AND ended_at IS NULL AND expires_at > $4 AND (tries < $2 OR $3 = ANY(counted)) "
            "RETURNING code_hash, tries",
            challenge, most, mark, clock.now(),
        )  # fmt: skip
    return (row["code_hash"], row["tries"]) if row else None


def _maybe(kind: str, value: str | None) -> str | None:
    return hashed(kind, value) if value else None


def _six_digits() -> str:
    return f"{secrets.randbelow(1_000_000):06}"
