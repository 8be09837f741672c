"""Mutations of those who run circles: changing and merging them, roles, invitations, and showing somebody out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.community.circles import CircleAutoRuleInput
from api.community.enums import (
    CircleApproval,
    CircleKind,
    CirclePosting,
    CircleRole,
    CircleVisibility,
    JoinPolicy,
)
from api.community.refusals import LastLead, SlugTaken
from api.community.types import Circle
from api.fields import Input, field, mutation, result
from api.permissions import can
from api.refusals import IllegalTransition, VersionConflict
from domain.community import circle_editing, circle_roles, circles

RUNS = can("member", "moderator", "operator")


@strawberry.input(description="What to change about a circle; what is absent stays.")
class EditCircleInput(Input):
    circle_id: UUID = field("The circle's id.")
    expected_version: int = field("The version that was read.")
    slug: strawberry.Maybe[str] = field("Its name in addresses; staff only.")
    name: strawberry.Maybe[str] = field("Its name.")
    kind: strawberry.Maybe[CircleKind] = field("What it is about; staff only.")
    visibility: strawberry.Maybe[CircleVisibility] = field("Who sees what is in it.")
    join_policy: strawberry.Maybe[JoinPolicy] = field("How one joins; AUTO needs a rule.")
    posting: strawberry.Maybe[CirclePosting] = field("Who publishes here.")
    approval: strawberry.Maybe[CircleApproval] = field("Whose posts wait for a moderator.")
    auto_rule: strawberry.Maybe[CircleAutoRuleInput | None] = field("Whom the policy AUTO lets in.")

    def changes(self) -> dict[str, Any]:
        """The columns that are given, with their values."""
        names = ("slug", "name", "kind", "visibility", "join_policy", "posting", "approval")
        given = {name: getattr(self, name).value for name in names if getattr(self, name) is not None}
        if self.auto_rule is not None:
            given["auto_rule"] = self.auto_rule.value and self.auto_rule.value.rule()
        return given


@strawberry.type(description="The circle is changed.")
class EditCircleSuccess:
    circle: Circle = field("The circle.")


@strawberry.input(description="The circle to merge into another one.")
class MergeCirclesInput(Input):
    circle_id: UUID = field("The circle that goes.")
    into_circle_id: UUID = field("The circle that stays.")
    expected_version: int = field("The version that was read of the circle that goes.")
    dry_run: bool = field("Only say what it would do.", default=False)


@strawberry.type(description="The circle is merged; its address answers the other one from now on.")
class MergeCirclesSuccess:
    circle: Circle = field("The circle that stays.")
    member_count: int = field("How many people come (or would come) into it.")
    post_count: int = field("How many posts move (or would move).")


@strawberry.input(description="A role in a circle.")
class SetCircleRoleInput(Input):
    circle_id: UUID = field("The circle's id.")
    member_id: UUID = field("Whose role.")
    role: CircleRole = field("The role.")
    rank: int | None = field(
        "Among moderators the lower stands before the higher; absent: as it is.", default=None
    )


@strawberry.type(description="The role is as asked for.")
class SetCircleRoleSuccess:
    circle: Circle = field("The circle.")


@strawberry.input(description="Whom to invite to a circle.")
class InviteToCircleInput(Input):
    circle_id: UUID = field("The circle's id.")
    member_id: UUID = field("Whom.")


@strawberry.type(description="The member is invited, or (who had asked) is in the circle.")
class InviteToCircleSuccess:
    circle: Circle = field("The circle.")


@strawberry.input(description="Whom to show out of a circle.")
class RemoveFromCircleInput(Input):
    circle_id: UUID = field("The circle's id.")
    member_id: UUID = field("Whom.")


@strawberry.type(description="The member is not in the circle, and no rule adds them again.")
class RemoveFromCircleSuccess:
    circle: Circle = field("The circle.")


@strawberry.type
class RunningCirclesMutation:
    @mutation("Change a circle.", who=RUNS)
    async def edit_circle(self, info: Info, input: EditCircleInput) -> result(
        "EditCircle", EditCircleSuccess, VersionConflict, SlugTaken
    ):
        circle_id = await circle_editing.edit(
            info.context.actor, input.circle_id, input.expected_version, input.changes()
        )
        return EditCircleSuccess(circle=await _circle(circle_id))

    @mutation("Move the people and posts of a circle into another one.", who=can("moderator", "operator"))
    async def merge_circles(self, info: Info, input: MergeCirclesInput) -> result(
        "MergeCircles", MergeCirclesSuccess, VersionConflict
    ):
        done = await circle_editing.merge(
            info.context.actor,
            input.circle_id,
            input.into_circle_id,
            input.expected_version,
            is_dry_run=input.dry_run,
        )
        return MergeCirclesSuccess(
            circle=await _circle(done.circle), member_count=done.member_count, post_count=done.post_count
        )

    @mutation("Give somebody in a circle another role.", who=RUNS)
    async def set_circle_role(self, info: Info, input: SetCircleRoleInput) -> result(
        "SetCircleRole", SetCircleRoleSuccess, LastLead
    ):
        circle_id = await circle_roles.set_role(
            info.context.actor, input.circle_id, input.member_id, input.role, input.rank
        )
        return SetCircleRoleSuccess(circle=await _circle(circle_id))

    @mutation("Invite somebody to a circle.", who=RUNS)
    async def invite_to_circle(self, info: Info, input: InviteToCircleInput) -> result(
        "InviteToCircle", InviteToCircleSuccess, IllegalTransition
    ):
        circle_id = await circle_roles.invite(info.context.actor, input.circle_id, input.member_id)
        return InviteToCircleSuccess(circle=await _circle(circle_id))

    @mutation("Show somebody out of a circle, or take an invitation back.", who=RUNS)
    async def remove_from_circle(self, info: Info, input: RemoveFromCircleInput) -> result(
        "RemoveFromCircle", RemoveFromCircleSuccess, LastLead
    ):
        circle_id = await circle_roles.show_out(info.context.actor, input.circle_id, input.member_id)
        return RemoveFromCircleSuccess(circle=await _circle(circle_id))


async def _circle(circle_id: UUID) -> Circle:
    return Circle.of(await circles.card(circle_id))
