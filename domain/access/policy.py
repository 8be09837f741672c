"""The limits of sign-in, step-up and approvals: data, with the defaults of the product."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from domain import db
from domain.access import audit
from domain.actor import Actor
from domain.errors import InvalidInput, Problem, VersionConflict


@dataclass(frozen=True)
class Limits:
    """One row of ``access.policy``; without it the defaults hold. Units stand in the names."""

    code_seconds: int = 300
    code_tries: int = 5
    code_resend_seconds: int = 60
    codes_per_phone_day: int = 10
    codes_per_device_hour: int = 20
    codes_per_ip_hour: int = 20
    proof_seconds: int = 300
    secret_tries: int = 5
    secret_lock_seconds: int = 900
    approval_days: int = 14
    version: int = 1


NAMES = [field.name for field in fields(Limits) if field.name != "version"]
_MOST = {
    "code_tries": 10,
    "secret_tries": 20,
    "code_seconds": 3600,
    "proof_seconds": 3600,
    "approval_days": 365,
}


async def limits() -> Limits:
    """The limits in force."""
    row = await db.one("SELECT * FROM access.policy WHERE id = 1")
    return Limits(**{name: row[name] for name in [*NAMES, "version"]}) if row else Limits()


async def save(actor: Actor, expected_version: int, changes: dict[str, int]) -> Limits:
    """Revise limits; others stay. Refuses VersionConflict and values that make sign-in unsafe or impossible."""
    async with db.transaction():
        await db.run("INSERT INTO access.policy (id) VALUES (1) ON CONFLICT (id) DO NOTHING")
        await db.run("SELECT 1 FROM access.policy WHERE id = 1 FOR UPDATE")
        found = await limits()
        if found.version != expected_version:
            raise VersionConflict(found.version)
        problems = [
            Problem(_camel(name), f"Use 1 to {_MOST.get(name, 1_000_000)}.")
            for name, value in changes.items()
            if name not in NAMES or not 1 <= value <= _MOST.get(name, 1_000_000)
        ]
        if problems:
            raise InvalidInput(problems)
        saved = Limits(**{**asdict(found), **changes, "version": found.version + 1})
        await db.run(
            "UPDATE access.policy SET code_seconds = $1, code_tries = $2, code_resend_seconds = $3, "
            "codes_per_phone_day = $4, codes_per_device_hour = $5, codes_per_ip_hour = $6, proof_seconds = $7, "
            "secret_tries = $8, secret_lock_seconds = $9, approval_days = $10, version = $11 WHERE id = 1",
            *asdict(saved).values(),
        )
        await audit.append(actor, "access.policy.saved", "policy", facts=dict(changes))
    return saved


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
