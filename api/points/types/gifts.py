"""Gifts: who gives what to whom, and how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import Info

from api.context import Context
from api.fields import Node, enum, field
from api.points.types.ledger import PointsJournal, PointsWallet, journal_of
from domain.points import engagement_tables, gifts
from domain.points.amounts import decimal
from domain.profile import members

GiftState = enum(
    engagement_tables.GiftState,
    "How a gift stands.",
    OFFERED="The recipient has not answered yet; the points are held.",
    ACCEPTED="The points are the recipient's.",
    DECLINED="The recipient did not want it; the points went back.",
    EXPIRED="Nobody answered in time; the points went back.",
)


@strawberry.type(description="One of the two people of a gift.")
class GiftPerson:
    id: UUID = field("The member's id.")
    display_name: str | None = field("The name shown to others; null when they have none or have left.")


@strawberry.type(description="What a gift is for.")
class GiftSubject:
    kind: str = field("What it is, such as POST.")
    id: str = field("Its id.")


@strawberry.type(description="Points from one member to another.")
class Gift(Node):
    journal_id: strawberry.Private[UUID | None]
    sender: GiftPerson = field("Who gives.")
    recipient: GiftPerson = field("Who is given.")
    wallet: PointsWallet = field("The wallet.")
    amount: Decimal = field("How much.")
    message: str | None = field("The giver's words.")
    subject: GiftSubject | None = field("What it is for.")
    state: GiftState = field("How it stands.")  # type: ignore[valid-type]
    is_tip: bool = field("Whether it was given at once, as a tip (赞赏).")
    offered_at: datetime = field("When it was offered.")
    expires_at: datetime | None = field("Until when it can be accepted; null for a tip.")
    resolved_at: datetime | None = field("When it was answered, or expired.")

    @field("The posting that moved it; null while it was not accepted.")
    async def journal(self, info: Info) -> PointsJournal | None:
        return await journal_of(info, self.journal_id)

    @classmethod
    def of(cls, found: gifts.Gift) -> Gift:
        plain = ("id", "message", "is_tip", "offered_at", "expires_at", "resolved_at")
        subject = found.subject_kind is not None and found.subject_id is not None
        return cls(
            journal_id=found.journal,
            sender=GiftPerson(id=found.sender_root, display_name=found.sender_name),
            recipient=GiftPerson(id=found.recipient_root, display_name=found.recipient_name),
            wallet=PointsWallet(code=found.wallet, scale=found.scale),
            amount=decimal(found.amount, found.scale),
            subject=GiftSubject(kind=str(found.subject_kind), id=str(found.subject_id)) if subject else None,
            state=engagement_tables.GiftState(found.state),
            **{name: getattr(found, name) for name in plain},
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Gift]:
        actor = context.actor
        is_reader = actor.is_staff and actor.has("operator", "approver", "analyst")
        own = await members.root_of(actor.member_id) if actor.member_id else None
        found = await gifts.by_ids(ids)
        return {g.id: cls.of(g) for g in found if is_reader or own in (g.sender_root, g.recipient_root)}
