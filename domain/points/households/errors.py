"""Why households refuse. Amounts are minor units with their wallet's scale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.errors import Refusal


@dataclass(eq=False)
class NotInHousehold(Refusal):
    """The member is in no household."""

    zh = "尚未加入家庭。"
    en = "The member is in no household."


@dataclass(eq=False)
class AlreadyInHousehold(Refusal):
    """A person is in one household at a time; leave ``household`` first."""

    household: UUID
    zh = "已加入家庭。"
    en = "The member is in a household already."


@dataclass(eq=False)
class NotHouseholdOwner(Refusal):
    """Only the owner, who has been in the household for the longest, may do this."""

    owner: str | None
    zh = "仅家庭创建者可操作。"
    en = "Only the owner of the household may do this."


@dataclass(eq=False)
class HouseholdFull(Refusal):
    """The household has as many members and open invitations as it may have."""

    limit: int
    zh = "家庭最多 {limit} 人。"
    en = "A household has at most {limit} members."


@dataclass(eq=False)
class HouseholdLimitReached(Refusal):
    """The member may take ``monthly_limit`` of the others' points a month, took ``drawn`` of them, and asked for ``asked`` more."""

    wallet: str
    scale: int
    monthly_limit: int
    drawn: int
    asked: int
    resets_at: datetime
    zh = "已达到本月家庭积分限额。"
    en = "The monthly limit for the household's points is reached."
