"""Mutations of members: places, registering, cancelling."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import Info

from api.events.refusals import (
    AlreadyRegistered,
    CancellationBlocked,
    EventFull,
    PartyTooLarge,
    PriceChanged,
)
from api.events.types import Registration
from api.fields import Input, Json, field, mutation, result
from api.permissions import MEMBER, can
from api.refusals import AccountFrozen, HoldExpired, InsufficientPoints, NotEligible
from domain.errors import InvalidInput
from domain.events import cancelling, funds, places, registering, rules


@strawberry.input(description="Places to keep while checking out.")
class HoldPlacesInput(Input):
    occurrence_id: UUID = field("The occurrence.")
    tier_id: UUID = field("The tier.")
    quantity: int = field("How many people.", default=1)


@strawberry.type(description="Places that are kept for a checkout.")
class PlaceHold:
    id: UUID = field("Name it when registering.")
    expires_at: datetime = field("Until when they are kept; it cannot be extended.")


@strawberry.type(description="The places are kept; an earlier checkout for the occurrence is over.")
class HoldPlacesSuccess:
    hold: PlaceHold = field("The kept places.")


@strawberry.input(description="Somebody of the party.")
class AttendeeInput:
    name: str | None = field("The name, at most 100 characters.", default=None)


@strawberry.input(
    description="How the party pays: by an option of the tier, or by points of its mix.", one_of=True
)
class TenderInput:
    price_option_id: strawberry.Maybe[UUID] = field("The option.")
    points: strawberry.Maybe[Decimal] = field("So many points in all; the rest is due in cash.")


@strawberry.input(description="A price as it was shown.")
class ExpectedPriceInput:
    points: Decimal = field("Points of the whole party.", default=Decimal(0))
    cash: int = field("Cash of the whole party, in minor units.", default=0)


@strawberry.input(description="Who comes, and how it is paid.")
class RegisterForEventInput(Input):
    occurrence_id: UUID = field("The occurrence.")
    tier_id: UUID = field("The tier.")
    party_size: int = field("How many people.", default=1)
    attendees: list[AttendeeInput] = field("The people, as far as they are known.", default_factory=list)
    tender: TenderInput | None = field(
        "How it is paid; may be absent where the tier has one price.", default=None
    )
    expected_price: ExpectedPriceInput | None = field(
        "The whole party's price as it was shown; another one answers PriceChanged.", default=None
    )
    hold_id: UUID | None = field("The kept places.", default=None)
    answers: Json | None = field("Answers by the questions' ids, an object.", default=None)
    campaign: str | None = field("The campaign that led here, at most 100 characters.", default=None)

    def wanted(self) -> registering.Wanted:
        if not isinstance(self.answers, dict | None):
            raise InvalidInput.at("answers", "Use an object: question id -> answer.")
        if len(self.campaign or "") > 100:
            raise InvalidInput.at("campaign", "Use at most 100 characters.")
        tender = self.tender or TenderInput(price_option_id=None, points=None)
        expected = self.expected_price
        return registering.Wanted(
            occurrence_id=self.occurrence_id,
            tier_id=self.tier_id,
            party_size=self.party_size,
            attendees=tuple(registering.Person(person.name) for person in self.attendees),
            option_id=tender.price_option_id.value if tender.price_option_id else None,
            points=funds.read(tender.points.value, "tender.points") if tender.points else None,
            expected=expected
            and rules.Price(funds.read(expected.points, "expectedPrice.points"), expected.cash),
            hold_id=self.hold_id,
            answers=self.answers or {},
            campaign=self.campaign,
        )


@strawberry.type(description="The member is registered.")
class RegisterForEventSuccess:
    registration: Registration = field("The registration, in its first state.")


@strawberry.input(description="The occurrence that one does not come to.")
class DeclineEventInput(Input):
    occurrence_id: UUID = field("The occurrence.")


@strawberry.type(description="The no is noted.")
class DeclineEventSuccess:
    registration: Registration = field("The noted answer.")


@strawberry.input(description="What to cancel.")
class CancelRegistrationInput(Input):
    registration_id: UUID = field("The registration.")
    attendee_ids: list[UUID] | None = field("Only these people; absent: everybody.", default=None)
    reason: str | None = field("Why.", default=None)


@strawberry.type(description="It is cancelled, or the party is smaller.")
class CancelRegistrationSuccess:
    registration: Registration = field("The registration.")
    refund_points: Decimal = field("Points that came back.")


@strawberry.type
class TakingPartMutation:
    @mutation("Keep places for ten minutes while checking out.", who=MEMBER)
    async def hold_places(self, info: Info, input: HoldPlacesInput) -> result(
        "HoldPlaces", HoldPlacesSuccess, NotEligible, EventFull, PartyTooLarge, AlreadyRegistered
    ):
        kept, until = await places.hold(
            info.context.actor, input.occurrence_id, input.tier_id, input.quantity
        )
        return HoldPlacesSuccess(hold=PlaceHold(id=kept, expires_at=until))

    @mutation("Register for an occurrence, paid with points.", who=MEMBER)
    async def register_for_event(self, info: Info, input: RegisterForEventInput) -> result(
        "RegisterForEvent",
        RegisterForEventSuccess,
        NotEligible,
        EventFull,
        AlreadyRegistered,
        HoldExpired,
        InsufficientPoints,
        AccountFrozen,
        PriceChanged,
        PartyTooLarge,
    ):
        made = await registering.register(info.context.actor, input.wanted())
        return RegisterForEventSuccess(registration=await one(made, info))

    @mutation("Say that one does not come.", who=MEMBER)
    async def decline_event(self, info: Info, input: DeclineEventInput) -> result(
        "DeclineEvent", DeclineEventSuccess, AlreadyRegistered, NotEligible
    ):
        said = await registering.decline(info.context.actor, input.occurrence_id)
        return DeclineEventSuccess(registration=await one(said, info))

    @mutation(
        "Cancel one's registration, or some of its people; hosts cancel anybody's, and everything comes back.",
        who=can("member", "host", "operator"),
    )
    async def cancel_registration(self, info: Info, input: CancelRegistrationInput) -> result(
        "CancelRegistration", CancelRegistrationSuccess, CancellationBlocked
    ):
        done = await cancelling.cancel(
            info.context.actor, input.registration_id, attendee_ids=input.attendee_ids, reason=input.reason
        )
        return CancelRegistrationSuccess(
            registration=await one(done.registration_id, info), refund_points=funds.shown(done.refund_points)
        )


async def one(registration_id: UUID, info: Info) -> Registration:
    """The registration as it stands now."""
    return (await Registration.load([registration_id], info.context))[registration_id]
