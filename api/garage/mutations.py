"""Mutations of the garage."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry
from strawberry import Info

from api.access.types import ApprovalRequired, approval_required
from api.fields import Input, enum, field, mutation, result
from api.garage.types import Binding, EndedReason, Proof, VinProblem
from api.permissions import MEMBER, can
from api.refusals import IllegalTransition, MemberSuspended, Refusal, VersionConflict, refusal
from domain.access.approvals import Approval
from domain.errors import InvalidInput as InvalidInputRaised
from domain.garage import bindings, claims, errors, vehicles
from domain.garage.tables import Proof as ProofKind

BindingDecision = enum(
    bindings.BindingDecision,
    "What staff decide about a claim.",
    APPROVE="The member becomes the owner.",
    REJECT="The claim ends.",
)


@refusal(errors.InvalidVin)
class InvalidVin(Refusal):
    problem: VinProblem = field("What is wrong.")

    @classmethod
    def of(cls, exc: errors.InvalidVin, message: str) -> InvalidVin:
        return cls(message=message, problem=VinProblem(exc.problem))


@refusal(errors.TooManyClaims)
class TooManyClaims(Refusal):
    available_at: datetime = field("From when another claim is possible.")


@refusal(errors.AlreadyBound)
class AlreadyBound(Refusal):
    pass


@refusal(errors.TransferOpen)
class TransferOpen(Refusal):
    pass


@strawberry.input(description="What stands in the vehicle's papers.")
class VehicleDocumentInput:
    engine_number: str = field("The engine number.")
    real_name: str = field("The owner's name as in the papers.")


@strawberry.input(description="What proves that the vehicle is the member's; exactly one.", one_of=True)
class BindingProofInput:
    document: strawberry.Maybe[VehicleDocumentInput] = field("The papers, which staff check.")


@strawberry.input(description="A vehicle to claim.")
class BindVehicleInput(Input):
    vin: str = field("The VIN, however it is written.")
    proof: BindingProofInput = field("What proves it.")
    plate: str | None = field("The number plate.", default=None)


@strawberry.type(description="The claim is made. It tells nothing about the vehicle until it is proved.")
class BindVehicleSuccess:
    binding: Binding = field("The claim.")


@strawberry.input(description="A binding to end.")
class UnbindVehicleInput(Input):
    binding_id: UUID = field("The binding.")
    reason: EndedReason = field("Why.")


@strawberry.type(description="The right to the vehicle has ended.")
class UnbindVehicleSuccess:
    binding: Binding = field("The binding.")


@strawberry.input(description="A decision about a claim.")
class DecideBindingInput(Input):
    id: UUID = field("The claim.")
    decision: BindingDecision = field("Approve or reject.")
    reason: str | None = field("Why; needed to reject, and to approve on staff's word.", default=None)
    proof: Proof | None = field(
        "DOCUMENT (the claim's own) or STAFF, which a second person has to sign.", default=None
    )
    expected_version: int = field("The claim's version that was read.")


@strawberry.type(description="The claim is decided.")
class DecideBindingSuccess:
    binding: Binding = field("The binding.")


@strawberry.input(description="A vehicle to make known.")
class VehicleInput:
    vin: str = field("The VIN, however it is written.")
    model_code: str | None = field("The model's code.", default=None)
    make: str | None = field("The brand; absent: the maker's.", default=None)
    trim: str | None = field("The trim.", default=None)
    color: str | None = field("The colour.", default=None)
    model_year: int | None = field("The model year; it wins over the VIN's.", default=None)
    produced_on: date | None = field("When it was built.", default=None)
    first_registered_on: date | None = field("When it was first registered.", default=None)
    delivered_on: date | None = field("When it was handed over.", default=None)
    odometer_km: int | None = field("The odometer in kilometres.", default=None)
    external_id: str | None = field("The source's own id; absent: the VIN.", default=None)


@strawberry.input(description="Vehicles to make known.")
class RegisterVehiclesInput(Input):
    vehicles: list[VehicleInput] = field("1 to 500 vehicles.")
    dry_run: bool = field("Only tell what would happen.", default=False)


@strawberry.type(description="A vehicle that was not taken.")
class RejectedVehicle:
    index: int = field("Its place in the input, from 0.")
    problem: str = field("LENGTH, CHARACTERS, CHECK_DIGIT, POSITION, VIN_REPEATED, ODOMETER or MODEL_YEAR.")


@strawberry.type(description="What became of the vehicles; the numbers sum to the vehicles sent.")
class RegisterVehiclesSuccess:
    accepted: int = field("Stored or revised.")
    unchanged: int = field("There already, just so.")
    rejected: list[RejectedVehicle] = field("Not taken, and why.")


BindVehicleResult = result("BindVehicle", BindVehicleSuccess, InvalidVin, TooManyClaims, MemberSuspended)
UnbindVehicleResult = result(
    "UnbindVehicle", UnbindVehicleSuccess, IllegalTransition, TransferOpen, MemberSuspended
)
DecideBindingResult = result(
    "DecideBinding", DecideBindingSuccess, IllegalTransition, VersionConflict, AlreadyBound, ApprovalRequired
)
RegisterVehiclesResult = result("RegisterVehicles", RegisterVehiclesSuccess)


@strawberry.type
class GarageMutation:
    @mutation("Claim a vehicle. The answer is the same whether or not there is such a vehicle.", who=MEMBER)
    async def bind_vehicle(self, info: Info, input: BindVehicleInput) -> BindVehicleResult:
        given = input.proof.document
        if given is None or given.value is None:
            raise InvalidInputRaised.at("proof.document", "Give what stands in the papers.")
        papers = claims.Document(given.value.engine_number, given.value.real_name)
        made = await claims.claim(info.context.actor, input.vin, papers, input.plate)
        return BindVehicleSuccess(binding=await _binding(info, made))

    @mutation("Give a vehicle up; its co-users end with the owner.", who=MEMBER)
    async def unbind_vehicle(self, info: Info, input: UnbindVehicleInput) -> UnbindVehicleResult:
        ended = await bindings.unbind(info.context.actor, input.binding_id, input.reason)
        return UnbindVehicleSuccess(binding=await _binding(info, ended))

    @mutation("Approve or reject a claim.", who=can("operator", "approver"))
    async def decide_binding(self, info: Info, input: DecideBindingInput) -> DecideBindingResult:
        if input.proof not in (None, ProofKind.DOCUMENT, ProofKind.STAFF):
            raise InvalidInputRaised.at("proof", "Use DOCUMENT or STAFF.")
        decided = await bindings.decide(
            info.context.actor,
            input.id,
            input.decision,
            expected_version=input.expected_version,
            reason=input.reason,
            proof=input.proof,
        )
        if isinstance(decided, Approval):
            return approval_required(decided, info)
        return DecideBindingSuccess(binding=await _binding(info, decided))

    @mutation("Make vehicles known, or revise them.", who=can("operator", "source"))
    async def register_vehicles(self, info: Info, input: RegisterVehiclesInput) -> RegisterVehiclesResult:
        given = [vehicles.Given(**vars(each)) for each in input.vehicles]
        done = await vehicles.register(info.context.actor, given, is_dry_run=input.dry_run)
        return RegisterVehiclesSuccess(
            accepted=done.accepted,
            unchanged=done.unchanged,
            rejected=[RejectedVehicle(index=each.index, problem=str(each.problem)) for each in done.rejected],
        )


async def _binding(info: Info, id_: UUID) -> Binding:
    return (await Binding.load([id_], info.context))[id_]
