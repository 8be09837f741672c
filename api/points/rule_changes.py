"""The public changelog of the earn rules over GraphQL, and what each change means for the member who reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum

import strawberry
from strawberry import Info

from api import paging
from api.fields import enum, field, query
from api.paging import After, Connection, First
from api.permissions import SIGNED_IN
from api.points.types.earning import EarnReason
from domain import clock
from domain.points import rule_changes, rule_words, wallets
from domain.points.amounts import decimal
from domain.points.definitions import Version
from domain.points.earn_rules import RuleVersion
from domain.points.rule_changes import Change, Meaning
from domain.points.rule_words import Words
from domain.profile import catalogue, members

EarnRuleChangeKind = enum(
    Enum("EarnRuleChangeKind", {each: each for each in rule_words.TOLD}),  # type: ignore[misc]
    "What happens to a rule.",
    PUBLISHED="It begins.",
    REVISED="It says something else from then on.",
    RETIRED="It ends.",
)

_Wallets = Mapping[str, tuple[Words, int]]


@strawberry.type(description="What a published version of a rule says, in words.")
class EarnRuleWording:
    version: int = field("The version's number.")
    title: str = field("What it is called.")
    about: list[str] = field(
        "The kinds of interactions that it is about, in the language of the request, in their order."
    )
    says: list[str] = field("What it gives, its limits and its hours, in the language of the request.")
    effective_from: datetime | None = field("From when facts are judged by it.")
    effective_to: datetime | None = field("Until when (exclusive); null: until further notice.")

    @classmethod
    def of(cls, found: RuleVersion, named: _Wallets, language: str) -> EarnRuleWording:
        kinds = [(kind, catalogue.find(kind)) for kind in found.definition["kinds"]]
        return cls(
            version=found.version,
            title=found.title,
            about=sorted({_in((kind.zh, kind.en), language) if kind else name for name, kind in kinds}),
            says=[
                _in(words, language) for words in rule_words.says(Version.of(vars(found)), named)
            ],
            effective_from=found.effective_from,
            effective_to=found.effective_to,
        )  # fmt: skip


@strawberry.type(description="What the same typical fact earned before a change and earns after it.")
class EarnRuleGain:
    wallet: str = field("The wallet's code.")
    before: Decimal = field("By the version before; 0 for a new rule, or where the member did not meet it.")
    after: Decimal = field("By the version after; 0 where the rule ends, or the member does not meet it.")
    difference: Decimal = field("after - before.")


@strawberry.type(
    description="What a change means for the member who reads it, by what is known about them now. What a rule asks of the "
    "fact itself (a property, a touchpoint, an amount), hours and used caps are left out."
)
class EarnRuleMeaning:
    is_eligible: bool = field("Whether the member meets what the version after the change asks of them.")
    was_eligible: bool | None = field("The same of the version before; null for a new rule.")
    reasons: list[EarnReason] = field("Why not, with what helps.")
    example: str = field("The typical fact by which before and after are compared.")
    gains: list[EarnRuleGain] = field("What that fact earns; empty for rules that only multiply others.")

    @classmethod
    def of(cls, found: Meaning, named: _Wallets, language: str) -> EarnRuleMeaning:
        gains = []
        for code in sorted(found.before.keys() | found.after.keys()):
            before, after = (
                decimal(given.get(code, 0), named[code][1]) for given in (found.before, found.after)
            )
            gains.append(EarnRuleGain(wallet=code, before=before, after=after, difference=after - before))
        return cls(
            is_eligible=found.is_eligible,
            was_eligible=found.was_eligible,
            reasons=[EarnReason.of(reason) for reason in found.reasons],
            example=_in(rule_words.example(found.is_order, rule_changes.TYPICAL), language),
            gains=gains,
        )


@strawberry.type(description="A change of the published earn rules.")
class EarnRuleChange:
    kind: EarnRuleChangeKind = field("What happens.")  # type: ignore[valid-type]
    at: datetime = field("From when it counts: facts that happen from then on are judged so.")
    is_ahead: bool = field("Whether that is still to come.")
    code: str = field("The rule's code.")
    text: str = field("The change in a sentence, in the language of the request.")
    before: EarnRuleWording | None = field("What the rule said; null for a new one.")
    after: EarnRuleWording | None = field("What it says from then on; null where it ends.")
    for_me: EarnRuleMeaning | None = field("What it means for the signed-in member; null for staff.")


@strawberry.type
class RuleChangeQuery:
    @query(
        "What changed in the published earn rules, the latest first, changes to come too. Drafts are never told.",
        who=SIGNED_IN,
    )
    async def earn_rule_changes(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[EarnRuleChange]:
        page, language = paging.page(first, after), info.context.language
        found = await rule_changes.listed(page)
        shown = found[: page.limit]
        named = {
            row["code"]: ((row["names"]["zh"], row["names"]["en"]), row["scale"])
            for row in await wallets.listed()
        }
        mine: list[Meaning | None] = [None] * len(shown)
        if info.context.actor.member_id is not None:
            root = await members.root_of(info.context.actor.member_id)
            mine = [*await rule_changes.meanings(root, shown)]
        nodes = [_node(change, meaning, named, language) for change, meaning in zip(shown, mine, strict=True)]
        return paging.connection(found, page, key=lambda change: change.key, nodes=nodes)


def _node(change: Change, meaning: Meaning | None, named: _Wallets, language: str) -> EarnRuleChange:
    return EarnRuleChange(
        kind=EarnRuleChangeKind(change.kind),
        at=change.at,
        is_ahead=change.at > clock.now(),
        code=change.told.code,
        text=_in(rule_words.told(change.kind, change.told.title), language),
        before=EarnRuleWording.of(change.before, named, language) if change.before else None,
        after=EarnRuleWording.of(change.after, named, language) if change.after else None,
        for_me=EarnRuleMeaning.of(meaning, named, language) if meaning else None,
    )


def _in(words: Words, language: str) -> str:
    return words[1] if language == "en" else words[0]
