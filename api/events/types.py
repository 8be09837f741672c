"""Types of events. What a list shows is read with the list; plain attributes cost nothing to resolve."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.context import Context
from api.events.enums import (
    AvailabilityState,
    CancellationBlock,
    OccurrenceKind,
    OccurrenceState,
    RegistrationState,
)
from api.fields import Node, arg, field
from api.loaders import load
from api.money import Money
from api.paging import After, Connection, First
from api.permissions import can
from api.profile.types import Member
from domain.capacity.rules import Availability as AvailabilityOf
from domain.events import cancelling, funds, hosting, offers, reads, rules

HOSTS = can("host", "operator", "approver")


@strawberry.type(description="What the public can have; shown as it stands at this moment.")
class Availability:
    state: AvailabilityState = field("In one word.")
    available: int | None = field("How many places; null: unlimited.")

    @classmethod
    def of(cls, found: AvailabilityOf) -> Availability:
        return cls(state=found.state, available=found.available)


@strawberry.type(description="So many places of one thing; a tier may draw on several pools.")
class CapacityPool:
    id: UUID = field("The pool's id.")
    size: int | None = field("How many places it has; null: unlimited.")
    taken: int = field("Places that are sure.")
    pending: int = field("Places that wait for a payment or a decision.")
    held: int = field("Places in a checkout.")
    waiting: int = field("Places that people on the waitlist ask for.")
    is_closed: bool = field("Whether it gives nothing away any more, whatever is free.")


@strawberry.type(description="A fixed price of one place.")
class PriceOption:
    id: UUID = field("Name it in the tender.")
    points: Decimal = field("Points.")
    cash: Money = field("Cash beside the points.")


@strawberry.type(description="A free ratio of points and cash, of one place.")
class PriceMix:
    cash: Money = field("The price without any points.")
    points_per_minor_unit: Decimal = field("So many points replace one minor unit of cash; floored.")
    min_points: Decimal = field("The fewest points.")
    max_points: Decimal = field("The most points.")


@strawberry.type(description="What a place costs: one of the options, or the mix.")
class TierPrice:
    options: list[PriceOption] = field("Fixed prices.")
    mix: PriceMix | None = field("The free ratio, if there is one.")


@strawberry.type(description="What a whole party pays.")
class PartyPrice:
    points: Decimal = field("Points.")
    cash: Money = field("Cash.")

    @classmethod
    def of(cls, price: rules.Price) -> PartyPrice:
        return cls(points=funds.shown(price.points), cash=Money.of(price.cash))


@strawberry.type(description="Something that every party is asked.")
class TierQuestion:
    id: str = field("Names the answer.")
    label: str = field("The question.")
    is_required: bool = field("Whether it has to be answered.")
    choices: list[str] = field("The possible answers; empty: a free text.")


@strawberry.type(description="So many percent come back until a moment.")
class RefundWindow:
    until: datetime = field("Until then (inclusive).")
    percent: int = field("So many percent of the points.")


@strawberry.type(description="One way to take part in an occurrence.")
class TicketTier(Node):
    number: int = field("Its number within the occurrence, from 1.")
    name: str = field("Its name.")
    sale_starts_at: datetime | None = field("From when one can register; null: at once.")
    sale_ends_at: datetime | None = field("Until when (exclusive); null: until the start.")
    min_party: int = field("The fewest people of a party.")
    max_party: int = field("The most people of a party.")
    needs_approval: bool = field("Whether a host decides on each registration.")
    price: TierPrice = field("What one place costs.")
    questions: list[TierQuestion] = field("What every party is asked.")
    pools: list[CapacityPool] = field("The pools that it draws on.")
    availability: Availability = field("What the public can have of it.")

    @classmethod
    def of(cls, tier: offers.Tier) -> TicketTier:
        row = tier.row
        return cls(
            id=row["id"],
            number=row["number"],
            name=row["name"],
            sale_starts_at=row["sale_starts_at"],
            sale_ends_at=row["sale_ends_at"],
            min_party=row["min_party"],
            max_party=row["max_party"],
            needs_approval=row["needs_approval"],
            price=_price(tier),
            questions=[
                TierQuestion(id=q["id"], label=q["label"], is_required=q["isRequired"], choices=q["choices"])
                for q in row["questions"]
            ],
            pools=[CapacityPool(**vars(pool)) for pool in tier.pools],
            availability=Availability.of(tier.availability),
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, TicketTier]:
        found = await offers.tiers_by_id(ids)
        seen = await reads.visible(context.actor, [tier.row["occurrence"] for tier in found.values()])
        return {key: cls.of(tier) for key, tier in found.items() if tier.row["occurrence"] in seen}


@strawberry.input(description="Which registrations.")
class RegistrationFilter:
    states: list[RegistrationState] | None = field("In one of these states.", default=None)


RegistrationsFiltered = Annotated[RegistrationFilter | None, arg("Which registrations; absent: all.")]


@strawberry.type(description="One gathering at one time.")
class Occurrence(Node):
    number: int = field("A short number.")
    title: str = field("Its title.")
    summary: str | None = field("What it is about.")
    kind: OccurrenceKind = field("What kind of gathering it is.")
    state: OccurrenceState = field("Where it stands.")
    starts_at: datetime = field("When it starts.")
    ends_at: datetime = field("When it ends.")
    timezone: str = field("Its zone (IANA), for local times.")
    city: str | None = field("The city, as a six-digit adcode.")
    place: str | None = field("Where it takes place.")
    tiers: list[TicketTier] = field("The ways to take part, by number.")
    availability: Availability = field("What the public can have of it, of its best tier.")
    headcount: int = field("Places that are sure: confirmed, checked in or attended.")
    checked_in_count: int = field("Places of parties that are there, or were.")
    postponed_count: int = field("How often it was postponed.")
    free_cancel_until: datetime | None = field("Until then everybody may cancel for nothing.")
    cancel_reason: str | None = field("Why it was called off.")
    version: int = field("Rises with every change of the record.")
    view: strawberry.Private[reads.View]

    @field("How many registrations wait for a decision; for its hosts, null for others.")
    def pending_review_count(self, info: Info) -> int | None:
        return self.view.pending_review_count if hosting.may_host(info.context.actor, self.id) else None

    @field("The reader's own registration: the one that counts, else the newest.")
    async def my_registration(self, info: Info) -> Registration | None:
        own = info.context.actor.member_id
        if own is None:
            return None
        row = await load(info, "occurrence.mine", self.id, lambda ids: reads.own_of(own, ids))
        return Registration.of(row) if row else None

    @field("Who registered, in the order in which they came; for its hosts.", who=HOSTS)
    async def registrations(
        self, info: Info, filter: RegistrationsFiltered = None, first: First = 20, after: After = None
    ) -> Connection[Registration] | None:
        hosting.must_host(info.context.actor, self.id)
        page = paging.page(first, after)
        rows = await reads.registrations_of(self.id, page, filter.states if filter else None)
        return registrations_page(rows, page)

    @classmethod
    def of(cls, view: reads.View) -> Occurrence:
        row = view.row
        same = ("id", "number", "title", "summary", "starts_at", "ends_at", "timezone", "place", "version")
        more = ("postponed_count", "free_cancel_until", "cancel_reason")
        return cls(
            **{name: row[name] for name in (*same, *more)},
            kind=rules.OccurrenceKind(row["kind"]),
            state=rules.OccurrenceState(row["state"]),
            city=row["city_adcode"],
            tiers=[TicketTier.of(tier) for tier in view.tiers],
            availability=Availability.of(offers.availability_of(view.tiers)),
            headcount=view.headcount,
            checked_in_count=view.checked_in_count,
            view=view,
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Occurrence]:
        rows = await reads.visible(context.actor, ids)
        return {view.row["id"]: cls.of(view) for view in await reads.views(list(rows.values()))}


@strawberry.type(description="Somebody of a party.")
class Attendee:
    id: UUID = field("The attendee's id.")
    number: int = field("The number within the party, from 1.")
    name: str | None = field("The name, where it was said.")
    is_cancelled: bool = field("Whether this person will not come.")


@strawberry.type(description="One step of a registration.")
class RegistrationStep:
    from_: RegistrationState | None = field("The state before; null for the first step.", name="from")
    to: RegistrationState = field("The state after; the same one when only the party became smaller.")
    at: datetime = field("When.")
    by: str = field("Who: MEMBER, STAFF, SOURCE or SYSTEM.")
    reason: str | None = field("Why, where it was said.")


@strawberry.type(description="A member's answer to an occurrence.")
class Registration(Node):
    party_size: int = field("How many people come.")
    state: RegistrationState = field("Where it stands.")
    points_paid: Decimal = field("Points that were taken.")
    points_held: Decimal = field("Points that are set aside until it is decided or paid.")
    points_refunded: Decimal = field("Points that came back.")
    cash_due: Money = field("Cash that is due in all.")
    cash_paid: Money = field("Cash that was noted as paid.")
    pay_by: datetime | None = field("Until when it has to be paid.")
    registered_at: datetime = field("When the member registered.")
    version: int = field("Rises with every change of the record.")
    row: strawberry.Private[Any]

    @field("What it is for.")
    async def occurrence(self, info: Info) -> Occurrence:
        return await load(
            info, "occurrence", self.row["occurrence"], lambda ids: Occurrence.load(ids, info.context)
        )

    @field("The tier; null for a no.")
    async def tier(self, info: Info) -> TicketTier | None:
        if self.row["tier"] is None:
            return None
        found = await load(info, "tier", self.row["tier"], offers.tiers_by_id)
        return TicketTier.of(found)

    @field("Who registered; null for whom the reader may not see.")
    async def member(self, info: Info) -> Member | None:
        return await load(info, "member", self.row["member"], lambda ids: Member.load(ids, info.context))

    @field("The party, by number.")
    async def attendees(self, info: Info) -> list[Attendee]:
        rows = await load(info, "registration.attendees", self.id, reads.attendees_of)
        return [
            Attendee(
                id=row["id"],
                number=row["number"],
                name=row["name"],
                is_cancelled=row["cancelled_at"] is not None,
            )
            for row in rows
        ]

    @field("Its steps, the first one first.")
    async def history(self, info: Info) -> list[RegistrationStep]:
        rows = await load(info, "registration.history", self.id, reads.history_of)
        return [
            RegistrationStep(
                from_=row["from_state"] and rules.RegistrationState(row["from_state"]),
                to=rules.RegistrationState(row["to_state"]),
                at=row["at"],
                by=row["actor_kind"],
                reason=row["reason"],
            )
            for row in rows
        ]

    @classmethod
    def of(cls, row: Any) -> Registration:
        return cls(
            id=row["id"],
            party_size=row["party_size"],
            state=rules.RegistrationState(row["state"]),
            points_paid=funds.shown(row["points_paid"]),
            points_held=funds.shown(row["points_held"]),
            points_refunded=funds.shown(row["points_refunded"]),
            cash_due=Money.of(row["cash_due"]),
            cash_paid=Money.of(row["cash_paid"]),
            pay_by=row["pay_by"],
            registered_at=row["registered_at"],
            version=row["version"],
            row=row,
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Registration]:
        found = await reads.registrations(context.actor, ids)
        return {key: cls.of(row) for key, row in found.items()}


@strawberry.type(description="What cancelling now would do; it changes nothing.")
class CancellationPreview:
    is_allowed: bool = field("Whether it can be cancelled.")
    blocked_reason: CancellationBlock | None = field("Why not.")
    refund_points: Decimal = field("Points that would come back.")
    refund_percent: int = field("The percentage behind it, before the fee.")
    windows: list[RefundWindow] = field("How the percentage falls until the start.")

    @classmethod
    def of(cls, seen: cancelling.Preview) -> CancellationPreview:
        return cls(
            is_allowed=seen.blocked is None,
            blocked_reason=seen.blocked,
            refund_points=funds.shown(seen.refund_points),
            refund_percent=seen.refund_percent,
            windows=[RefundWindow(until=each.until, percent=each.percent) for each in seen.windows],
        )


@strawberry.type(description="What needs the host now.")
class HostHome:
    pending_review_count: int = field("Registrations that wait for a decision.")
    pending_reviews: list[Registration] = field("The oldest twenty of them.")
    next_occurrences: list[Occurrence] = field("What takes place now and next, at most twenty.")
    waiting_for_publication: list[Occurrence] = field("Occurrences that are ready to be published.")


@strawberry.type(description="A counter that does not say what the holds say.")
class CapacityProblem:
    pool_id: UUID = field("The pool.")
    rule: str = field("E1_HELD, E1_PENDING, E1_TAKEN or E2.")
    expected: int = field("What it should be (for E2: at most).")
    actual: int = field("What it is.")


@strawberry.type(description="Whether all counters of places are what the holds say.")
class CapacityHealth:
    is_healthy: bool = field("True iff there is no problem.")
    problems: list[CapacityProblem] = field("At most a hundred.")


def registrations_page(rows: list[Any], page: paging.Page) -> Connection[Registration]:
    """A page of registrations by (registered_at, id)."""
    return paging.connection(
        rows,
        page,
        key=lambda row: (row["registered_at"], row["id"]),
        nodes=[Registration.of(row) for row in rows],
    )


def _price(tier: offers.Tier) -> TierPrice:
    mix = tier.row["price_mix"]
    return TierPrice(
        options=[
            PriceOption(id=each.id, points=funds.shown(each.price.points), cash=Money.of(each.price.cash))
            for each in tier.options
        ],
        mix=mix
        and PriceMix(
            cash=Money.of(mix["cash"]),
            points_per_minor_unit=Decimal(mix["pointsPerMinorUnit"]),
            min_points=funds.shown(mix["minPoints"]),
            max_points=funds.shown(mix["maxPoints"]),
        ),
    )
