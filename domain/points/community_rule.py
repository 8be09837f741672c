"""The shipped example of an earn rule: a published post and a received like earn points, with a daily cap.

Two rules share one NET cap of 200 points a member and day (Asia/Shanghai), so the result does not depend on the order
in which facts arrive: for each member and local day, min(200, 10 x posts published + 2 x likes received), facts that
were compensated left out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from domain import db
from domain.actor import SYSTEM
from domain.points import earn_rules
from domain.points.tables import RuleState

SINCE = datetime(2000, 1, 1, tzinfo=UTC)
ZONE = "Asia/Shanghai"
LIMIT = 200
_CAP = {
    "per": "MEMBER",
    "window": "DAY",
    "measure": "POINTS",
    "limit": LIMIT,
    "on_excess": "CUT",
    "mode": "NET",
    "group": "community-daily",
}
#: An author's own deletion counts here too, which by default it does not.
_TAKEN_BACK = [
    "community.post.removed",
    "community.post.deleted",
    "community.comment.removed",
    "community.comment.deleted",
]
_GIVEN_AGAIN = [
    "community.post.restored", "community.post.undeleted", "community.comment.restored", "community.comment.undeleted",
]  # fmt: skip
POST: dict[str, Any] = {
    "code": "community-post",
    "kinds": ["community.post.published"],
    "beneficiary": {"actor": True},
    "effects": [{"fixed": {"wallet": "POINTS", "points": 10}}],
    "caps": [_CAP],
    "zone": ZONE,
    "reverses_on": _TAKEN_BACK,
    "regrants_on": _GIVEN_AGAIN,
}
LIKE: dict[str, Any] = {
    "code": "community-like-received",
    "kinds": ["community.reaction.set"],
    "beneficiary": {"property": "properties.author"},
    "condition": {"property": {"path": "kind", "op": "EQ", "value": "LIKE"}},
    "effects": [{"fixed": {"wallet": "POINTS", "points": 2}}],
    "caps": [_CAP],
    "zone": ZONE,
    "reverses_on": [*_TAKEN_BACK, "community.reaction.unset"],
    "regrants_on": _GIVEN_AGAIN,
}


async def publish() -> None:
    """Publish both rules, in force for facts of any time since 2000; nothing when they are there already."""
    async with db.transaction():
        for title, said in (
            ("发帖得积分 · A published post", POST),
            ("被点赞得积分 · A like received", LIKE),
        ):
            if await db.value("SELECT EXISTS (SELECT FROM points.earn_rule WHERE code = $1)", said["code"]):
                continue
            made = await earn_rules.draft(SYSTEM, said, title=title)
            await earn_rules.submit(SYSTEM, made.id)
            await earn_rules.put_in_force(made.id, SINCE)
            assert (await earn_rules.one(made.id)).state == RuleState.ACTIVE
