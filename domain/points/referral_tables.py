"""Tables of referrals (schema ``points``). One live referral per friend is raw SQL in the migration."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import JSONB, UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from domain.foundation import ids
from domain.points.tables import Programme


class ReferralState(StrEnum):
    SIGNED_UP = "SIGNED_UP"
    QUALIFIED = "QUALIFIED"
    REWARDED = "REWARDED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"


class ReferralProgramme(Table, schema="points"):
    """What makes a friend count; the rewards are earn rules on ``points.referral.*``."""

    id = UUID(primary_key=True, default=ids.new)
    programme = ForeignKey(Programme, null=False, on_delete=OnDelete.restrict, unique=True)
    version = Integer(null=False, default=1)
    kinds = JSONB(null=False, default=None)
    friend_within_days = Integer(null=False, default=30)
    qualify_within_days = Integer(null=False, default=90)
    hold_days = Integer(null=False, default=14)
    created_at = Timestamptz(null=False, default=None)


class ReferralCode(Table, schema="points"):
    """What a member hands to friends."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None, unique=True)
    code = Text(null=False, default=None, unique=True)
    created_at = Timestamptz(null=False, default=None)


class Referral(Table, schema="points"):
    """A friend who came by an advocate's code. ``due_at``: until when to qualify, then when the advocate is rewarded."""

    id = UUID(primary_key=True, default=ids.new)
    programme = ForeignKey(Programme, null=False, on_delete=OnDelete.restrict)
    advocate = UUID(null=False, default=None, index=True)
    friend = UUID(null=False, default=None, index=True)
    code = Text(null=False, default=None)
    state = Varchar(length=10, null=False, default=ReferralState.SIGNED_UP)
    reason = Text(null=True, default=None)
    hold_days = Integer(null=False, default=None)
    due_at = Timestamptz(null=True, default=None)
    cause = UUID(null=True, default=None)  # the interaction that qualified it
    qualified_at = Timestamptz(null=True, default=None)
    resolved_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    a_known_referral_state = Check("state IN ('SIGNED_UP', 'QUALIFIED', 'REWARDED', 'EXPIRED', 'REJECTED')")
    nobody_refers_themselves = Check("advocate <> friend")
