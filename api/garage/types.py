"""Types of the garage: vehicles, bindings and what a VIN says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.context import Context
from api.fields import Node, enum, field
from api.loaders import load
from api.permissions import can
from domain.garage import overview, vehicles
from domain.garage import tables as t
from domain.garage import vin as v

CheckDigit = enum(
    v.CheckDigit,
    "What position 9 of a VIN tells.",
    VALID="It is the check digit of the other sixteen.",
    INVALID="It is not the check digit.",
    NOT_USED="It is no check digit at all.",
)
VinProblem = enum(
    v.VinProblem,
    "Why a text is not accepted as a VIN.",
    LENGTH="It has not 17 characters.",
    CHARACTERS="It has characters that no VIN has (I, O and Q among them).",
    CHECK_DIGIT="The check digit does not match, and this maker uses it.",
    POSITION="A letter stands where this maker writes digits.",
)
BindingRole = enum(
    t.BindingRole, "What a member may be to a vehicle.", OWNER="The owner.", CO_USER="Uses it with the owner's consent."
)  # fmt: skip
BindingState = enum(
    t.BindingState,
    "How far a binding is.",
    CLAIMED="Claimed, without a proof yet.",
    VERIFYING="The proof is being checked.",
    ACTIVE="The right holds.",
    SUSPENDED="The right rests.",
    TRANSFER_PENDING="The vehicle is being handed over.",
    ENDED="The right has ended.",
    REJECTED="The claim was rejected.",
)
Proof = enum(
    t.Proof,
    "What a binding rests on.",
    DELIVERY="The brand's own delivery record.",
    DOCUMENT="The vehicle's papers, checked by staff.",
    IN_CAR_CODE="A code that the car showed.",
    STAFF="The word of staff, signed by a second person.",
    IMPORT="An imported record.",
)
EndedReason = enum(
    t.EndedReason,
    "Why a binding ended.",
    SOLD="The vehicle was sold.",
    REVOKED="The right was taken back.",
    ERROR="It was a mistake.",
    LEASE_END="The lease ended.",
)


@strawberry.type(description="What a VIN says of itself; it proves nothing about who owns the vehicle.")
class VinDecoding:
    vin: str = field("The VIN in its normal form.")
    is_well_formed: bool = field("17 characters that a VIN may have.")
    is_acceptable: bool = field("Whether it may be registered, by the rules of its maker.")
    check_digit: CheckDigit = field("Whether position 9 matches.")
    expected_digit: str | None = field("What position 9 would be.")
    wmi: str | None = field("The maker's world identifier: 3 characters, or 6 for makers of few vehicles.")
    maker: str | None = field("The maker, where it is known.")
    country: str | None = field("The maker's country (two letters).")
    model_year: int | None = field("The model year, where the VIN decides it.")
    model_year_candidates: list[int] = field("Both years that position 10 can mean.")
    problem: VinProblem | None = field("Why it is not accepted.")
    warnings: list[str] = field("What looks odd and does not matter.")

    @classmethod
    def of(cls, found: v.Decoding) -> VinDecoding:
        return cls(**{name: value for name, value in vars(found).items() if name != "is_check_ok"})


@strawberry.type(description="A vehicle that the brand knows.")
class Vehicle(Node):
    full_vin: strawberry.Private[str | None]
    make: str | None = field("The brand it is sold under.")
    model_code: str | None = field("The model's code.")
    trim: str | None = field("The trim.")
    color: str | None = field("The colour.")
    model_year: int | None = field("The model year, where it is known.")
    model_year_candidates: list[int] = field("Both years that the VIN can mean.")
    produced_on: date | None = field("When it was built.")
    first_registered_on: date | None = field("When it was first registered.")
    delivered_on: date | None = field("When it was handed over.")
    odometer_km: int | None = field("The last odometer reading in kilometres.")

    @field("The VIN; staff see the last six characters.")
    def vin(self, info: Info) -> str | None:
        return mask(self.full_vin, info)

    @field("The caller's right to it; for staff, the present owner's.")
    async def binding(self, info: Info) -> Binding | None:
        async def read(wanted: list[UUID]) -> dict[UUID, Any]:
            return await overview.in_force(info.context.actor, wanted)

        row = await load(info, "garage.binding_in_force", self.id, read)
        return Binding.of(row) if row else None

    @classmethod
    def of(cls, row: Any) -> Vehicle:
        names = [f.name for f in cls.__dataclass_fields__.values() if f.name in row]
        return cls(full_vin=row["vin"] or row["legacy_vin"], **{n: row[n] for n in names if n != "vin"})

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Vehicle]:
        seen = await overview.visible_vehicles(context.actor, ids)
        return {id_: cls.of(row) for id_, row in (await vehicles.by_ids([*seen])).items()}


@strawberry.type(description="What a claim says stands in the vehicle's papers.")
class ClaimPapers:
    engine_number: str = field("The engine number.")
    real_name: str = field("The owner's name.")
    plate: str = field("The number plate; empty when none was given.")


@strawberry.type(description="A member's claim to a vehicle, or the right to it while it holds.")
class Binding(Node):
    vehicle_id: strawberry.Private[UUID | None]
    claimed: strawberry.Private[str | None]
    role: BindingRole = field("What the member is to the vehicle.")
    state: BindingState = field("How far it is.")
    proof: Proof = field("What it rests on.")
    valid_from: datetime | None = field("Since when the right holds.")
    valid_to: datetime | None = field("Until when it held (exclusive); null while it holds.")
    ended_reason: EndedReason | None = field("Why it ended.")
    is_first_owner: bool = field("Whether the member is the first owner, once a vehicle.")
    claimed_at: datetime = field("When it was claimed.")
    version: int = field("Rises with every change of the record.")

    @field("The vehicle; null until the claim is proved, whether or not there is such a vehicle.")
    async def vehicle(self, info: Info) -> Vehicle | None:
        if self.vehicle_id is None:
            return None
        row = await load(info, "garage.vehicle", self.vehicle_id, vehicles.by_ids)
        return Vehicle.of(row) if row else None

    @field("The VIN that was claimed; staff see the last six characters.")
    def vin_claimed(self, info: Info) -> str | None:
        return mask(self.claimed, info)

    @field("What the papers are said to say; for the decision.", who=can("operator", "approver"))
    async def papers(self) -> ClaimPapers | None:
        found = await overview.papers(self.id)
        if found is None:
            return None
        return ClaimPapers(
            engine_number=found["engineNumber"], real_name=found["realName"], plate=found["plate"]
        )

    @classmethod
    def of(cls, row: Any) -> Binding:
        return cls(
            id=row["id"],
            vehicle_id=row["vehicle"],
            claimed=row["vin_claimed"],
            role=t.BindingRole(row["role"]),
            state=t.BindingState(row["state"]),
            proof=t.Proof(row["proof"]),
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            ended_reason=t.EndedReason(row["ended_reason"]) if row["ended_reason"] else None,
            is_first_owner=row["is_first_owner"],
            claimed_at=row["claimed_at"],
            version=row["version"],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Binding]:
        found = await overview.visible_bindings(context.actor, ids)
        return {id_: cls.of(row) for id_, row in found.items()}


@strawberry.type(description="A vehicle that the member has a right to.")
class MyVehicle:
    role: BindingRole = field("What the member is to it.")
    since: datetime = field("Since when.")
    vehicle: Vehicle = field("The vehicle.")
    binding: Binding = field("The right to it.")


@strawberry.type(description="An invariant of the garage that does not hold.")
class GarageViolation:
    invariant: str = field("Its number, as G1.")
    rule: str = field("What should hold.")
    count: int = field("For how many records it does not.")


@strawberry.type(description="Whether the garage is well.")
class GarageHealth:
    is_healthy: bool = field("Whether every invariant holds.")
    vehicle_count: int = field("Vehicles known.")
    active_binding_count: int = field("Bindings in force.")
    waiting_claim_count: int = field("Claims that wait for staff.")
    violations: list[GarageViolation] = field("What is wrong.")

    @classmethod
    def of(cls, found: overview.Health) -> GarageHealth:
        return cls(
            is_healthy=not found.violations,
            vehicle_count=found.vehicle_count,
            active_binding_count=found.active_binding_count,
            waiting_claim_count=found.waiting_claim_count,
            violations=[GarageViolation(**vars(each)) for each in found.violations],
        )


def mask(text: str | None, info: Info) -> str | None:
    """A VIN as the reader may see it."""
    if text is None or not info.context.actor.is_staff:
        return text
    return "*" * max(0, len(text) - 6) + text[-6:]
