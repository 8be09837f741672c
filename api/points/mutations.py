"""Mutations of points, for staff."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.access.types import ApprovalRequired, ApprovalThreshold, approval_required
from api.fields import Input, field, mutation, result
from api.permissions import can
from api.points.enrolments import NotEnrolled
from api.points.household_refusals import HouseholdLimitReached, NotInHousehold
from api.points.inputs import WalletAmountInput
from api.points.refusals import (
    AlreadyReversed,
    HoldExceeded,
    HoldNotOpen,
    NothingToReverse,
    PointsAlreadySpent,
    ReferenceTaken,
    ReinstatementOver,
    WalletNotSpendable,
)
from api.points.types import PointsHold, PointsJournal, WalletAmount, WalletBalance
from api.refusals import AccountFrozen, InsufficientPoints, VersionConflict
from domain.access.approvals import Approval
from domain.points import holds, operating, reading, reversals, sweeps
from domain.points.amounts import decimal
from domain.points.ledger import Posted

OPERATOR = can("operator")


@strawberry.input(description="Points to give.")
class GrantPointsInput(Input):
    member_id: UUID = field("To whom.")
    wallet: str = field("The wallet's code.", default="POINTS")
    amount: Decimal = field("How much, above 0.")
    reason: str = field("Why, up to 500 characters.")
    occurred_at: datetime | None = field("When it happened; absent: now.", default=None)
    activates_at: datetime | None = field("When it becomes available; absent: by the policy.", default=None)
    expires_at: datetime | None = field("When it expires; absent: by the policy.", default=None)
    reference: str | None = field("Yours; each is used once.", default=None)
    funding_source: str | None = field("Who pays for it.", default=None)


@strawberry.input(description="Points to take.")
class SpendPointsInput(Input):
    member_id: UUID = field("From whom.")
    amounts: list[WalletAmountInput] = field("How much of which wallet: all of it or nothing.")
    reason: str = field("Why, up to 500 characters.")
    reference: str | None = field("Yours; each is used once.", default=None)
    occurred_at: datetime | None = field("When it happened; absent: now.", default=None)
    is_up_to: bool = field("Take what there is, at most the amounts.", default=False)
    from_household: bool = field(
        "What the member lacks is taken of the household's points, within the member's limit.", default=False
    )


@strawberry.input(description="Points to set aside.")
class HoldPointsInput(Input):
    member_id: UUID = field("Whose.")
    amounts: list[WalletAmountInput] = field("How much of which wallet.")
    reason: str = field("Why, up to 500 characters.")
    reference: str = field("Yours; each is used once.")
    expires_in_seconds: int | None = field(
        "For how long; absent: by the policy, 0: without end.", default=None
    )


@strawberry.input(description="A hold to take.")
class CaptureHoldInput(Input):
    hold_id: UUID = field("The hold.")
    amounts: list[WalletAmountInput] | None = field(
        "How much of it; absent: all. The rest returns.", default=None
    )
    dry_run: bool = field("Only say what would be.", default=False)


@strawberry.input(description="A hold to let go.")
class VoidHoldInput(Input):
    hold_id: UUID = field("The hold.")


@strawberry.input(description="A correction.")
class AdjustPointsInput(Input):
    member_id: UUID = field("Whose points.")
    wallet: str = field("The wallet's code.", default="POINTS")
    amount: Decimal = field("The signed difference.")
    reason: str = field("Why, up to 500 characters.")
    reference: str | None = field("Yours; each is used once.", default=None)


@strawberry.input(description="A posting to take back.")
class ReverseJournalInput(Input):
    journal_id: UUID = field("The posting.")
    amount: Decimal | None = field("At most this much; absent: all that is left of it.", default=None)
    is_forced: bool = field("What is spent already becomes debt.", default=False)
    at_occurred_time: bool = field("Date the reversal as the posting.", default=False)
    reason: str = field("Why, up to 500 characters.")
    dry_run: bool = field("Only say what would be.", default=False)


@strawberry.input(description="Expired points to bring back.")
class ReinstatePointsInput(Input):
    lot_id: UUID = field("The lot that expired.")
    amount: Decimal | None = field("At most this much; absent: all of it that expired.", default=None)
    reason: str = field("Why, up to 500 characters.")


@strawberry.input(description="Wallets to freeze.")
class FreezePointsInput(Input):
    member_id: UUID = field("Whose.")
    wallet: str | None = field("Only this one; absent: all.", default=None)
    reason: str = field("Why, up to 500 characters.")
    until: datetime | None = field("Until when; absent: until somebody lets it go.", default=None)


@strawberry.input(description="Wallets to let go.")
class UnfreezePointsInput(Input):
    member_id: UUID = field("Whose.")
    wallet: str | None = field("Only this one; absent: all.", default=None)
    reason: str = field("Why, up to 500 characters.")


@strawberry.input(description="What to sweep.")
class SweepPointsInput(Input):
    wallet: str | None = field("Only this wallet; absent: all.", default=None)
    dry_run: bool = field("Only say what would be done.", default=False)
    as_of: datetime | None = field("As if it were then (only with dryRun; the future too).", default=None)


@strawberry.input(description="A threshold of points.")
class SetPointsApprovalInput(Input):
    action: str = field(
        "ADJUST (grant, adjust, reinstate), REVERSE, PUBLISH_RULE, SET_POLICY, and whatever else needs a second person."
    )
    threshold: Decimal | None = field(
        "Amounts above this need a second person (0: all); null: none does.", default=None
    )


@strawberry.type(description="Points were given.")
class GrantPointsSuccess:
    journal: PointsJournal | None = field("The posting; nullable only to agree with ReferenceTaken.")
    balances: list[WalletBalance] = field("The balances after it.")


@strawberry.type(description="Points were taken.")
class SpendPointsSuccess:
    journal: PointsJournal | None = field("The posting; null when there was nothing to take.")
    taken: list[WalletAmount] = field("How much was taken of which wallet.")
    balances: list[WalletBalance] = field("The balances after it.")


@strawberry.type(description="Points are set aside.")
class HoldPointsSuccess:
    hold: PointsHold = field("The hold.")
    balances: list[WalletBalance] = field("The balances after it.")


@strawberry.type(description="The hold is resolved.")
class CaptureHoldSuccess:
    hold: PointsHold = field("The hold.")
    journal: PointsJournal | None = field(
        "The posting; null when it was resolved so before, and for a dry run."
    )
    balances: list[WalletBalance] = field("The balances after it.")


@strawberry.type(description="The hold is let go.")
class VoidHoldSuccess:
    hold: PointsHold = field("The hold.")
    journal: PointsJournal | None = field("The posting; null when it was let go before.")
    balances: list[WalletBalance] = field("The balances after it.")


@strawberry.type(description="The correction is posted.")
class AdjustPointsSuccess:
    journal: PointsJournal | None = field("The posting; nullable only to agree with ReferenceTaken.")
    balances: list[WalletBalance] = field("The balances after it.")


@strawberry.type(description="The posting is taken back.")
class ReverseJournalSuccess:
    journal: PointsJournal | None = field("The reversing posting; null for a dry run.")
    balances: list[WalletBalance] = field("The balances after it.")


@strawberry.type(description="What expired is available again.")
class ReinstatePointsSuccess:
    journal: PointsJournal | None = field("The posting.")
    balances: list[WalletBalance] = field("The balances after it.")


@strawberry.type(description="The wallets are frozen.")
class FreezePointsSuccess:
    balances: list[WalletBalance] = field("The member's balances.")


@strawberry.type(description="The wallets are free again.")
class UnfreezePointsSuccess:
    balances: list[WalletBalance] = field("The member's balances.")


@strawberry.type(description="Points that expire.")
class SweptLots:
    lots: int = field("How many lots.")
    amount: list[WalletAmount] = field("How much, by wallet.")


@strawberry.type(description="What was due is posted (or would be).")
class SweepPointsSuccess:
    expired: SweptLots = field("What expired.")
    activated: int = field("How many lots became available.")
    holds_expired: int = field("How many holds ended.")
    tiers_changed: int = field("How many members changed their tier by it.")
    missions_closed: int = field("How many rounds of missions ended.")


@strawberry.type(description="The threshold is set.")
class SetPointsApprovalSuccess:
    setting: ApprovalThreshold = field("The setting.")


_SPENDING = (InsufficientPoints, AccountFrozen, WalletNotSpendable, ReferenceTaken)
GrantPointsResult = result("GrantPoints", GrantPointsSuccess, ReferenceTaken, NotEnrolled, ApprovalRequired)
SpendPointsResult = result(
    "SpendPoints", SpendPointsSuccess, *_SPENDING, NotInHousehold, HouseholdLimitReached
)
HoldPointsResult = result("HoldPoints", HoldPointsSuccess, *_SPENDING)
CaptureHoldResult = result("CaptureHold", CaptureHoldSuccess, HoldNotOpen, HoldExceeded)
VoidHoldResult = result("VoidHold", VoidHoldSuccess, HoldNotOpen)
AdjustPointsResult = result(
    "AdjustPoints", AdjustPointsSuccess, InsufficientPoints, ReferenceTaken, ApprovalRequired
)
ReverseJournalResult = result(
    "ReverseJournal",
    ReverseJournalSuccess,
    AlreadyReversed,
    PointsAlreadySpent,
    NothingToReverse,
    ApprovalRequired,
)
ReinstatePointsResult = result(
    "ReinstatePoints", ReinstatePointsSuccess, NothingToReverse, ReinstatementOver, ApprovalRequired
)
FreezePointsResult = result("FreezePoints", FreezePointsSuccess)
UnfreezePointsResult = result("UnfreezePoints", UnfreezePointsSuccess)
SweepPointsResult = result("SweepPoints", SweepPointsSuccess)
SetPointsApprovalResult = result("SetPointsApproval", SetPointsApprovalSuccess, VersionConflict)


@strawberry.type
class PointsMutation:
    @mutation("Give points by hand.", who=OPERATOR)
    async def grant_points(self, info: Info, input: GrantPointsInput) -> GrantPointsResult:
        done = await operating.grant(
            info.context.actor, input.member_id, input.wallet, input.amount, reason=input.reason,
            occurred_at=input.occurred_at, activates_at=input.activates_at, expires_at=input.expires_at,
            reference=input.reference, funding_source=input.funding_source,
        )  # fmt: skip
        return await _posted(info, done, GrantPointsSuccess)

    @mutation("Take points by hand.", who=OPERATOR)
    async def spend_points(self, info: Info, input: SpendPointsInput) -> SpendPointsResult:
        done = await operating.spend(
            info.context.actor, input.member_id, _pairs(input.amounts), reason=input.reason,
            reference=input.reference, occurred_at=input.occurred_at, is_up_to=input.is_up_to,
            from_household=input.from_household,
        )  # fmt: skip
        scales = await reading.scales()
        taken = [WalletAmount(wallet=w, amount=decimal(n, scales[w])) for w, n in done.moved.items()]
        return await _posted(info, done, SpendPointsSuccess, taken=taken)

    @mutation("Set points aside.", who=OPERATOR)
    async def hold_points(self, info: Info, input: HoldPointsInput) -> HoldPointsResult:
        held = await operating.hold(
            info.context.actor, input.member_id, _pairs(input.amounts), reason=input.reason,
            reference=input.reference, expires_in_seconds=input.expires_in_seconds,
        )  # fmt: skip
        return HoldPointsSuccess(hold=PointsHold.of(held), balances=_shown(held.balances))

    @mutation("Take what is held, or a part of it; the rest returns.", who=OPERATOR)
    async def capture_hold(self, info: Info, input: CaptureHoldInput) -> CaptureHoldResult:
        wanted = None if input.amounts is None else await operating.minor_amounts(_pairs(input.amounts))
        held = await holds.capture(info.context.actor, input.hold_id, wanted, is_dry=input.dry_run)
        return await _resolved(info, held, CaptureHoldSuccess)

    @mutation("Let a hold go.", who=OPERATOR)
    async def void_hold(self, info: Info, input: VoidHoldInput) -> VoidHoldResult:
        return await _resolved(info, await operating.void(info.context.actor, input.hold_id), VoidHoldSuccess)

    @mutation("Correct a balance.", who=OPERATOR)
    async def adjust_points(self, info: Info, input: AdjustPointsInput) -> AdjustPointsResult:
        done = await operating.adjust(
            info.context.actor, input.member_id, input.wallet, input.amount, reason=input.reason,
            reference=input.reference,
        )  # fmt: skip
        return await _posted(info, done, AdjustPointsSuccess)

    @mutation("Take a posting back, all or nothing.", who=OPERATOR)
    async def reverse_journal(self, info: Info, input: ReverseJournalInput) -> ReverseJournalResult:
        done = await reversals.reverse(
            info.context.actor, input.journal_id, reason=input.reason, amount=input.amount, is_forced=input.is_forced,
            at_occurred_time=input.at_occurred_time, is_dry=input.dry_run,
        )  # fmt: skip
        return await _posted(info, done, ReverseJournalSuccess)

    @mutation("Bring points back that expired, while the wallet's policy allows it.", who=OPERATOR)
    async def reinstate_points(self, info: Info, input: ReinstatePointsInput) -> ReinstatePointsResult:
        done = await operating.reinstate(
            info.context.actor, input.lot_id, reason=input.reason, amount=input.amount
        )
        return await _posted(info, done, ReinstatePointsSuccess)

    @mutation("Freeze wallets: they earn and expire, but nothing is spent.", who=OPERATOR)
    async def freeze_points(self, info: Info, input: FreezePointsInput) -> FreezePointsResult:
        found = await operating.freeze(
            info.context.actor,
            input.member_id,
            input.wallet,
            reason=input.reason,
            until=input.until,
            is_frozen=True,
        )
        return FreezePointsSuccess(balances=_shown(found))

    @mutation("Let frozen wallets go.", who=OPERATOR)
    async def unfreeze_points(self, info: Info, input: UnfreezePointsInput) -> UnfreezePointsResult:
        found = await operating.freeze(
            info.context.actor,
            input.member_id,
            input.wallet,
            reason=input.reason,
            until=None,
            is_frozen=False,
        )
        return UnfreezePointsSuccess(balances=_shown(found))

    @mutation("Post what is due by time, or say what would be.", who=can("admin"), is_transactional=False)
    async def sweep_points(self, info: Info, input: SweepPointsInput) -> SweepPointsResult:
        found = await sweeps.sweep(input.wallet, is_dry=input.dry_run, as_of=input.as_of)
        scales = await reading.scales()
        return SweepPointsSuccess(
            expired=SweptLots(
                lots=found.expired_lots,
                amount=[
                    WalletAmount(wallet=w, amount=decimal(n, scales[w])) for w, n in found.expired.items()
                ],
            ),
            activated=found.activated,
            holds_expired=found.holds_expired,
            tiers_changed=found.tiers_changed,
            missions_closed=found.missions_closed,
        )

    @mutation("Set from which amount an action of points needs a second person.", who=can("admin"))
    async def set_points_approval(self, info: Info, input: SetPointsApprovalInput) -> SetPointsApprovalResult:
        found = await operating.set_approval(info.context.actor, input.action, input.threshold)
        return SetPointsApprovalSuccess(setting=ApprovalThreshold.of(found))


def _pairs(given: list[WalletAmountInput]) -> list[tuple[str, Decimal]]:
    return [(each.wallet, each.amount) for each in given]


def _shown(found: Any) -> list[WalletBalance]:
    return [WalletBalance.of(each) for each in found]


async def _posted(info: Info, done: Posted | Approval, success: type, **more: Any) -> Any:
    if isinstance(done, Approval):
        return approval_required(done, info)
    found = await PointsJournal.load([done.journal], info.context) if done.journal else {}
    return success(journal=found.get(done.journal), balances=_shown(done.balances), **more)


async def _resolved(info: Info, held: holds.Held, success: type) -> Any:
    found = await PointsJournal.load([held.journal], info.context) if held.journal else {}
    shown = held.balances or await holds.balances_of(held)
    return success(hold=PointsHold.of(held), journal=found.get(held.journal), balances=_shown(shown))
