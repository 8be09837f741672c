"""Mutations of hosts: occurrences, places, decisions and payments."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import Info

from api.access.types import ApprovalRequired, approval_required
from api.events.enums import ReviewDecision
from api.events.inputs import DraftOccurrenceInput, EditOccurrenceInput
from api.events.refusals import AmountMismatch, DuplicateReference, PaymentTooLate, PoolInUse
from api.events.taking_part import one
from api.events.types import HOSTS, CapacityPool, Occurrence, Registration
from api.fields import Input, field, mutation, result
from api.permissions import can
from api.refusals import AccountFrozen, IllegalTransition, InsufficientPoints, VersionConflict
from domain.access.approvals import Approval
from domain.capacity import pools
from domain.events import funds, occurrences, paying, places, reviewing


@strawberry.type(description="The occurrence is written down.")
class DraftOccurrenceSuccess:
    occurrence: Occurrence = field("The occurrence.")


@strawberry.type(description="The occurrence is changed.")
class EditOccurrenceSuccess:
    occurrence: Occurrence = field("The occurrence.")


@strawberry.input(description="The occurrence that is ready to be looked at.")
class SubmitOccurrenceInput(Input):
    occurrence_id: UUID = field("The occurrence.")
    expected_version: int | None = field("The version that was read; absent: whichever it is.", default=None)


@strawberry.type(description="It waits to be published.")
class SubmitOccurrenceSuccess:
    occurrence: Occurrence = field("The occurrence.")


@strawberry.input(description="The occurrence that is not ready yet.")
class ReturnOccurrenceInput(Input):
    occurrence_id: UUID = field("The occurrence.")
    expected_version: int | None = field("The version that was read; absent: whichever it is.", default=None)


@strawberry.type(description="It is a draft again.")
class ReturnOccurrenceSuccess:
    occurrence: Occurrence = field("The occurrence.")


@strawberry.input(description="The occurrence to announce.")
class PublishOccurrenceInput(Input):
    occurrence_id: UUID = field("The occurrence.")
    expected_version: int | None = field("The version that was read; absent: whichever it is.", default=None)


@strawberry.type(description="It is announced.")
class PublishOccurrenceSuccess:
    occurrence: Occurrence = field("The occurrence.")


@strawberry.type(description="What it means for those who registered.")
class OccurrenceEffects:
    members: int = field("Registrations that are touched.")
    refund_points: Decimal = field("Points that come back.")
    offers: int = field("Offers of the waitlist that end.")

    @classmethod
    def of(cls, effects: occurrences.Effects) -> OccurrenceEffects:
        return cls(
            members=effects.members, refund_points=funds.shown(effects.refund_points), offers=effects.offers
        )


@strawberry.input(description="The new times of a published occurrence.")
class PostponeOccurrenceInput(Input):
    occurrence_id: UUID = field("The occurrence.")
    starts_at: datetime = field("The new start.")
    ends_at: datetime = field("The new end.")
    reason: str | None = field("Why.", default=None)
    free_cancel_until: datetime | None = field(
        "Until then everybody may cancel for nothing; absent: until the new start.", default=None
    )
    dry_run: bool = field("Only say what it would mean.", default=False)


@strawberry.type(description="It is postponed, or would be.")
class PostponeOccurrenceSuccess:
    occurrence: Occurrence = field("The occurrence.")
    effects: OccurrenceEffects = field("What it means.")


@strawberry.input(description="The occurrence to call off.")
class CancelOccurrenceInput(Input):
    occurrence_id: UUID = field("The occurrence.")
    reason: str = field("Why; members see it.")
    dry_run: bool = field("Only say what it would mean.", default=False)


@strawberry.type(
    description="It is called off, or would be; everybody is cancelled and refunded in full, one by one."
)
class CancelOccurrenceSuccess:
    occurrence: Occurrence = field("The occurrence.")
    effects: OccurrenceEffects = field("What it means.")


@strawberry.input(description="A pool's new size.")
class ResizePoolInput(Input):
    pool_id: UUID = field("The pool.")
    size: int | None = field("How many places; absent: unlimited.", default=None)


@strawberry.type(description="The pool has its new size; a closed one stays closed.")
class ResizePoolSuccess:
    pool: CapacityPool = field("The pool.")
    promoted_count: int = field("Who waited and is offered a place by it.", default=0)


@strawberry.input(description="A pool that closed when it was full.")
class ReopenPoolInput(Input):
    pool_id: UUID = field("The pool.")


@strawberry.type(description="The pool is open.")
class ReopenPoolSuccess:
    pool: CapacityPool = field("The pool.")
    promoted_count: int = field("Who waited and is offered a place by it.", default=0)


@strawberry.input(description="A decision on a registration.")
class ReviewRegistrationInput(Input):
    registration_id: UUID = field("The registration.")
    decision: ReviewDecision = field("The decision.")
    reason: str | None = field("Why; needed to reject.", default=None)


@strawberry.type(description="It is decided.")
class ReviewRegistrationSuccess:
    registration: Registration = field("The registration.")


@strawberry.input(description="Cash that was paid outside.")
class RecordEventPaymentInput(Input):
    registration_id: UUID = field("The registration.")
    amount: int = field("What was paid, in minor units.")
    reference: str = field("The payment's own reference; each is taken once.")


@strawberry.type(description="The payment is noted and the place is sure.")
class RecordEventPaymentSuccess:
    registration: Registration | None = field(
        "The registration that it confirmed (a new one after a late payment); null for a source, which sees none."
    )


@strawberry.type
class RunningMutation:
    @mutation("Write an occurrence down; nobody but staff sees it yet.", who=HOSTS)
    async def draft_occurrence(self, info: Info, input: DraftOccurrenceInput) -> result(
        "DraftOccurrence", DraftOccurrenceSuccess
    ):
        made = await occurrences.draft(info.context.actor, input.draft())
        return DraftOccurrenceSuccess(occurrence=await _occurrence(made, info))

    @mutation("Change an occurrence and its tiers.", who=HOSTS)
    async def edit_occurrence(self, info: Info, input: EditOccurrenceInput) -> result(
        "EditOccurrence", EditOccurrenceSuccess, VersionConflict, IllegalTransition
    ):
        await occurrences.edit(
            info.context.actor,
            input.occurrence_id,
            input.changes(),
            expected_version=input.expected_version,
            tiers=tuple(tier.edit(f"tiers.{number}") for number, tier in enumerate(input.tiers)),
            new_tiers=tuple(tier.draft(f"newTiers.{number}") for number, tier in enumerate(input.new_tiers)),
        )
        return EditOccurrenceSuccess(occurrence=await _occurrence(input.occurrence_id, info))

    @mutation("Hand a draft in: it is ready to be published.", who=HOSTS)
    async def submit_occurrence(self, info: Info, input: SubmitOccurrenceInput) -> result(
        "SubmitOccurrence", SubmitOccurrenceSuccess, VersionConflict, IllegalTransition
    ):
        await occurrences.submit(
            info.context.actor, input.occurrence_id, expected_version=input.expected_version
        )
        return SubmitOccurrenceSuccess(occurrence=await _occurrence(input.occurrence_id, info))

    @mutation("Send an occurrence back: it is a draft again.", who=HOSTS)
    async def return_occurrence(self, info: Info, input: ReturnOccurrenceInput) -> result(
        "ReturnOccurrence", ReturnOccurrenceSuccess, VersionConflict, IllegalTransition
    ):
        await occurrences.send_back(
            info.context.actor, input.occurrence_id, expected_version=input.expected_version
        )
        return ReturnOccurrenceSuccess(occurrence=await _occurrence(input.occurrence_id, info))

    @mutation("Announce an occurrence; what is paid or has over 200 places needs a second person.", who=HOSTS)
    async def publish_occurrence(self, info: Info, input: PublishOccurrenceInput) -> result(
        "PublishOccurrence", PublishOccurrenceSuccess, VersionConflict, IllegalTransition, ApprovalRequired
    ):
        waiting = await occurrences.publish(
            info.context.actor, input.occurrence_id, expected_version=input.expected_version
        )
        if waiting is not None:
            return approval_required(waiting, info)
        return PublishOccurrenceSuccess(occurrence=await _occurrence(input.occurrence_id, info))

    @mutation("Move a published occurrence to another time.", who=HOSTS)
    async def postpone_occurrence(self, info: Info, input: PostponeOccurrenceInput) -> result(
        "PostponeOccurrence", PostponeOccurrenceSuccess, IllegalTransition
    ):
        effects = await occurrences.postpone(
            info.context.actor,
            input.occurrence_id,
            input.starts_at,
            input.ends_at,
            reason=input.reason,
            free_until=input.free_cancel_until,
            is_dry_run=input.dry_run,
        )
        return PostponeOccurrenceSuccess(
            occurrence=await _occurrence(input.occurrence_id, info), effects=OccurrenceEffects.of(effects)
        )

    @mutation("Call an occurrence off: everybody is cancelled and refunded in full.", who=HOSTS)
    async def cancel_occurrence(self, info: Info, input: CancelOccurrenceInput) -> result(
        "CancelOccurrence", CancelOccurrenceSuccess, IllegalTransition, ApprovalRequired
    ):
        found = await occurrences.call_off(
            info.context.actor, input.occurrence_id, reason=input.reason, is_dry_run=input.dry_run
        )
        if isinstance(found, Approval):
            return approval_required(found, info)
        return CancelOccurrenceSuccess(
            occurrence=await _occurrence(input.occurrence_id, info), effects=OccurrenceEffects.of(found)
        )

    @mutation("Give a pool of an occurrence another size.", who=HOSTS)
    async def resize_pool(self, info: Info, input: ResizePoolInput) -> result(
        "ResizePool", ResizePoolSuccess, PoolInUse
    ):
        await places.resize(info.context.actor, input.pool_id, input.size)
        return ResizePoolSuccess(pool=await _pool(input.pool_id))

    @mutation("Open a pool that closed when it was full.", who=HOSTS)
    async def reopen_pool(self, info: Info, input: ReopenPoolInput) -> result(
        "ReopenPool", ReopenPoolSuccess
    ):
        await places.reopen(info.context.actor, input.pool_id)
        return ReopenPoolSuccess(pool=await _pool(input.pool_id))

    @mutation("Decide on a registration that needs an approval.", who=HOSTS)
    async def review_registration(self, info: Info, input: ReviewRegistrationInput) -> result(
        "ReviewRegistration",
        ReviewRegistrationSuccess,
        IllegalTransition,
        InsufficientPoints,
        AccountFrozen,
    ):
        await reviewing.decide(
            info.context.actor, input.registration_id, reviewing.ReviewDecision(input.decision), input.reason
        )
        return ReviewRegistrationSuccess(registration=await one(input.registration_id, info))

    @mutation("Note cash that was paid for a registration.", who=can("source", "host", "operator"))
    async def record_event_payment(self, info: Info, input: RecordEventPaymentInput) -> result(
        "RecordEventPayment",
        RecordEventPaymentSuccess,
        PaymentTooLate,
        AmountMismatch,
        DuplicateReference,
        IllegalTransition,
    ):
        paid = await paying.record(info.context.actor, input.registration_id, input.amount, input.reference)
        found = await Registration.load([paid], info.context)
        return RecordEventPaymentSuccess(registration=found.get(paid))


async def _occurrence(occurrence_id: UUID, info: Info) -> Occurrence:
    return (await Occurrence.load([occurrence_id], info.context))[occurrence_id]


async def _pool(pool_id: UUID) -> CapacityPool:
    return CapacityPool(**vars((await pools.numbers([pool_id]))[pool_id]))
