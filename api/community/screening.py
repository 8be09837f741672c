"""Word rules for staff: reading, trying, foreseeing and writing them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.community.screening_types import (
    RuleImpact,
    RuleMode,
    ScreeningDecision,
    ScreeningVerdict,
    WordBoundary,
    WordRule,
    WordRuleKind,
)
from api.fields import Input, arg, field, mutation, query, result
from api.paging import After, Connection, First
from api.permissions import can
from api.refusals import VersionConflict
from domain.community.screening import rules, trying, writing

SCREENS = can("moderator", "operator")


@strawberry.input(description="A word rule.")
class WordRuleInput:
    pattern: str = field("What to look for, at most 300 characters; kind NUMBER only names itself by it.")
    kind: WordRuleKind = field("How to look for it.", default=rules.WordRuleKind.WORD)
    action: ScreeningDecision | None = field("What becomes of the text; absent: FLAG.", default=None)
    category: str | None = field("What it is about, in the brand's own words.", default=None)
    policy_code: str | None = field("The policy that the text breaks.", default=None)
    circle_ids: list[UUID] | None = field("Circles that it holds in; absent: everywhere.", default=None)
    case_sensitive: bool | None = field("Whether upper and lower case differ; absent: no.", default=None)
    boundary: WordBoundary | None = field("Where short Chinese words count; absent: AUTO.", default=None)
    min_length: int | None = field("Least digits of kind NUMBER; absent: 8.", default=None)
    mode: RuleMode | None = field("Whether it holds; absent: LIVE.", default=None)

    def rule(self) -> rules.WordRule:
        is_allow = self.kind == rules.WordRuleKind.ALLOW
        return rules.WordRule(
            pattern=self.pattern,
            kind=self.kind,
            action=self.action or (rules.Decision.ALLOW if is_allow else rules.Decision.FLAG),
            category=self.category,
            policy=self.policy_code,
            circles=tuple(self.circle_ids or ()),
            is_case_sensitive=bool(self.case_sensitive),
            boundary=self.boundary or rules.Boundary.AUTO,
            min_length=self.min_length,
            mode=self.mode or rules.RuleMode.LIVE,
        )


@strawberry.input(description="Which word rules.")
class WordRuleFilter:
    text: str | None = field("Whose pattern has this in it.", default=None)
    kinds: list[WordRuleKind] | None = field("Of these kinds.", default=None)
    actions: list[ScreeningDecision] | None = field("With these actions.", default=None)
    modes: list[RuleMode] | None = field("In these modes.", default=None)
    category: str | None = field("Of this category.", default=None)
    policy_code: str | None = field("Of this policy.", default=None)
    circle_id: UUID | None = field("That name this circle.", default=None)


@strawberry.input(description="Word rules to add or change.")
class PutWordRulesInput(Input):
    rules: list[WordRuleInput] = field(
        "At most 1,000. One of the same kind, pattern, case and circles is changed; mode OFF ends it; others stay."
    )
    expected_version: int | None = field(
        "`wordRulesVersion` as it was read; absent: whatever it is.", default=None
    )
    reason: str | None = field("Why, for the audit log.", default=None)
    dry_run: bool = field("Only tell what would stand, and what it would hit.", default=False)


@strawberry.type(
    description="The rules are written; where they got stricter, what is published is looked through for review."
)
class PutWordRulesSuccess:
    rules: list[WordRule] = field("The rules as they stand, or (dry run) would; in the order given.")
    changed: int = field("How many of them are new or other than before.")
    version: int = field("The version of all rules.")
    impact: RuleImpact = field("What they would have hit within the last 7 days.")
    is_rescanned: bool = field("Whether what is published is being looked through.")


Tried = Annotated[list[WordRuleInput] | None, arg("Rules to judge by instead of the stored ones.")]


@strawberry.type
class ScreeningQuery:
    @query("What would become of a text by the word rules; nothing is stored.", who=SCREENS)
    async def test_screening(
        self,
        info: Info,
        text: Annotated[str, arg("The text, at most 20,000 characters.")],
        circle_id: Annotated[UUID | None, arg("The circle whose rules hold too.")] = None,
        title: Annotated[str | None, arg("Its title.")] = None,
        rules: Tried = None,
    ) -> ScreeningVerdict:
        tried = None if rules is None else [given.rule() for given in rules]
        return ScreeningVerdict.of(await trying.judge(text, title, circle_id, tried))

    @query("Word rules, the last changed first.", who=SCREENS)
    async def word_rules(
        self,
        info: Info,
        filter: Annotated[WordRuleFilter | None, arg("Which rules; absent: all.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[WordRule]:
        page, wanted = paging.page(first, after), filter or WordRuleFilter()
        rows = await writing.listed(
            writing.Filter(
                wanted.text,
                wanted.kinds,
                wanted.actions,
                wanted.modes,
                wanted.category,
                wanted.policy_code,
                wanted.circle_id,
            ),
            page,
        )
        return paging.connection(
            rows,
            page,
            key=lambda row: (row[1], row[0].id),
            nodes=[WordRule.of(rule, changed_at) for rule, changed_at in rows],
        )

    @query("The version of all word rules together: `expectedVersion` of putWordRules.", who=SCREENS)
    async def word_rules_version(self) -> int:
        return await writing.version()

    @query("What rules would have done to what was published lately, as if they were live.", who=SCREENS)
    async def preview_word_rules(
        self,
        info: Info,
        rules: Annotated[list[WordRuleInput], arg("The rules, at most 1,000.")],
        days: Annotated[int, arg("How many days to look back, 1 to 365.")],
    ) -> RuleImpact:
        return RuleImpact.of(await trying.preview([given.rule() for given in rules], days))


@strawberry.type
class ScreeningMutation:
    @mutation("Add or change word rules.", who=SCREENS)
    async def put_word_rules(self, info: Info, input: PutWordRulesInput) -> result(
        "PutWordRules", PutWordRulesSuccess, VersionConflict
    ):
        made = await writing.put(
            info.context.actor,
            [given.rule() for given in input.rules],
            expected_version=input.expected_version,
            reason=input.reason,
            is_dry_run=input.dry_run,
        )
        return PutWordRulesSuccess(
            rules=[WordRule.of(rule) for rule in made.rules],
            changed=made.changed,
            version=made.version,
            impact=RuleImpact.of(made.impact),
            is_rescanned=made.rescan is not None,
        )
