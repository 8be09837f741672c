"""Refusals of households; amounts as decimals of the wallet's scale."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from api.fields import field
from api.refusals import Refusal, refusal
from domain.points.amounts import decimal
from domain.points.households import errors


@refusal(errors.NotInHousehold)
class NotInHousehold(Refusal):
    pass


@refusal(errors.AlreadyInHousehold)
class AlreadyInHousehold(Refusal):
    pass


@refusal(errors.NotHouseholdOwner)
class NotHouseholdOwner(Refusal):
    owner: str | None = field("The owner's name; null when they have none.")


@refusal(errors.HouseholdFull)
class HouseholdFull(Refusal):
    limit: int = field("How many members and open invitations a household has at most.")


@refusal(errors.HouseholdLimitReached)
class HouseholdLimitReached(Refusal):
    wallet: str = field("The wallet's code.")
    monthly_limit: Decimal = field("How many of the others' points the member may take a month.")
    drawn: Decimal = field("How many of them were taken this month.")
    asked: Decimal = field("How many more were asked for.")
    resets_at: datetime = field("When the next month begins.")

    @classmethod
    def of(cls, exc: errors.HouseholdLimitReached, message: str) -> HouseholdLimitReached:
        found = {name: decimal(getattr(exc, name), exc.scale) for name in ("monthly_limit", "drawn", "asked")}
        return cls(message=message, wallet=exc.wallet, resets_at=exc.resets_at, **found)
