"""Who may say "mine": deciding claims, binding and unbinding, and what follows in the profile.

Locks: the roots of everybody concerned in order of their ids, then the vehicle, then the binding by compare-and-set.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg

from domain import clock, db
from domain.access import approvals
from domain.access.approvals import Approval
from domain.actor import Actor
from domain.errors import IllegalTransition, InvalidInput, NotFound, VersionConflict
from domain.foundation import ids
from domain.garage import kinds, rules, vehicles
from domain.garage.errors import AlreadyBound, TransferOpen
from domain.garage.tables import BindingRole, BindingState, EndedReason, Proof
from domain.profile import interactions, members, relations, traits

DECIDE = "garage.binding.decide"


class BindingDecision(StrEnum):
    APPROVE = "APPROVE"
    REJECT = "REJECT"


async def decide(
    actor: Actor,
    binding: UUID,
    decision: BindingDecision,
    *,
    expected_version: int,
    reason: str | None = None,
    proof: Proof | None = None,
) -> UUID | Approval:
    """Approve or reject a waiting claim. Approving on STAFF's word alone (not on the document) needs a second person.

    Refuses VersionConflict, IllegalTransition, and AlreadyBound when the vehicle has an owner by now.
    """
    actor.must_have("operator", "approver")
    if (decision is BindingDecision.REJECT or proof is Proof.STAFF) and not (reason or "").strip():
        raise InvalidInput.at("reason", "Say why.")
    async with db.transaction():
        claim = await _locked_claim(binding)
        if claim["version"] != expected_version:
            raise VersionConflict(claim["version"])
        target = BindingState.ACTIVE if decision is BindingDecision.APPROVE else BindingState.REJECTED
        must_follow(claim["state"], target)
        if decision is BindingDecision.REJECT:
            return await _reject(actor, claim, reason)
        if proof is Proof.STAFF:
            asked = await approvals.ask(
                actor,
                DECIDE,
                {"binding": str(binding), "expected_version": expected_version, "reason": reason},
                effects={"member": str(claim["member"]), "state": "ACTIVE"},
                note=reason,
            )
            if asked is not None:
                return asked
        vehicle = await vehicles.lock_by_vin(claim["vin_claimed"])
        await _activate(actor, claim, vehicle, proof or Proof(claim["proof"]), reason)
    return binding


async def run_decision(maker: Actor, input: dict[str, Any]) -> dict[str, str]:
    """What an approval runs: the claim is approved on staff's word."""
    binding = UUID(input["binding"])
    await decide(
        maker,
        binding,
        BindingDecision.APPROVE,
        expected_version=input["expected_version"],
        reason=input["reason"],
        proof=Proof.STAFF,
    )
    return {"binding": str(binding)}


async def bind(
    actor: Actor,
    member: UUID,
    vin: str,
    proof: Proof,
    *,
    role: BindingRole = BindingRole.OWNER,
    since: datetime | None = None,
    origin: UUID | None = None,
    flags: tuple[str, ...] = (),
) -> UUID:
    """Bind a vehicle without a claim (delivery, import), in the caller's transaction. Refuses AlreadyBound."""
    async with db.transaction():
        root = (await members.lock(member))[0]
        vehicle = await vehicles.lock_by_vin(vin)
        binding = ids.new()
        since = since or clock.now()
        if role is BindingRole.OWNER:
            await _must_be_free(vehicle["id"], since)
        await db.run(
            """INSERT INTO garage.binding (id, vehicle, vehicle_number, vin_claimed, member, role, state, proof, origin,
                valid_during, is_first_owner, claimed_at, version)
            VALUES ($1, $2, $3, $4, $5, $6, 'ACTIVE', $7, $8, tstzrange($9, NULL), $10, $9, 1)""",
            binding, vehicle["id"], vehicle["number"], vehicle["vin"], root, role, proof, origin, since,
            role is BindingRole.OWNER and await _is_first(vehicle["id"]),
        )  # fmt: skip
        await _bound(actor, binding, root, vehicle, since, flags)
    return binding


async def unbind(actor: Actor, binding: UUID, reason: EndedReason) -> UUID:
    """The member gives the vehicle up; co-users end with the owner. Refuses IllegalTransition and TransferOpen."""
    root = await members.must_be_active(actor)
    async with db.transaction():
        row = await db.one(f"SELECT {COLUMNS} FROM {FROM} WHERE b.id = $1", binding)
        if row is None or row["root"] != root:
            raise NotFound()
        await members.lock(root, *await _co_users(row["vehicle"]))
        row = await db.one(f"SELECT {COLUMNS} FROM {FROM} WHERE b.id = $1 FOR NO KEY UPDATE OF b", binding)
        assert row is not None
        if row["state"] == BindingState.TRANSFER_PENDING:
            raise TransferOpen()
        must_follow(row["state"], BindingState.ENDED)
        await _end(actor, row, reason)
        if row["role"] == BindingRole.OWNER:
            for other in await db.fetch(
                f"SELECT {COLUMNS} FROM {FROM} WHERE b.vehicle = $1 AND b.role = 'CO_USER' AND b.state = ANY($2) ORDER BY b.id",
                row["vehicle"], list(rules.HELD),
            ):  # fmt: skip
                await _end(actor, other, EndedReason.REVOKED)
    return binding


async def is_owner(root: UUID) -> bool:
    """Whether the role ``owner`` derives from an active binding of this root."""
    return await db.value(
        """SELECT EXISTS (SELECT FROM garage.binding AS b JOIN profile.member AS m ON m.id = b.member
        WHERE m.root = $1 AND b.role = 'OWNER' AND b.state = 'ACTIVE')""",
        root,
    )


def must_follow(state: str, target: BindingState) -> None:
    """Raise IllegalTransition unless the edge exists."""
    if not rules.may_become(state, target):
        raise IllegalTransition(state, target, rules.allowed_from(state))


async def become(binding: UUID, state: str, target: BindingState, **changes: Any) -> None:
    """One compare-and-set along an edge; the row's other facts change with it. Raises IllegalTransition."""
    must_follow(state, target)
    names = [*changes]
    sets = "".join(f", {name} = ${number}" for number, name in enumerate(names, start=4))
    changed = await db.run(
        f"UPDATE garage.binding SET state = $3, version = version + 1{sets} WHERE id = $1 AND state = $2",
        binding, state, target, *changes.values(),
    )  # fmt: skip
    if not changed:
        now = await db.value("SELECT state FROM garage.binding WHERE id = $1", binding)
        raise IllegalTransition(now, target, rules.allowed_from(now))


async def refresh_traits(root: UUID) -> None:
    """Write the traits that derive from a root's active bindings: models, count, owner since."""
    row = await db.one(
        """SELECT count(*) AS count, min(lower(b.valid_during)) AS since,
            array_agg(DISTINCT v.model_code ORDER BY v.model_code) FILTER (WHERE v.model_code IS NOT NULL) AS models
        FROM garage.binding AS b JOIN profile.member AS m ON m.id = b.member JOIN garage.vehicle AS v ON v.id = b.vehicle
        WHERE m.root = $1 AND b.role = 'OWNER' AND b.state = 'ACTIVE'""",
        root,
    )
    assert row is not None
    for member in await members.ids_of(root):
        is_root = member == root and row["count"] > 0
        await traits.declare(member, "vehicle.models", (row["models"] or []) if is_root else None)
        await traits.declare(member, "vehicle.count", row["count"] if is_root else None)
        await traits.declare(member, "owner.since", row["since"].isoformat() if is_root else None)


COLUMNS = (
    "b.id, b.vehicle, b.vin_claimed, b.member, m.root, b.role, b.state, b.proof, b.ended_reason, b.decision_reason, "
    "b.is_first_owner, lower(b.valid_during) AS valid_from, upper(b.valid_during) AS valid_to, b.claimed_at, b.version"
)
FROM = "garage.binding AS b JOIN profile.member AS m ON m.id = b.member"


async def _locked_claim(binding: UUID) -> db.Row:
    member = await db.value("SELECT member FROM garage.binding WHERE id = $1", binding)
    if member is None:
        raise NotFound()
    await members.lock(member)
    row = await db.one(f"SELECT {COLUMNS} FROM {FROM} WHERE b.id = $1", binding)
    assert row is not None
    return row


async def _reject(actor: Actor, claim: db.Row, reason: str | None) -> UUID:
    await become(
        claim["id"], claim["state"], BindingState.REJECTED, decision_reason=reason, decided_by=actor.id
    )
    await interactions.record(
        actor, kinds.VEHICLE_REJECTED, ("BINDING", claim["id"]), once=claim["id"], member=claim["root"],
        letter="BUY", kind="BINDING", binding=str(claim["id"]),
    )  # fmt: skip
    return claim["id"]


async def _activate(actor: Actor, claim: db.Row, vehicle: db.Row, proof: Proof, reason: str | None) -> None:
    """A proved claim becomes the right to the vehicle, which the caller has locked."""
    now = clock.now()
    await _must_be_free(vehicle["id"], now)
    await become(
        claim["id"], claim["state"], BindingState.ACTIVE,
        vehicle=vehicle["id"], vehicle_number=vehicle["number"], proof=proof, decision_reason=reason,
        decided_by=actor.id, is_first_owner=await _is_first(vehicle["id"]), valid_during=asyncpg.Range(now, None),
    )  # fmt: skip
    await _bound(actor, claim["id"], claim["root"], vehicle, now, ())


async def _must_be_free(vehicle: UUID, since: datetime) -> None:
    if await db.value(
        """SELECT EXISTS (SELECT FROM garage.binding WHERE vehicle = $1 AND role = 'OWNER'
        AND (state = ANY($2) OR valid_during && tstzrange($3, NULL)))""",
        vehicle, list(rules.HELD), since,
    ):  # fmt: skip
        raise AlreadyBound()


async def _is_first(vehicle: UUID) -> bool:
    return not await db.value(
        "SELECT EXISTS (SELECT FROM garage.binding WHERE vehicle = $1 AND role = 'OWNER')", vehicle
    )


async def _bound(
    actor: Actor, binding: UUID, root: UUID, vehicle: db.Row, at: datetime, flags: tuple[str, ...]
) -> None:
    """What follows a right: the tie and the traits in the profile, and the interaction."""
    row = await db.one("SELECT role, proof, is_first_owner FROM garage.binding WHERE id = $1", binding)
    assert row is not None
    await relations.open(
        root, "VEHICLE", vehicle["id"], row["role"], since=at, evidence={"binding": str(binding)}
    )
    await refresh_traits(root)
    await interactions.record(
        actor, kinds.VEHICLE_BOUND, ("VEHICLE", vehicle["id"]), once=binding, member=root, at=at, flags=flags,
        letter="BUY", kind="BINDING", vehicle=str(vehicle["id"]), binding=str(binding), role=row["role"],
        proof=row["proof"], model_code=vehicle["model_code"], is_first_owner=row["is_first_owner"],
    )  # fmt: skip


async def _end(actor: Actor, row: db.Row, reason: EndedReason) -> None:
    now = clock.now()
    await become(row["id"], row["state"], BindingState.ENDED, ended_reason=reason)
    await db.run(
        "UPDATE garage.binding SET valid_during = tstzrange(lower(valid_during), greatest(lower(valid_during), $2)), "
        "plate = NULL WHERE id = $1",
        row["id"], now,
    )  # fmt: skip
    await relations.close("VEHICLE", row["vehicle"], row["role"], at=now, member=_tied(row))
    await refresh_traits(row["root"])
    await interactions.record(
        actor, kinds.VEHICLE_UNBOUND, ("VEHICLE", row["vehicle"]), once=row["id"], member=row["root"],
        letter="SELL", kind="BINDING", vehicle=str(row["vehicle"]), binding=str(row["id"]), role=row["role"],
        reason=reason,
    )  # fmt: skip


def _tied(row: db.Row) -> UUID | None:
    """Whose tie ends: a vehicle has one owner, whatever member id the tie was written with; co-users are many."""
    return None if row["role"] == BindingRole.OWNER else row["member"]


async def _co_users(vehicle: UUID | None) -> list[UUID]:
    rows = await db.fetch(
        "SELECT member FROM garage.binding WHERE vehicle = $1 AND role = 'CO_USER' AND state = ANY($2)",
        vehicle, list(rules.HELD),
    )  # fmt: skip
    return [row["member"] for row in rows]
