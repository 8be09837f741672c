"""Purchases over GraphQL: recorded and refunded by staff, shown to their member."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.context import Context
from api.fields import Input, Node, arg, field, mutation, query, result
from api.money import Money, MoneyInput
from api.paging import After, Connection, First
from api.permissions import SIGNED_IN, can
from api.points.baskets import LineInput, LineKind, basket
from api.points.household_refusals import HouseholdLimitReached, NotInHousehold
from api.points.queries import OwnOrOther, root_of
from api.points.refusals import (
    HoldExceeded,
    HoldNotOpen,
    NothingToReverse,
    ReferenceTaken,
    WalletNotSpendable,
)
from api.points.types import PointsJournal, WalletAmount, WalletBalance
from api.points.types.earning import EarnDecision
from api.refusals import AccountFrozen, InsufficientPoints
from domain.errors import InvalidInput, NotFound
from domain.points import amounts, purchases, reading, refunds
from domain.points.amounts import decimal
from domain.points.purchase_rules import Order
from domain.points.purchases import DEFAULT_SOURCE
from domain.profile import members

STAFF = can("operator", "approver", "analyst", "admin")
Source = Annotated[
    str,
    strawberry.argument(
        name="source", description="Where the order has this id; `default`: where staff record orders."
    ),
]


@strawberry.type(description="One line of an order.")
class PurchaseLine:
    sku: str = field("The article's number.")
    kind: LineKind = field("What it is.")  # type: ignore[valid-type]
    labels: list[str] = field("Its labels, as key:value.")
    quantity: int = field("How many pieces.")
    amount: Money = field("What the whole line cost, after discounts.")
    refunded: Money = field("What of it was given back.")


@strawberry.type(description="What was given back of an order, and the points that followed.")
class PurchaseRefund:
    refund_id: str = field("The id by which it is known.")
    amount: Money = field("How much of the order.")
    clawed_back: list[WalletAmount] = field("What was taken back of what it earned.")
    waived: list[WalletAmount] = field("What should have been taken back and could not be.")
    returned: list[WalletAmount] = field("The points paid that came back.")
    restored: list[WalletAmount] = field("What the order had taken, by rules that deduct, and came back.")
    refunded_at: datetime = field("When it was refunded.")


@strawberry.type(description="An order that was paid.")
class Purchase(Node):
    source: str = field("Where it is known by its external id.")
    external_id: str = field("The id that it has there.")
    paid_at: datetime = field("When it was paid.")
    total: Money = field("What its lines cost, after discounts.")
    cash_paid: Money = field("What of it was paid in cash.")
    points_paid: WalletAmount | None = field("The points that paid for it; null: none.")
    refunded: Money = field("What of it was given back.")
    lines: list[PurchaseLine] = field("What was bought.")
    refunds: list[PurchaseRefund] = field("What was given back, oldest first.")

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Purchase]:
        scales = await reading.scales()
        actor = context.actor
        is_staff = actor.is_staff and actor.has("operator", "approver", "analyst", "admin")
        own = await members.root_of(actor.member_id) if actor.member_id and not is_staff else None
        found = await purchases.by_ids(ids)
        return {id: cls.of(row, scales) for id, row in found.items() if is_staff or row["root"] == own}

    @classmethod
    def of(cls, row: dict[str, Any], scales: dict[str, int]) -> Purchase:
        def money(minor: int) -> Money:
            return Money(minor_units=minor, currency=row["currency"])

        paid = row["points_paid"]
        return cls(
            id=row["id"],
            source=row["source"],
            external_id=row["external_id"],
            paid_at=row["paid_at"],
            total=money(row["total"]),
            cash_paid=money(row["cash"]),
            points_paid=_shown({row["points_wallet"]: paid}, scales)[0] if paid else None,
            refunded=money(row["refunded"]),
            lines=[
                PurchaseLine(
                    sku=line["sku"], kind=LineKind(line["kind"]), labels=line["labels"], quantity=line["quantity"],
                    amount=money(line["amount"]), refunded=money(line["refunded"]),
                )
                for line in row["lines"]
            ],
            refunds=[
                PurchaseRefund(
                    refund_id=each["refund_id"], amount=money(each["amount"]),
                    clawed_back=_shown(each["clawed_back"], scales), waived=_shown(each["waived"], scales),
                    returned=_shown(each["returned"], scales), restored=_shown(each["restored"], scales), refunded_at=each["refunded_at"],
                )
                for each in row["refunds"]
            ],
        )  # fmt: skip


@strawberry.input(description="An order that was paid.")
class RecordPurchaseInput(Input):
    member_id: UUID = field("Who bought.")
    external_id: str = field("The order's id where it was paid; each counts once.")
    source: str = field("Where it has this id.", default=DEFAULT_SOURCE)
    paid_at: datetime = field("When it was paid; the rules in force then decide what it earns.")
    lines: list[LineInput] = field("What was bought.")
    cash_paid: MoneyInput | None = field("What of it was paid in cash; absent: all of it.", default=None)
    points_paid: Decimal | None = field(
        "The points that paid for a part of it; with a hold, as many of the held ones.", default=None
    )
    points_wallet: str = field("The wallet of the points paid.", default="POINTS")
    hold_id: UUID | None = field("The hold that is taken for it; without pointsPaid all of it.", default=None)
    from_household: bool = field(
        "What the member lacks of the points paid is taken of the household's; not with a hold.",
        default=False,
    )
    dry_run: bool = field("Only say what would be.", default=False)


@strawberry.input(description="An amount of a line.")
class RefundLineInput:
    sku: str = field("The article's number.")
    amount: MoneyInput = field("What of its lines was given back.")


@strawberry.input(description="A refund of an order.")
class RefundPurchaseInput(Input):
    external_id: str = field("The order's id where it was paid.")
    source: str = field("Where it has this id.", default=DEFAULT_SOURCE)
    refund_id: str = field("The refund's id; each counts once.")
    lines: list[RefundLineInput] | None = field("Which lines; absent: the order as a whole.", default=None)
    amount: MoneyInput | None = field(
        "How much of the order as a whole; absent, and without lines: all that is left.", default=None
    )
    dry_run: bool = field("Only say what would be.", default=False)


@strawberry.type(description="The order is noted, and earned.")
class RecordPurchaseSuccess:
    purchase: Purchase | None = field("The order; null for a dry run.")
    journals: list[PointsJournal] = field("What was posted; nothing for a dry run.")
    decisions: list[EarnDecision] = field("Why it earned, or did not.")
    balances: list[WalletBalance] = field("The balances after it.")


@strawberry.type(description="What a refund did to another member, for whom the order earned too.")
class RefundShare:
    member_id: UUID = field("Who it is.")
    clawed_back: list[WalletAmount] = field("What was taken back of what the order earned them.")
    waived: list[WalletAmount] = field("What should have been taken back and could not be.")
    restored: list[WalletAmount] = field("What the order had taken from them and came back.")


@strawberry.type(description="The refund is posted.")
class RefundPurchaseSuccess:
    purchase: Purchase | None = field("The order; as it is before, for a dry run.")
    journals: list[PointsJournal] = field("What was posted; nothing for a dry run.")
    clawed_back: list[WalletAmount] = field("What was taken back of what it earned.")
    waived: list[WalletAmount] = field("What should have been taken back and could not be.")
    returned: list[WalletAmount] = field("The points paid that came back.")
    restored: list[WalletAmount] = field("What the order had taken, by rules that deduct, and came back.")
    others: list[RefundShare] = field("What it did to other members who earned by the order.")
    balances: list[WalletBalance] = field("The balances after it.")


RecordPurchaseResult = result(
    "RecordPurchase", RecordPurchaseSuccess, ReferenceTaken, HoldNotOpen, HoldExceeded, InsufficientPoints,
    AccountFrozen, WalletNotSpendable, NotInHousehold, HouseholdLimitReached,
)  # fmt: skip
RefundPurchaseResult = result("RefundPurchase", RefundPurchaseSuccess, NothingToReverse)


@strawberry.type
class PurchaseQuery:
    @query("A person's purchases, the newest first.", who=SIGNED_IN)
    async def purchases(
        self, info: Info, member_id: OwnOrOther = None, first: First = 20, after: After = None
    ) -> Connection[Purchase]:
        page = paging.page(first, after)
        found = await purchases.listed(await root_of(info.context.actor, member_id), page)
        shown = await Purchase.load([row["id"] for row in found], info.context)
        return paging.connection(
            found,
            page,
            key=lambda row: (row["paid_at"], row["id"]),
            nodes=[shown[row["id"]] for row in found],
        )

    @query("An order by the id that it has at its source.", who=STAFF)
    async def purchase(
        self, info: Info, external_id: Annotated[str, arg("The order's id there.")],
        known_by: Source = DEFAULT_SOURCE,
    ) -> Purchase | None:  # fmt: skip
        row = await purchases.by_name(known_by, external_id)
        if row is None:
            raise NotFound()
        return (await Purchase.load([row["id"]], info.context))[row["id"]]


@strawberry.type
class PurchaseMutation:
    @mutation("Note an order that was paid: its points are taken, and it earns.", who=can("operator"))
    async def record_purchase(self, info: Info, input: RecordPurchaseInput) -> RecordPurchaseResult:
        scales = await reading.scales()
        order = Order(
            input.external_id, input.paid_at, basket(input.lines, input.cash_paid), _points(input, scales),
            input.points_wallet, input.hold_id, input.from_household,
        )  # fmt: skip
        done = await purchases.record(
            info.context.actor, input.member_id, order, source=input.source, is_dry=input.dry_run
        )
        return RecordPurchaseSuccess(
            purchase=await _one(done.purchase, info) if done.purchase else None,
            journals=await _journals(done.journals, info),
            decisions=[EarnDecision.of(row, scales) for row in done.decisions],
            balances=[WalletBalance.of(each) for each in done.balances],
        )

    @mutation("Note that an order was given back, in whole or in part.", who=can("operator"))
    async def refund_purchase(self, info: Info, input: RefundPurchaseInput) -> RefundPurchaseResult:
        lines = [(line.sku, line.amount.minor_units) for line in input.lines or []]
        said = [line.amount for line in input.lines or []] + ([input.amount] if input.amount else [])
        done = await refunds.refund(
            info.context.actor, input.external_id, input.refund_id, source=input.source, lines=lines or None,
            amount=input.amount.minor_units if input.amount else None, is_dry=input.dry_run,
            currencies={each.currency for each in said},
        )  # fmt: skip
        scales = await reading.scales()
        return RefundPurchaseSuccess(
            purchase=await _one(done.purchase, info),
            journals=await _journals(done.journals, info),
            clawed_back=_shown(done.clawed_back, scales),
            waived=_shown(done.waived, scales),
            returned=_shown(done.returned, scales),
            restored=_shown(done.restored, scales),
            others=[
                RefundShare(
                    member_id=each.member, clawed_back=_shown(each.clawed_back, scales),
                    waived=_shown(each.waived, scales), restored=_shown(each.restored, scales),
                )
                for each in done.others
            ],
            balances=[WalletBalance.of(each) for each in done.balances],
        )  # fmt: skip


def _points(input: RecordPurchaseInput, scales: dict[str, int]) -> int:
    if input.points_wallet not in scales:
        raise InvalidInput.at("pointsWallet", f"There is no wallet {input.points_wallet}.")
    if input.points_paid is None:
        return 0
    return amounts.minor(input.points_paid, scales[input.points_wallet], "pointsPaid")


def _shown(by_wallet: dict[str, int], scales: dict[str, int]) -> list[WalletAmount]:
    return [WalletAmount(wallet=w, amount=decimal(n, scales[w])) for w, n in by_wallet.items()]


async def _one(purchase: UUID, info: Info) -> Purchase:
    return (await Purchase.load([purchase], info.context))[purchase]


async def _journals(ids: list[UUID], info: Info) -> list[PointsJournal]:
    found = await PointsJournal.load(ids, info.context)
    return [found[id] for id in ids if id in found]
