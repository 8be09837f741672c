"""Mutations of review: claiming items and deciding them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import Input, field, mutation, result
from api.moderation.enums import ReviewActionKind, SanctionKind, Verdict
from api.moderation.refusals import (
    ActionNotAvailable,
    AlreadyHandled,
    ClaimedByOther,
    ClaimRequired,
    PolicyRequired,
    QueueEmpty,
    RankTooLow,
)
from api.moderation.reporting import MODERATES
from api.moderation.types import Effect, ModEvent, ReviewItem
from api.refusals import VersionConflict
from domain.community.desk import claims, deciding
from domain.community.desk.actions import Asked
from domain.community.desk.deciding import Decision

_LEASE = "For how long, in seconds: 30 to 3,600."


@strawberry.input(description="The item to take.")
class ClaimReviewItemInput(Input):
    item_id: UUID = field("The item's id.")
    lease_seconds: int = field(_LEASE, default=claims.LEASE_SECONDS)


@strawberry.input(description="Where to take the next item from.")
class ClaimNextReviewItemInput(Input):
    queue_id: UUID | None = field("The queue; absent: all.", default=None)
    lease_seconds: int = field(_LEASE, default=claims.LEASE_SECONDS)


@strawberry.input(description="The item to keep longer.")
class ExtendClaimInput(Input):
    item_id: UUID = field("The item's id.")
    lease_seconds: int = field(_LEASE, default=claims.LEASE_SECONDS)


@strawberry.input(description="The item to give back.")
class ReleaseClaimInput(Input):
    item_id: UUID = field("The item's id.")


@strawberry.input(description="A sanction as part of a decision.")
class ReviewSanctionInput:
    kind: SanctionKind = field("What it limits.")
    circle_id: UUID | None = field("The circle in which it holds; absent: the whole site.", default=None)
    until: datetime | None = field("Until when; absent: for good.", default=None)


@strawberry.input(description="A part of a text, in code points.")
class TextSpanInput:
    start: int = field("The first character, from 0.")
    end: int = field("Behind the last character.")


@strawberry.input(description="An action.")
class ReviewActionInput:
    kind: ReviewActionKind = field("What is done.")
    with_replies: bool = field("With REMOVE: all below it, too.", default=False)
    sanction: ReviewSanctionInput | None = field("With SANCTION: which.", default=None)
    spans: list[TextSpanInput] = field("With MASK: which parts of the body.", default_factory=list)

    def asked(self) -> Asked:
        laid = self.sanction
        return Asked(
            self.kind, self.with_replies, laid and laid.kind, laid and laid.circle_id, laid and laid.until,
            tuple((span.start, span.end) for span in self.spans),
        )  # fmt: skip


@strawberry.input(description="A decision on an item.")
class DecideReviewInput(Input):
    item_id: UUID = field("The item's id.")
    expected_version: int = field("The version that was read.")
    verdict: Verdict = field("The judgement on the reports.")
    policy_code: str | None = field("The policy; every action needs one.", default=None)
    actions: list[ReviewActionInput] = field("What is done, in this order.", default_factory=list)
    internal_note: str | None = field("Why, for moderators.", default=None)
    message_to_author: str | None = field("Told the author; names nobody.", default=None)
    message_to_reporters: str | None = field("Told with the outcome; names nobody.", default=None)
    dry_run: bool = field("Only say what it would change.", default=False)


@strawberry.type(description="The item is decided, or would be.")
class DecideReviewSuccess:
    item: ReviewItem = field("The item.")
    effects: list[Effect] = field("What it changed, or would change.")
    event: ModEvent | None = field("The event, by which it can be undone; null for a dry run.")
    next_item: ReviewItem | None = field("What is next in the queue.")
    remaining_count: int = field("How much waits there.")


def _success(name: str, description: str) -> Any:
    made = type(f"{name}Success", (), {"__annotations__": {"item": ReviewItem}, "item": field("The item.")})
    return strawberry.type(made, description=description)


ClaimReviewItemSuccess = _success("ClaimReviewItem", "The item is yours for a while.")
ClaimNextReviewItemSuccess = _success("ClaimNextReviewItem", "The item is yours for a while.")
ExtendClaimSuccess = _success("ExtendClaim", "The item is yours for longer.")
ReleaseClaimSuccess = _success("ReleaseClaim", "The item is nobody's.")


@strawberry.type
class ReviewMutation:
    @mutation("Take an item, so that nobody else decides it.", who=MODERATES)
    async def claim_review_item(self, info: Info, input: ClaimReviewItemInput) -> result(
        "ClaimReviewItem", ClaimReviewItemSuccess, ClaimedByOther, AlreadyHandled
    ):
        item = await claims.claim(info.context.actor, input.item_id, input.lease_seconds)
        return ClaimReviewItemSuccess(item=await _item(info, item))

    @mutation("Take the first item that nobody holds.", who=MODERATES)
    async def claim_next_review_item(self, info: Info, input: ClaimNextReviewItemInput) -> result(
        "ClaimNextReviewItem", ClaimNextReviewItemSuccess, QueueEmpty
    ):
        item = await claims.claim_next(info.context.actor, input.queue_id, input.lease_seconds)
        return ClaimNextReviewItemSuccess(item=await _item(info, item))

    @mutation("Keep a claim longer.", who=MODERATES)
    async def extend_claim(self, info: Info, input: ExtendClaimInput) -> result(
        "ExtendClaim", ExtendClaimSuccess, ClaimedByOther, AlreadyHandled
    ):
        item = await claims.extend(info.context.actor, input.item_id, input.lease_seconds)
        return ExtendClaimSuccess(item=await _item(info, item))

    @mutation("Give an item back.", who=MODERATES)
    async def release_claim(self, info: Info, input: ReleaseClaimInput) -> result(
        "ReleaseClaim", ReleaseClaimSuccess, ClaimedByOther
    ):
        item = await claims.release(info.context.actor, input.item_id)
        return ReleaseClaimSuccess(item=await _item(info, item))

    @mutation("Decide an item: a verdict on its reports, and any number of actions.", who=MODERATES)
    async def decide_review(self, info: Info, input: DecideReviewInput) -> result(
        "DecideReview",
        DecideReviewSuccess,
        VersionConflict,
        ClaimedByOther,
        ClaimRequired,
        AlreadyHandled,
        ActionNotAvailable,
        PolicyRequired,
        RankTooLow,
    ):
        decision = Decision(
            input.verdict, input.policy_code, [one.asked() for one in input.actions], input.internal_note,
            input.message_to_author, input.message_to_reporters,
        )  # fmt: skip
        done = await deciding.decide(
            info.context.actor, input.item_id, input.expected_version, decision, is_dry_run=input.dry_run
        )
        found = await ReviewItem.load([id_ for id_ in (done.item, done.next_item) if id_], info.context)
        events = await ModEvent.load([done.event] if done.event else [], info.context)
        return DecideReviewSuccess(
            item=found[done.item],
            effects=[Effect.of(one.change, one.action) for one in done.effects],
            event=events.get(done.event) if done.event else None,
            next_item=found.get(done.next_item) if done.next_item else None,
            remaining_count=done.remaining,
        )


async def _item(info: Info, item: UUID) -> ReviewItem:
    return (await ReviewItem.load([item], info.context))[item]
