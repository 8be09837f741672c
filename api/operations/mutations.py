"""Mutations of operations."""

from __future__ import annotations

import strawberry
from strawberry import Info

from api.fields import field, mutation, result
from api.operations.inputs import (
    ActivateSegmentInput,
    AddToSegmentInput,
    ArchiveSegmentInput,
    PauseSegmentInput,
    RemoveFromSegmentInput,
    SaveSegmentInput,
    as_json,
)
from api.operations.types import Segment
from api.permissions import can
from api.refusals import IllegalTransition, InputProblem, Refusal, VersionConflict, refusal
from domain.operations import errors, filling, segments

OPERATOR = can("operator")


@refusal(errors.ConditionInvalid)
class ConditionInvalid(Refusal):
    problems: list[InputProblem] = field("Every problem found, with its path in the condition.")


@refusal(errors.KeyTaken)
class KeyTaken(Refusal):
    key: str = field("The key.")


@refusal(errors.SegmentNotStatic)
class SegmentNotStatic(Refusal):
    kind: str = field("The segment's kind.")


@strawberry.type(description="The segment was saved.")
class SaveSegmentSuccess:
    segment: Segment = field("As it is now.")


@strawberry.type(description="The segment is in force, or this is what would happen.")
class ActivateSegmentSuccess:
    segment: Segment = field("As it is now.")
    entered: int = field("Members who enter.")
    exited: int = field("Members who leave.")


@strawberry.type(description="The segment rests.")
class PauseSegmentSuccess:
    segment: Segment = field("As it is now.")


@strawberry.type(description="The segment is over.")
class ArchiveSegmentSuccess:
    segment: Segment = field("As it is now.")


@strawberry.type(description="The members are in the segment.")
class AddToSegmentSuccess:
    segment: Segment = field("As it is now.")
    added: int = field("Those who were outside until now.")


@strawberry.type(description="The members are out of the segment.")
class RemoveFromSegmentSuccess:
    segment: Segment = field("As it is now.")
    removed: int = field("Those who were inside until now.")


SaveSegmentResult = result("SaveSegment", SaveSegmentSuccess, ConditionInvalid, KeyTaken, VersionConflict, IllegalTransition)  # fmt: skip
ActivateSegmentResult = result("ActivateSegment", ActivateSegmentSuccess, ConditionInvalid, IllegalTransition)
PauseSegmentResult = result("PauseSegment", PauseSegmentSuccess, IllegalTransition)
ArchiveSegmentResult = result("ArchiveSegment", ArchiveSegmentSuccess, IllegalTransition)
AddToSegmentResult = result("AddToSegment", AddToSegmentSuccess, SegmentNotStatic, IllegalTransition)
RemoveFromSegmentResult = result(
    "RemoveFromSegment", RemoveFromSegmentSuccess, SegmentNotStatic, IllegalTransition
)


@strawberry.type
class OperationsMutation:
    @mutation("Make a segment or save its next version; activateSegment brings it into force.", who=OPERATOR)
    async def save_segment(self, info: Info, input: SaveSegmentInput) -> SaveSegmentResult:
        row = await segments.save(
            info.context.actor,
            key=input.key,
            name=input.name,
            kind=input.kind,
            condition=as_json(input.condition),
            purpose=input.purpose,
            segment_id=input.id,
            expected_version=input.expected_version,
        )
        return SaveSegmentSuccess(segment=Segment.of(row))

    @mutation("Bring the newest version of a segment into force.", who=OPERATOR)
    async def activate_segment(self, info: Info, input: ActivateSegmentInput) -> ActivateSegmentResult:
        moved = await segments.activate(
            info.context.actor, input.id, include_existing=input.include_existing, dry_run=input.dry_run
        )
        return ActivateSegmentSuccess(
            segment=Segment.of(moved.segment), entered=moved.entered, exited=moved.exited
        )

    @mutation("Let a segment rest: nobody enters or leaves.", who=OPERATOR)
    async def pause_segment(self, info: Info, input: PauseSegmentInput) -> PauseSegmentResult:
        return PauseSegmentSuccess(segment=Segment.of(await segments.pause(info.context.actor, input.id)))

    @mutation("End a segment: everybody leaves it.", who=OPERATOR)
    async def archive_segment(self, info: Info, input: ArchiveSegmentInput) -> ArchiveSegmentResult:
        return ArchiveSegmentSuccess(segment=Segment.of(await segments.archive(info.context.actor, input.id)))

    @mutation("Put members into a static segment.", who=OPERATOR)
    async def add_to_segment(self, info: Info, input: AddToSegmentInput) -> AddToSegmentResult:
        added = await filling.add(info.context.actor, input.id, input.member_ids)
        return AddToSegmentSuccess(segment=Segment.of(await segments.by_id(input.id)), added=added)

    @mutation("Take members out of a static segment.", who=OPERATOR)
    async def remove_from_segment(self, info: Info, input: RemoveFromSegmentInput) -> RemoveFromSegmentResult:
        removed = await filling.remove(info.context.actor, input.id, input.member_ids)
        return RemoveFromSegmentSuccess(segment=Segment.of(await segments.by_id(input.id)), removed=removed)
