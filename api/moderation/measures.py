"""Mutations by hand: sanctions, undoing, muting reporters, pins, features, locks, removals."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import Info

from api.access.types import ApprovalRequired, approval_required
from api.community.refusals import AlreadyInState
from api.community.types import CommunityMember, Post
from api.fields import Input, field, mutation, result
from api.moderation.enums import PinScope, SanctionKind
from api.moderation.refusals import AlreadyReverted, PinLimitReached, RankTooLow, SanctionExists
from api.moderation.reporting import MODERATES
from api.moderation.types import Effect, ModEvent, Sanction, subject_of
from api.permissions import can
from domain.access.approvals import Approval
from domain.community.desk import marking, muting, reverting, sanctioning
from domain.community.desk.sanctioning import Ask

_DRY = "Only say what it would change."


@strawberry.input(description="A sanction to lay on a member.")
class SanctionMemberInput(Input):
    member_id: UUID = field("The member.")
    kind: SanctionKind = field("What it limits.")
    circle_id: UUID | None = field("The circle in which it holds; absent: the whole site.", default=None)
    until: datetime | None = field("Until when; absent: for good. SHADOW: within 14 days.", default=None)
    policy_code: str | None = field("The policy.", default=None)
    reason: str | None = field("Why, at most 1,000 characters; needed without a policy.", default=None)
    remove_content: bool = field("Also remove everything that the member published there.", default=False)
    dry_run: bool = field(_DRY, default=False)


@strawberry.type(description="The member is sanctioned, or would be.")
class SanctionMemberSuccess:
    sanction: Sanction | None = field("The sanction; null for a dry run.")
    event: ModEvent | None = field("The event, by which it can be undone; null for a dry run.")
    effects: list[Effect] = field("What it changed, or would change.")


@strawberry.input(description="The sanction to end.")
class EndSanctionInput(Input):
    sanction_id: UUID = field("The sanction's id.")
    reason: str = field("Why, at most 1,000 characters.")
    dry_run: bool = field(_DRY, default=False)


@strawberry.type(description="The sanction is over, or would be.")
class EndSanctionSuccess:
    sanction: Sanction = field("The sanction.")
    event: ModEvent | None = field("The event; null for a dry run.")
    effects: list[Effect] = field("What it changed, or would change.")


@strawberry.input(description="The event to undo.")
class RevertModEventInput(Input):
    event_id: UUID = field("The event's id; those of single actions go with their decision.")
    reason: str = field("Why, at most 1,000 characters.")
    dry_run: bool = field(_DRY, default=False)


@strawberry.type(description="What the event changed, and what is still in force, is undone, or would be.")
class RevertModEventSuccess:
    event: ModEvent | None = field("The event that undid it; null for a dry run.")
    effects: list[Effect] = field("What was brought back.")
    skipped: list[Effect] = field("What somebody else changed since: it stays.")


@strawberry.input(description="Whose reports count nothing.")
class MuteReporterInput(Input):
    member_id: UUID = field("The member.")
    reason: str = field("Why, at most 1,000 characters.")
    until: datetime | None = field("Until when; absent: for good.", default=None)
    is_on: bool = field("False: they count again.", default=True)
    dry_run: bool = field(_DRY, default=False)


@strawberry.type(description="The member's reports count nothing, or count again.")
class MuteReporterSuccess:
    member: CommunityMember = field("The member.")
    effects: list[Effect] = field("What it changed, or would change.")


@strawberry.input(description="The post to put at the top.")
class PinPostInput(Input):
    target_id: UUID = field("The post.")
    scope: PinScope = field("Where.", default=PinScope.CIRCLE)
    until: datetime | None = field("Until when; absent: 30 days.", default=None)
    is_on: bool = field("False: take it down.", default=True)
    policy_code: str | None = field("The policy, if one asks for it.", default=None)
    reason: str | None = field("Why, for moderators.", default=None)


@strawberry.type(description="The post is pinned, or no longer.")
class PinPostSuccess:
    post: Post = field("The post.")


@strawberry.input(description="The post to mark as excellent.")
class FeaturePostInput(Input):
    target_id: UUID = field("The post.")
    is_on: bool = field("False: no longer.", default=True)
    policy_code: str | None = field("The policy, if one asks for it.", default=None)
    reason: str | None = field("Why, for moderators.", default=None)


@strawberry.type(description="The post is featured, or no longer.")
class FeaturePostSuccess:
    post: Post = field("The post.")


@strawberry.type
class MeasureMutation:
    @mutation("Sanction a member; SHADOW needs the signatures of two others.", who=MODERATES)
    async def sanction_member(self, info: Info, input: SanctionMemberInput) -> result(
        "SanctionMember", SanctionMemberSuccess, SanctionExists, RankTooLow, ApprovalRequired
    ):
        ask = Ask(
            input.member_id, input.kind, input.circle_id, input.until, input.policy_code, input.reason,
            input.remove_content,
        )  # fmt: skip
        done = await sanctioning.lay(info.context.actor, ask, is_dry_run=input.dry_run)
        if isinstance(done, Approval):
            return approval_required(done, info)
        return SanctionMemberSuccess(
            sanction=await _sanction(info, done.sanction),
            event=await _event(info, done.event),
            effects=[Effect.of(one) for one in done.changes],
        )

    @mutation("End a sanction before its time.", who=MODERATES)
    async def end_sanction(self, info: Info, input: EndSanctionInput) -> result(
        "EndSanction", EndSanctionSuccess, AlreadyInState, RankTooLow
    ):
        done = await sanctioning.end(
            info.context.actor, input.sanction_id, input.reason, is_dry_run=input.dry_run
        )
        return EndSanctionSuccess(
            sanction=await _sanction(info, done.sanction),
            event=await _event(info, done.event),
            effects=[Effect.of(one) for one in done.changes],
        )

    @mutation("Undo exactly what an event changed and what is still in force, once.", who=MODERATES)
    async def revert_mod_event(self, info: Info, input: RevertModEventInput) -> result(
        "RevertModEvent", RevertModEventSuccess, AlreadyReverted, RankTooLow
    ):
        done = await reverting.revert(
            info.context.actor, input.event_id, input.reason, is_dry_run=input.dry_run
        )
        return RevertModEventSuccess(
            event=await _event(info, done.event),
            effects=[Effect.of(one) for one in done.undone],
            skipped=[Effect.of(one) for one in done.skipped],
        )

    @mutation("Let the reports of a member count nothing, or count again.", who=can("moderator"))
    async def mute_reporter(self, info: Info, input: MuteReporterInput) -> result(
        "MuteReporter", MuteReporterSuccess, AlreadyInState
    ):
        root, changes = await muting.mute(
            info.context.actor, input.member_id, reason=input.reason, until=input.until, is_on=input.is_on,
            is_dry_run=input.dry_run,
        )  # fmt: skip
        member = await subject_of(info, "MEMBER", root)
        return MuteReporterSuccess(member=member, effects=[Effect.of(one) for one in changes])

    @mutation("Put a post at the top (置顶), at most three a place, or take it down.", who=MODERATES)
    async def pin_post(self, info: Info, input: PinPostInput) -> result(
        "PinPost", PinPostSuccess, PinLimitReached, AlreadyInState, RankTooLow
    ):
        post = await marking.pin(
            info.context.actor, input.target_id, place=input.scope.value, until=input.until, is_on=input.is_on,
            policy=input.policy_code, reason=input.reason,
        )  # fmt: skip
        return PinPostSuccess(post=(await Post.load([post], info.context))[post])

    @mutation("Mark a post as excellent (精华), or no longer.", who=MODERATES)
    async def feature_post(self, info: Info, input: FeaturePostInput) -> result(
        "FeaturePost", FeaturePostSuccess, AlreadyInState, RankTooLow
    ):
        post = await marking.feature(
            info.context.actor, input.target_id, is_on=input.is_on, policy=input.policy_code, reason=input.reason
        )  # fmt: skip
        return FeaturePostSuccess(post=(await Post.load([post], info.context))[post])


async def _sanction(info: Info, sanction: UUID | None) -> Sanction | None:
    return (await Sanction.load([sanction], info.context))[sanction] if sanction else None


async def _event(info: Info, event: UUID | None) -> ModEvent | None:
    return (await ModEvent.load([event], info.context))[event] if event else None
