"""Refusals of points; amounts as decimals of the wallet's scale."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import field
from api.points.types import PointsJournal
from api.refusals import Refusal, refusal
from domain.points import errors
from domain.points.amounts import decimal


@refusal(errors.WalletNotSpendable)
class WalletNotSpendable(Refusal):
    wallet: str = field("The wallet's code.")


@refusal(errors.ReferenceTaken)
class ReferenceTaken(Refusal):
    journal_id: strawberry.Private[UUID | None]

    @field("The posting that carries it; null for an order that posted nothing.")
    async def journal(self, info: Info) -> PointsJournal | None:
        if self.journal_id is None:
            return None
        return (await PointsJournal.load([self.journal_id], info.context)).get(self.journal_id)

    @classmethod
    def of(cls, exc: errors.ReferenceTaken, message: str) -> ReferenceTaken:
        return cls(message=message, journal_id=exc.journal)


@refusal(errors.HoldNotOpen)
class HoldNotOpen(Refusal):
    state: str = field("How the hold stands.")


@refusal(errors.HoldExceeded)
class HoldExceeded(Refusal):
    held: Decimal = field("What is held.")
    asked: Decimal = field("What was asked for.")

    @classmethod
    def of(cls, exc: errors.HoldExceeded, message: str) -> HoldExceeded:
        return cls(message=message, held=decimal(exc.held, exc.scale), asked=decimal(exc.asked, exc.scale))


@refusal(errors.AlreadyReversed)
class AlreadyReversed(Refusal):
    by_id: strawberry.Private[UUID]

    @field("The posting that took it back.")
    async def by(self, info: Info) -> PointsJournal | None:
        return (await PointsJournal.load([self.by_id], info.context)).get(self.by_id)

    @classmethod
    def of(cls, exc: errors.AlreadyReversed, message: str) -> AlreadyReversed:
        return cls(message=message, by_id=exc.by)


@refusal(errors.PointsAlreadySpent)
class PointsAlreadySpent(Refusal):
    missing: Decimal = field("How much of it is spent.")

    @classmethod
    def of(cls, exc: errors.PointsAlreadySpent, message: str) -> PointsAlreadySpent:
        return cls(message=message, missing=decimal(exc.missing, exc.scale))


@refusal(errors.NothingToReverse)
class NothingToReverse(Refusal):
    pass


@refusal(errors.ReinstatementOver)
class ReinstatementOver(Refusal):
    wallet: str = field("The wallet's code.")
    until: datetime | None = field("When the time for it was over; null: the policy gives none.")
