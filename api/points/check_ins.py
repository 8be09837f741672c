"""The daily check-in (签到) over GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import strawberry
from strawberry import Info

from api.fields import Input, field, mutation, result
from api.permissions import MEMBER
from api.points.types.ledger import WalletBalance
from api.refusals import MemberSuspended, Refusal, refusal
from domain.points import balances, check_ins, engagement_errors, reading
from domain.points.amounts import decimal


@strawberry.input(description="Being here today.")
class DailyCheckInInput(Input):
    programme: str = field("The programme's code.", default="marque")
    touchpoint: str | None = field("Where; absent: where the member is signed in.", default=None)


@strawberry.type(description="Points that a rule gave for a check-in.")
class CheckInAward:
    rule: str = field("The rule's code.")
    wallet: str = field("The wallet's code.")
    points: Decimal = field("How many.")


@refusal(engagement_errors.AlreadyCheckedIn)
class AlreadyCheckedIn(Refusal):
    local_date: date = field("Today, on the programme's calendar.")
    next_at: datetime = field("When the next local day begins.")


@strawberry.type(description="The member is here today.")
class DailyCheckInSuccess:
    awards: list[CheckInAward] = field("What it earned at once.")
    streak: int = field("How many days in a row, today included.")
    local_date: date = field("Today, on the programme's calendar.")
    next_at: datetime = field("When the next local day begins.")
    balances: list[WalletBalance] = field("The member's balances.")


DailyCheckInResult = result("DailyCheckIn", DailyCheckInSuccess, AlreadyCheckedIn, MemberSuspended)


@strawberry.type
class CheckInMutation:
    @mutation("Be here today (签到); once a local day of the programme.", who=MEMBER)
    async def daily_check_in(self, info: Info, input: DailyCheckInInput) -> DailyCheckInResult:
        actor = info.context.actor
        done = await check_ins.check_in(actor, input.programme, touchpoint=input.touchpoint)
        scales = await reading.scales()
        return DailyCheckInSuccess(
            awards=[
                CheckInAward(rule=each.code, wallet=wallet, points=decimal(amount, scales[wallet]))
                for each in done.judged
                for wallet, amount in sorted(each.granted.items())
            ],
            streak=done.presence.streak,
            local_date=done.presence.local_date,
            next_at=done.presence.next_at,
            balances=[WalletBalance.of(each) for each in await balances.of_member(actor.must_be_member())],
        )
