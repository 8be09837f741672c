"""Refusals of owner services."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import field
from api.refusals import Refusal, refusal
from api.services.types import Appointment
from domain.errors import NotFound
from domain.services import errors


@refusal(errors.SlotTaken)
class SlotTaken(Refusal):
    alternatives: list[datetime] = field("The nearest starts that are free, at most three, in their order.")


@refusal(errors.OutsideHours)
class OutsideHours(Refusal):
    pass


@refusal(errors.TooSoon)
class TooSoon(Refusal):
    earliest: datetime = field("The earliest start that can be arranged.")


@refusal(errors.BeyondHorizon)
class BeyondHorizon(Refusal):
    latest: datetime = field("Until when it can be booked (exclusive).")


@refusal(errors.LimitReached)
class LimitReached(Refusal):
    period: str = field("DAY, WEEK, MONTH or YEAR.")
    limit: int = field("How many the member may have in it.")


@refusal(errors.AlreadyBooked)
class AlreadyBooked(Refusal):
    appointment_id: strawberry.Private[UUID]

    @field("The appointment that the member has.")
    async def appointment(self, info: Info) -> Appointment:
        found = await Appointment.load([self.appointment_id], info.context)
        if self.appointment_id not in found:
            raise NotFound()
        return found[self.appointment_id]

    @classmethod
    def of(cls, exc: errors.AlreadyBooked, message: str) -> AlreadyBooked:
        return cls(message=message, appointment_id=exc.appointment)


@refusal(errors.TooLate)
class TooLate(Refusal):
    until: datetime = field("Until when the member could change it.")


@refusal(errors.ResourceUnavailable)
class ResourceUnavailable(Refusal):
    pass


@refusal(errors.VehicleNotYours)
class VehicleNotYours(Refusal):
    pass


@refusal(errors.EvidenceMissing)
class EvidenceMissing(Refusal):
    required: list[str] = field("What must be shown.")
