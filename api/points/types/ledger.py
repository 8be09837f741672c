"""What the ledger holds: wallets, balances, postings with their entries, lots and holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.context import Context
from api.fields import Node, arg, field
from api.loaders import load
from api.points.types.enums import JournalKind, PointsHoldState, PointsLotState
from domain.errors import BadInput
from domain.points import balances, health, holds, reading
from domain.points.amounts import decimal
from domain.points.book import Lot, Wallet
from domain.points.keeping import chain
from domain.points.tables import HoldState, LotState
from domain.points.tables import JournalKind as JournalKindOf
from domain.profile import members


@strawberry.type(description="A kind of worth, such as POINTS or GROWTH.")
class PointsWallet:
    code: str = field("Its code.")
    scale: int = field("How many digits its amounts have after the point.")


@strawberry.type(description="When an amount expires.")
class ExpiryStep:
    expires_at: datetime | None = field("The moment; null: never.")
    amount: Decimal = field("How much expires then, if nothing is spent.")


@strawberry.type(description="A member's parts of one wallet, as a sweep at that moment would leave them.")
class WalletBalance:
    member: strawberry.Private[UUID]
    wallet: PointsWallet = field("The wallet.")
    available: Decimal = field("What may be spent.")
    pending: Decimal = field("Given, but not available yet.")
    held: Decimal = field("Set aside.")
    debt: Decimal = field("What later earnings repay first.")
    net: Decimal = field("available - debt.")
    lifetime_earned: Decimal = field("All that was ever earned, less what was taken back.")
    seq: int = field("How many entries the account has.")
    is_frozen: bool = field("Whether nothing may be spent.")
    as_of: datetime = field("The moment of this balance.")

    @field("The balance at another moment: exact for the past, a forecast without new facts for the future.")
    async def at(self, time: Annotated[datetime, arg("The moment.")]) -> WalletBalance:
        found = await balances.at_past(self.member, self.wallet.code, _not_too_far(time))
        assert found is not None
        return WalletBalance.of(found)

    @field("What expires by then, if nothing is spent.")
    async def expiring_by(self, time: Annotated[datetime, arg("Until then (inclusive).")]) -> Decimal:
        found = await balances.expiring(self.member, self.wallet.code, time)
        return decimal(sum(amount for _, amount in found), self.wallet.scale)

    @field("When what is available expires, in order of time; the amounts sum to available.")
    async def expiry_schedule(self) -> list[ExpiryStep]:
        found = await balances.expiring(self.member, self.wallet.code)
        return [ExpiryStep(expires_at=at, amount=decimal(amount, self.wallet.scale)) for at, amount in found]

    @classmethod
    def of(cls, found: balances.Balance) -> WalletBalance:
        scale = found.wallet.scale
        return cls(
            member=found.member,
            wallet=PointsWallet(code=found.wallet.code, scale=scale),
            available=decimal(found.available, scale),
            pending=decimal(found.pending, scale),
            held=decimal(found.held, scale),
            debt=decimal(found.debt, scale),
            net=decimal(found.net, scale),
            lifetime_earned=decimal(found.lifetime_earned, scale),
            seq=found.seq,
            is_frozen=found.is_frozen,
            as_of=found.as_of,
        )


@strawberry.type(description="One movement between two parts.")
class PointsEntry:
    row: strawberry.Private[Any]
    seq: int = field("Its number on the account, gapless from 1.")
    wallet: PointsWallet = field("The wallet.")
    source: str = field("The part that it left, such as ISSUED or AVAILABLE.")
    target: str = field("The part that it went to.")
    amount: Decimal = field("How much, above 0.")
    effect: Decimal = field("The change of available - debt, signed.")
    available_after: Decimal = field("Available after it.")
    pending_after: Decimal = field("Pending after it.")
    held_after: Decimal = field("Held after it.")
    debt_after: Decimal = field("Debt after it.")
    occurred_at: datetime = field("When it happened.")

    @field("The posting that it belongs to.")
    async def journal(self, info: Info) -> PointsJournal:
        return PointsJournal.of(await load(info, "points.journal", self.row["journal"], reading.journals))

    @classmethod
    def of(cls, row: Any) -> PointsEntry:
        scale = row["scale"]
        own = ("AVAILABLE", "DEBT")
        effect = row["amount"] * ((row["target_part"] in own) - (row["source_part"] in own))
        return cls(
            row=row,
            seq=row["seq"],
            wallet=PointsWallet(code=row["code"], scale=scale),
            source=row["source_part"],
            target=row["target_part"],
            amount=decimal(row["amount"], scale),
            effect=decimal(effect, scale),
            available_after=decimal(row["available_after"], scale),
            pending_after=decimal(row["pending_after"], scale),
            held_after=decimal(row["held_after"], scale),
            debt_after=decimal(row["debt_after"], scale),
            occurred_at=row["occurred_at"],
        )


@strawberry.type(description="What one effect of a rule gave, before rounding and caps.")
class EarnBreakdown:
    rule: str = field("The rule's code.")
    wallet: str = field("The wallet's code.")
    points: Decimal = field("What it gave without multipliers, exactly.")
    bonus: Decimal = field("What multipliers added.")
    multiplier: Decimal | None = field("points and bonus, in times of points; null without multipliers.")
    cut_by: str | None = field("The reason for which less was granted, such as CAP_REACHED.")

    @classmethod
    def of(cls, part: dict[str, Any], scales: dict[str, int]) -> EarnBreakdown:
        scale = scales[part["wallet"]]
        return cls(
            rule=part["rule"],
            wallet=part["wallet"],
            points=_exact(part["points"], scale),
            bonus=_exact(part["bonus"], scale),
            multiplier=None if part["multiplier"] is None else Decimal(part["multiplier"]),
            cut_by=part["cut_by"],
        )


@strawberry.type(description="One posting; its entries sum to zero over everybody whose points it moved.")
class PointsJournal(Node):
    row: strawberry.Private[Any]
    kind: JournalKind = field("What it is.")  # type: ignore[valid-type]
    reason: str | None = field("Why, by whoever did it.")
    reference: str | None = field("The caller's reference; each is used once.")
    rule: str | None = field("The code of the earn rule that caused it.")
    creates_debt: bool = field("Whether more was taken than there was.")
    waived: Decimal = field("What should have been taken and could not be, all wallets together.")
    occurred_at: datetime = field("When it happened.")

    @field("Its entries, in their order; a member sees those on the own accounts.")
    async def entries(self, info: Info) -> list[PointsEntry]:
        rows = await load(info, "points.entries", self.id, reading.entries_of)
        actor = info.context.actor
        if actor.is_staff and actor.has("operator", "approver", "analyst"):
            return [PointsEntry.of(row) for row in rows]
        me = await load(info, "points.roots", actor.member_id, members.by_ids) if actor.member_id else None
        return [PointsEntry.of(row) for row in rows if me is not None and row["root"] == me["id"]]

    @field("What the rule gave before its caps; empty for postings of other causes.")
    async def desired(self) -> list[WalletAmount]:
        scales = await reading.scales()
        found = self.row["facts"].get("desired") or {}
        return [WalletAmount(wallet=w, amount=decimal(n, scales[w])) for w, n in sorted(found.items())]

    @field("How an award came about; empty for postings of other causes.")
    async def breakdown(self) -> list[EarnBreakdown]:
        scales = await reading.scales()
        return [EarnBreakdown.of(part, scales) for part in self.row["facts"].get("breakdown") or ()]

    @field("The posting that it takes back.")
    async def reverses(self, info: Info) -> PointsJournal | None:
        return await journal_of(info, self.row["reverses"])

    @field("The postings that take it back.")
    async def reversed_by(self, info: Info) -> list[PointsJournal]:
        found = [await journal_of(info, each) for each in self.row["reversed_by"]]
        return [each for each in found if each is not None]

    @classmethod
    def of(cls, row: Any) -> PointsJournal:
        return cls(
            id=row["id"],
            row=row,
            kind=JournalKindOf(row["kind"]),
            reason=row["reason"],
            reference=row["reference"],
            rule=row["rule"],
            creates_debt=row["creates_debt"],
            waived=_waived(row),
            occurred_at=row["occurred_at"],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, PointsJournal]:
        actor = context.actor
        is_reader = actor.is_staff and actor.has("operator", "approver", "analyst")
        own = await members.root_of(actor.member_id) if actor.member_id else None
        rows = await reading.journals(ids)
        return {id: cls.of(row) for id, row in rows.items() if is_reader or own in row["roots"]}


@strawberry.type(description="Points that came in together and leave in the order of their expiry.")
class PointsLot:
    id: UUID = field("The lot's id.")
    wallet: PointsWallet = field("The wallet.")
    original: Decimal = field("How much came in.")
    remaining: Decimal = field("What is left to spend (or pending).")
    held: Decimal = field("What of it is set aside.")
    state: PointsLotState = field("How it stands.")  # type: ignore[valid-type]
    activates_at: datetime | None = field(
        "When it became or becomes available; null: when something else says so."
    )
    expires_at: datetime | None = field("When it expires; null: never, or not known before it is available.")
    funding_source: str | None = field("Who pays for it.")

    @classmethod
    def of(cls, wallet: Wallet, lot: Lot) -> PointsLot:
        return cls(
            id=lot.id,
            wallet=PointsWallet(code=wallet.code, scale=wallet.scale),
            original=decimal(lot.original, wallet.scale),
            remaining=decimal(lot.remaining, wallet.scale),
            held=decimal(lot.held, wallet.scale),
            state=LotState(lot.state),
            activates_at=lot.activates_at,
            expires_at=lot.expires_at,
            funding_source=lot.funding_source,
        )


@strawberry.type(description="What a hold keeps of one wallet.")
class PointsHoldLeg:
    wallet: PointsWallet = field("The wallet.")
    amount: Decimal = field("How much was set aside.")
    captured: Decimal = field("How much of it was taken.")


@strawberry.type(description="Points set aside until something is certain.")
class PointsHold(Node):
    state: PointsHoldState = field("How it stands.")  # type: ignore[valid-type]
    legs: list[PointsHoldLeg] = field("What it keeps, by wallet.")
    expires_at: datetime | None = field("When it ends by itself; null: never.")

    @classmethod
    def of(cls, found: holds.Held) -> PointsHold:
        return cls(
            id=found.id,
            state=HoldState(found.state),
            legs=[
                PointsHoldLeg(
                    wallet=PointsWallet(code=leg.wallet, scale=leg.scale),
                    amount=decimal(leg.amount, leg.scale),
                    captured=decimal(leg.captured, leg.scale),
                )
                for leg in found.legs
            ],
            expires_at=found.expires_at,
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, PointsHold]:
        actor = context.actor
        is_reader = actor.is_staff and actor.has("operator", "approver", "analyst")
        own = await members.ids_of(await members.root_of(actor.member_id)) if actor.member_id else []
        found = await holds.listed("h.id = ANY($1)", list(ids))
        return {held.id: cls.of(held) for held in found if is_reader or held.member in own}


@strawberry.type(description="An amount of one wallet.")
class WalletAmount:
    wallet: str = field("The wallet's code.")
    amount: Decimal = field("How much.")


@strawberry.type(description="What one invariant's check found.")
class LedgerCheck:
    code: str = field("The invariant, such as I4.")
    holds: bool = field("Whether it holds.")
    violations: int = field("How many rows break it.")
    samples: list[str] = field("Ids of some of them.")
    checked_at: datetime = field("When it was checked.")


@strawberry.type(description="Whether the ledger's invariants hold.")
class LedgerHealth:
    is_healthy: bool = field("Whether all that were checked hold.")
    checks: list[LedgerCheck] = field("Each invariant's result.")
    chain_head: str | None = field("The newest hash of the chain over all postings; null before the first.")

    @classmethod
    def of(cls, found: list[health.Check], head: chain.Head | None) -> LedgerHealth:
        return cls(
            chain_head=head.hash if head else None,
            is_healthy=all(each.holds for each in found),
            checks=[
                LedgerCheck(
                    code=each.code,
                    holds=each.holds,
                    violations=each.violations,
                    samples=list(each.samples),
                    checked_at=each.checked_at,
                )
                for each in found
            ],
        )


def _waived(row: Any) -> Decimal:
    by_wallet: dict[str, int] = row["facts"].get("waived", {})
    scales = row["scales"]
    parts = [decimal(points, scales.get(wallet, 0)) for wallet, points in by_wallet.items()]
    return sum(parts, decimal(0, max(scales.values(), default=0)))


async def journal_of(info: Info, journal_id: UUID | None) -> PointsJournal | None:
    """The posting of this id, read with those that others of the request ask for."""
    if journal_id is None:
        return None
    row = await load(info, "points.journal", journal_id, reading.journals)
    return PointsJournal.of(row) if row else None


def _not_too_far(at: datetime) -> datetime:
    if not 1970 <= at.year <= 2200:
        raise BadInput("time: use a year between 1970 and 2200.")
    return at


def _exact(minor: str, scale: int) -> Decimal:
    """A decimal text in minor units, in whole units; trailing zeros of the scale stay."""
    return Decimal(minor).scaleb(-scale)
