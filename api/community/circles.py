"""Mutations of circles: making one, joining, deciding who may, and leaving."""

from __future__ import annotations

from uuid import UUID

import strawberry
from strawberry import Info

from api.community import enums
from api.community.enums import (
    CircleApproval,
    CircleKind,
    CirclePosting,
    CircleVisibility,
    JoinDecision,
    JoinPolicy,
)
from api.community.refusals import JoinRefused, LastLead, PostingNotAllowed, SlugTaken
from api.community.types import Circle
from api.fields import Input, field, mutation, result
from api.permissions import MEMBER, can
from api.refusals import IllegalTransition
from domain.community import circles, tables
from domain.community.circle_rules import AutoRule

MODERATES = can("member", "moderator")


@strawberry.input(description="Whom the policy AUTO lets in: any of these.")
class CircleAutoRuleInput:
    models: list[str] = field("Who owns one of these models (codes) now.", default_factory=list)
    cities: list[str] = field("Who lives in one of these cities.", default_factory=list)

    def rule(self) -> AutoRule:
        return AutoRule(self.models, self.cities)


@strawberry.input(description="A circle to make.")
class CreateCircleInput(Input):
    slug: str = field("Its name in addresses: 2 to 60 of a-z, 0-9 and -.")
    name: str = field("Its name, at most 60 characters.")
    kind: CircleKind = field("What it is about.")
    visibility: CircleVisibility = field("Who sees what is in it.", default=tables.CircleVisibility.PUBLIC)
    join_policy: JoinPolicy = field("How one joins.", default=tables.JoinPolicy.OPEN)
    posting: CirclePosting = field("Who publishes here.", default=tables.CirclePosting.ANYONE)
    approval: CircleApproval = field(
        "Whose posts wait for a moderator (先审后发).", default=tables.CircleApproval.NONE
    )
    auto_rule: CircleAutoRuleInput | None = field("Whom the policy AUTO lets in.", default=None)


@strawberry.type(description="The circle is made.")
class CreateCircleSuccess:
    circle: Circle = field("The circle.")


@strawberry.input(description="The circle to join.")
class JoinCircleInput(Input):
    circle_id: UUID = field("The circle's id.")


@strawberry.type(description="The member is in the circle, or has asked to be.")
class JoinCircleSuccess:
    circle: Circle = field("The circle.")


@strawberry.input(description="Who has asked to join, and what becomes of it.")
class DecideJoinRequestInput(Input):
    circle_id: UUID = field("The circle's id.")
    member_id: UUID = field("Who has asked.")
    decision: JoinDecision = field("What becomes of it.")


@strawberry.type(description="The member is in the circle, or was turned down and may ask again.")
class DecideJoinRequestSuccess:
    circle: Circle = field("The circle.")


@strawberry.input(description="The circle to leave.")
class LeaveCircleInput(Input):
    circle_id: UUID = field("The circle's id.")


@strawberry.type(description="The member is not in the circle.")
class LeaveCircleSuccess:
    circle: Circle | None = field("The circle; null when it cannot be seen from outside.")


@strawberry.type
class CircleMutation:
    @mutation("Make a circle.", who=can("moderator", "operator"))
    async def create_circle(self, info: Info, input: CreateCircleInput) -> result(
        "CreateCircle", CreateCircleSuccess, SlugTaken
    ):
        circle_id = await circles.create(
            info.context.actor,
            slug=input.slug,
            name=input.name,
            kind=input.kind,
            visibility=input.visibility,
            join_policy=input.join_policy,
            posting=input.posting,
            approval=input.approval,
            auto_rule=input.auto_rule and input.auto_rule.rule(),
        )
        return CreateCircleSuccess(circle=await _circle(circle_id))

    @mutation("Join a circle, or ask to.", who=MEMBER)
    async def join_circle(self, info: Info, input: JoinCircleInput) -> result(
        "JoinCircle", JoinCircleSuccess, PostingNotAllowed, JoinRefused
    ):
        circle_id = await circles.join(info.context.actor, input.circle_id)
        return JoinCircleSuccess(circle=await _circle(circle_id))

    @mutation("Let in who has asked to join a circle, or not.", who=MODERATES)
    async def decide_join_request(self, info: Info, input: DecideJoinRequestInput) -> result(
        "DecideJoinRequest", DecideJoinRequestSuccess, IllegalTransition
    ):
        circle_id = await circles.decide(
            info.context.actor,
            input.circle_id,
            input.member_id,
            is_approved=input.decision == enums.JoinDecision.APPROVE,
        )
        return DecideJoinRequestSuccess(circle=await _circle(circle_id))

    @mutation("Leave a circle.", who=MEMBER)
    async def leave_circle(self, info: Info, input: LeaveCircleInput) -> result(
        "LeaveCircle", LeaveCircleSuccess, PostingNotAllowed, LastLead
    ):
        circle_id = await circles.leave(info.context.actor, input.circle_id)
        return LeaveCircleSuccess(circle=(await Circle.load([circle_id], info.context)).get(circle_id))


async def _circle(circle_id: UUID) -> Circle:
    return Circle.of(await circles.card(circle_id))
