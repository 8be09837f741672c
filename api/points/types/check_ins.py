"""The daily check-in (签到) as a member sees it."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from api.fields import field
from domain.points import check_ins


@strawberry.type(description="How a person stands in the daily check-in (签到).")
class CheckInState:
    local_date: date = field("Today, on the programme's calendar.")
    is_checked_in: bool = field("Whether the person was here today.")
    streak: int = field("How many days in a row, up to today, or up to yesterday while today is still open.")
    next_at: datetime = field("When the next local day begins.")

    @classmethod
    def of(cls, found: check_ins.Presence) -> CheckInState:
        return cls(
            local_date=found.local_date,
            is_checked_in=found.is_checked_in,
            streak=found.streak,
            next_at=found.next_at,
        )
