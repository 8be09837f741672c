"""Types of access."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.context import Context
from api.fields import Json, Node, enum, field
from api.loaders import load
from domain.access import approvals, audit, oidc, policy, rules, sessions, sources, staff

ApprovalState = enum(
    rules.ApprovalState,
    "Where a request for a second person stands.",
    REQUESTED="It waits for a decision.",
    APPROVED="It was signed and done.",
    REJECTED="It was turned down.",
    CHANGES_REQUESTED="It was sent back; whoever asked asks anew.",
    EXPIRED="Nobody decided in time.",
    WITHDRAWN="Whoever asked took it back.",
)
Decision = enum(
    approvals.Decision,
    "What a second person decides.",
    APPROVE="Do it, as whoever asked, signed by me.",
    REJECT="Do not do it.",
    REQUEST_CHANGES="Not like this; ask anew.",
)
SourceTrust = enum(
    sources.Trust,
    "How far a source is believed.",
    name="SourceTrust",
    SERVER="It may name users.",
    CLIENT="Its key stands in an app: identities it names count as unverified.",
)
WithoutConsent = enum(
    sources.WithoutConsent,
    "What happens to an event whose purpose has no consent.",
    STRIP="It is stored without personal properties and context.",
    REFUSE="It is refused.",
)


@strawberry.type(description="What a signed-in device keeps. Shown once.")
class Tokens:
    access_token: str = field("Send it as `Authorization: Bearer`.")
    access_expires_at: datetime = field("Until when it is good.")
    refresh_token: str = field("Trade it for new tokens, once.")
    refresh_expires_at: datetime = field("Until when it can be traded.")

    @classmethod
    def of(cls, opened: sessions.Tokens) -> Tokens:
        return cls(
            access_token=opened.access_token,
            access_expires_at=opened.access_expires_at,
            refresh_token=opened.refresh_token,
            refresh_expires_at=opened.refresh_expires_at,
        )


@strawberry.type(description="A role that an account holds.")
class StaffRole:
    role: str = field("moderator, host, scanner, advisor, technician, analyst, operator, approver or admin.")
    scope: str | None = field("Where, as in `circle:ID`; null: everywhere.")


@strawberry.type(description="An account of the brand's people.")
class StaffAccount(Node):
    name: str = field("The person's name.")
    email: str | None = field("The e-mail to sign in with.")
    is_active: bool = field("Whether the person can sign in.")
    has_password: bool = field("Whether a password is set; otherwise sign-in is by OIDC.")
    roles: list[StaffRole] = field("What the person may do.")
    created_at: datetime = field("When the account was made.")
    version: int = field("Rises with every change of the record.")

    @classmethod
    def of(cls, account: staff.Account) -> StaffAccount:
        return cls(
            id=account.id,
            name=account.name,
            email=account.email,
            is_active=account.is_active,
            has_password=account.has_password,
            roles=[StaffRole(role=role, scope=scope or None) for role, scope in account.roles],
            created_at=account.created_at,
            version=account.version,
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, StaffAccount]:
        if not context.actor.has("admin"):
            ids = [each for each in ids if context.actor.is_staff and each == context.actor.id]
        return {key: cls.of(account) for key, account in (await staff.by_ids(list(ids))).items()}


@strawberry.type(description="Who did something, as far as colleagues need to know.")
class StaffName:
    id: UUID = field("The account's id.")
    name: str = field("The person's name.")


@strawberry.type(description="Something that one person asked for and another has to sign.")
class Approval(Node):
    action: str = field("The command's name, such as `points.grant`.")
    input: Json = field("The command's input.")
    effects: Json = field("What it would do, as shown when it was asked for.")
    amount: Decimal | None = field("The amount that is compared with the threshold, in the command's unit.")
    note: str | None = field("Why, by whoever asked.")
    state: ApprovalState = field("Where it stands.")
    requested_at: datetime = field("When it was asked for.")
    expires_at: datetime = field("When it expires if nobody decides.")
    decided_at: datetime | None = field("When it was decided.")
    decision_note: str | None = field("Why, by whoever decided.")
    outcome: Json | None = field("What the command answered when it was approved.")
    version: int = field("Rises with every change of the record.")
    maker_id: strawberry.Private[UUID]
    checker_id: strawberry.Private[UUID | None]

    @field("Who asked.")
    async def maker(self, info: Info) -> StaffName | None:
        return await named(info, self.maker_id)

    @field("Who decided.")
    async def checker(self, info: Info) -> StaffName | None:
        return await named(info, self.checker_id)

    @classmethod
    def of(cls, found: approvals.Approval) -> Approval:
        plain = {name: getattr(found, name) for name in found.__dataclass_fields__}
        plain["amount"] = _without_zeros(found.amount)
        maker, checker = plain.pop("maker"), plain.pop("checker")
        return cls(**plain, maker_id=maker, checker_id=checker)

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Approval]:
        if not context.actor.is_staff:
            return {}
        found = await approvals.by_ids(list(ids))
        sees_all = context.actor.has("approver")
        return {
            key: cls.of(each) for key, each in found.items() if sees_all or each.maker == context.actor.id
        }


@strawberry.type(description="Nothing was done yet: a second person has to sign it. Not a failure.")
class ApprovalRequired:
    message: str = field("For the person, in the language of the request.")
    approval: Approval = field("The request that waits.")


def approval_required(asked: approvals.Approval, info: Info) -> ApprovalRequired:
    """The union member for an approval that a domain function returned instead of its result."""
    is_english = info.context.language == "en"
    message = "Another person has to approve this." if is_english else "已提交审批，等待另一人确认。"
    return ApprovalRequired(message=message, approval=Approval.of(asked))


@strawberry.type(description="From which amount an action needs a second person.")
class ApprovalThreshold:
    action: str = field("The command's name.")
    above: Decimal | None = field("Amounts above this need one, in the command's unit; null: always.")
    is_enabled: bool = field("False: never.")
    version: int = field("Rises with every change of the record.")

    @classmethod
    def of(cls, found: approvals.Threshold) -> ApprovalThreshold:
        return cls(**{**vars(found), "above": _without_zeros(found.above)})


def _without_zeros(amount: Decimal | None) -> Decimal | None:
    """An amount of no certain unit, as a person would write it: 1000, not 1000.000000."""
    return None if amount is None else Decimal(f"{amount.normalize():f}")


@strawberry.type(description="Something that reports interactions with a write key.")
class Source(Node):
    name: str = field("Its name.")
    kind: str = field("APP, WEB, MINI_PROGRAM, VEHICLE, SERVER or OTHER.")
    trust: SourceTrust = field("How far it is believed.")
    write_key_hint: str = field("The last characters of its write key.")
    scopes: list[str] = field("What it may do: tracking, commerce, payments, services, telemetry.")
    allowed_origins: list[str] = field("Origins of browsers that may use its key.")
    required_purpose: str | None = field("The consent that its events need.")
    without_consent: WithoutConsent = field("What happens without that consent.")
    is_enabled: bool = field("Whether its key is accepted.")
    created_at: datetime = field("When it was registered.")
    rotated_at: datetime | None = field("When its key was last replaced.")
    version: int = field("Rises with every change of the record.")

    @classmethod
    def of(cls, source: sources.Source) -> Source:
        plain: dict[str, Any] = {name: getattr(source, name) for name in source.__dataclass_fields__}
        return cls(
            **{**plain, "scopes": sorted(source.scopes), "allowed_origins": list(source.allowed_origins)}
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Source]:
        if not context.actor.has("analyst", "operator"):
            return {}
        return {key: cls.of(each) for key, each in (await sources.by_ids(list(ids))).items()}


@strawberry.type(description="One line of the audit log.")
class AuditEntry:
    number: int = field("Its place in the chain.")
    id: UUID = field("Its id.")
    at: datetime = field("When.")
    actor_kind: str = field("STAFF, MEMBER or SYSTEM.")
    actor_id: UUID | None = field("Who.")
    roles: list[str] = field("The roles held then.")
    action: str = field("What was done.")
    subject_kind: str = field("What kind of record it was done to.")
    subject_id: UUID | None = field("The record.")
    facts: Json = field("Ids, numbers and states.")
    text: Json | None = field("Free text, until it is erased.")
    hash: str = field("sha256 over the previous hash and this line.")

    @classmethod
    def of(cls, row: Any) -> AuditEntry:
        names = (
            "number",
            "id",
            "at",
            "actor_kind",
            "roles",
            "action",
            "subject_kind",
            "facts",
            "text",
            "hash",
        )
        return cls(**{name: row[name] for name in names}, actor_id=row["actor"], subject_id=row["subject"])


@strawberry.type(description="Whether the audit log is whole.")
class AuditReport:
    entry_count: int = field("Lines that were checked and fit.")
    broken_at: int | None = field("The first line that was changed or is missing; null: none.")
    is_ok: bool = field("Whether the chain is whole.")

    @classmethod
    def of(cls, report: audit.Report) -> AuditReport:
        return cls(entry_count=report.entry_count, broken_at=report.broken_at, is_ok=report.is_ok)


SignInProtocol = enum(
    oidc.Protocol,
    "How a provider's codes are traded.",
    OIDC="OpenID Connect, by its discovery document.",
    WECHAT="WeChat's open platform, for apps and web pages.",
    WECHAT_MINI="WeChat mini-programs (wx.login).",
)


@strawberry.type(description="A provider that people may sign in with, as an app needs it.")
class SignInProvider:
    name: str = field("What `signInWithOidc` calls it.")
    title: str = field("What people call it.")
    issuer: str = field("Its address; the discovery document stands below it.")
    client_id: str = field("Our id there.")
    scopes: list[str] = field("The scopes to ask for.")
    protocol: SignInProtocol = field("How to get a code; WeChat needs no nonce and no redirect address.")


@strawberry.type(description="An OpenID Connect provider.")
class OidcProvider:
    id: UUID = field("The record's id.")
    name: str = field("Its short name.")
    title: str = field("What people call it.")
    issuer: str = field("Its address; the discovery document stands below it.")
    client_id: str = field("Our id there.")
    secret_name: str | None = field("The environment variable with the client secret; null: none (PKCE).")
    scopes: list[str] = field("The scopes that apps ask for.")
    redirect_uris: list[str] = field("Where the provider may send people back to.")
    audience: str = field("Who signs in with it: MEMBER or STAFF.")
    is_enabled: bool = field("Whether it can be used.")
    version: int = field("Rises with every change of the record.")
    protocol: SignInProtocol = field("How its codes are traded.")

    @classmethod
    def of(cls, provider: oidc.Provider) -> OidcProvider:
        plain: dict[str, Any] = {name: getattr(provider, name) for name in provider.__dataclass_fields__}
        return cls(
            **{**plain, "scopes": list(provider.scopes), "redirect_uris": list(provider.redirect_uris)}
        )


@strawberry.type(description="The limits of sign-in, step-up and approvals.")
class AccessPolicy:
    code_seconds: int = field("Seconds that a phone code is good for.")
    code_tries: int = field("Tries that a phone code has.")
    code_resend_seconds: int = field("Seconds until another code may be asked for.")
    codes_per_phone_day: int = field("Codes for one phone in 24 hours.")
    codes_per_device_hour: int = field("Codes asked for by one device in an hour.")
    codes_per_ip_hour: int = field("Codes asked for from one address in an hour.")
    proof_seconds: int = field("Seconds that a step-up proof is good for.")
    secret_tries: int = field("Wrong PINs or passwords in a row before they are locked.")
    secret_lock_seconds: int = field("Seconds that they stay locked.")
    approval_days: int = field("Days after which an undecided request expires.")
    version: int = field("Rises with every change of the record.")

    @classmethod
    def of(cls, limits: policy.Limits) -> AccessPolicy:
        return cls(**vars(limits))


async def named(info: Info, account: UUID | None) -> StaffName | None:
    if account is None:
        return None
    found: staff.Account | None = await load(
        info, "staff.by_ids", account, lambda ids: staff.by_ids(list(ids))
    )
    return StaffName(id=found.id, name=found.name) if found else None
