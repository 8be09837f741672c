"""People among themselves: trust, follows, blocks, mutes and bookmarks."""

from __future__ import annotations

from tests import make
from tests.everything.scenarios import Call, leaves
from tests.everything.scenarios.people import MODERATOR


@leaves("setTrustLevel")
async def a_member_is_trusted() -> Call:
    member = await make.member_id()
    given = {"memberId": str(member), "level": 4, "reason": "of merit"}
    return Call(MODERATOR, given, {member: "community.member.trust_changed"})
