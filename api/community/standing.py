"""How far members are trusted, and giving a level by hand."""

from __future__ import annotations

from uuid import UUID

import strawberry
from strawberry import Info

from api.community.types import CommunityMember, CommunityStanding
from api.fields import Input, field, mutation, result
from api.permissions import can
from api.refusals import VersionConflict
from domain.community import people, standings


@strawberry.input(description="A trust level to give by hand, or to take away.")
class SetTrustLevelInput(Input):
    member_id: UUID = field("Whose level.")
    level: int | None = field("0 to 4; null takes the level given by hand away.", default=None)
    is_locked: bool = field(
        "True: a locked level, which stands before a granted and a computed one.", default=False
    )
    reason: str = field("Why, for the record; 3 to 500 characters.")
    expected_version: int | None = field("The version of the standing that was read.", default=None)
    dry_run: bool = field("Only say what it would lead to.", default=False)


@strawberry.type(description="The level is given.")
class SetTrustLevelSuccess:
    member: CommunityMember = field("The member.")
    standing: CommunityStanding = field("The standing as it is now, or (dry run) as it would be.")


@strawberry.type
class StandingMutation:
    @mutation("Give a member a trust level by hand, or take it away.", who=can("moderator", "operator"))
    async def set_trust_level(self, info: Info, input: SetTrustLevelInput) -> result(
        "SetTrustLevel", SetTrustLevelSuccess, VersionConflict
    ):
        found = await standings.set_level(
            info.context.actor,
            input.member_id,
            input.level,
            reason=input.reason,
            expected_version=input.expected_version,
            is_locked=input.is_locked,
            is_dry_run=input.dry_run,
        )
        card = (await people.by_ids([found.member]))[found.member]
        return SetTrustLevelSuccess(member=CommunityMember.of(card), standing=CommunityStanding.of(found))
