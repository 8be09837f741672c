"""The books over GraphQL: statements for members, totals and the liability for those who answer for the programme."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from strawberry import Info

from api.fields import Input, arg, enum, field, mutation, query, result
from api.money import Money, MoneyInput
from api.permissions import can
from api.points.types.ledger import PointsWallet
from domain import clock
from domain.points.amounts import decimal
from domain.points.keeping import liability, statements, totals

TotalsGroup = enum(
    totals.TotalsGroup,
    "How totals are told apart.",
    NONE="All in one row.",
    YEAR="By calendar year, in the programme's zone.",
    MONTH="By calendar month, in the programme's zone.",
    TIER="By the member's tier of today.",
    KIND="By kind of posting.",
)


@strawberry.type(
    description="A month of one wallet: opening and all lines make closing, which is the next opening."
)
class PointsStatement:
    wallet: PointsWallet = field("The wallet.")
    month: str = field("The month, such as 2026-11.")
    from_: datetime = field("When the month begins, in the programme's zone.", name="from")
    to: datetime = field("When it ends (exclusive).")
    opening: Decimal = field("available + held - debt when the month began.")
    earned: Decimal = field("What came in at once.")
    activated: Decimal = field("What was pending and became available.")
    spent: Decimal = field("What was spent, less what came back from spends (subtract it).")
    expired: Decimal = field("What expired, less what was reinstated (subtract it).")
    clawed_back: Decimal = field("What was taken back because its reason fell away (subtract it).")
    adjusted: Decimal = field("Corrections by staff.")
    imported: Decimal = field("What came from a former system.")
    moved: Decimal = field("Gifts, and what came or went when members were merged.")
    closing: Decimal = field("available + held - debt when the month ended.")

    @classmethod
    def of(cls, found: statements.Statement) -> PointsStatement:
        scale = found.wallet.scale
        return cls(
            wallet=PointsWallet(code=found.wallet.code, scale=scale),
            month=found.month,
            from_=found.since,
            to=found.until,
            opening=decimal(found.opening, scale),
            closing=decimal(found.closing, scale),
            **{name: decimal(points, scale) for name, points in found.lines.items()},
        )


@strawberry.type(description="What was earned and lost in a time.")
class TotalsRow:
    key: str = field("What the row is counted under; ALL without a group.")
    earned: Decimal = field("What was given.")
    spent: Decimal = field("What was spent, less refunds.")
    expired: Decimal = field("What expired, less what was reinstated.")
    clawed_back: Decimal = field("What was taken back.")
    adjusted: Decimal = field("Corrections by staff.")
    imported: Decimal = field("What came from a former system.")
    net: Decimal = field("earned + adjusted + imported - spent - expired - clawedBack.")
    members: int = field("How many people moved points.")
    members_in_debt: int = field("How many of them owed points after their last movement.")

    @classmethod
    def of(cls, row: Any, scale: int) -> TotalsRow:
        gained = row["earned"] + row["adjusted"] + row["imported"]
        names = ("earned", "spent", "expired", "clawed_back", "adjusted", "imported")
        return cls(
            key=row["key"],
            **{name: decimal(row[name], scale) for name in names},
            net=decimal(gained - row["spent"] - row["expired"] - row["clawed_back"], scale),
            members=row["members"],
            members_in_debt=row["in_debt"],
        )


@strawberry.type(description="What of an amount expires in a month.")
class ExpiryMonth:
    month: str | None = field("The month, such as 2026-11; null: never.")
    amount: Decimal = field("How much.")


@strawberry.type(description="The points that were issued in one month.")
class LiabilityCohort:
    month: str = field("The month, such as 2026-11.")
    issued: Decimal = field("What was issued.")
    redeemed: Decimal = field("What of it was spent.")
    expired: Decimal = field("What of it expired.")
    outstanding: Decimal = field("What of it members still have.")
    by_expiry_month: list[ExpiryMonth] = field("When what is outstanding expires.")
    deferred: Money | None = field("The revenue deferred for it; null without an estimate.")
    expected_points: Decimal | None = field("How many of it are expected to be redeemed.")
    recognised_to_date: Money | None = field("What of the deferred revenue is earned by now.")
    recognised_in_period: Money | None = field("What of that was earned in the month of the report.")

    @classmethod
    def of(cls, found: liability.Cohort, scale: int) -> LiabilityCohort:
        told = found.recognised

        def money(minor: int) -> Money | None:
            return Money(minor_units=minor, currency=told.currency) if told else None

        return cls(
            month=found.month,
            issued=decimal(found.issued, scale),
            redeemed=decimal(found.redeemed, scale),
            expired=decimal(found.expired, scale),
            outstanding=decimal(found.outstanding, scale),
            by_expiry_month=[
                ExpiryMonth(month=month, amount=decimal(points, scale))
                for month, points in found.by_expiry.items()
            ],
            deferred=money(told.deferred) if told else None,
            expected_points=decimal(told.expected_points, scale) if told else None,
            recognised_to_date=money(told.to_date) if told else None,
            recognised_in_period=money(told.in_period) if told else None,
        )


@strawberry.type(description="What the points outstanding are worth.")
class LiabilityReport:
    as_of: datetime = field("The moment of the report.")
    outstanding: Decimal = field("What members have, pending points too, less what they owe.")
    value: Money | None = field("Its worth by the wallet's point value; null where the policy names none.")
    cohorts: list[LiabilityCohort] = field("By the month of issue, the oldest first.")

    @classmethod
    def of(cls, found: liability.Report) -> LiabilityReport:
        value = Money(minor_units=found.value[0], currency=found.value[1]) if found.value else None
        return cls(
            as_of=found.as_of,
            outstanding=decimal(found.outstanding, found.scale),
            value=value,
            cohorts=[LiabilityCohort.of(each, found.scale) for each in found.cohorts],
        )


@strawberry.type(description="What finance expects of a month's points.")
class RedemptionEstimate:
    wallet: str = field("The wallet's code.")
    cohort: str = field("The month of issue, such as 2026-11.")
    deferred: Money = field("The revenue deferred for it.")
    expected_points: Decimal = field("How many are expected to be redeemed.")
    effective_from: datetime = field("From when on this estimate counts.")


@strawberry.input(description="An estimate for the points of one month.")
class SetRedemptionEstimateInput(Input):
    wallet: str = field("The wallet's code.")
    cohort: str = field("The month of issue, such as 2026-11.")
    deferred: MoneyInput = field("The revenue deferred for it.")
    expected_points: Decimal = field("How many are expected to be redeemed.")
    from_: datetime | None = field("From when on it counts; absent: from now on.", default=None, name="from")


@strawberry.type(description="The estimate counts.")
class SetRedemptionEstimateSuccess:
    estimate: RedemptionEstimate = field("The estimate.")


SetRedemptionEstimateResult = result("SetRedemptionEstimate", SetRedemptionEstimateSuccess)


@strawberry.type
class KeepingQuery:
    @query(
        "What was earned, spent and lost in a wallet.", who=can("operator", "approver", "analyst", "admin")
    )
    async def points_totals(
        self,
        wallet: Annotated[str, arg("The wallet's code.")],
        from_: Annotated[
            datetime | None, strawberry.argument(name="from", description="From then on.")
        ] = None,
        to: Annotated[datetime | None, arg("Until then (exclusive).")] = None,
        group_by: Annotated[TotalsGroup, arg("One row for each.")] = totals.TotalsGroup.NONE,  # type: ignore[valid-type]
    ) -> list[TotalsRow]:
        scale, rows = await totals.of_wallet(wallet, since=from_, until=to, by=group_by)
        return [TotalsRow.of(row, scale) for row in rows]

    @query("What the points outstanding are worth at a moment.", who=can("approver", "analyst", "admin"))
    async def liability_report(
        self,
        wallet: Annotated[str, arg("The wallet's code.")],
        as_of: Annotated[datetime, arg("The moment; not in the future.")],
    ) -> LiabilityReport:
        return LiabilityReport.of(await liability.report(wallet, as_of))


@strawberry.type
class KeepingMutation:
    @mutation("Say what was deferred for a month's points, and how many will be redeemed.", who=can("admin"))
    async def set_redemption_estimate(
        self, info: Info, input: SetRedemptionEstimateInput
    ) -> SetRedemptionEstimateResult:
        deferred = (input.deferred.minor_units, input.deferred.currency)
        row, scale = await liability.estimate(
            info.context.actor, input.wallet, input.cohort, deferred, input.expected_points, input.from_ or clock.now(),
        )  # fmt: skip
        told = RedemptionEstimate(
            wallet=input.wallet,
            cohort=row["cohort"],
            deferred=Money(minor_units=row["deferred"], currency=row["currency"]),
            expected_points=decimal(row["expected_points"], scale),
            effective_from=row["effective_from"],
        )
        return SetRedemptionEstimateSuccess(estimate=told)
