"""Mutations of the rules by which points are earned, for staff."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.access.types import ApprovalRequired, approval_required
from api.fields import Input, enum, field, mutation, query, result
from api.paging import After, Connection, First
from api.permissions import can
from api.points.definitions import definition
from api.points.inputs import EarnRuleInput
from api.points.types import EarnRuleVersion, MemberPoints, PointsJournal, WalletBalance
from api.points.types.earning import EarnDecision
from api.refusals import IllegalTransition, VersionConflict
from domain.access.approvals import Approval
from domain.points import deciding, earn_rules, reading

OPERATOR = can("operator")

AwardDecision = enum(
    Enum("AwardDecision", {each: each for each in deciding.DECISIONS}),  # type: ignore[misc]
    "What becomes of a held award.",
    RELEASE="It is available now.",
    CANCEL="It is taken away.",
)


@strawberry.input(description="A new earn rule.")
class DraftEarnRuleInput(Input):
    rule: EarnRuleInput = field("What it says.")


@strawberry.input(description="Another version of an earn rule.")
class ReviseEarnRuleInput(Input):
    rule_id: UUID = field("The rule.")
    expected_version: int = field("The rule's ruleVersion as you read it.")
    rule: EarnRuleInput = field("What it says from then on; the code stays.")


@strawberry.input(description="A rule version.")
class SubmitEarnRuleInput(Input):
    version_id: UUID = field("The version.")


@strawberry.input(description="A rule version to put in force.")
class PublishEarnRuleInput(Input):
    version_id: UUID = field("The version.")
    effective_from: datetime | None = field(
        "From when facts are judged by it; absent: as the rule says, or now. A past time also judges late facts "
        "that arrive from now on.",
        default=None,
    )


@strawberry.input(description="A rule version to end.")
class RetireEarnRuleInput(Input):
    version_id: UUID = field("The version.")


@strawberry.input(description="A rule version to write on.")
class ReturnEarnRuleInput(Input):
    version_id: UUID = field("The version.")


@strawberry.input(description="A held award to decide about.")
class DecideAwardInput(Input):
    journal_id: UUID = field("The award's posting.")
    decision: AwardDecision = field("What becomes of it.")  # type: ignore[valid-type]
    note: str = field("Why, up to 500 characters.")


@strawberry.type(description="The version is a draft again.")
class ReturnEarnRuleSuccess:
    version: EarnRuleVersion = field("The version.")


@strawberry.type(description="The award is released or cancelled.")
class DecideAwardSuccess:
    journal: PointsJournal | None = field("The award's posting.")
    balances: list[WalletBalance] = field("The wallets that it concerns, after it.")


@strawberry.type(description="An award that waits for an operator.")
class HeldAward:
    member: strawberry.Private[UUID]
    decision: EarnDecision = field("What was decided, and why it waits.")

    @field("Whose it is.")
    async def points(self) -> MemberPoints:
        return MemberPoints(root=self.member)


@strawberry.type(description="The rule is drafted.")
class DraftEarnRuleSuccess:
    version: EarnRuleVersion = field("The version.")


@strawberry.type(description="The rule has another version.")
class ReviseEarnRuleSuccess:
    version: EarnRuleVersion = field("The version.")


@strawberry.type(description="The version waits to be published.")
class SubmitEarnRuleSuccess:
    version: EarnRuleVersion = field("The version.")


@strawberry.type(description="The version is in force, or will be.")
class PublishEarnRuleSuccess:
    version: EarnRuleVersion = field("The version.")


@strawberry.type(description="The version has ended.")
class RetireEarnRuleSuccess:
    version: EarnRuleVersion = field("The version.")


DraftEarnRuleResult = result("DraftEarnRule", DraftEarnRuleSuccess)
ReviseEarnRuleResult = result("ReviseEarnRule", ReviseEarnRuleSuccess, VersionConflict)
SubmitEarnRuleResult = result("SubmitEarnRule", SubmitEarnRuleSuccess, IllegalTransition)
PublishEarnRuleResult = result("PublishEarnRule", PublishEarnRuleSuccess, IllegalTransition, ApprovalRequired)
RetireEarnRuleResult = result("RetireEarnRule", RetireEarnRuleSuccess, IllegalTransition)


ReturnEarnRuleResult = result("ReturnEarnRule", ReturnEarnRuleSuccess, IllegalTransition)
DecideAwardResult = result("DecideAward", DecideAwardSuccess, IllegalTransition)


@strawberry.type
class HeldAwardQuery:
    @query("Awards that wait for an operator, the oldest first.", who=can("operator", "approver", "analyst"))
    async def held_awards(self, first: First = 20, after: After = None) -> Connection[HeldAward]:
        page = paging.page(first, after)
        rows = await deciding.held(page)
        scales = await reading.scales()
        nodes = [HeldAward(member=row["root"], decision=EarnDecision.of(row, scales)) for row in rows]
        return paging.connection(rows, page, key=lambda row: (row["created_at"], row["id"]), nodes=nodes)


@strawberry.type
class EarnRuleMutation:
    @mutation("Draft an earn rule.", who=OPERATOR)
    async def draft_earn_rule(self, info: Info, input: DraftEarnRuleInput) -> DraftEarnRuleResult:
        said = await definition(input.rule)
        found = await earn_rules.draft(info.context.actor, said, title=input.rule.title)
        return DraftEarnRuleSuccess(version=EarnRuleVersion.of(found))

    @mutation("Draft another version of an earn rule.", who=OPERATOR)
    async def revise_earn_rule(self, info: Info, input: ReviseEarnRuleInput) -> ReviseEarnRuleResult:
        said = await definition(input.rule)
        found = await earn_rules.revise(
            info.context.actor, input.rule_id, input.expected_version, said, title=input.rule.title
        )
        return ReviseEarnRuleSuccess(version=EarnRuleVersion.of(found))

    @mutation("Hand a draft in for review.", who=OPERATOR)
    async def submit_earn_rule(self, info: Info, input: SubmitEarnRuleInput) -> SubmitEarnRuleResult:
        return SubmitEarnRuleSuccess(
            version=EarnRuleVersion.of(await earn_rules.submit(info.context.actor, input.version_id))
        )

    @mutation("Put a version in force; the one before it ends there.", who=OPERATOR)
    async def publish_earn_rule(self, info: Info, input: PublishEarnRuleInput) -> PublishEarnRuleResult:
        done = await earn_rules.publish(info.context.actor, input.version_id, input.effective_from)
        if isinstance(done, Approval):
            return approval_required(done, info)
        return PublishEarnRuleSuccess(version=EarnRuleVersion.of(done))

    @mutation("End a version now.", who=OPERATOR)
    async def retire_earn_rule(self, info: Info, input: RetireEarnRuleInput) -> RetireEarnRuleResult:
        return RetireEarnRuleSuccess(
            version=EarnRuleVersion.of(await earn_rules.retire(info.context.actor, input.version_id))
        )

    @mutation("Take a version that is handed in or scheduled back to a draft.", who=OPERATOR)
    async def return_earn_rule(self, info: Info, input: ReturnEarnRuleInput) -> ReturnEarnRuleResult:
        return ReturnEarnRuleSuccess(
            version=EarnRuleVersion.of(await earn_rules.send_back(info.context.actor, input.version_id))
        )

    @mutation("Release or cancel an award that waits for an operator.", who=OPERATOR)
    async def decide_award(self, info: Info, input: DecideAwardInput) -> DecideAwardResult:
        decided = await deciding.decide(
            info.context.actor, input.journal_id, input.decision.value, input.note
        )
        shown = await PointsJournal.load([input.journal_id], info.context)
        return DecideAwardSuccess(
            journal=shown.get(input.journal_id),
            balances=[WalletBalance.of(each) for each in decided.balances],
        )
