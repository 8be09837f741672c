"""What screening shows: rules, hits, verdicts, and what rules would do."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import strawberry
from strawberry import Info

from api.community.types import Circle, Post
from api.fields import enum, field
from domain.community.screening import Match, Verdict, impact, rules
from domain.community.screening.matcher import Hit

WordRuleKind = enum(
    rules.WordRuleKind,
    "What a word rule looks for.",
    WORD="A word or phrase.",
    WILDCARD="A word with ? (one letter or digit) and * (up to ten).",
    REGEX="A regular expression of RE2 over the folded text.",
    NUMBER="Digits in a row, however they are written and set apart.",
    DOMAIN="A domain and all below it.",
    URL="An address: its host and the beginning of its path.",
    ALLOW="A word that is fine: what is wholly inside of it is no hit.",
)
ScreeningDecision = enum(
    rules.Decision,
    "What becomes of a text, mildest first.",
    name="ScreeningDecision",
    ALLOW="It is published.",
    FLAG="It is published, and a moderator looks at it.",
    MASK="It is published with * for what was found.",
    HOLD="It waits for a moderator.",
    REJECT="It is refused.",
)
WordBoundary = enum(
    rules.Boundary,
    "Where short Chinese words count.",
    name="WordBoundary",
    AUTO="Where they stand as words: not inside of other words.",
    ANY="Anywhere.",
)
RuleMode = enum(
    rules.RuleMode,
    "Whether a rule holds.",
    OFF="It does not.",
    DRY="On trial: what it finds is noted, and changes nothing.",
    LIVE="It holds.",
)
HoldReason = enum(
    rules.HoldReason,
    "What was found about a text, or why it waits.",
    WORDS="Word rules.",
    NEW_MEMBER_COUNT="One of its author's first texts.",
    CIRCLE_APPROVAL="The circle sees texts before they are published (先审后发).",
    MEDIA="Its pictures or videos are not processed yet, or are known to be bad.",
    FAST_TYPER="A first text, written faster than people write.",
    LINKS="Many links.",
    AUTOMOD="An automatic rule.",
    PENDING_REPORTS="Reports about its author wait.",
)
RuleWarningCode = enum(
    impact.WarningCode,
    "Why a rule may hit more than is meant.",
    name="RuleWarningCode",
    SINGLE_CHARACTER="It is one character.",
    SHORT_WORD="It is short, and stands in other words.",
    SHORT_NUMBER="Its number has fewer than six digits.",
    INSIDE_WORDS="It was found inside of other words.",
    HITS_MUCH="It hits more than one text in a hundred.",
)


class TextField(StrEnum):
    TITLE = "TITLE"
    BODY = "BODY"


enum(TextField, "A text of a post or a comment.", TITLE="Its title.", BODY="Its body.")


@strawberry.type(description="What to look for in texts, and what becomes of a text that has it.")
class WordRule:
    id: UUID | None = field("Its id; null for a rule that is only tried.")
    pattern: str = field("What it looks for.")
    kind: WordRuleKind = field("How it looks for it.")
    action: ScreeningDecision = field("What becomes of the text.")
    category: str | None = field("What it is about, in the brand's own words.")
    policy_code: str | None = field("The policy that the text breaks.")
    case_sensitive: bool = field("Whether upper and lower case differ.")
    boundary: WordBoundary = field("Where short Chinese words count.")
    min_length: int | None = field("Least digits of kind NUMBER; null: 8.")
    mode: RuleMode = field("Whether it holds.")
    version: int = field("Rises with every change of the rule.")
    circle_ids: strawberry.Private[tuple[UUID, ...]] = ()
    changed_at: datetime | None = field("When it was written or last changed.", default=None)

    @field("The circles that it holds in; empty: everywhere.")
    async def circles(self, info: Info) -> list[Circle]:
        found = await Circle.load(list(self.circle_ids), info.context) if self.circle_ids else {}
        return [found[circle] for circle in self.circle_ids if circle in found]

    @classmethod
    def of(cls, rule: rules.WordRule, changed_at: datetime | None = None) -> WordRule:
        return cls(
            id=rule.id,
            pattern=rule.pattern,
            kind=rule.kind,
            action=rule.action,
            category=rule.category,
            policy_code=rule.policy,
            case_sensitive=rule.is_case_sensitive,
            boundary=rule.boundary,
            min_length=rule.min_length,
            mode=rule.mode,
            version=rule.version,
            circle_ids=rule.circles,
            changed_at=changed_at,
        )


@strawberry.type(description="What a rule found in a text.")
class MatchedSpan:
    text: str = field("The text as it was written, from the first to the last character found.")
    start: int = field("Its first character, counted from 0 in code points of the text.")
    end: int = field("The character after its last one.")
    rule: WordRule = field("The rule.")
    allowed_by: str | None = field("The pattern of the ALLOW rule that lets it pass; null for a hit.")
    field: TextField = field("The text that it is in.")

    @classmethod
    def of(cls, match: Match) -> MatchedSpan:
        hit: Hit = match.hit
        return cls(
            text=hit.text,
            start=hit.start,
            end=hit.end,
            rule=WordRule.of(hit.rule),
            allowed_by=None if hit.allowed_by is None else hit.allowed_by.pattern,
            field=TextField.TITLE if match.is_title else TextField.BODY,
        )


@strawberry.type(description="What becomes of a text by the word rules.")
class ScreeningVerdict:
    decision: ScreeningDecision = field("The greatest action of what was found.")
    reasons: list[HoldReason] = field("All that was found.")
    matches: list[MatchedSpan] = field("Hits, title first, in the order of the text; they do not overlap.")
    masked_text: str = field("The text with a * for each character of MASK hits.")
    masked_title: str | None = field("The title likewise.")
    dry_matches: list[MatchedSpan] = field("Hits of rules on trial.")
    allowed_matches: list[MatchedSpan] = field("What ALLOW rules let pass.")
    rules_version: int = field(
        "The version of all rules by which it was judged; 0 for rules that are only tried."
    )

    @classmethod
    def of(cls, found: Verdict) -> ScreeningVerdict:
        return cls(
            decision=found.decision,
            reasons=[rules.HoldReason(reason) for reason in found.reasons],
            matches=[MatchedSpan.of(match) for match in found.matches],
            masked_text=found.masked_body,
            masked_title=found.masked_title,
            dry_matches=[MatchedSpan.of(match) for match in found.dry],
            allowed_matches=[MatchedSpan.of(match) for match in found.allowed],
            rules_version=found.rules_version,
        )


@strawberry.type(description="A rule that may hit more than is meant.")
class RuleWarning:
    pattern: str = field("The rule's pattern.")
    code: RuleWarningCode = field("Why.")
    hits: int = field("How many of the texts it hits so.")
    example: str | None = field("What stands around such a hit.")


@strawberry.type(description="What rules would have done to what was published lately.")
class RuleImpact:
    hits: int = field("How many posts and comments they hit.")
    scanned: int = field("How many were looked at, the newest first.")
    is_complete: bool = field("False when there were too many to look at all.")
    overturned_share: Decimal | None = field(
        "Of the hits that were removed, the share restored later; null for none."
    )
    agreement: Decimal | None = field(
        "Of the hits that people decided, the share they found at fault; null for none."
    )
    wrong_removals: int = field("Hits that would have waited or been refused though people found them fine.")
    warnings: list[RuleWarning] = field("Rules that may hit more than is meant.")
    sample_ids: strawberry.Private[tuple[UUID, ...]] = ()

    @field("Up to 20 of the posts that they hit (of a comment, its post), newest first.")
    async def sample(self, info: Info) -> list[Post]:
        found = await Post.load(list(self.sample_ids), info.context) if self.sample_ids else {}
        return [found[post] for post in self.sample_ids if post in found]

    @classmethod
    def of(cls, found: impact.Impact) -> RuleImpact:
        return cls(
            hits=found.hits,
            scanned=found.scanned,
            is_complete=found.is_complete,
            overturned_share=found.overturned_share,
            agreement=found.agreement,
            wrong_removals=found.wrong_removals,
            warnings=[RuleWarning(**vars(warned)) for warned in found.warnings],
            sample_ids=found.sample,
        )
