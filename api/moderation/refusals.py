"""Why moderation refuses, in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api.access.types import StaffName
from api.fields import field
from api.moderation.enums import ReviewState
from api.refusals import Refusal, refusal
from domain.community import desk_tables
from domain.community.desk import errors

if TYPE_CHECKING:
    from api.moderation.types import Report


@refusal(errors.AlreadyReported)
class AlreadyReported(Refusal):
    retry_at: datetime | None = field("From then on it may be reported again; null while the report waits.")
    report_id: strawberry.Private[UUID]

    @field("The report that there is.")
    async def report(self, info: Info) -> Annotated[Report, strawberry.lazy("api.moderation.types")]:
        from api.moderation.types import Report

        return (await Report.load([self.report_id], info.context))[self.report_id]

    @classmethod
    def of(cls, exc: errors.AlreadyReported, message: str) -> AlreadyReported:
        return cls(message=message, retry_at=exc.retry_at, report_id=exc.report_id)


@refusal(errors.QueueDisabled)
class QueueDisabled(Refusal):
    name: str = field("The queue's name.")


@refusal(errors.AlreadyAssigned)
class AlreadyAssigned(Refusal):
    to_id: strawberry.Private[UUID]

    @field("Who works on it.")
    async def to(self, info: Info) -> StaffName | None:
        from api.moderation.types import moderator

        return await moderator(info, self.to_id)

    @classmethod
    def of(cls, exc: errors.AlreadyAssigned, message: str) -> AlreadyAssigned:
        return cls(message=message, to_id=exc.to)


@refusal(errors.ClaimedByOther)
class ClaimedByOther(Refusal):
    until: datetime = field("Until when the other's claim holds, unless it is extended.")


@refusal(errors.ClaimRequired)
class ClaimRequired(Refusal):
    pass


@refusal(errors.QueueEmpty)
class QueueEmpty(Refusal):
    pass


@refusal(errors.AlreadyHandled)
class AlreadyHandled(Refusal):
    state: ReviewState = field("How it was decided.")

    @classmethod
    def of(cls, exc: errors.AlreadyHandled, message: str) -> AlreadyHandled:
        return cls(message=message, state=desk_tables.ReviewState(exc.state))


@refusal(errors.ActionNotAvailable)
class ActionNotAvailable(Refusal):
    kind: str = field("The action's name.")
    reason: str = field("Why, in one word, stable for programs.")


@refusal(errors.PolicyRequired)
class PolicyRequired(Refusal):
    pass


@refusal(errors.RankTooLow)
class RankTooLow(Refusal):
    pass


@refusal(errors.SanctionExists)
class SanctionExists(Refusal):
    until: datetime | None = field("Until when the one in force holds; null: for good.")


@refusal(errors.AlreadyReverted)
class AlreadyReverted(Refusal):
    by: UUID = field("The id of the event that undid it.")


@refusal(errors.PinLimitReached)
class PinLimitReached(Refusal):
    max: int = field("How many posts may be pinned there.")
