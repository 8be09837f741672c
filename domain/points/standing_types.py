"""What standings are made of: schemes with their tiers, what happened, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

ALWAYS = datetime.min.replace(tzinfo=UTC)
WARNING = timedelta(days=30)

BASES = ("BALANCE", "EARNED_IN_PERIOD")
APPLIES = ("IMMEDIATELY", "NEXT_PERIOD")
DOWNGRADES = ("NONE", "ONE_STEP", "FULL")


class Step(StrEnum):
    REACHED = "REACHED"
    RAISED = "RAISED"
    LOWERED = "LOWERED"
    EXTENDED = "EXTENDED"
    LEFT = "LEFT"


@dataclass(frozen=True)
class Tier:
    """``keeps``: whoever is in it never falls from it."""

    code: str
    threshold: int
    condition: dict[str, Any] | None = None
    keeps: bool = False


@dataclass(frozen=True)
class Scheme:
    """A version of a scheme; ``tiers`` from the lowest to the highest.

    ``expiry``: ``{"none": true}``, ``{"immediate": true}``, ``{"fixed": period}``, ``{"calendar": ["MM-DD"]}`` or
    ``{"end_of_period": {"next", "plus_days"}}``.
    """

    since: datetime
    zone: str
    basis: str
    period: dict[str, Any] | None
    apply: str
    expiry: dict[str, Any]
    downgrade: str
    grace: dict[str, Any] | None
    tiers: tuple[Tier, ...]

    def rank(self, code: str | None) -> int:
        """From 1 for the lowest; 0 for none."""
        return next((n for n, tier in enumerate(self.tiers, 1) if tier.code == code), 0)

    def tier(self, code: str | None) -> Tier | None:
        return next((tier for tier in self.tiers if tier.code == code), None)

    def is_base(self, code: str) -> bool:
        """Whether everybody is at least there."""
        first = self.tiers[0]
        return code == first.code and first.threshold <= 0 and first.condition is None

    @property
    def turns(self) -> bool:
        """Whether something is decided when a period ends."""
        return self.apply == "NEXT_PERIOD" or (self.basis != "BALANCE" and bool(self.expiry.get("immediate")))


@dataclass(frozen=True)
class Moved:
    """Points that count: from ``at`` on, in the period of ``occurred_at`` (they differ for what a merge brought)."""

    at: datetime
    occurred_at: datetime
    amount: int


@dataclass(frozen=True)
class Floor:
    """Staff say that a member stands at least there (None: no more)."""

    at: datetime
    tier: str | None
    until: datetime | None = None


@dataclass(frozen=True)
class Joined:
    """Another member became one with this one and stood so: the higher tier stays."""

    at: datetime
    state: State


@dataclass(frozen=True)
class Turned:
    """A condition may read otherwise from now on (or the member begins)."""

    at: datetime


Input = Moved | Floor | Joined | Turned
Truth = Callable[[dict[str, Any] | None, datetime], bool]


@dataclass
class State:
    """What is computed of a member, and the floor beside it."""

    tier: str | None = None
    since: datetime | None = None
    ends_at: datetime | None = None
    grace_until: datetime | None = None
    floor: str | None = None
    floor_since: datetime | None = None
    floor_until: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """How a member stands: ``tier`` None is below the lowest."""

    tier: str | None
    since: datetime | None
    ends_at: datetime | None
    floor: str | None
    floor_until: datetime | None
    grace_until: datetime | None


@dataclass(frozen=True)
class Kept:
    """Where a walk was after all that happened until ``at``.

    ``read`` is the last entry that was read of each account; ``known`` a digest of what else was known until then.
    """

    at: datetime
    number: int
    state: State
    shown: Standing
    balance: int
    earned: dict[int, int]
    read: dict[str, int]
    known: str


@dataclass(frozen=True)
class Change:
    """A step of a standing, with the end that holds from then on."""

    at: datetime
    step: Step
    before: str | None
    after: str | None
    ends_at: datetime | None
