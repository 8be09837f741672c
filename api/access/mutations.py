"""Mutations of access."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import strawberry
from strawberry import Info

from api.access.configuration import ConfigurationMutation, given
from api.access.refusals import (
    AccountLocked,
    CommandRefused,
    EmailTaken,
    LastAdmin,
    MakerIsChecker,
    MakerNotAllowed,
    NameTaken,
    ProviderRefused,
    WrongPassword,
)
from api.access.types import (
    Approval,
    ApprovalThreshold,
    Decision,
    Source,
    SourceTrust,
    StaffAccount,
    Tokens,
    WithoutConsent,
)
from api.fields import Input, field, mutation, result
from api.permissions import ANYONE, STAFF, can
from api.refusals import IllegalTransition, VersionConflict
from domain.access import approvals, sources, staff

ADMIN = can("admin")


@strawberry.input(description="A decision about a request.")
class DecideApprovalInput(Input):
    approval_id: UUID = field("The request.")
    decision: Decision = field("What is decided.")
    note: str | None = field("Why; needed unless it is approved.", default=None)


@strawberry.type(description="The request is decided; when approved, it is done.")
class DecideApprovalSuccess:
    approval: Approval = field("The request.")


@strawberry.input(description="A request of one's own to take back.")
class WithdrawApprovalInput(Input):
    approval_id: UUID = field("The request.")


@strawberry.type(description="The request is taken back.")
class WithdrawApprovalSuccess:
    approval: Approval = field("The request.")


@strawberry.input(description="From which amount an action needs a second person.")
class SetApprovalThresholdInput(Input):
    action: str = field("The command's name.")
    above: Decimal | None = field("Amounts above this need one; null: always.", default=None)
    is_enabled: bool = field("False: never.", default=True)
    expected_version: int = field("The version that was read.")


@strawberry.type(description="The threshold holds from now on.")
class SetApprovalThresholdSuccess:
    threshold: ApprovalThreshold = field("The threshold.")


@strawberry.input(description="A source to register.")
class RegisterSourceInput(Input):
    name: str = field("Its name, unique.")
    kind: str = field("APP, WEB, MINI_PROGRAM, VEHICLE, SERVER or OTHER.")
    trust: SourceTrust = field("How far it is believed.")
    scopes: list[str] | None = field("What it may do; absent: tracking.", default=None)
    allowed_origins: list[str] | None = field("Origins of browsers that may use its key.", default=None)
    required_purpose: str | None = field("The consent that its events need.", default=None)
    without_consent: WithoutConsent = field(
        "What happens without that consent.", default=sources.WithoutConsent.STRIP
    )


@strawberry.type(description="The source is registered.")
class RegisterSourceSuccess:
    is_replayable: ClassVar[bool] = False
    source: Source = field("The source.")
    write_key: str = field("Its write key; shown only now.")


@strawberry.input(description="A source whose write key is replaced.")
class RotateWriteKeyInput(Input):
    source_id: UUID = field("The source.")


@strawberry.type(description="The key is replaced; the old one is refused from now on.")
class RotateWriteKeySuccess:
    is_replayable: ClassVar[bool] = False
    source: Source = field("The source.")
    write_key: str = field("Its new write key; shown only now.")


@strawberry.input(description="A source to disable.")
class DisableSourceInput(Input):
    source_id: UUID = field("The source.")


@strawberry.type(description="The source's key is refused from now on.")
class DisableSourceSuccess:
    source: Source = field("The source.")


@strawberry.input(description="Changes of a source; what is absent stays.")
class ReviseSourceInput(Input):
    source_id: UUID = field("The source.")
    expected_version: int = field("The version that was read.")
    kind: str | None = field("APP, WEB, MINI_PROGRAM, VEHICLE, SERVER or OTHER.", default=None)
    scopes: list[str] | None = field("What it may do.", default=None)
    allowed_origins: list[str] | None = field("Origins of browsers that may use its key.", default=None)
    required_purpose: strawberry.Maybe[str | None] = field("The consent that its events need; null: none.")
    without_consent: WithoutConsent | None = field("What happens without that consent.", default=None)
    is_enabled: bool | None = field("Whether its key is accepted.", default=None)


@strawberry.type(description="The source is revised.")
class ReviseSourceSuccess:
    source: Source = field("The source.")


@strawberry.input(description="A role for a person.")
class AppointStaffInput(Input):
    name: str = field("The person's name (used when the account is made).")
    email: str = field("The person's e-mail; an account that has it is used.")
    role: str = field("moderator, host, scanner, advisor, technician, analyst, operator, approver or admin.")
    scopes: list[str] | None = field("Where, as in `circle:ID`; absent: everywhere.", default=None)


@strawberry.type(description="The person holds the role.")
class AppointStaffSuccess:
    account: StaffAccount = field("The account.")


@strawberry.input(description="A role to take away.")
class EndStaffRoleInput(Input):
    staff_id: UUID = field("The account.")
    role: str = field("The role.")
    scope: str | None = field("Only in this scope; absent: all of the role.", default=None)


@strawberry.type(description="The role is taken away, felt with the next call.")
class EndStaffRoleSuccess:
    account: StaffAccount = field("The account.")


@strawberry.input(description="An account to close.")
class CloseStaffAccountInput(Input):
    staff_id: UUID = field("The account.")
    reason: str = field("Why.")


@strawberry.type(description="The account is closed and its sessions have ended.")
class CloseStaffAccountSuccess:
    account: StaffAccount = field("The account.")


@strawberry.input(description="An account to open again.")
class ReopenStaffAccountInput(Input):
    staff_id: UUID = field("The account.")
    reason: str = field("Why.")


@strawberry.type(description="The account is open, with the roles that it holds.")
class ReopenStaffAccountSuccess:
    account: StaffAccount = field("The account.")


@strawberry.input(description="A password for an account.")
class SetStaffPasswordInput(Input):
    staff_id: UUID = field("One's own account, or (admin) anybody's.")
    password: str = field("12 to 200 characters.")


@strawberry.type(description="The password is set; sessions of the account have ended.")
class SetStaffPasswordSuccess:
    account: StaffAccount = field("The account.")


@strawberry.input(description="E-mail and password of a staff account.")
class SignInAsStaffInput(Input):
    email: str = field("The e-mail.")
    password: str = field("The password.")


@strawberry.type(description="The person is signed in.")
class SignInAsStaffSuccess:
    is_replayable: ClassVar[bool] = False
    tokens: Tokens = field("Access and refresh token; shown only now.")


@strawberry.input(description="An authorization code of a provider for staff.")
class SignInAsStaffWithOidcInput(Input):
    provider: str = field("The provider's name.")
    code: str = field("The authorization code.")
    redirect_uri: str = field("The redirect address that was used; it must be registered.")
    nonce: str = field("The nonce that was sent.")
    code_verifier: str | None = field("The PKCE verifier; needed without a client secret.", default=None)


@strawberry.type(description="The person is signed in.")
class SignInAsStaffWithOidcSuccess:
    is_replayable: ClassVar[bool] = False
    tokens: Tokens = field("Access and refresh token; shown only now.")


DecideApprovalResult = result(
    "DecideApproval",
    DecideApprovalSuccess,
    IllegalTransition,
    MakerIsChecker,
    MakerNotAllowed,
    CommandRefused,
)
WithdrawApprovalResult = result("WithdrawApproval", WithdrawApprovalSuccess, IllegalTransition)
SetApprovalThresholdResult = result("SetApprovalThreshold", SetApprovalThresholdSuccess, VersionConflict)
RegisterSourceResult = result("RegisterSource", RegisterSourceSuccess, NameTaken)
RotateWriteKeyResult = result("RotateWriteKey", RotateWriteKeySuccess)
DisableSourceResult = result("DisableSource", DisableSourceSuccess)
ReviseSourceResult = result("ReviseSource", ReviseSourceSuccess, VersionConflict)
AppointStaffResult = result("AppointStaff", AppointStaffSuccess, EmailTaken)
EndStaffRoleResult = result("EndStaffRole", EndStaffRoleSuccess, LastAdmin)
CloseStaffAccountResult = result("CloseStaffAccount", CloseStaffAccountSuccess, LastAdmin)
ReopenStaffAccountResult = result("ReopenStaffAccount", ReopenStaffAccountSuccess)
SetStaffPasswordResult = result("SetStaffPassword", SetStaffPasswordSuccess)
SignInAsStaffResult = result("SignInAsStaff", SignInAsStaffSuccess, WrongPassword, AccountLocked)
SignInAsStaffWithOidcResult = result("SignInAsStaffWithOidc", SignInAsStaffWithOidcSuccess, ProviderRefused)


@strawberry.type
class AccessMutation(ConfigurationMutation):
    @mutation("Sign, reject or send back what another person asked for.", who=can("approver"))
    async def decide_approval(self, info: Info, input: DecideApprovalInput) -> DecideApprovalResult:
        decided = await approvals.decide(info.context.actor, input.approval_id, input.decision, input.note)
        return DecideApprovalSuccess(approval=Approval.of(decided))

    @mutation("Take back what one asked for.", who=STAFF)
    async def withdraw_approval(self, info: Info, input: WithdrawApprovalInput) -> WithdrawApprovalResult:
        withdrawn = await approvals.withdraw(info.context.actor, input.approval_id)
        return WithdrawApprovalSuccess(approval=Approval.of(withdrawn))

    @mutation("Revise from which amount an action needs a second person.", who=ADMIN)
    async def set_approval_threshold(
        self, info: Info, input: SetApprovalThresholdInput
    ) -> SetApprovalThresholdResult:
        kept = await approvals.set_threshold(
            info.context.actor, input.action, input.above, input.is_enabled, input.expected_version
        )
        return SetApprovalThresholdSuccess(threshold=ApprovalThreshold.of(kept))

    @mutation("Register something that reports interactions.", who=ADMIN)
    async def register_source(self, info: Info, input: RegisterSourceInput) -> RegisterSourceResult:
        source, write_key = await sources.register(
            info.context.actor,
            input.name,
            input.kind,
            input.trust,
            scopes=input.scopes,
            allowed_origins=input.allowed_origins,
            required_purpose=input.required_purpose,
            without_consent=input.without_consent,
        )
        return RegisterSourceSuccess(source=Source.of(source), write_key=write_key)

    @mutation("Replace a source's write key.", who=ADMIN)
    async def rotate_write_key(self, info: Info, input: RotateWriteKeyInput) -> RotateWriteKeyResult:
        source, write_key = await sources.rotate(info.context.actor, input.source_id)
        return RotateWriteKeySuccess(source=Source.of(source), write_key=write_key)

    @mutation("Refuse a source's write key from now on.", who=ADMIN)
    async def disable_source(self, info: Info, input: DisableSourceInput) -> DisableSourceResult:
        return DisableSourceSuccess(
            source=Source.of(await sources.disable(info.context.actor, input.source_id))
        )

    @mutation("Change what a source may do.", who=ADMIN)
    async def revise_source(self, info: Info, input: ReviseSourceInput) -> ReviseSourceResult:
        changes = given(input, "kind", "scopes", "allowed_origins", "without_consent", "is_enabled")
        if input.required_purpose is not None:
            changes["required_purpose"] = input.required_purpose.value
        revised = await sources.revise(info.context.actor, input.source_id, input.expected_version, changes)
        return ReviseSourceSuccess(source=Source.of(revised))

    @mutation("Give a person a role; the account is made when the e-mail has none.", who=ADMIN)
    async def appoint_staff(self, info: Info, input: AppointStaffInput) -> AppointStaffResult:
        appointed = await staff.appoint(
            info.context.actor, name=input.name, email=input.email, role=input.role, scopes=input.scopes
        )
        return AppointStaffSuccess(account=StaffAccount.of(appointed))

    @mutation("Take a role away.", who=ADMIN)
    async def end_staff_role(self, info: Info, input: EndStaffRoleInput) -> EndStaffRoleResult:
        ended = await staff.end_role(info.context.actor, input.staff_id, input.role, input.scope)
        return EndStaffRoleSuccess(account=StaffAccount.of(ended))

    @mutation("Close an account; its sessions end at once.", who=ADMIN)
    async def close_staff_account(self, info: Info, input: CloseStaffAccountInput) -> CloseStaffAccountResult:
        closed = await staff.close(info.context.actor, input.staff_id, input.reason)
        return CloseStaffAccountSuccess(account=StaffAccount.of(closed))

    @mutation("Open a closed account again.", who=ADMIN)
    async def reopen_staff_account(
        self, info: Info, input: ReopenStaffAccountInput
    ) -> ReopenStaffAccountResult:
        opened = await staff.reopen(info.context.actor, input.staff_id, input.reason)
        return ReopenStaffAccountSuccess(account=StaffAccount.of(opened))

    @mutation("Set one's own password, or (admin) anybody's; sessions of the account end.", who=STAFF)
    async def set_staff_password(self, info: Info, input: SetStaffPasswordInput) -> SetStaffPasswordResult:
        account = await staff.set_password(info.context.actor, input.staff_id, input.password)
        return SetStaffPasswordSuccess(account=StaffAccount.of(account))

    @mutation("Sign in as staff by e-mail and password.", who=ANYONE)
    async def sign_in_as_staff(self, info: Info, input: SignInAsStaffInput) -> SignInAsStaffResult:
        actor = info.context.actor
        opened = await staff.sign_in(
            input.email, input.password, device=actor.device, touchpoint=actor.touchpoint
        )
        return SignInAsStaffSuccess(tokens=Tokens.of(opened))

    @mutation("Sign in as staff by a provider's authorization code.", who=ANYONE, is_transactional=False)
    async def sign_in_as_staff_with_oidc(
        self, info: Info, input: SignInAsStaffWithOidcInput
    ) -> SignInAsStaffWithOidcResult:
        actor = info.context.actor
        opened = await staff.sign_in_with_code(
            input.provider,
            input.code,
            redirect_uri=input.redirect_uri,
            nonce=input.nonce,
            code_verifier=input.code_verifier,
            device=actor.device,
            touchpoint=actor.touchpoint,
        )
        return SignInAsStaffWithOidcSuccess(tokens=Tokens.of(opened))
