"""Looking at a rule again: what a version would have given, and what a correction of past awards changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.context import Context
from api.fields import Node, enum, field
from api.loaders import load
from api.money import Money
from api.points.types.earning import EarnRuleVersion
from api.points.types.ledger import PointsJournal, WalletAmount
from api.profile.types import Member
from domain.points import backtesting, correcting, reading, studies, study_tables
from domain.points.amounts import decimal
from domain.points.keeping import liability

#: So many postings of a correction are shown.
JOURNALS = 100

StudyState = enum(
    study_tables.StudyState,
    "How far a look at the past is.",
    QUEUED="Nobody has begun.",
    RUNNING="The worker goes through the facts, page by page.",
    DONE="All facts were looked at.",
    FAILED="It was tried several times and does not work; `lastError` says why.",
)


@strawberry.type(description="How far the work is.")
class StudyProgress:
    facts: int = field("How many facts there are to look at, as far as it is known.")
    seen: int = field("How many were looked at.")


@strawberry.type(description="What another rule gave for the same facts.")
class BacktestOverlap:
    rule: str = field("The other rule's code.")
    points: list[WalletAmount] = field("What it gave for facts for which this version gives something too.")


@strawberry.type(description="One of those who gain most: worth a look before the rule is published.")
class BacktestGainer:
    member_id: strawberry.Private[UUID]
    wallet: str = field("The wallet's code.")
    points: Decimal = field("What the person would have.")

    @field("The person; null for a closed account.")
    async def member(self, info: Info) -> Member | None:
        return await _member(info, self.member_id)


@strawberry.type(description="How often a reason was given.")
class BacktestReason:
    code: str = field("The reason, as in decisions.")
    facts: int = field("For how many facts.")


@strawberry.type(description="What the points outstanding would be more, or less.")
class BacktestLiability:
    wallet: str = field("The wallet's code.")
    change: Decimal = field("What the version gives, less what the rule really gave for the same facts.")
    value: Money | None = field("Its worth by the wallet's point value; null where the policy names none.")


@strawberry.type(description="Members who would stand in another tier.")
class BacktestTier:
    scheme: str = field("The tier scheme's code.")
    tier: str = field("The tier in which they would stand.")
    members: int = field("How many.")


@strawberry.type(description="What listens to the earning of points and would hear of more.")
class BacktestChain:
    kind: str = field("RULE or MISSION.")
    code: str = field("Its code.")
    facts: int = field("How many facts more it would hear of.")


@strawberry.type(
    description="What the version gave since it came into force, for as long as it was tried on."
)
class BacktestLaunch:
    from_: datetime = field("When it came into force.", name="from")
    to: datetime = field("Until when is compared (exclusive).")
    forecast: list[WalletAmount] = field("What the backtest foretold for as long a time.")
    actual: list[WalletAmount] = field("What it gave.")


@strawberry.type(
    description="What a rule version would have given for the facts of a time. Nothing was posted."
)
class Backtest(Node):
    row: strawberry.Private[Any]
    scales: strawberry.Private[dict[str, int]]
    from_: datetime = field("From then on.", name="from")
    to: datetime = field("Until then (exclusive).")
    state: StudyState = field("How far it is; figures are of what was looked at so far.")  # type: ignore[valid-type]
    progress: StudyProgress = field("How far the work is.")
    interactions: int = field("How many facts of its kinds were looked at.")
    includes_imported: bool = field("Whether what imports brought with `--rules skip` is looked at.")
    imported: int = field("How many of the facts those are: no rule judged them when they came.")
    awards: int = field("For how many of them it gives something.")
    members: int = field("How many people would have points of it.")
    points: list[WalletAmount] = field("What it gives, less what was undone since.")
    granted: list[WalletAmount] = field("What the rule really gave for the facts of this time.")
    overlaps: list[BacktestOverlap] = field("What other rules gave for the same facts.")
    top_gainers: list[BacktestGainer] = field("The 20 who would have most, of each wallet.")
    reasons: list[BacktestReason] = field("Why facts earn less, or nothing, the most frequent first.")
    tiers: list[BacktestTier] = field("Who would stand in another tier today.")
    last_error: str | None = field("Why the last try failed; null when none did.")
    created_at: datetime = field("When it was asked for.")
    finished_at: datetime | None = field("When it was done; null while it is not.")

    @field("The rule version that was tried.")
    async def version(self, info: Info) -> EarnRuleVersion | None:
        found = await EarnRuleVersion.load([self.row["rule_version"]], info.context)
        return found.get(self.row["rule_version"])

    @field("What the points outstanding would be more, or less, by wallet.")
    async def liability(self) -> list[BacktestLiability]:
        given, real = self.row["result"].get("points", {}), self.row["result"].get("granted", {})
        found = []
        for wallet in sorted({*given, *real}):
            change = given.get(wallet, 0) - real.get(wallet, 0)
            worth = await liability.value_of(wallet, change)
            value = Money(minor_units=worth[0], currency=worth[1]) if worth else None
            found.append(
                BacktestLiability(wallet=wallet, change=decimal(change, self.scales[wallet]), value=value)
            )
        return found

    @field("Rules and missions that listen to the earning of points, and would hear of more.")
    async def chained(self) -> list[BacktestChain]:
        return [
            BacktestChain(kind=kind, code=code, facts=facts)
            for kind, code, facts in await backtesting.chained(self.awards)
        ]

    @field("What came true of it; null while the version was not in force.")
    async def after_launch(self) -> BacktestLaunch | None:
        found = await backtesting.launched(self.row)
        if found is None:
            return None
        return BacktestLaunch(
            from_=found.since,
            to=found.until,
            forecast=_amounts(found.forecast, self.scales),
            actual=_amounts(found.actual, self.scales),
        )

    @classmethod
    def of(cls, row: Any, scales: dict[str, int]) -> Backtest:
        said = row["result"]
        reasons = sorted(said.get("reasons", {}).items(), key=lambda each: (-each[1], each[0]))
        return cls(
            id=row["id"],
            row=row,
            scales=scales,
            from_=row["since"],
            to=row["until"],
            state=study_tables.StudyState(row["state"]),
            progress=StudyProgress(facts=row["facts"], seen=said.get("seen", 0)),
            interactions=said.get("seen", 0),
            includes_imported=row["includes_imported"],
            imported=said.get("imported", 0),
            awards=said.get("awards", 0),
            members=said.get("members", 0),
            points=_amounts(said.get("points", {}), scales),
            granted=_amounts(said.get("granted", {}), scales),
            overlaps=[
                BacktestOverlap(rule=rule, points=_amounts(points, scales))
                for rule, points in sorted(said.get("overlaps", {}).items())
            ],
            top_gainers=[
                BacktestGainer(member_id=UUID(member), wallet=wallet, points=decimal(points, scales[wallet]))
                for member, wallet, points in said.get("gainers", [])
            ],
            reasons=[BacktestReason(code=code, facts=facts) for code, facts in reasons],
            tiers=[
                BacktestTier(scheme=scheme, tier=tier, members=count)
                for scheme, by_tier in sorted(said.get("tiers", {}).items())
                for tier, count in by_tier.items()
            ],
            last_error=row["last_error"],
            created_at=row["created_at"],
            finished_at=row["finished_at"],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Backtest]:
        if not _may_read(context):
            return {}
        scales = await reading.scales()
        rows = await studies.by_ids(backtesting.WORK, ids)
        return {id: cls.of(row, scales) for id, row in rows.items()}


@strawberry.type(description="A fact that earns something else now.")
class CorrectionDelta:
    interaction_id: UUID = field("The fact's interaction.")
    member_id: strawberry.Private[UUID]
    wallet: str = field("The wallet's code.")
    before: Decimal = field("What it earned before.")
    after: Decimal = field("What it earns now.")
    posted: Decimal = field(
        "The signed amount that was posted (or would be): the difference, less what is refunded already or cannot be taken."
    )

    @field("Whose it is; null for a closed account.")
    async def member(self, info: Info) -> Member | None:
        return await _member(info, self.member_id)


@strawberry.type(description="What a correction changes, so far.")
class CorrectionFigures:
    interactions: int = field("How many facts were judged again.")
    imported: int = field("How many of them imports brought with `--rules skip`.")
    changed: int = field("How many of them earn something else.")
    members: int = field("How many people that concerns.")
    given: list[WalletAmount] = field("What was given more.")
    taken: list[WalletAmount] = field("What was taken back.")
    waived: list[WalletAmount] = field("What should have been taken and could not be.")

    @classmethod
    def of(cls, said: dict[str, Any], scales: dict[str, int]) -> CorrectionFigures:
        return cls(
            interactions=said.get("seen", 0),
            imported=said.get("imported", 0),
            changed=said.get("changed", 0),
            members=said.get("members", 0),
            given=_amounts(said.get("up", {}), scales),
            taken=_amounts(said.get("down", {}), scales),
            waived=_amounts(said.get("waived", {}), scales),
        )


@strawberry.type(description="The facts of a time were judged again by the rule's versions of then.")
class Correction(Node):
    row: strawberry.Private[Any]
    rule_id: UUID = field("The rule's id.")
    from_: datetime = field("From then on.", name="from")
    to: datetime = field("Until then (exclusive).")
    state: StudyState = field("How far it is.")  # type: ignore[valid-type]
    progress: StudyProgress = field("How far the work is.")
    includes_imported: bool = field("Whether what imports brought with `--rules skip` is judged.")
    figures: CorrectionFigures = field("What it changed, so far.")
    deltas: list[CorrectionDelta] = field("The first 100 facts that earn something else now.")
    last_error: str | None = field("Why the last try failed; null when none did.")
    created_at: datetime = field("When it was asked for.")
    finished_at: datetime | None = field("When it was done; null while it is not.")

    @field(f"Its first {JOURNALS} postings.")
    async def journals(self, info: Info) -> list[PointsJournal]:
        found = await PointsJournal.load(await correcting.journals(self.id, JOURNALS), info.context)
        return [found[id] for id in sorted(found)]

    @classmethod
    def of(cls, row: Any, scales: dict[str, int]) -> Correction:
        said = row["result"]
        return cls(
            id=row["id"],
            row=row,
            rule_id=row["rule"],
            from_=row["since"],
            to=row["until"],
            state=study_tables.StudyState(row["state"]),
            progress=StudyProgress(facts=row["facts"], seen=said.get("seen", 0)),
            includes_imported=row["includes_imported"],
            figures=CorrectionFigures.of(said, scales),
            deltas=deltas_of(said, scales),
            last_error=row["last_error"],
            created_at=row["created_at"],
            finished_at=row["finished_at"],
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Correction]:
        if not _may_read(context):
            return {}
        scales = await reading.scales()
        rows = await studies.by_ids(correcting.WORK, ids)
        return {id: cls.of(row, scales) for id, row in rows.items()}


def deltas_of(said: dict[str, Any], scales: dict[str, int]) -> list[CorrectionDelta]:
    """The differences that a correction's figures tell one by one."""
    return [
        CorrectionDelta(
            interaction_id=UUID(fact),
            member_id=UUID(member),
            wallet=wallet,
            before=decimal(before, scales[wallet]),
            after=decimal(after, scales[wallet]),
            posted=decimal(posted, scales[wallet]),
        )
        for fact, member, wallet, before, after, posted in said.get("deltas", [])
    ]


def _may_read(context: Context) -> bool:
    return context.actor.is_staff and context.actor.has("operator", "approver", "analyst")


async def _member(info: Info, member: UUID) -> Member | None:
    return await load(info, "points.study.member", member, lambda ids: Member.load(ids, info.context))


def _amounts(by_wallet: dict[str, int], scales: dict[str, int]) -> list[WalletAmount]:
    return [WalletAmount(wallet=w, amount=decimal(n, scales[w])) for w, n in sorted(by_wallet.items())]
