"""Households over GraphQL: members share points for spending; staff see them under a member's points."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import Input, field, mutation, result
from api.permissions import MEMBER
from api.points.household_refusals import (
    AlreadyInHousehold,
    HouseholdFull,
    NotHouseholdOwner,
    NotInHousehold,
)
from api.points.types.households import Household, HouseholdInvitation, HouseholdPerson
from api.refusals import IllegalTransition, MemberSuspended
from domain.points.households import places
from domain.profile import members


@strawberry.input(description="A household to begin.")
class CreateHouseholdInput(Input):
    wallet: str = field("The code of the wallet that is shared; spendable, with lots.", default="POINTS")


@strawberry.input(description="Whom to invite.")
class InviteToHouseholdInput(Input):
    member_id: UUID = field("Who.")
    monthly_limit: Decimal | None = field(
        "How many of the others' points they may take a month; absent: all there are.", default=None
    )


@strawberry.input(description="An invitation to accept.")
class AcceptHouseholdInvitationInput(Input):
    invitation_id: UUID = field("The invitation.")


@strawberry.input(description="An invitation to decline.")
class DeclineHouseholdInvitationInput(Input):
    invitation_id: UUID = field("The invitation.")


@strawberry.input(description="Leaving the household.")
class LeaveHouseholdInput(Input):
    pass


@strawberry.input(description="Whose place or invitation ends.")
class RemoveFromHouseholdInput(Input):
    member_id: UUID = field("Whose.")


@strawberry.input(description="Ending the household.")
class DissolveHouseholdInput(Input):
    pass


@strawberry.input(description="What a member may take.")
class SetHouseholdLimitInput(Input):
    member_id: UUID = field("Whose limit.")
    monthly_limit: Decimal | None = field(
        "How many of the others' points they may take a month; 0: none, null: all there are.", default=None
    )


@strawberry.type(description="The household is there.")
class CreateHouseholdSuccess:
    household: Household = field("The household.")


@strawberry.type(description="The member is invited.")
class InviteToHouseholdSuccess:
    invitation: HouseholdInvitation = field("The invitation.")


@strawberry.type(description="You are in the household.")
class AcceptHouseholdInvitationSuccess:
    household: Household = field("The household.")


@strawberry.type(description="You stay out of it.")
class DeclineHouseholdInvitationSuccess:
    invitation: HouseholdInvitation = field("The invitation as it stands.")


@strawberry.type(description="Your points are yours alone again.")
class LeaveHouseholdSuccess:
    member: HouseholdPerson = field("Who left.")


@strawberry.type(description="The member is not in the household any more, nor invited.")
class RemoveFromHouseholdSuccess:
    member: HouseholdPerson = field("Who is out.")


@strawberry.type(description="Everybody's points are their own again.")
class DissolveHouseholdSuccess:
    members: list[HouseholdPerson] = field("Who was in it.")


@strawberry.type(description="The limit is set.")
class SetHouseholdLimitSuccess:
    household: Household = field("The household.")


_OWNING = (NotInHousehold, NotHouseholdOwner, MemberSuspended)
CreateHouseholdResult = result("CreateHousehold", CreateHouseholdSuccess, AlreadyInHousehold, MemberSuspended)
InviteToHouseholdResult = result("InviteToHousehold", InviteToHouseholdSuccess, HouseholdFull, *_OWNING)
AcceptHouseholdInvitationResult = result(
    "AcceptHouseholdInvitation", AcceptHouseholdInvitationSuccess, AlreadyInHousehold, HouseholdFull,
    IllegalTransition, MemberSuspended,
)  # fmt: skip
DeclineHouseholdInvitationResult = result(
    "DeclineHouseholdInvitation", DeclineHouseholdInvitationSuccess, IllegalTransition, MemberSuspended
)
LeaveHouseholdResult = result("LeaveHousehold", LeaveHouseholdSuccess, NotInHousehold, MemberSuspended)
RemoveFromHouseholdResult = result("RemoveFromHousehold", RemoveFromHouseholdSuccess, *_OWNING)
DissolveHouseholdResult = result("DissolveHousehold", DissolveHouseholdSuccess, *_OWNING)
SetHouseholdLimitResult = result("SetHouseholdLimit", SetHouseholdLimitSuccess, *_OWNING)


async def _mine(info: Info, found: places.Household) -> Household:
    return Household.of(found, await members.root_of(info.context.actor.must_be_member()))


@strawberry.type
class HouseholdMutation:
    @mutation("Begin a household whose members share points for spending.", who=MEMBER)
    async def create_household(self, info: Info, input: CreateHouseholdInput) -> CreateHouseholdResult:
        found = await places.create(info.context.actor, input.wallet)
        return CreateHouseholdSuccess(household=await _mine(info, found))

    @mutation("Invite somebody into your household, as its owner.", who=MEMBER)
    async def invite_to_household(self, info: Info, input: InviteToHouseholdInput) -> InviteToHouseholdResult:
        place = await places.invite(info.context.actor, input.member_id, input.monthly_limit)
        return InviteToHouseholdSuccess(invitation=await HouseholdInvitation.of_one(place))

    @mutation(
        "Join a household: the others may take your points, and you theirs, within your limit.", who=MEMBER
    )
    async def accept_household_invitation(
        self, info: Info, input: AcceptHouseholdInvitationInput
    ) -> AcceptHouseholdInvitationResult:
        found = await places.accept(info.context.actor, input.invitation_id)
        return AcceptHouseholdInvitationSuccess(household=await _mine(info, found))

    @mutation("Stay out of a household.", who=MEMBER)
    async def decline_household_invitation(
        self, info: Info, input: DeclineHouseholdInvitationInput
    ) -> DeclineHouseholdInvitationResult:
        place = await places.decline(info.context.actor, input.invitation_id)
        return DeclineHouseholdInvitationSuccess(invitation=await HouseholdInvitation.of_one(place))

    @mutation("Leave your household; your points go with you.", who=MEMBER)
    async def leave_household(self, info: Info, input: LeaveHouseholdInput) -> LeaveHouseholdResult:
        place = await places.leave(info.context.actor)
        return LeaveHouseholdSuccess(member=HouseholdPerson.of(place))

    @mutation("End somebody's place in your household, or their invitation, as its owner.", who=MEMBER)
    async def remove_from_household(
        self, info: Info, input: RemoveFromHouseholdInput
    ) -> RemoveFromHouseholdResult:
        place = await places.remove(info.context.actor, input.member_id)
        return RemoveFromHouseholdSuccess(member=HouseholdPerson.of(place))

    @mutation("End your household, as its owner.", who=MEMBER)
    async def dissolve_household(self, info: Info, input: DissolveHouseholdInput) -> DissolveHouseholdResult:
        found = await places.dissolve(info.context.actor)
        return DissolveHouseholdSuccess(members=[HouseholdPerson.of(place) for place in found.places])

    @mutation("Say how many of the others' points a member may take a month, as the owner.", who=MEMBER)
    async def set_household_limit(self, info: Info, input: SetHouseholdLimitInput) -> SetHouseholdLimitResult:
        found = await places.set_limit(info.context.actor, input.member_id, input.monthly_limit)
        return SetHouseholdLimitSuccess(household=await _mine(info, found))
