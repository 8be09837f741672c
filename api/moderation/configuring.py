"""Mutations of what moderation goes by: policies and queues."""

from __future__ import annotations

from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import BilingualText, Input, field, mutation, result
from api.moderation.enums import ClaimMode, ReportCategory, SubjectKind
from api.moderation.types import ModQueue, Policy
from api.permissions import can
from api.refusals import VersionConflict
from domain.community import desk_tables as tables
from domain.community.desk import policies, queues
from domain.community.desk.queues import Match

CONFIGURES = can("operator")


@strawberry.input(description="What follows from breaking a policy.")
class SeverityInput:
    strikes: int = field("What an upheld decision adds, and takes from the credit: 0 to 100.")
    first_is_warning: bool = field("Whether the first one adds no strikes.", default=False)
    expires_days: int | None = field("After how many days the strikes expire; absent: never.", default=None)


@strawberry.input(description="A policy to make or revise.")
class PutPolicyInput(Input):
    code: str = field("Its code: A-Z, 0-9 and _.")
    name: BilingualText = field("Its name.")
    severity: SeverityInput = field("What follows from breaking it.")
    is_enabled: bool = field("Whether new acts may name it.", default=True)
    expected_version: int = field("The version that was read; 0 for a new code.", default=0)
    dry_run: bool = field("Only check it.", default=False)


@strawberry.type(description="The policy holds in this revision, or would.")
class PutPolicySuccess:
    policy: Policy = field("The policy.")


@strawberry.input(description="What a queue takes; an empty list takes everything.")
class QueueMatchInput:
    kinds: list[SubjectKind] = field("Kinds of subjects.", default_factory=list)
    categories: list[ReportCategory] = field("Categories of reports.", default_factory=list)
    circle_ids: list[UUID] = field("Circles.", default_factory=list)


@strawberry.input(description="A queue to make or revise.")
class PutModQueueInput(Input):
    queue_id: UUID | None = field("The queue; absent: a new one.", default=None)
    name: str = field("Its name, at most 60 characters.")
    position: int = field("Lower ones are asked first: 0 to 10,000.")
    match: QueueMatchInput | None = field("What it takes; absent: everything.", default=None)
    sla_minutes: int | None = field("In how many minutes an item is due.", default=None)
    claim: ClaimMode = field("Whether items have to be claimed.", default=tables.ClaimMode.OPTIONAL)
    is_enabled: bool = field("Whether it takes anything now.", default=True)
    moderator_ids: list[UUID] = field("The staff accounts that work it.", default_factory=list)
    expected_version: int | None = field(
        "The version that was read; for a queue that there is.", default=None
    )
    dry_run: bool = field("Only check it.", default=False)


@strawberry.type(description="The queue stands so, or would.")
class PutModQueueSuccess:
    queue: ModQueue = field("The queue.")


@strawberry.type
class ModerationConfigurationMutation:
    @mutation("Make a policy, or revise one.", who=CONFIGURES)
    async def put_policy(self, info: Info, input: PutPolicyInput) -> result(
        "PutPolicy", PutPolicySuccess, VersionConflict
    ):
        made = await policies.put(
            info.context.actor, code=input.code, name=input.name, strikes=input.severity.strikes,
            first_is_warning=input.severity.first_is_warning, expires_days=input.severity.expires_days,
            is_enabled=input.is_enabled, expected_version=input.expected_version, is_dry_run=input.dry_run,
        )  # fmt: skip
        return PutPolicySuccess(policy=Policy.of(made))

    @mutation("Make a queue, or revise one; what waits outside is matched again.", who=CONFIGURES)
    async def put_mod_queue(self, info: Info, input: PutModQueueInput) -> result(
        "PutModQueue", PutModQueueSuccess, VersionConflict
    ):
        asked = input.match or QueueMatchInput()
        made = await queues.put(
            info.context.actor, queue_id=input.queue_id, name=input.name, position=input.position,
            match=Match(tuple(asked.kinds), tuple(asked.categories), tuple(asked.circle_ids)),
            sla_minutes=input.sla_minutes, claim=input.claim, is_enabled=input.is_enabled,
            moderators=input.moderator_ids, expected_version=input.expected_version, is_dry_run=input.dry_run,
        )  # fmt: skip
        return PutModQueueSuccess(queue=ModQueue.of(made))
