"""Claiming a vehicle. A claim says nothing about the car: it does the same work for a VIN that nobody knows and for one
that somebody else owns, because it never looks at the vehicles at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain import clock, db
from domain.actor import Actor
from domain.errors import InvalidInput, Problem
from domain.foundation import ids
from domain.garage import kinds, rules, sealing, vin, wmis
from domain.garage.errors import InvalidVin, TooManyClaims
from domain.garage.tables import BindingRole, BindingState, Proof
from domain.profile import interactions, members

LONGEST = 100
_COLUMN = {"member": "member", "vin": "vin_hash", "device": "device"}


@dataclass(frozen=True)
class Document:
    """What stands in the vehicle's papers; staff compare it with the register."""

    engine_number: str
    real_name: str


async def claim(actor: Actor, vin_text: str, document: Document, plate: str | None = None) -> UUID:
    """Ask to be the owner of the vehicle with this VIN; answers the binding, which waits for a review.

    Counts the attempt by member, VIN and device, also when it is refused later. A waiting claim of the same member for
    the same VIN is answered again. Refuses InvalidVin and TooManyClaims. Locks the member's root.
    """
    member_id = actor.must_be_member()
    _check(document, plate)
    found = await must_be_vin(vin_text)
    await _count(actor, await members.root_of(member_id), found.vin)
    async with db.transaction():
        await members.must_be_active(actor)
        root = (await members.lock(member_id))[0]
        waiting = await db.value(
            """SELECT b.id FROM garage.binding AS b JOIN profile.member AS m ON m.id = b.member
            WHERE m.root = $1 AND b.vin_claimed = $2 AND b.state IN ('CLAIMED', 'VERIFYING')""",
            root, found.vin,
        )  # fmt: skip
        return waiting or await _add(actor, root, found.vin, document, plate)


async def must_be_vin(text: str) -> vin.Decoding:
    """What an acceptable VIN says of itself; refuses InvalidVin."""
    found = await decode(text)
    if found.problem is not None:
        raise InvalidVin(found.problem)
    return found


async def decode(text: str) -> vin.Decoding:
    """What a VIN says of itself, by the rules of its maker."""
    return vin.decode(text, await wmis.of_vins([vin.normalise(text)]))


async def _add(actor: Actor, root: UUID, claimed: str, document: Document, plate: str | None) -> UUID:
    binding = ids.new()
    await db.run(
        """INSERT INTO garage.binding
            (id, vin_claimed, member, role, state, proof, plate, evidence, claimed_at, is_first_owner, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, false, 1)""",
        binding, claimed, root, BindingRole.OWNER, BindingState.VERIFYING, Proof.DOCUMENT,
        sealing.seal(plate) if plate else None,
        sealing.seal({"engineNumber": document.engine_number, "realName": document.real_name}), clock.now(),
    )  # fmt: skip
    await interactions.record(
        actor, kinds.VEHICLE_CLAIMED, ("BINDING", binding), once=binding, member=root,
        letter="BUY", kind="BINDING", binding=str(binding), proof=Proof.DOCUMENT,
    )  # fmt: skip
    return binding


async def _count(actor: Actor, root: UUID, claimed: str) -> None:
    """Count the attempt in a transaction of its own; TooManyClaims when a limit is reached already."""
    subjects = {"member": str(root), "vin": sealing.keyed_hash(claimed), "device": actor.device}
    async with db.independent():
        full_until = await _full_until(subjects)
        if full_until is None:
            await db.run(
                "INSERT INTO garage.claim_attempt (id, member, vin_hash, device, ip_hash, at) "
                "VALUES ($1, $2, $3, $4, $5, $6)",
                ids.new(), root, subjects["vin"], actor.device,
                sealing.keyed_hash(actor.ip) if actor.ip else None, clock.now(),
            )  # fmt: skip
    if full_until is not None:
        raise TooManyClaims(full_until)


async def _full_until(subjects: dict[str, str | None]) -> datetime | None:
    """When the last of the reached limits opens again; None when none is reached.

    Locks the subjects, so that two claims at once are two.
    """
    now = clock.now()
    latest: datetime | None = None
    for name, value in sorted(subjects.items()):
        if value is None:
            continue
        await db.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"garage.claim/{name}/{value}")
        limit = rules.CLAIM_LIMITS[name]
        oldest_counted = await db.value(
            f"SELECT at FROM garage.claim_attempt WHERE {_COLUMN[name]} = $1 AND at > $2 ORDER BY at DESC OFFSET $3 LIMIT 1",
            UUID(value) if name == "member" else value, now - rules.CLAIM_WINDOW, limit - 1,
        )  # fmt: skip
        if oldest_counted is not None:
            latest = max(latest or now, oldest_counted + rules.CLAIM_WINDOW)
    return latest


def _check(document: Document, plate: str | None) -> None:
    given = {
        "proof.document.engineNumber": document.engine_number,
        "proof.document.realName": document.real_name,
    }
    problems = [
        Problem(path, "Write it as in the papers.") for path, text in given.items() if not text.strip()
    ]
    given["plate"] = plate or ""
    problems += [
        Problem(p, f"Use at most {LONGEST} characters.") for p, text in given.items() if len(text) > LONGEST
    ]
    if problems:
        raise InvalidInput(problems)
