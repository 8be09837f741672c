"""Gifts of points over GraphQL."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import Input, field, mutation, result
from api.permissions import MEMBER
from api.points.refusals import WalletNotSpendable
from api.points.types.gifts import Gift
from api.points.types.ledger import WalletBalance
from api.refusals import (
    AccountFrozen,
    IllegalTransition,
    InsufficientPoints,
    MemberSuspended,
    Refusal,
    refusal,
)
from domain.points import engagement_errors, gifts
from domain.points.amounts import decimal


@strawberry.input(description="What a gift is for.")
class GiftSubjectInput:
    kind: str = field("What it is, such as POST.")
    id: str = field("Its id.")


@strawberry.input(description="Points for another member.")
class OfferGiftInput(Input):
    recipient_id: UUID = field("For whom.")
    wallet: str = field("The wallet's code.", default="POINTS")
    amount: Decimal = field("How much, above 0.")
    message: str | None = field("A few words, up to 200 characters.", default=None)
    subject: GiftSubjectInput | None = field("What it is for.", default=None)


@strawberry.input(description="A gift to take.")
class AcceptGiftInput(Input):
    gift_id: UUID = field("The gift.")


@strawberry.input(description="A gift not to take.")
class DeclineGiftInput(Input):
    gift_id: UUID = field("The gift.")


@refusal(engagement_errors.GiftLimitReached)
class GiftLimitReached(Refusal):
    limit: Decimal = field("How much may be given in that time.")
    resets_at: datetime = field("When more may be given.")

    @classmethod
    def of(cls, exc: engagement_errors.GiftLimitReached, message: str) -> GiftLimitReached:
        return cls(message=message, limit=decimal(exc.limit, exc.scale), resets_at=exc.resets_at)


@strawberry.type(description="The gift is offered; its points are held.")
class OfferGiftSuccess:
    gift: Gift = field("The gift.")
    balances: list[WalletBalance] = field("The giver's balance of this wallet.")


@strawberry.type(description="The points are the recipient's.")
class AcceptGiftSuccess:
    gift: Gift = field("The gift.")
    balances: list[WalletBalance] = field("The recipient's balance of this wallet.")


@strawberry.type(description="The points went back.")
class DeclineGiftSuccess:
    gift: Gift = field("The gift.")
    balances: list[WalletBalance] = field("The recipient's own balance of this wallet, as it was.")


OfferGiftResult = result(
    "OfferGift", OfferGiftSuccess, GiftLimitReached, InsufficientPoints, AccountFrozen, WalletNotSpendable,
    MemberSuspended,
)  # fmt: skip
AcceptGiftResult = result("AcceptGift", AcceptGiftSuccess, IllegalTransition, MemberSuspended)
DeclineGiftResult = result("DeclineGift", DeclineGiftSuccess, IllegalTransition, MemberSuspended)


async def _balances(info: Info, gift: gifts.Gift) -> list[WalletBalance]:
    return [WalletBalance.of(each) for each in await gifts.balances_of(info.context.actor, gift)]


@strawberry.type
class GiftMutation:
    @mutation("Offer points to another member, who has some days to accept them.", who=MEMBER)
    async def offer_gift(self, info: Info, input: OfferGiftInput) -> OfferGiftResult:
        subject = (input.subject.kind, input.subject.id) if input.subject else None
        gift = await gifts.offer(
            info.context.actor, input.recipient_id, input.wallet, input.amount, message=input.message, subject=subject,
        )  # fmt: skip
        return OfferGiftSuccess(gift=Gift.of(gift), balances=await _balances(info, gift))

    @mutation("Accept a gift.", who=MEMBER)
    async def accept_gift(self, info: Info, input: AcceptGiftInput) -> AcceptGiftResult:
        gift = await gifts.accept(info.context.actor, input.gift_id)
        return AcceptGiftSuccess(gift=Gift.of(gift), balances=await _balances(info, gift))

    @mutation("Decline a gift; its points go back.", who=MEMBER)
    async def decline_gift(self, info: Info, input: DeclineGiftInput) -> DeclineGiftResult:
        gift = await gifts.decline(info.context.actor, input.gift_id)
        return DeclineGiftSuccess(gift=Gift.of(gift), balances=await _balances(info, gift))
