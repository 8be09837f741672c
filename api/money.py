"""Money as the contract shows it."""

from __future__ import annotations

import strawberry

from api.fields import field

CURRENCY = "CNY"


@strawberry.type(description="An amount of money. No area moves money; it is noted.")
class Money:
    minor_units: int = field("The amount in minor units (fen, cents).")
    currency: str = field("The currency (ISO 4217).")

    @classmethod
    def of(cls, minor_units: int) -> Money:
        return cls(minor_units=minor_units, currency=CURRENCY)


@strawberry.input(description="An amount of money.")
class MoneyInput:
    minor_units: int = field("The amount in minor units (fen, cents).")
    currency: str = field("The currency (ISO 4217).", default=CURRENCY)
