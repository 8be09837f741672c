"""Trying earn rules on the past, and correcting what they awarded, for staff."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.access.types import ApprovalRequired, approval_required
from api.fields import Input, arg, field, mutation, query, result
from api.paging import After, Connection, First
from api.permissions import can
from api.points.queries import READS_POINTS
from api.points.types import PointsJournal, WalletBalance
from api.points.types.studies import Backtest, Correction, CorrectionDelta, CorrectionFigures, deltas_of
from domain.access.approvals import Approval
from domain.errors import NotFound
from domain.points import backtesting, balances, correcting, reading, studies

OPERATOR = can("operator")


@strawberry.input(description="A rule version to try on the past.")
class BacktestEarnRuleInput(Input):
    version_id: UUID = field("The version, draft or not.")
    from_: datetime = field("From then on.", name="from")
    to: datetime | None = field("Until then (exclusive), not in the future; absent: until now.", default=None)
    includes_imported: bool = field("What imports brought with `--rules skip` too.", default=True)


@strawberry.input(description="Awards to correct.")
class CorrectAwardsInput(Input):
    rule_id: UUID = field("The rule.")
    from_: datetime = field("Facts that happened from then on ...", name="from")
    to: datetime | None = field(
        "... until then (exclusive), not in the future; absent: until now.", default=None
    )
    includes_imported: bool = field(
        "What imports brought with `--rules skip` too; without it only what this rule has judged since.",
        default=False,
    )
    dry_run: bool = field("Only say what would be.", default=False)


@strawberry.type(description="The version is being tried; few facts are looked at already.")
class BacktestEarnRuleSuccess:
    backtest: Backtest = field("What it would have given. Ask `backtest(id)` again while it is not DONE.")


@strawberry.type(description="The awards are corrected, or the worker does it.")
class CorrectAwardsSuccess:
    correction: Correction | None = field("The correction; null for a dry run.")
    figures: CorrectionFigures = field("What it changed so far, or would change.")
    deltas: list[CorrectionDelta] = field("The first 100 facts that earn something else now.")
    journals: list[PointsJournal] = field("The first 100 postings; none for a dry run.")
    balances: list[WalletBalance] = field("The wallets of the people of `deltas`, after it.")


BacktestEarnRuleResult = result("BacktestEarnRule", BacktestEarnRuleSuccess)
CorrectAwardsResult = result("CorrectAwards", CorrectAwardsSuccess, ApprovalRequired)


@strawberry.type
class StudyQuery:
    @query("What a rule version would have given.", who=READS_POINTS)
    async def backtest(self, info: Info, id: Annotated[UUID, arg("The backtest's id.")]) -> Backtest | None:
        found = await Backtest.load([id], info.context)
        if id not in found:
            raise NotFound()
        return found[id]

    @query("Backtests of earn rules, the newest first.", who=READS_POINTS)
    async def backtests(self, first: First = 20, after: After = None) -> Connection[Backtest]:
        page, scales = paging.page(first, after), await reading.scales()
        rows = await studies.listed(backtesting.WORK, page)
        nodes = [Backtest.of(row, scales) for row in rows]
        return paging.connection(rows, page, key=lambda row: (row["created_at"], row["id"]), nodes=nodes)

    @query("Corrections of awards, the newest first.", who=READS_POINTS)
    async def corrections(self, first: First = 20, after: After = None) -> Connection[Correction]:
        page, scales = paging.page(first, after), await reading.scales()
        rows = await studies.listed(correcting.WORK, page)
        nodes = [Correction.of(row, scales) for row in rows]
        return paging.connection(rows, page, key=lambda row: (row["created_at"], row["id"]), nodes=nodes)


@strawberry.type
class StudyMutation:
    @mutation("Try a rule version on what has happened. Posts nothing.", who=OPERATOR)
    async def backtest_earn_rule(self, info: Info, input: BacktestEarnRuleInput) -> BacktestEarnRuleResult:
        row = await backtesting.start(
            info.context.actor,
            input.version_id,
            input.from_,
            input.to,
            includes_imported=input.includes_imported,
        )
        return BacktestEarnRuleSuccess(backtest=Backtest.of(row, await reading.scales()))

    @mutation("Judge past facts again and post the differences.", who=OPERATOR)
    async def correct_awards(self, info: Info, input: CorrectAwardsInput) -> CorrectAwardsResult:
        done = await correcting.correct(
            info.context.actor, input.rule_id, input.from_, input.to, includes_imported=input.includes_imported,
            is_dry=input.dry_run,
        )  # fmt: skip
        if isinstance(done, Approval):
            return approval_required(done, info)
        scales = await reading.scales()
        correction = None if isinstance(done, dict) else Correction.of(done, scales)
        said = done if isinstance(done, dict) else done["result"]
        deltas = deltas_of(said, scales)
        people = sorted({each.member_id for each in deltas})
        return CorrectAwardsSuccess(
            correction=correction,
            figures=CorrectionFigures.of(said, scales),
            deltas=deltas,
            journals=await correction.journals(info) if correction else [],
            balances=[
                WalletBalance.of(each)
                for of_root in (await balances.of_roots(people)).values()
                for each in of_root
            ],
        )
