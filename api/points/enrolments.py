"""Programmes and enrolments over GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.context import Context
from api.fields import Input, Node, arg, enum, field, mutation, query, result
from api.permissions import SIGNED_IN, can
from api.refusals import Refusal, refusal
from domain.points import enrolments, errors, programmes
from domain.profile import members

EnrolmentGroup = enum(
    Enum("EnrolmentGroup", {each: each for each in enrolments.GROUPS}),  # type: ignore[misc]
    "By what enrolled people are counted.",
    NONE="All together.",
    TIER="By the tier in which they stood on that day.",
    PROMOTION="By the promotion that brought them.",
    SOURCE="By where they joined.",
)


@strawberry.input(description="A programme to make, or to change by its code.")
class DefineProgrammeInput(Input):
    code: str = field("Its code: 1 to 30 of a-z, 0-9, - and _.")
    zone: str = field("The IANA zone of its days.", default="Asia/Shanghai")
    day_starts_at: int = field("When its days begin, in minutes after local midnight.", default=0)
    requires_enrolment: bool = field("Whether only enrolled members earn.", default=False)


@strawberry.input(description="Who joins what.")
class EnrolInput(Input):
    member_id: UUID | None = field("Who; absent: the signed-in member. Another: staff only.", default=None)
    programme: str = field("The programme's code.", default="marque")
    number: str | None = field("The membership number; absent: a free one. Staff only.", default=None)
    joined_on: date | None = field("The first day; absent: today. A past one: staff only.", default=None)
    promotion: str | None = field("What brought the member, up to 100 characters.", default=None)


@strawberry.input(description="Who leaves what.")
class LeaveProgrammeInput(Input):
    member_id: UUID | None = field("Who; absent: the signed-in member. Another: staff only.", default=None)
    programme: str = field("The programme's code.", default="marque")
    left_on: date | None = field(
        "The first day outside; absent: today. A past one: staff only.", default=None
    )


@strawberry.type(description="A points programme, as it is defined.")
class Programme:
    code: str = field("Its code.")
    zone: str = field("The IANA zone of its days.")
    day_starts_at: int = field("When its days begin, in minutes after local midnight.")
    requires_enrolment: bool = field("Whether only enrolled members earn.")

    @classmethod
    def of(cls, row: Any) -> Programme:
        return cls(**{name: row[name] for name in ("code", "zone", "day_starts_at", "requires_enrolment")})


@strawberry.type(description="A member's time in a programme.")
class Enrolment(Node):
    programme: str = field("The programme's code.")
    number: str = field("The membership number.")
    joined_on: date = field("The first day.")
    left_on: date | None = field("The first day outside; null: still inside.")
    source: str = field("Where the member joined.")
    promotion: str | None = field("What brought the member.")

    @classmethod
    def of(cls, found: enrolments.Enrolment) -> Enrolment:
        names = ("id", "programme", "number", "joined_on", "left_on", "source", "promotion")
        return cls(**{name: getattr(found, name) for name in names})

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Enrolment]:
        actor = context.actor
        is_reader = actor.is_staff and actor.has("operator", "approver", "analyst")
        own = await members.root_of(actor.member_id) if actor.member_id else None
        found = await enrolments.by_ids(ids)
        return {each.id: cls.of(each) for each in found if is_reader or each.root == own}


@strawberry.type(description="How many there are of one key.")
class CountRow:
    key: str | None = field("What is counted together; null: all, or those without one.")
    count: int = field("How many people.")


@refusal(errors.AlreadyEnrolled)
class AlreadyEnrolled(Refusal):
    enrolment_id: strawberry.Private[UUID]

    @field("The enrolment that holds.")
    async def enrolment(self) -> Enrolment:
        return Enrolment.of(await enrolments.one(self.enrolment_id))

    @classmethod
    def of(cls, exc: errors.AlreadyEnrolled, message: str) -> AlreadyEnrolled:
        return cls(message=message, enrolment_id=exc.enrolment)


@refusal(errors.NotEnrolled)
class NotEnrolled(Refusal):
    programme: str = field("The programme's code.")


@strawberry.type(description="The programme is defined.")
class DefineProgrammeSuccess:
    programme: Programme = field("The programme.")


@strawberry.type(description="The member is in the programme.")
class EnrolSuccess:
    enrolment: Enrolment = field("The enrolment.")


@strawberry.type(description="The member has left the programme.")
class LeaveProgrammeSuccess:
    enrolment: Enrolment = field("The enrolment that ended.")


DefineProgrammeResult = result("DefineProgramme", DefineProgrammeSuccess)
EnrolResult = result("Enrol", EnrolSuccess, AlreadyEnrolled)
LeaveProgrammeResult = result("LeaveProgramme", LeaveProgrammeSuccess, NotEnrolled)


@strawberry.type
class EnrolmentQuery:
    @query("All programmes.", who=SIGNED_IN)
    async def programmes(self) -> list[Programme]:
        return [Programme.of(row) for row in await programmes.listed()]

    @query("How many people are in a programme on a day.", who=can("operator", "analyst"))
    async def enrolment_counts(
        self,
        programme: Annotated[str, arg("The programme's code.")],
        on: Annotated[date, arg("The day: joined by then, and not left by then.")],
        group_by: Annotated[EnrolmentGroup, arg("By what they are counted.")] = EnrolmentGroup.NONE,  # type: ignore[valid-type]
    ) -> list[CountRow]:
        found = await enrolments.counts(programme, on, group_by.value)
        return [CountRow(key=key, count=count) for key, count in found]


@strawberry.type
class EnrolmentMutation:
    @mutation("Make a programme, or change one.", who=can("admin"))
    async def define_programme(self, info: Info, input: DefineProgrammeInput) -> DefineProgrammeResult:
        await programmes.define(
            info.context.actor, code=input.code, zone=input.zone, day_starts_at=input.day_starts_at,
            requires_enrolment=input.requires_enrolment,
        )  # fmt: skip
        return DefineProgrammeSuccess(programme=Programme.of(await programmes.named(input.code)))

    @mutation("Join a programme.", who=can("member", "operator"))
    async def enrol(self, info: Info, input: EnrolInput) -> EnrolResult:
        found = await enrolments.enrol(
            info.context.actor, input.member_id, input.programme, number=input.number, joined_on=input.joined_on,
            promotion=input.promotion,
        )  # fmt: skip
        return EnrolSuccess(enrolment=Enrolment.of(found))

    @mutation("Leave a programme; what was earned stays.", who=can("member", "operator"))
    async def leave_programme(self, info: Info, input: LeaveProgrammeInput) -> LeaveProgrammeResult:
        found = await enrolments.leave(
            info.context.actor, input.member_id, input.programme, left_on=input.left_on
        )
        return LeaveProgrammeSuccess(enrolment=Enrolment.of(found))
