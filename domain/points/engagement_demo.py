"""What the demonstration shows of check-ins and gifts: a rule, a gift that waits for an answer, one accepted, a tip."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import db
from domain.actor import SYSTEM, member
from domain.points import balances, community_rule, earn_rules, gifts, missions
from domain.profile import identities

_SHOWN = "demo-026"
_CHECK_IN: dict[str, Any] = {
    "code": "daily-check-in",
    "kinds": ["points.member.checked_in"],
    "beneficiary": {"actor": True},
    "effects": [
        {"fixed": {"wallet": "POINTS", "points": 5}},
        {"fixed": {"wallet": "GROWTH", "points": 1}},
    ],
    "zone": community_rule.ZONE,
}
#: Seven days here within a week, with something extra for seven in a row.
_WEEK: dict[str, Any] = {
    "programme": "marque",
    "code": "check-in-week",
    "title": {"zh": "签到七天", "en": "Seven days here"},
    "kinds": ["points.member.checked_in"],
    "condition": None,
    "target": 7,
    "period": {"value": 6, "unit": "DAY", "round_to": None},
    "opens_on": None,
    "closes_on": None,
    "counts_per": "LOCAL_DAY",
    "steps": [{"wallet": "POINTS", "points": 2, "from": None, "to": None}],
    "streak": {"days": 7, "rewards": [{"wallet": "POINTS", "points": 20}]},
    "recurrence": "ON_EXPIRY",
    "pays_next_day": False,
    "is_kept_after_completion": True,
    "rewards": [{"wallet": "POINTS", "points": 50}],
    "badge": "seven-days",
    "needs_joining": False,
}


async def load(people: list[UUID]) -> None:
    """A rule and a mission for the check-in, and gifts between the shown member and the richest others; nothing the second time."""
    await _publish(_CHECK_IN, "每日签到 · Daily check-in")
    if await db.value("SELECT EXISTS (SELECT FROM points.gift)"):
        return
    shown = (await identities.owners("user_id:demo", [_SHOWN])).get(_SHOWN)
    if shown is None:
        return
    found = await balances.of_roots([each for each in people if each != shown])
    rich = sorted(
        found, key=lambda each: -next(b.available for b in found[each] if b.wallet.code == "POINTS")
    )
    giver, other, reader = rich[:3]
    week = await missions.define(SYSTEM, _WEEK)
    await missions.join(member(shown, touchpoint="app"), week.id)
    waiting = "同行的路上多亏你 · Thanks for the lift"
    await gifts.offer(member(giver, touchpoint="app"), shown, "POINTS", Decimal(66), message=waiting)
    accepted = await gifts.offer(member(other, touchpoint="app"), shown, "POINTS", Decimal(20))
    await gifts.accept(member(shown, touchpoint="app"), accepted.id)
    await gifts.tip(
        member(reader, touchpoint="app"), reader, shown, "POINTS", 8, source="DEMO", source_id="tip",
    )  # fmt: skip


async def _publish(said: dict[str, Any], title: str) -> None:
    """Put a rule in force, unless there is one of its code."""
    if await db.value("SELECT EXISTS (SELECT FROM points.earn_rule WHERE code = $1)", said["code"]):
        return
    made = await earn_rules.draft(SYSTEM, said, title=title)
    await earn_rules.submit(SYSTEM, made.id)
    await earn_rules.put_in_force(made.id, community_rule.SINCE)
