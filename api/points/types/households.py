"""Households: who shares points with whom, invitations, and what was taken of whose points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.context import Context
from api.fields import enum, field
from api.paging import After, Connection, First
from api.points.types.ledger import PointsJournal, PointsWallet
from domain.points.amounts import decimal
from domain.points.households import reading, tables
from domain.points.households.reading import Place
from domain.profile import members

HouseholdPlaceState = enum(
    tables.PlaceState,
    "How somebody stands in a household.",
    name="HouseholdPlaceState",
    INVITED="Invited, and not answered yet.",
    JOINED="In the household: the points are shared.",
    DECLINED="The invited member did not want to.",
    WITHDRAWN="The invitation was taken back.",
    LEFT="Out of the household.",
    MERGED="Set aside: the person, merged of two members, has been in another household, or place, for longer.",
    EXPIRED="Nobody answered the invitation in time.",
)


@strawberry.type(description="A person as the household sees them.")
class HouseholdPerson:
    id: UUID = field("The member's id.")
    display_name: str | None = field("The name shown to others; null when they have none.")

    @classmethod
    def of(cls, place: Place) -> HouseholdPerson:
        return cls(id=place.root, display_name=place.display_name)

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, HouseholdPerson]:
        found = await members.by_ids(ids)
        return {asked: cls(id=row["id"], display_name=row["display_name"]) for asked, row in found.items()}


@strawberry.type(description="A member's place in a household.")
class HouseholdMember:
    member: HouseholdPerson = field("Who it is.")
    is_owner: bool = field(
        "Whether they invite, remove and set limits: who has been in it for the longest does."
    )
    monthly_limit: Decimal | None = field(
        "How many of the others' points they may take a month; null: all there are."
    )
    drawn_this_month: Decimal = field("How many they took this month and did not get back.")
    since: datetime = field("When they joined.")


@strawberry.type(description="An invitation to a household.")
class HouseholdInvitation:
    id: UUID = field("Its id.")
    state: HouseholdPlaceState = field("How it stands.")  # type: ignore[valid-type]
    member: HouseholdPerson = field("Who is invited.")
    owner: HouseholdPerson | None = field("The household's owner; null when nobody is in it now.")
    wallet: PointsWallet = field("The wallet that is shared.")
    monthly_limit: Decimal | None = field("How many of the others' points may be taken a month; null: all.")
    invited_at: datetime = field("When it was made.")
    expires_at: datetime | None = field("Until when it can be accepted.")

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, HouseholdInvitation]:
        found = [await reading.place(id) for id in ids]
        return {each.id: each for each in await cls.of_all([place for place in found if place])}

    @classmethod
    async def of_all(cls, places: Sequence[Place]) -> list[HouseholdInvitation]:
        owners = await reading.owners([place.household for place in places])
        return [cls.of(place, owners.get(place.household)) for place in places]

    @classmethod
    async def of_one(cls, place: Place) -> HouseholdInvitation:
        return (await cls.of_all([place]))[0]

    @classmethod
    def of(cls, place: Place, owner: Place | None) -> HouseholdInvitation:
        return cls(
            id=place.id,
            state=tables.PlaceState(place.state),
            member=HouseholdPerson.of(place),
            owner=HouseholdPerson.of(owner) if owner else None,
            wallet=PointsWallet(code=place.wallet, scale=place.scale),
            monthly_limit=_limit(place),
            invited_at=place.invited_at,
            expires_at=place.expires_at,
        )


@strawberry.type(description="A spend for which others' points were taken.")
class HouseholdDraw:
    journal_id: strawberry.Private[UUID]
    spender: HouseholdPerson = field("Who spent.")
    amount: Decimal = field("How many points of the others were taken.")
    left: Decimal = field("How many of them did not come back by a refund.")
    at: datetime = field("When.")

    @field("The posting; null for who was not in the household and had no part in it.")
    async def journal(self, info: Info) -> PointsJournal | None:
        found = await PointsJournal.load([self.journal_id], info.context)
        return found.get(self.journal_id)


@strawberry.type(
    description="People who share the points of one wallet for spending; every point stays its earner's until it is spent."
)
class Household:
    found: strawberry.Private[reading.Household]
    viewer: strawberry.Private[UUID]
    id: UUID = field("Its id.")
    wallet: PointsWallet = field("The wallet that is shared.")

    @field("Who is in it, who has been for the longest first.", name="members")
    async def members_(self) -> list[HouseholdMember]:
        drawn, _ = await reading.drawn(self.found)
        return [
            HouseholdMember(
                member=HouseholdPerson.of(place),
                is_owner=place is self.found.owner,
                monthly_limit=_limit(place),
                drawn_this_month=decimal(drawn[place.root], place.scale),
                since=place.joined_at,
            )
            for place in self.found.places
        ]

    @field("Open invitations, the oldest first.")
    async def invitations(self) -> list[HouseholdInvitation]:
        return await HouseholdInvitation.of_all(await reading.invited(self.id))

    @field("How many of the others' points the person may take now, after the own ones.")
    async def drawable(self) -> Decimal:
        found = await reading.drawable(self.viewer)
        return decimal(found.points if found else 0, self.found.scale)

    @field("Spends for which others' points were taken, newest first.")
    async def draws(self, first: First = 20, after: After = None) -> Connection[HouseholdDraw]:
        page = paging.page(first, after)
        rows = await reading.draws(self.id, page)
        return paging.connection(
            rows,
            page,
            key=lambda row: (row.at, row.id),
            nodes=[
                HouseholdDraw(
                    journal_id=row.journal,
                    spender=HouseholdPerson(id=row.root, display_name=row.display_name),
                    amount=decimal(row.amount, self.found.scale),
                    left=decimal(row.left, self.found.scale),
                    at=row.at,
                )
                for row in rows
            ],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Household]:
        root = await members.root_of(context.actor.must_be_member())
        found = await reading.of_root(root)
        return {found.id: cls.of(found, root)} if found else {}

    @classmethod
    def of(cls, found: reading.Household, viewer: UUID) -> Household:
        return cls(
            found=found, viewer=viewer, id=found.id, wallet=PointsWallet(code=found.wallet, scale=found.scale)
        )


def _limit(place: Place) -> Decimal | None:
    return None if place.monthly_limit is None else decimal(place.monthly_limit, place.scale)
