"""Consent: answers, what is in force, purposes, and the summary by policy version."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import Input, Json, arg, field, mutation, query, result
from api.permissions import ANYONE, can
from api.profile.enums import ConsentChoice
from api.profile.parts import ConsentState
from api.refusals import Refusal, VersionConflict, refusal
from domain.errors import InvalidInput
from domain.profile import consents, errors
from domain.profile.consents import Answer, Told


@refusal(errors.UnknownPurpose)
class UnknownPurpose(Refusal):
    purposes: list[str] = field("The purposes that cannot be answered here.")


@strawberry.type(description="Something that a person may consent to.")
class ConsentPurpose:
    name: str = field("Its name, such as marketing.")
    title: str = field("Its title in the language of the request.")
    is_granted_by_default: bool = field("Whether it is granted without an answer (the contract needs it).")
    is_read_only: bool = field("Whether another area keeps it (vehicle.*).")
    version: int = field("Rises with every change of the record.")


@strawberry.type(description="How people answered under one version of the policy; each person counts once.")
class ConsentVersionSummary:
    policy_version: str | None = field("The policy version of their newest answer.")
    visitors: int = field("How many people.")
    allow_all: int = field("Allowed everything.")
    allow_selected: int = field("Allowed a part.")
    denied: int = field("Refused.")
    withdrawn: int = field("Took it back.")
    expired: int = field("Allowed once; it expired.")
    pending: int = field("Were asked and have not answered.")


@strawberry.input(description="One purpose that is answered.")
class ConsentInput:
    purpose: str = field("The purpose's name.")
    channel: str | None = field("Only for this channel (SMS, EMAIL, ...); absent: for all.", default=None)
    choice: ConsentChoice | None = field("What was chosen in the dialogue.", default=None)
    scopes: list[str] | None = field("The parts that were selected.", default=None)
    expires_at: datetime | None = field(
        "Until when it is given; absent: until it is withdrawn.", default=None
    )


@strawberry.input
class AnswerInput(Input):
    """What the four mutations take."""

    purposes: list[ConsentInput] = field("1 to 50 of them.")
    policy_version: str | None = field("The version of the policy that was shown.", default=None)
    evidence: Json | None = field("How it was given (screen, signature, recording), an object.", default=None)
    member_id: UUID | None = field("Whose; absent: the signed-in member's own.", default=None)


@strawberry.type
class AnswerSuccess:
    """What the four mutations answer."""

    consents: list[ConsentState] = field("What is in force of the person now.")


@strawberry.input(description="Consent that is given.")
class GrantConsentInput(AnswerInput):
    pass


@strawberry.type(description="The consent is kept.")
class GrantConsentSuccess(AnswerSuccess):
    pass


@strawberry.input(description="Consent that is refused.")
class DenyConsentInput(AnswerInput):
    pass


@strawberry.type(description="The refusal is kept.")
class DenyConsentSuccess(AnswerSuccess):
    pass


@strawberry.input(description="Consent that is taken back.")
class WithdrawConsentInput(AnswerInput):
    pass


@strawberry.type(description="The withdrawal is kept.")
class WithdrawConsentSuccess(AnswerSuccess):
    pass


@strawberry.input(description="A dialogue that was shown.")
class AskConsentInput(AnswerInput):
    pass


@strawberry.type(description="It is kept that the person was asked.")
class AskConsentSuccess(AnswerSuccess):
    pass


@strawberry.input(description="A purpose to declare or revise.")
class SaveConsentPurposeInput(Input):
    name: str = field("Its name.")
    zh: str = field("Its title in Chinese.")
    en: str = field("Its title in English.")
    is_granted_by_default: bool = field("Whether it is granted without an answer.", default=False)
    expected_version: int | None = field("The version you have seen; absent for a new one.", default=None)


@strawberry.type(description="The purpose is declared.")
class SaveConsentPurposeSuccess:
    purpose: ConsentPurpose = field("The purpose.")


GrantConsentResult = result("GrantConsent", GrantConsentSuccess, UnknownPurpose)
DenyConsentResult = result("DenyConsent", DenyConsentSuccess, UnknownPurpose)
WithdrawConsentResult = result("WithdrawConsent", WithdrawConsentSuccess, UnknownPurpose)
AskConsentResult = result("AskConsent", AskConsentSuccess, UnknownPurpose)
SaveConsentPurposeResult = result("SaveConsentPurpose", SaveConsentPurposeSuccess, VersionConflict)

_WHO = can("member", "advisor", "operator")


@strawberry.type
class ConsentQuery:
    @query("What people may consent to.", who=ANYONE)
    async def consent_purposes(self, info: Info) -> list[ConsentPurpose]:
        return [_purpose(row, info) for row in await consents.purposes()]

    @query("How people answered a purpose, by policy version.", who=can("analyst", "operator"))
    async def consent_summary(
        self, purpose: Annotated[str, arg("The purpose's name.")]
    ) -> list[ConsentVersionSummary]:
        return [ConsentVersionSummary(**row) for row in await consents.summary(purpose)]


@strawberry.type
class ConsentMutation:
    @mutation("Give consent.", who=_WHO)
    async def grant_consent(self, info: Info, input: GrantConsentInput) -> GrantConsentResult:
        return GrantConsentSuccess(consents=await _answer(info, consents.ConsentState.GRANTED, input))

    @mutation("Refuse consent.", who=_WHO)
    async def deny_consent(self, info: Info, input: DenyConsentInput) -> DenyConsentResult:
        return DenyConsentSuccess(consents=await _answer(info, consents.ConsentState.DENIED, input))

    @mutation("Take consent back.", who=_WHO)
    async def withdraw_consent(self, info: Info, input: WithdrawConsentInput) -> WithdrawConsentResult:
        return WithdrawConsentSuccess(consents=await _answer(info, consents.ConsentState.WITHDRAWN, input))

    @mutation("Note that the dialogue was shown and is not answered yet.", who=_WHO)
    async def ask_consent(self, info: Info, input: AskConsentInput) -> AskConsentResult:
        return AskConsentSuccess(consents=await _answer(info, consents.ConsentState.ASKED, input))

    @mutation("Declare or revise a purpose of consent.", who=can("operator"))
    async def save_consent_purpose(
        self, info: Info, input: SaveConsentPurposeInput
    ) -> SaveConsentPurposeResult:
        row = await consents.save_purpose(
            info.context.actor,
            input.name,
            input.zh,
            input.en,
            is_granted_by_default=input.is_granted_by_default,
            expected_version=input.expected_version,
        )
        return SaveConsentPurposeSuccess(purpose=_purpose(row, info))


async def _answer(info: Info, state: consents.ConsentState, input: AnswerInput) -> list[ConsentState]:
    if input.evidence is not None and not isinstance(input.evidence, dict):
        raise InvalidInput.at("evidence", "This must be an object.")
    answers = [
        Answer(each.purpose, each.channel, each.choice, tuple(each.scopes or ()), each.expires_at)
        for each in input.purposes
    ]
    told = Told(input.policy_version, evidence=input.evidence or {})
    root = await consents.answer(info.context.actor, state, answers, told, input.member_id)
    return [ConsentState.of(row) for row in (await consents.of_roots([root]))[root]]


def _purpose(row: Any, info: Info) -> ConsentPurpose:
    return ConsentPurpose(
        name=row["name"],
        title=row["en"] if info.context.language == "en" else row["zh"],
        is_granted_by_default=row["is_granted_by_default"],
        is_read_only=consents.is_read_only(row["name"]),
        version=row["version"],
    )
