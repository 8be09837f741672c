"""What staff do about a member: ties, suspension, personal data; and a member's sessions and access log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.fields import Input, Json, arg, field, mutation, query, result
from api.paging import After, Connection, First
from api.permissions import MEMBER, can
from api.profile.enums import RelationRole, RelationTarget
from api.profile.parts import Relation
from api.profile.types import Member
from api.refusals import IllegalTransition, Refusal, refusal
from domain.errors import NotFound
from domain.profile import errors, history, members, relations, standing


@refusal(errors.RelationOverlaps)
class RelationOverlaps(Refusal):
    relation_id: UUID = field("The tie that holds already.")


@refusal(errors.ReasonTooShort)
class ReasonTooShort(Refusal):
    least: int = field("How many characters a reason has at least.")


@strawberry.type(description="What a person did in one go.")
class Session:
    id: UUID = field("The id of its first interaction.")
    key: str | None = field("The client's session; null: told by pauses.")
    touchpoint: str | None = field("Where it began.")
    started_at: datetime = field("Its first interaction.")
    ended_at: datetime = field("Its last interaction.")
    interaction_count: int = field("How many interactions.")
    is_quarantined: bool = field(
        "Longer than 24 hours or more than 10,000 interactions: left out of figures."
    )


@strawberry.type(name="AccessLog", description="Somebody of the staff looked at the member's personal data.")
class AccessLogEntry:
    id: UUID = field("The entry's id.")
    at: datetime = field("When.")
    fields: list[str] = field("What was shown.")
    reason: str | None = field("Why.")
    roles: list[str] = field("In which role.")


@strawberry.input(description="A tie to begin.")
class RelateInput(Input):
    member_id: UUID = field("Whose tie.")
    target_kind: RelationTarget = field("STORE or MEMBER; ties to vehicles follow their bindings.")
    target_id: UUID = field("What the tie is to.")
    role: RelationRole = field(
        "For a store: one of the store roles or ADVISOR; else REFERRER, FAMILY or ADVISOR."
    )
    valid_from: datetime | None = field("Since when; absent: now.", default=None)


@strawberry.type(description="The tie holds.")
class RelateSuccess:
    relation: Relation = field("The tie.")


@strawberry.input(description="A tie to end.")
class EndRelationInput(Input):
    relation_id: UUID = field("The tie.")
    at: datetime | None = field("When it ends; absent: now.", default=None)


@strawberry.type(description="The tie is ended.")
class EndRelationSuccess:
    relation: Relation = field("The tie.")


@strawberry.input(description="A member to suspend.")
class SuspendMemberInput(Input):
    member_id: UUID = field("The member.")
    reason: str = field("Why, 3 to 500 characters.")
    until: datetime | None = field("Until when; absent: until restored.", default=None)


@strawberry.type(description="The member is suspended; every session ended.")
class SuspendMemberSuccess:
    member: Member = field("The member.")


@strawberry.input(description="A member to restore.")
class RestoreMemberInput(Input):
    member_id: UUID = field("The member.")
    reason: str = field("Why, 3 to 500 characters.")


@strawberry.type(description="The member is active again.")
class RestoreMemberSuccess:
    member: Member = field("The member.")


@strawberry.input(description="Personal data to look at.")
class RevealPersonalDataInput(Input):
    member_id: UUID = field("The member.")
    fields: list[str] = field("Identity types (phone, email, ...), display_name, and traits as trait.<name>.")
    reason: str = field("Why, at least 10 characters; the member sees it.")


@strawberry.type(description="The personal data, shown once.")
class RevealPersonalDataSuccess:
    is_replayable = False

    values: Json = field("Values by field.")


RelateResult = result("Relate", RelateSuccess, RelationOverlaps)
EndRelationResult = result("EndRelation", EndRelationSuccess)
SuspendMemberResult = result("SuspendMember", SuspendMemberSuccess, IllegalTransition)
RestoreMemberResult = result("RestoreMember", RestoreMemberSuccess, IllegalTransition)
RevealPersonalDataResult = result("RevealPersonalData", RevealPersonalDataSuccess, ReasonTooShort)


@strawberry.type
class StandingQuery:
    @query("A person's sessions, newest first.", who=can("analyst", "operator", "advisor"))
    async def sessions(
        self,
        member_id: Annotated[UUID, arg("The member's id; a merged one answers its root.")],
        first: First = 20,
        after: After = None,
    ) -> Connection[Session]:
        page = paging.page(first, after)
        rows = await history.sessions(await members.root_of(member_id), page)
        nodes = [
            Session(
                id=row["id"],
                key=row["session_key"],
                touchpoint=row["touchpoint"],
                started_at=row["started_at"],
                ended_at=row["ended_at"],
                interaction_count=row["interactions"],
                is_quarantined=row["is_quarantined"],
            )
            for row in rows
        ]
        return paging.connection(rows, page, key=lambda row: (row["started_at"], row["id"]), nodes=nodes)

    @query("When staff looked at the signed-in member's personal data, newest first.", who=MEMBER)
    async def my_access_log(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[AccessLogEntry]:
        page = paging.page(first, after)
        root = await members.root_of(info.context.actor.must_be_member())
        rows = await standing.access_log(root, page)
        nodes = [
            AccessLogEntry(
                id=row["id"],
                at=row["occurred_at"],
                fields=row["properties"].get("fields", []),
                reason=row["properties"].get("reason"),
                roles=row["properties"].get("roles", []),
            )
            for row in rows
        ]
        return paging.connection(rows, page, key=lambda row: (row["occurred_at"], row["id"]), nodes=nodes)


@strawberry.type
class StandingMutation:
    @mutation("Tie a member to a store or another person.", who=can("operator", "advisor"))
    async def relate(self, info: Info, input: RelateInput) -> RelateResult:
        relation_id = await relations.relate(
            info.context.actor,
            input.member_id,
            input.target_kind.value,
            input.target_id,
            input.role,
            input.valid_from,
        )
        return RelateSuccess(relation=Relation.of((await relations.by_ids([relation_id]))[relation_id]))

    @mutation("End a tie to a store or another person.", who=can("operator", "advisor"))
    async def end_relation(self, info: Info, input: EndRelationInput) -> EndRelationResult:
        row = await relations.end(info.context.actor, input.relation_id, input.at)
        return EndRelationSuccess(relation=Relation.of(row))

    @mutation("Suspend a member.", who=can("operator"))
    async def suspend_member(self, info: Info, input: SuspendMemberInput) -> SuspendMemberResult:
        root = await standing.suspend(info.context.actor, input.member_id, input.reason, input.until)
        return SuspendMemberSuccess(member=await _member(root))

    @mutation("End a member's suspension.", who=can("operator"))
    async def restore_member(self, info: Info, input: RestoreMemberInput) -> RestoreMemberResult:
        root = await standing.restore(info.context.actor, input.member_id, input.reason)
        return RestoreMemberSuccess(member=await _member(root))

    @mutation("Look at personal data, with a reason that the member sees.", who=can("operator", "advisor"))
    async def reveal_personal_data(
        self, info: Info, input: RevealPersonalDataInput
    ) -> RevealPersonalDataResult:
        values = await standing.reveal(info.context.actor, input.member_id, input.fields, input.reason)
        return RevealPersonalDataSuccess(values=values)


async def _member(root: UUID) -> Member:
    row = await members.by_id(root)
    if row is None:
        raise NotFound()
    return Member.of(row)
