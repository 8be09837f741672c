"""How points are earned: the rules, and what was decided on each fact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.context import Context
from api.fields import Json, Node, field
from api.points.types.enums import EarnRuleState
from api.points.types.ledger import PointsJournal, WalletAmount, journal_of
from api.points.types.reasons import REASONS
from domain.points import baskets, earn_rules
from domain.points.amounts import decimal
from domain.points.judging import Judged
from domain.points.tables import RuleState


@strawberry.type(description="One reason why a fact earned less, or nothing, or waits.")
class EarnReason:
    code: str = field("The reason's name, stable for programs.")
    facts: Json = field("What was seen, such as the cap's limit.")

    @field("For the person, in the language of the request.")
    async def message(self, info: Info) -> str:
        zh, en, _ = REASONS.get(self.code, (self.code, self.code, None))
        return en if info.context.language == "en" else zh

    @field("What was seen, as a text; null when there is nothing to show.")
    async def fact(self) -> str | None:
        return ", ".join(f"{name} {_text(value)}" for name, value in self.facts.items()) or None

    @field("What helps, stable for programs; null when nothing does.")
    async def next_step(self) -> str | None:
        return REASONS.get(self.code, (None, None, None))[2]

    @classmethod
    def of(cls, reason: dict[str, Any]) -> EarnReason:
        facts = {name: value for name, value in reason.items() if name not in ("code", "next_step")}
        return cls(code=reason["code"], facts=facts)


@strawberry.type(description="Why a fact earned, or did not.")
class EarnDecision:
    id: UUID | None = field("The decision's id; null for one that is only tried.")
    row: strawberry.Private[Any]
    outcome: str = field("AWARDED, CUT or REFUSED.")
    rule: str = field("The rule's code.")
    interaction_id: UUID | None = field("The fact's interaction; null for one that is only tried.")
    desired: list[WalletAmount] = field("What the rule gives.")
    granted: list[WalletAmount] = field("What the caps left of it.")
    reasons: list[EarnReason] = field("Why less, or nothing, or why it waits.")
    is_reversed: bool = field("Whether the fact was undone, and its award with it.")
    waits: str | None = field(
        "What its award waits for, or waited: HELD (an operator) or WAITING (a later fact), then OPENED, RELEASED or "
        "CANCELLED; null: for nothing."
    )
    occurred_at: datetime | None = field("When the fact happened; null for one that is only tried.")

    @field("The posting.")
    async def journal(self, info: Info) -> PointsJournal | None:
        return await journal_of(info, self.row["journal"]) if self.row else None

    @classmethod
    def of(cls, row: Any, scales: dict[str, int]) -> EarnDecision:
        return cls(
            id=row["id"],
            row=row,
            outcome=row["outcome"],
            rule=row["rule"],
            interaction_id=row["interaction"],
            desired=_amounts(row["desired"], scales),
            granted=_amounts(row["granted"], scales),
            reasons=[EarnReason.of(reason) for reason in row["reasons"]],
            is_reversed=row["is_reversed"],
            waits=row["gate"],
            occurred_at=row["occurred_at"],
        )

    @classmethod
    def tried(cls, judged: Judged, scales: dict[str, int]) -> EarnDecision:
        """A decision of a preview."""
        return cls(
            id=None,
            row=None,
            outcome=judged.outcome,
            rule=judged.code,
            interaction_id=None,
            desired=_amounts(judged.desired, scales),
            granted=_amounts(judged.granted, scales),
            reasons=[EarnReason.of(reason) for reason in judged.reasons],
            is_reversed=False,
            waits=None,
            occurred_at=None,
        )


def _amounts(by_wallet: dict[str, int], scales: dict[str, int]) -> list[WalletAmount]:
    return [WalletAmount(wallet=w, amount=decimal(n, scales[w])) for w, n in sorted(by_wallet.items())]


def _text(value: Any) -> str:
    if isinstance(value, dict) and "minor_units" in value:
        return f"{decimal(value['minor_units'], baskets.digits(value['currency']))} {value['currency']}"
    if isinstance(value, list):
        return " ".join(_text(each) for each in value)
    return str(value)


@strawberry.type(description="An earn rule's version.")
class EarnRuleVersion(Node):
    rule_id: UUID = field("The rule's id.")
    code: str = field("The rule's code.")
    rule_version: int = field("Rises with every revision of the rule: the next revision's expectedVersion.")
    version: int = field("This version's number.")
    state: EarnRuleState = field("Where it is in its life.")  # type: ignore[valid-type]
    title: str = field("What it is called.")
    kinds: list[str] = field("The kinds of interactions that it listens to.")
    definition: Json = field("What it says; amounts in minor units.")
    priority: int = field("Higher ones are looked at first.")
    effective_from: datetime | None = field("From when facts are judged by it.")
    effective_to: datetime | None = field("Until when (exclusive).")

    @classmethod
    def of(cls, found: earn_rules.RuleVersion) -> EarnRuleVersion:
        return cls(
            id=found.id,
            rule_id=found.rule,
            code=found.code,
            rule_version=found.rule_version,
            version=found.version,
            state=RuleState(found.state),
            title=found.title,
            kinds=found.definition["kinds"],
            definition=found.definition,
            priority=found.priority,
            effective_from=found.effective_from,
            effective_to=found.effective_to,
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, EarnRuleVersion]:
        if not (context.actor.is_staff and context.actor.has("operator", "approver", "analyst")):
            return {}
        return {id: cls.of(found) for id, found in (await earn_rules.by_ids(list(ids))).items()}
