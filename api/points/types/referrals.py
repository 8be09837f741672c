"""Referrals as members see them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from api.fields import enum, field
from domain.points import referral_tables, referrals

ReferralState = enum(
    referral_tables.ReferralState,
    "How a referral stands.",
    SIGNED_UP="The friend used the code.",
    QUALIFIED="The friend did what the programme asks for; the advocate's reward waits.",
    REWARDED="The wait is over.",
    EXPIRED="The friend did not qualify in time.",
    REJECTED="It does not count any more.",
)


@strawberry.type(description="A friend who came by a member's code.")
class Referral:
    id: UUID = field("Its id.")
    code: str = field("The code that was used.")
    state: ReferralState = field("How it stands.")  # type: ignore[valid-type]
    reason: str | None = field("Why it was rejected: UNDONE or SELF.")
    created_at: datetime = field("When the code was used.")
    qualified_at: datetime | None = field("When the friend qualified.")
    resolved_at: datetime | None = field("When it was rewarded, expired or rejected.")
    due_at: datetime | None = field("Until when the friend can qualify; then when the advocate is rewarded.")

    @classmethod
    def of(cls, found: referrals.Referral) -> Referral:
        names = ("id", "code", "reason", "created_at", "qualified_at", "resolved_at", "due_at")
        return cls(
            state=referral_tables.ReferralState(found.state), **{name: getattr(found, name) for name in names}
        )
