"""Referrals over GraphQL."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import Info

from api.fields import Input, arg, field, mutation, query, result
from api.permissions import MEMBER, SIGNED_IN, can
from api.points.types.referrals import Referral
from api.refusals import MemberSuspended, Refusal, VersionConflict, refusal
from domain.points import engagement_errors, referrals


@strawberry.input(description="What a programme's referrals ask for.")
class DefineReferralProgrammeInput(Input):
    programme: str = field("The programme's code.", default="marque")
    kinds: list[str] = field("The kinds of the friend's interactions that qualify.")
    friend_within_days: int = field("For how many days after joining a friend may use a code.", default=30)
    qualify_within_days: int = field("Within how many days the friend has to qualify.", default=90)
    hold_days: int = field("How many days after that the advocate is rewarded.", default=14)
    expected_version: int | None = field("The version that is revised; absent: none yet.", default=None)


@strawberry.input(description="Who recommended the brand.")
class UseReferralCodeInput(Input):
    code: str = field("The code that the friend was given.")
    programme: str = field("The programme's code.", default="marque")


@strawberry.type(
    description="What a programme's referrals ask for; the rewards are earn rules on points.referral.*."
)
class ReferralProgramme:
    programme: str = field("The programme's code.")
    version: int = field("Its version.")
    kinds: list[str] = field("The kinds of the friend's interactions that qualify.")
    friend_within_days: int = field("For how many days after joining a friend may use a code.")
    qualify_within_days: int = field("Within how many days the friend has to qualify.")
    hold_days: int = field("How many days after that the advocate is rewarded.")


@refusal(engagement_errors.ReferralRefused)
class ReferralRefused(Refusal):
    reason: str = field(
        "UNKNOWN_CODE, NOT_OFFERED, SELF, SAME_DEVICE, ALREADY_REFERRED, CIRCULAR or NOT_NEW."
    )


@strawberry.type(description="The referral programme is defined.")
class DefineReferralProgrammeSuccess:
    referral_programme: ReferralProgramme = field("The programme.")


@strawberry.type(description="The code is used.")
class UseReferralCodeSuccess:
    referral: Referral = field("The referral.")


DefineReferralProgrammeResult = result(
    "DefineReferralProgramme", DefineReferralProgrammeSuccess, VersionConflict
)
UseReferralCodeResult = result("UseReferralCode", UseReferralCodeSuccess, ReferralRefused, MemberSuspended)


async def _shown(programme: str) -> ReferralProgramme | None:
    row = await referrals.defined(programme)
    names = ("version", "kinds", "friend_within_days", "qualify_within_days", "hold_days")
    return ReferralProgramme(programme=row["code"], **{name: row[name] for name in names}) if row else None


@strawberry.type
class ReferralQuery:
    @query("What a programme's referrals ask for; null: they are not offered.", who=SIGNED_IN)
    async def referral_programme(
        self, programme: Annotated[str, arg("The programme's code.")] = "marque"
    ) -> ReferralProgramme | None:
        return await _shown(programme)


@strawberry.type
class ReferralMutation:
    @mutation("Say what a programme's referrals ask for.", who=can("operator"))
    async def define_referral_programme(
        self, info: Info, input: DefineReferralProgrammeInput
    ) -> DefineReferralProgrammeResult:
        await referrals.define(
            info.context.actor, input.programme, input.kinds, friend_within_days=input.friend_within_days,
            qualify_within_days=input.qualify_within_days, hold_days=input.hold_days,
            expected_version=input.expected_version,
        )  # fmt: skip
        found = await _shown(input.programme)
        assert found is not None
        return DefineReferralProgrammeSuccess(referral_programme=found)

    @mutation("Say who recommended the brand, once, while being new.", who=MEMBER)
    async def use_referral_code(self, info: Info, input: UseReferralCodeInput) -> UseReferralCodeResult:
        found = await referrals.use(info.context.actor, input.code, input.programme)
        return UseReferralCodeSuccess(referral=Referral.of(found))
