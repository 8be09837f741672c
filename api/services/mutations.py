"""Mutations of owner services for members and advisors; those that define stores stand in ``defining``."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import Input, Json, field, mutation, result
from api.permissions import MEMBER, can
from api.refusals import HoldExpired, IllegalTransition, MemberSuspended, VersionConflict
from api.services import enums as e
from api.services.refusals import (
    AlreadyBooked,
    BeyondHorizon,
    EvidenceMissing,
    LimitReached,
    OutsideHours,
    ResourceUnavailable,
    SlotTaken,
    TooLate,
    TooSoon,
    VehicleNotYours,
)
from api.services.types import Appointment, ServiceOrder
from domain.errors import InvalidInput as InvalidInputRaised
from domain.services import booking, overview, progress
from domain.services.tables import EvidenceKind


@strawberry.input(description="A place to keep.")
class HoldSlotInput(Input):
    store_id: UUID = field("The store.")
    service_type_id: UUID = field("The service.")
    starts_at: datetime = field("The start, one of the slots.")
    resource_id: UUID | None = field("A certain unit, such as the car to drive.", default=None)


@strawberry.type(description="A place that is kept.")
class SlotHold:
    id: UUID = field("Hand it to bookAppointment.")
    expires_at: datetime = field("Until when it is kept.")


@strawberry.type(description="The place is kept for five minutes.")
class HoldSlotSuccess:
    hold: SlotHold = field("The hold.")


@strawberry.input(description="An appointment to book.")
class BookAppointmentInput(Input):
    store_id: UUID = field("The store.")
    service_type_id: UUID = field("The service.")
    starts_at: datetime = field("The start, one of the slots.")
    hold_id: UUID | None = field("A hold of this very place.", default=None)
    resource_id: UUID | None = field("A certain unit, such as the car to drive.", default=None)
    vehicle_id: UUID | None = field("The member's vehicle that it is for.", default=None)
    model_code: str | None = field("The model to drive.", default=None)
    transport: str | None = field("WAIT, LOANER or PICKUP, where the service offers it.", default=None)
    note: str | None = field("For the store, up to 1,000 characters.", default=None)


@strawberry.type(description="The appointment is booked and its order open.")
class BookAppointmentSuccess:
    appointment: Appointment = field("The appointment.")
    order: ServiceOrder = field("Its order.")


@strawberry.input(description="An appointment to move.")
class RescheduleAppointmentInput(Input):
    appointment_id: UUID = field("The appointment.")
    starts_at: datetime = field("The new start, one of the slots.")
    expected_version: int | None = field("The version that was read.", default=None)


@strawberry.type(description="The appointment has its new time.")
class RescheduleAppointmentSuccess:
    appointment: Appointment = field("The appointment.")


@strawberry.input(description="An appointment or hold to give up.")
class CancelAppointmentInput(Input):
    appointment_id: UUID = field("The appointment, or the hold.")
    reason: str | None = field("Why.", default=None)


@strawberry.type(description="The appointment is cancelled.")
class CancelAppointmentSuccess:
    appointment: Appointment = field("The appointment.")
    refund_points: Decimal = field("The points given back; 0 for an appointment that cost none.")


@strawberry.input(description="An appointment to confirm, or to give another unit.")
class ConfirmAppointmentInput(Input):
    appointment_id: UUID = field("The appointment.")
    resource_id: UUID | None = field("A certain unit; absent: any that is free.", default=None)
    expected_version: int | None = field("The version that was read.", default=None)


@strawberry.type(description="The appointment is agreed and has its unit.")
class ConfirmAppointmentSuccess:
    appointment: Appointment = field("The appointment.")


@strawberry.input(description="What is shown for a step.")
class EvidenceInput:
    kind: e.EvidenceKind = field("What it is.")
    value: Json | None = field(
        'What it says; of an odometer `{"km": 1200}` or the whole kilometres alone.', default=None
    )
    media_id: UUID | None = field("The file, where there is one.", default=None)


@strawberry.input(description="A step to take.")
class AdvanceServiceOrderInput(Input):
    service_order_id: UUID = field("The order.")
    to: str = field("One of its allowedSteps.")
    expected_version: int | None = field("The version that was read.", default=None)
    reason: str | None = field("Why.", default=None)
    evidence: list[EvidenceInput] = field("What is shown for it.", default_factory=list)


@strawberry.type(description="The order took the step.")
class AdvanceServiceOrderSuccess:
    order: ServiceOrder = field("The order.")


_UNOFFERED = (SlotTaken, OutsideHours, TooSoon, BeyondHorizon, LimitReached)
HoldSlotResult = result("HoldSlot", HoldSlotSuccess, *_UNOFFERED, MemberSuspended)
BookAppointmentResult = result(
    "BookAppointment",
    BookAppointmentSuccess,
    *_UNOFFERED,
    AlreadyBooked,
    HoldExpired,
    VehicleNotYours,
    MemberSuspended,
)
RescheduleAppointmentResult = result(
    "RescheduleAppointment",
    RescheduleAppointmentSuccess,
    *_UNOFFERED,
    TooLate,
    VersionConflict,
    IllegalTransition,
)
CancelAppointmentResult = result("CancelAppointment", CancelAppointmentSuccess, TooLate, IllegalTransition)
ConfirmAppointmentResult = result(
    "ConfirmAppointment",
    ConfirmAppointmentSuccess,
    SlotTaken,
    ResourceUnavailable,
    VersionConflict,
    IllegalTransition,
)
AdvanceServiceOrderResult = result(
    "AdvanceServiceOrder",
    AdvanceServiceOrderSuccess,
    IllegalTransition,
    EvidenceMissing,
    VersionConflict,
    SlotTaken,
)


@strawberry.type
class ServicesMutation:
    @mutation("Keep a place for five minutes; an earlier hold for the same service ends.", who=MEMBER)
    async def hold_slot(self, info: Info, input: HoldSlotInput) -> HoldSlotResult:
        held = await booking.hold(
            info.context.actor,
            input.store_id,
            input.service_type_id,
            input.starts_at,
            resource=input.resource_id,
        )
        found = await _appointment(info, held)
        return HoldSlotSuccess(hold=SlotHold(id=held, expires_at=found.row["held_until"]))

    @mutation("Book an appointment and open its order.", who=MEMBER)
    async def book_appointment(self, info: Info, input: BookAppointmentInput) -> BookAppointmentResult:
        wish = booking.Wish(
            hold=input.hold_id,
            resource=input.resource_id,
            vehicle=input.vehicle_id,
            transport=input.transport,
            model_code=input.model_code,
            note=input.note,
        )
        made, order = await booking.book(
            info.context.actor, input.store_id, input.service_type_id, input.starts_at, wish
        )
        return BookAppointmentSuccess(
            appointment=await _appointment(info, made), order=await _order(info, order)
        )

    @mutation(
        "Move an appointment; the old time is kept until the new one is taken.", who=can("member", "advisor")
    )
    async def reschedule_appointment(
        self, info: Info, input: RescheduleAppointmentInput
    ) -> RescheduleAppointmentResult:
        moved = await booking.reschedule(
            info.context.actor,
            input.appointment_id,
            input.starts_at,
            expected_version=input.expected_version,
        )
        return RescheduleAppointmentSuccess(appointment=await _appointment(info, moved))

    @mutation("Cancel an appointment with its order, or give a hold back.", who=can("member", "advisor"))
    async def cancel_appointment(self, info: Info, input: CancelAppointmentInput) -> CancelAppointmentResult:
        done = await booking.cancel(info.context.actor, input.appointment_id, input.reason)
        return CancelAppointmentSuccess(appointment=await _appointment(info, done), refund_points=Decimal(0))

    @mutation("Confirm a requested appointment, or give a booked one another unit.", who=can("advisor"))
    async def confirm_appointment(
        self, info: Info, input: ConfirmAppointmentInput
    ) -> ConfirmAppointmentResult:
        done = await booking.confirm(
            info.context.actor,
            input.appointment_id,
            resource=input.resource_id,
            expected_version=input.expected_version,
        )
        return ConfirmAppointmentSuccess(appointment=await _appointment(info, done))

    @mutation("Take an order one step further.", who=can("advisor", "technician", "source"))
    async def advance_service_order(
        self, info: Info, input: AdvanceServiceOrderInput
    ) -> AdvanceServiceOrderResult:
        shown = [_shown(each, number) for number, each in enumerate(input.evidence)]
        done = await progress.advance(
            info.context.actor,
            input.service_order_id,
            input.to,
            expected_version=input.expected_version,
            reason=input.reason,
            evidence=shown,
        )
        return AdvanceServiceOrderSuccess(order=await _order(info, done))


def _shown(given: EvidenceInput, number: int) -> progress.Shown:
    value = {} if given.value is None else given.value
    if given.kind is EvidenceKind.ODOMETER and not isinstance(value, dict):
        value = {"km": value}
    if not isinstance(value, dict):
        raise InvalidInputRaised.at(f"evidence.{number}.value", "Give an object.")
    return progress.Shown(given.kind, value, given.media_id)


async def _appointment(info: Info, id_: UUID) -> Appointment:
    return (await Appointment.load([id_], info.context))[id_]


async def _order(info: Info, id_: UUID) -> ServiceOrder:
    return ServiceOrder.of((await overview.views([id_]))[id_])
