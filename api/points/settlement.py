"""The settlement of points over GraphQL: which funding source pays for what."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import strawberry

from api import paging
from api.fields import arg, field, query
from api.money import Money
from api.paging import After, Connection, First
from api.permissions import can
from domain.points.amounts import decimal
from domain.points.keeping import settlement


@strawberry.type(
    description="What points of a funding source are worth, each figure rounded half up on its own."
)
class SettlementValue:
    issued: Money = field("The worth of what was issued.")
    redeemed: Money = field("The worth of what was spent.")
    returned: Money = field("The worth of what came back from spends.")
    expired: Money = field("The worth of what expired.")
    clawed_back: Money = field("The worth of what was taken back.")
    outstanding: Money = field("The worth of what members have when the month ends.")


@strawberry.type(
    description="A month of one funding source. The rows of a month sum to the wallet's totals of that month; "
    "outstanding = the month before + issued + adjusted + imported + returned - redeemed - expired - clawedBack - debtPaid."
)
class SettlementRow:
    month: str = field("The month in the programme's zone, such as 2026-11.")
    funding_source: str | None = field(
        "Who pays; null: nobody was named, and what concerns no lot (debts, wallets without lots)."
    )
    issued: Decimal = field("What was given.")
    redeemed: Decimal = field("What was spent of its lots, by whoever had them then.")
    returned: Decimal = field("What came back from spends into its lots.")
    expired: Decimal = field("What expired, less what was reinstated.")
    clawed_back: Decimal = field("What was taken back.")
    adjusted: Decimal = field("Corrections by staff.")
    imported: Decimal = field("What came from a former system.")
    debt_paid: Decimal = field(
        "What of its lots paid a debt of their member; the row without a source has the opposite, "
        "because debts stand there. Zero over all rows of a month."
    )
    outstanding: Decimal = field(
        "What members have of it when the month ends (so far, in the month that runs), pending and held points too."
    )
    value: SettlementValue | None = field(
        "The worth by the point value in force when the month ends; null where the policy names none."
    )

    @classmethod
    def of(cls, row: settlement.Row, scale: int) -> SettlementRow:
        return cls(
            month=row.month,
            funding_source=row.source,
            outstanding=decimal(row.outstanding, scale),
            value=_value(row),
            **{name: decimal(points, scale) for name, points in row.figures.items()},
        )


@strawberry.type
class SettlementQuery:
    @query(
        "What each funding source issued, and what became of it, by month and source. Deals with months that have begun.",
        who=can("operator", "approver", "analyst", "admin"),
    )
    async def settlement_report(
        self,
        wallet: Annotated[str, arg("The wallet's code.")],
        from_: Annotated[
            str | None,
            strawberry.argument(
                name="from", description="The first month, such as 2026-11; absent: this month."
            ),
        ] = None,
        to: Annotated[
            str | None, arg("The last month (inclusive), at most 36 in all; absent: the first month alone.")
        ] = None,
        funding_sources: Annotated[
            list[str | None] | None, arg("Only these; null in the list is the row without a source.")
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[SettlementRow]:
        page = paging.page(first, after)
        found = await settlement.report(wallet, from_, to, sources=funding_sources, page=page)
        nodes = [SettlementRow.of(row, found.scale) for row in found.rows]
        return paging.connection(found.rows, page, key=lambda row: row.key, nodes=nodes)


def _value(row: settlement.Row) -> SettlementValue | None:
    if row.values is None:
        return None
    return SettlementValue(
        **{name: Money(minor_units=each, currency=row.currency) for name, each in row.values.items()}
    )
