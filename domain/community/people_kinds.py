"""Interactions of people with one another; they stand on the timeline of who did it.

A change of trust stands on the timeline of the member whom it concerns.
"""

from __future__ import annotations

from domain.profile.catalogue import declare

MEMBER_TRUST_CHANGED = declare(
    "community.member.trust_changed", zh="信任等级变化", en="The trust level changed"
)
