"""A member's points on one page: balances, movements, decisions, holds and lots."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.fields import arg, field
from api.loaders import load
from api.paging import After, Connection, First
from api.points.enrolments import Enrolment
from api.points.keeping import PointsStatement
from api.points.reward_types import Redemption
from api.points.tier_types import Benefit, Standing, TierExplanation
from api.points.types.check_ins import CheckInState
from api.points.types.earning import EarnDecision
from api.points.types.enums import JournalKind, PointsHoldState
from api.points.types.gifts import Gift
from api.points.types.households import Household, HouseholdInvitation
from api.points.types.ledger import PointsEntry, PointsHold, PointsLot, WalletBalance
from api.points.types.referrals import Referral
from domain.points import (
    balances,
    benefits,
    check_ins,
    enrolments,
    gifts,
    holds,
    reading,
    redeeming,
    referrals,
    standings,
    tiers,
)
from domain.points.households import reading as households
from domain.points.keeping import statements

SchemeCode = Annotated[str | None, arg("The tier scheme's code; absent: the oldest.")]
AsOf = Annotated[datetime | None, arg("The moment; absent: now.")]
Code = Annotated[str | None, arg("Only this wallet's, by its code; absent: all.")]


@strawberry.type(description="A person's points.")
class MemberPoints:
    root: strawberry.Private[UUID]

    @field("The programme in which the person is; null: in none.")
    async def enrolment(self, info: Info) -> Enrolment | None:
        found = await load(info, "points.enrolment", self.root, enrolments.present)
        return Enrolment.of(found) if found else None

    @field("All wallets.")
    async def wallets(self, info: Info) -> list[WalletBalance]:
        found = await load(info, "points.balances", self.root, balances.of_roots)
        return [WalletBalance.of(each) for each in found]

    @field("One wallet; null for a code that is none.")
    async def wallet(
        self, info: Info, code: Annotated[str, arg("The wallet's code.")] = "POINTS"
    ) -> WalletBalance | None:
        return next((each for each in await self.wallets(info) if each.wallet.code == code), None)

    @field("How the person stands in a tier scheme, stood, or will stand; null: in no tier.")
    async def tier(self, scheme: SchemeCode = None, as_of: AsOf = None) -> Standing | None:
        found = await tiers.asked(scheme)
        return Standing.of(found, await standings.of_root(self.root, found, as_of)) if found else None

    @field("Why the person stands so, and what comes next; null: there is no tier scheme.")
    async def tier_explain(self, scheme: SchemeCode = None, as_of: AsOf = None) -> TierExplanation | None:
        found = await tiers.asked(scheme)
        return (
            TierExplanation.of(found, await standings.explained(self.root, found, as_of)) if found else None
        )

    @field("What the present tiers bring.")
    async def benefits(self) -> list[Benefit]:
        return [Benefit.of(each) for each in await benefits.of_root(self.root)]

    @field("Movements, newest first.")
    async def entries(
        self,
        wallet: Code = None,
        kinds: Annotated[list[JournalKind] | None, arg("Only postings of these kinds.")] = None,  # type: ignore[valid-type]
        from_: Annotated[
            datetime | None, strawberry.argument(name="from", description="From then on.")
        ] = None,
        to: Annotated[datetime | None, arg("Until then (exclusive).")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[PointsEntry]:
        page = paging.page(first, after)
        rows = await reading.entries(self.root, page, wallet=wallet, kinds=kinds, since=from_, until=to)
        return paging.connection(
            rows,
            page,
            key=lambda row: (row["occurred_at"], row["id"]),
            nodes=[PointsEntry.of(row) for row in rows],
        )

    @field("A month of one wallet, line by line; null for a code that is none.")
    async def statement(
        self,
        wallet: Annotated[str, arg("The wallet's code.")],
        month: Annotated[str, arg("The month, such as 2026-11.")],
    ) -> PointsStatement | None:
        found = await statements.of_month(self.root, wallet, month)
        return PointsStatement.of(found) if found else None

    @field("Why facts earned, or did not, newest first.")
    async def decisions(
        self,
        outcome: Annotated[str | None, arg("AWARDED, CUT or REFUSED; absent: all.")] = None,
        interaction_id: Annotated[UUID | None, arg("Only on this interaction.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[EarnDecision]:
        page = paging.page(first, after)
        rows = await reading.decisions(self.root, page, outcome=outcome, interaction=interaction_id)
        scales = await reading.scales()
        return paging.connection(
            rows,
            page,
            key=lambda row: (row["occurred_at"], row["id"]),
            nodes=[EarnDecision.of(row, scales) for row in rows],
        )

    @field("What points were traded for, newest first.")
    async def redemptions(self, first: First = 20, after: After = None) -> Connection[Redemption]:
        page = paging.page(first, after)
        found, scales = await redeeming.of_root(self.root, page), await reading.scales()
        return paging.connection(
            found,
            page,
            key=lambda each: (each.created_at, each.id),
            nodes=[Redemption.of(each, scales) for each in found],
        )

    @field("Holds, newest first.")
    async def holds(
        self,
        state: Annotated[PointsHoldState | None, arg("Only those that stand so; absent: all.")] = None,  # type: ignore[valid-type]
    ) -> list[PointsHold]:
        return [PointsHold.of(held) for held in await holds.of_member(self.root, state)]

    @field("Lots in the order in which they are spent.")
    async def lots(
        self, wallet: Code = None, open_only: Annotated[bool, arg("Leave out what is used up.")] = True
    ) -> list[PointsLot]:
        return [
            PointsLot.of(of, lot) for of, lot in await reading.lots(self.root, wallet, only_open=open_only)
        ]

    @field("Gifts and tips, given and received, newest first.")
    async def gifts(self, first: First = 20, after: After = None) -> Connection[Gift]:
        page = paging.page(first, after)
        found = await gifts.of_member(self.root, page)
        return paging.connection(
            found, page, key=lambda gift: (gift.offered_at, gift.id), nodes=[Gift.of(gift) for gift in found]
        )

    @field("How the person stands in the daily check-in (签到); null for a programme that is none.")
    async def check_in(
        self, programme: Annotated[str, arg("The programme's code.")] = "marque"
    ) -> CheckInState | None:
        found = await check_ins.presence(self.root, programme)
        return CheckInState.of(found) if found else None

    @field("The code to hand to friends.")
    async def referral_code(self) -> str:
        return await referrals.code_of(self.root)

    @field("Whom the person has brought, newest first, at most 100.")
    async def referrals(self) -> list[Referral]:
        return [Referral.of(each) for each in await referrals.of_advocate(self.root)]

    @field("The household with which the person shares points; null: none.")
    async def household(self) -> Household | None:
        found = await households.of_root(self.root)
        return Household.of(found, self.root) if found else None

    @field("Open invitations to households, the oldest first.")
    async def household_invitations(self) -> list[HouseholdInvitation]:
        return await HouseholdInvitation.of_all(await households.invitations(self.root))
