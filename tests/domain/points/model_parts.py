"""What the model of the ledger is made of: lots, holds and debts as numbers. No ledger, no SQL; times are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HOUR, DAY = 3_600, 86_400
FOREVER = 10**12
#: The first moment of the model is two hours into a day where the programme lives.
INTO_THE_DAY = 2 * HOUR

#: How long points live that say nothing themselves: ``("rolling", 2)`` or ``("sliding", 1)`` days.
Expiry = tuple[str, int]


def after_days(at: int, days: int) -> int:
    """The end of the day so many days after a moment."""
    return ((at + INTO_THE_DAY) // DAY + days + 1) * DAY - INTO_THE_DAY


def picked(things: dict, number: int, *, reverse: bool = False) -> Any:
    """The name of one of these things, in the order in which they were named."""
    return sorted(things, reverse=reverse)[number % len(things)]


@dataclass(eq=False)
class Award:
    """Points that came in by one posting; ``left`` of them may still be taken back."""

    who: int
    amount: int
    left: int
    lot: Lot | None = None


@dataclass(eq=False)
class Lot:
    """Points that end together, on the account ``home``. ``award`` is the posting that gave them."""

    home: int
    left: int
    born: int
    since: int
    award: object = None
    ends: int | None = None
    is_pending: bool = False
    starts: int | None = None
    cancels: int | None = None
    expiry: Expiry | None = None
    expired: int = 0
    expired_at: int = 0
    reinstated: int = 0

    @property
    def order(self) -> tuple[int, int, int]:
        return (FOREVER if self.ends is None else self.ends, self.since, self.born)

    @property
    def due(self) -> int | None:
        if self.is_pending:
            return min((at for at in (self.starts, self.cancels) if at is not None), default=None)
        return self.ends if self.left else None


Uses = list[tuple[Lot, int]]


@dataclass(eq=False)
class Hold:
    home: int
    born: int
    uses: Uses
    ends: int | None

    @property
    def amount(self) -> int:
        return sum(taken for _, taken in self.uses)

    @property
    def due(self) -> int | None:
        return self.ends


@dataclass(eq=False)
class Taking:
    """Points that went for good: of which lots, the last first, and what of it was debt."""

    who: int
    uses: Uses
    lent: int = 0

    @property
    def left(self) -> int:
        return self.lent + sum(taken for _, taken in self.uses)


@dataclass(eq=False)
class Gift:
    hold: Hold
    recipient: int


@dataclass(eq=False)
class Purchase:
    who: int
    total: int
    award: Award
    paid: Taking | None
    points: int
    refunded: int = 0
    taken: int = 0
    returned: int = 0


@dataclass
class Growth:
    """A wallet without lots, which is only ever earned."""

    available: int = 0
    debt: int = 0

    def come(self, amount: int) -> int:
        """Debt first; answers what paid it."""
        paid = min(self.debt, amount)
        self.debt -= paid
        self.available += amount - paid
        return paid

    def owe(self, amount: int) -> int:
        """What there is pays; answers what did."""
        paid = min(self.available, amount)
        self.available -= paid
        self.debt += amount - paid
        return paid


@dataclass(eq=False)
class Merge:
    """``people`` belong to the winner now. ``paid`` are the lots that paid a debt: the winner's where ``is_winners``.

    ``debt`` is what went over of the loser's; ``growth`` what went over and what paid whose debt.
    """

    winner: int
    loser: int
    people: set[int]
    moved: list[tuple[Lot, int]]
    debt: int
    paid: Uses
    is_winners: bool
    growth: tuple[int, int, int, int]
