"""What a fact would earn, before it happens."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import Json, arg, enum, field, query
from api.money import MoneyInput
from api.permissions import SIGNED_IN
from api.points.baskets import LineInput, basket
from api.points.queries import root_of
from api.points.tier_types import Tier
from api.points.types.earning import EarnDecision
from api.points.types.ledger import EarnBreakdown
from domain.errors import BadInput, InvalidInput
from domain.points import previewing, reading
from domain.points.amounts import decimal
from domain.profile import catalogue

AwardState = enum(
    Enum("EarnAwardState", {each: each for each in ("AVAILABLE", "PENDING")}),  # type: ignore[misc]
    "When an award may be spent.",
    AVAILABLE="At once.",
    PENDING="Later.",
)


@strawberry.input(description="An order that is looked at.")
class PreviewPurchaseInput:
    lines: list[LineInput] = field("Its lines.", default_factory=list)
    cash_paid: MoneyInput | None = field("What is paid in cash; absent: all of it.", default=None)


@strawberry.input(description="A fact that is looked at.")
class PreviewInteractionInput:
    kind: str = field("Its kind.")
    occurred_at: datetime | None = field("When it happens; absent: now.", default=None)
    touchpoint: str | None = field("What it is done on.", default=None)
    properties: Json | None = field("Its properties.", default=None)


@strawberry.input(description="What is looked at: an order, another fact, or a fact with an order.")
class PreviewEarningInput:
    member_id: UUID | None = field(
        "Whose; absent: the signed-in member's own. Another's: staff only.", default=None
    )
    version_ids: list[UUID] | None = field(
        "Only these rule versions, drafts as if they were in force (staff); absent: those in force then.",
        default=None,
    )
    purchase: PreviewPurchaseInput | None = field("An order.", default=None)
    interaction: PreviewInteractionInput | None = field(
        "A fact; absent: the order is recorded.", default=None
    )


@strawberry.type(description="Points of one wallet that a rule would give.")
class EarnAward:
    wallet: str = field("The wallet's code.")
    points: Decimal = field("How many; below 0 for a rule that takes.")
    state: AwardState = field("When they may be spent.")  # type: ignore[valid-type]
    breakdown: list[EarnBreakdown] = field("How they come about.")


@strawberry.type(description="What a fact would earn.")
class EarningPreview:
    awards: list[EarnAward] = field("What would be given.")
    decisions: list[EarnDecision] = field("What each rule says to it.")
    tier_after: Tier | None = field("The tier right after it, in the oldest tier scheme; null: in none.")


@strawberry.type
class PreviewQuery:
    @query("What an order or another fact would earn now. Writes nothing.", who=SIGNED_IN)
    async def preview_earning(
        self, info: Info, input: Annotated[PreviewEarningInput, arg("What is looked at.")]
    ) -> EarningPreview:
        actor = info.context.actor
        root = await root_of(actor, input.member_id)
        if input.version_ids is not None:
            actor.must_have("operator", "approver", "analyst")
        found = await previewing.preview(root, _tried(input), input.version_ids)
        scales = await reading.scales()
        awards = [
            EarnAward(
                wallet=award.wallet.code,
                points=decimal(award.points, award.wallet.scale),
                state=AwardState.PENDING if award.is_pending else AwardState.AVAILABLE,
                breakdown=[EarnBreakdown.of(part, scales) for part in award.breakdown],
            )
            for award in found.awards
        ]
        return EarningPreview(
            awards=awards,
            decisions=[EarnDecision.tried(each, scales) for each in found.decisions],
            tier_after=Tier.named(found.scheme, found.tier) if found.scheme else None,
        )


def _tried(input: PreviewEarningInput) -> previewing.Tried:
    said, bought = input.interaction, input.purchase
    if said is None and bought is None:
        raise BadInput("Name an order, or another fact.")
    if said is not None and catalogue.find(said.kind) is None:
        raise BadInput(f"There is no kind {said.kind}.")
    properties = said.properties if said else None
    if properties is not None and not isinstance(properties, dict):
        raise BadInput("Properties are an object.")
    try:
        found = basket(bought.lines, bought.cash_paid, path="purchase.") if bought else None
    except InvalidInput as invalid:
        raise BadInput("; ".join(f"{each.path}: {each.message}" for each in invalid.problems)) from None
    return previewing.Tried(
        kind=said.kind if said else None,
        basket=found,
        occurred_at=said.occurred_at if said else None,
        touchpoint=said.touchpoint if said else None,
        properties=properties or {},
    )
