"""Queries of access."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.access.types import (
    AccessPolicy,
    Approval,
    ApprovalState,
    ApprovalThreshold,
    AuditEntry,
    AuditReport,
    OidcProvider,
    SignInProvider,
    Source,
    StaffAccount,
)
from api.fields import arg, field, query
from api.paging import After, Connection, First
from api.permissions import ANYONE, STAFF, can
from domain.access import approvals, audit, oidc, policy, sources, staff

ADMIN = can("admin")


@strawberry.input(description="Which requests for a second person.")
class ApprovalFilter:
    states: list[ApprovalState] | None = field("Only these; absent: all.", default=None)
    action: str | None = field("Only this command's.", default=None)
    maker_id: UUID | None = field("Only this person's.", default=None)


@strawberry.input(description="Which accounts.")
class StaffFilter:
    role: str | None = field("Only those who hold this role.", default=None)
    is_active: bool | None = field("Only open (true) or closed (false) ones.", default=None)


@strawberry.input(description="Which lines of the audit log.")
class AuditFilter:
    action: str | None = field("Only this action.", default=None)
    actor_id: UUID | None = field("Only by this person.", default=None)
    subject_id: UUID | None = field("Only about this record.", default=None)
    since: datetime | None = field("From then on (inclusive).", default=None)


@strawberry.type
class AccessQuery:
    @query("Requests for a second person, newest first; who is no approver sees their own.", who=STAFF)
    async def approvals(
        self,
        info: Info,
        filter: Annotated[ApprovalFilter | None, arg("Which; absent: all.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Approval]:
        page, wanted, actor = paging.page(first, after), filter or ApprovalFilter(), info.context.actor
        rows = await approvals.listed(
            page,
            states=wanted.states,
            action=wanted.action,
            maker=wanted.maker_id if actor.has("approver") else actor.id,
        )
        return paging.connection(
            rows, page, key=lambda row: (row.requested_at, row.id), nodes=[Approval.of(row) for row in rows]
        )

    @query("From which amounts actions need a second person.", who=can("approver"))
    async def approval_thresholds(self) -> list[ApprovalThreshold]:
        return [ApprovalThreshold.of(each) for each in await approvals.thresholds()]

    @query("What may report interactions, by name.", who=can("analyst", "operator"))
    async def sources(self) -> list[Source]:
        return [Source.of(each) for each in await sources.all_of_them()]

    @query("Staff accounts in the order they were made.", who=ADMIN)
    async def staff(
        self,
        filter: Annotated[StaffFilter | None, arg("Which; absent: all.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[StaffAccount]:
        page, wanted = paging.page(first, after), filter or StaffFilter()
        rows = await staff.listed(page, role=wanted.role, is_active=wanted.is_active)
        return paging.connection(
            rows, page, key=lambda row: (row.id,), nodes=[StaffAccount.of(row) for row in rows]
        )

    @query("The signed-in staff account; null for anybody else.", who=ANYONE)
    async def my_staff_account(self, info: Info) -> StaffAccount | None:
        actor = info.context.actor
        found = await staff.by_ids([actor.id]) if actor.is_staff and actor.id else {}
        return StaffAccount.of(found[actor.id]) if actor.id in found else None

    @query("The audit log, newest first.", who=ADMIN)
    async def audit_entries(
        self,
        filter: Annotated[AuditFilter | None, arg("Which; absent: all.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[AuditEntry]:
        page, wanted = paging.page(first, after), filter or AuditFilter()
        rows = await audit.entries(
            page,
            action=wanted.action,
            actor=wanted.actor_id,
            subject=wanted.subject_id,
            since=wanted.since,
        )
        return paging.connection(
            rows, page, key=lambda row: (row["number"],), nodes=[AuditEntry.of(row) for row in rows]
        )

    @query("Whether the audit log is whole; reads all of it.", who=ADMIN)
    async def audit_report(self) -> AuditReport:
        return AuditReport.of(await audit.verify())

    @query("The providers that people may sign in with.", who=ANYONE)
    async def sign_in_providers(self) -> list[SignInProvider]:
        return [
            SignInProvider(
                name=each.name,
                title=each.title,
                issuer=each.issuer,
                client_id=each.client_id,
                scopes=list(each.scopes),
                protocol=each.protocol,
            )
            for each in await oidc.providers(only_enabled=True)
            if each.audience == "MEMBER"
        ]

    @query("Every provider, with its settings.", who=ADMIN)
    async def oidc_providers(self) -> list[OidcProvider]:
        return [OidcProvider.of(each) for each in await oidc.providers()]

    @query("The limits of sign-in, step-up and approvals.", who=ADMIN)
    async def access_policy(self) -> AccessPolicy:
        return AccessPolicy.of(await policy.limits())
