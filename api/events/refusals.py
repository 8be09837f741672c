"""Why mutations of events refuse."""

from __future__ import annotations

from uuid import UUID

import strawberry
from strawberry import Info

from api.events.enums import CancellationBlock
from api.events.types import Availability, PartyPrice, Registration
from api.fields import field
from api.money import Money
from api.refusals import Refusal, refusal
from domain.capacity import errors as capacity
from domain.events import errors


@refusal(errors.EventFull)
class EventFull(Refusal):
    availability: Availability = field("What the public can have.")
    can_join_waitlist: bool = field("Whether there is a waitlist to join.")

    @classmethod
    def of(cls, exc: errors.EventFull, message: str) -> EventFull:
        return cls(
            message=message,
            availability=Availability.of(exc.availability),
            can_join_waitlist=exc.can_join_waitlist,
        )


@refusal(errors.AlreadyRegistered)
class AlreadyRegistered(Refusal):
    registration_id: strawberry.Private[UUID]

    @field("The registration that counts.")
    async def registration(self, info: Info) -> Registration:
        return (await Registration.load([self.registration_id], info.context))[self.registration_id]

    @classmethod
    def of(cls, exc: errors.AlreadyRegistered, message: str) -> AlreadyRegistered:
        return cls(message=message, registration_id=exc.registration_id)


@refusal(errors.PriceChanged)
class PriceChanged(Refusal):
    price: PartyPrice = field("What the whole party pays now.")

    @classmethod
    def of(cls, exc: errors.PriceChanged, message: str) -> PriceChanged:
        return cls(message=message, price=PartyPrice.of(exc.price))


@refusal(errors.PartyTooLarge)
class PartyTooLarge(Refusal):
    max: int = field("The most people of a party.")


@refusal(errors.CancellationBlocked)
class CancellationBlocked(Refusal):
    reason: CancellationBlock = field("Why.")


@refusal(errors.AmountMismatch)
class AmountMismatch(Refusal):
    due: Money = field("What is due.")

    @classmethod
    def of(cls, exc: errors.AmountMismatch, message: str) -> AmountMismatch:
        return cls(message=message, due=Money.of(exc.due))


@refusal(errors.DuplicateReference)
class DuplicateReference(Refusal):
    pass


@refusal(errors.PaymentTooLate)
class PaymentTooLate(Refusal):
    pass


@refusal(capacity.PoolInUse)
class PoolInUse(Refusal):
    taken: int = field("Places that are sure.")
    pending: int = field("Places that wait for a payment or a decision.")
    held: int = field("Places in a checkout.")
