"""Queries of moderation: the desk for moderators, and what members see of their own standing."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.community.types import Circle, Comment, CommunityMember, Post
from api.fields import Node, arg, field, query
from api.moderation.enums import ReportCategory, ReviewCause, ReviewOrder, ReviewState, SubjectKind
from api.moderation.reporting import MODERATES
from api.moderation.types import (
    ModEvent,
    ModQueue,
    Policy,
    Report,
    ReviewItem,
    Sanction,
    item_of,
    subject_of,
)
from api.paging import After, Connection, Edge, First, PageInfo
from api.permissions import MEMBER, can
from domain.community import people, sanctions, standings
from domain.community.desk import home, log, policies, queues, reading, report_rules, strikes
from domain.community.desk import scope as scopes
from domain.errors import NotFound
from domain.profile import members


@strawberry.input(description="Which items.")
class ReviewFilter:
    states: list[ReviewState] | None = field("In these states; absent: PENDING.", default=None)
    queues: list[UUID] | None = field("In these queues.", default=None)
    causes: list[ReviewCause] | None = field("With one of these causes.", default=None)
    kinds: list[SubjectKind] | None = field("Of these kinds.", default=None)
    categories: list[ReportCategory] | None = field("Reported in one of these categories.", default=None)
    circle_ids: list[UUID] | None = field("In these circles.", default=None)
    author_id: UUID | None = field("Of this author.", default=None)
    reporter_id: UUID | None = field(
        "Reported by this member; needs the scope reports:identity.", default=None
    )
    claimed_by_me: bool | None = field("Held by the reader, or by somebody else.", default=None)
    overdue: bool | None = field("Past their time, or not.", default=None)
    min_score: Decimal | None = field("With at least this score.", default=None)
    since: datetime | None = field("Opened from then on (inclusive).", default=None)
    until: datetime | None = field("Opened until then (exclusive).", default=None)

    def wanted(self) -> reading.Filter:
        return reading.Filter(
            states=self.states, queues=self.queues, causes=self.causes, kinds=self.kinds, categories=self.categories,
            circles=self.circle_ids, author=self.author_id, reporter=self.reporter_id,
            claimed_by_me=self.claimed_by_me, overdue=self.overdue, min_score=self.min_score, since=self.since,
            until=self.until,
        )  # fmt: skip


@strawberry.input(description="Which events.")
class ModEventFilter:
    kinds: list[str] | None = field("Of these kinds.", default=None)
    actor_id: UUID | None = field("By this person.", default=None)
    subject_id: UUID | None = field("On this subject.", default=None)
    item_id: UUID | None = field("On this item.", default=None)
    policy_code: str | None = field("Under this policy.", default=None)
    since: datetime | None = field("From then on (inclusive).", default=None)
    until: datetime | None = field("Until then (exclusive).", default=None)
    is_top_level: bool | None = field("Without the single actions of decisions.", default=None)

    def wanted(self) -> log.Filter:
        return log.Filter(
            self.kinds, self.actor_id, self.subject_id, self.item_id, self.policy_code, self.since, self.until,
            self.is_top_level,
        )  # fmt: skip


@strawberry.type(name="ReviewItemConnection", description="One page of review items.")
class ReviewItems:
    edges: list[Edge[ReviewItem]] = field("The rows with their cursors.")
    nodes: list[ReviewItem] = field("The rows alone.")
    page_info: PageInfo = field("Where this page stands.")
    wanted: strawberry.Private[reading.Filter]

    @field("How many items there are in all.")
    async def total_count(self, info: Info) -> int:
        return await reading.count(info.context.actor, self.wanted)


@strawberry.type(description="What waits in a queue.")
class QueueHome:
    pending: int = field("How many items wait.")
    overdue: int = field("How many are late.")
    claimed: int = field("How many somebody holds.")
    oldest_at: datetime | None = field("Since when the oldest waits.")
    highest_score: Decimal | None = field("The highest score.")
    queue: ModQueue | None = field("The queue; null: in no queue.")


@strawberry.type(description="A moderator's home.")
class ModerationHome:
    pending: int = field("How many items wait.")
    overdue: int = field("How many are late.")
    forced: int = field("How many have to be looked at, whatever their score.")
    appealed: int = field("How many authors appeal.")
    claimed_by_me: int = field("How many the reader holds.")
    escalated_reports: int = field("How many reports were escalated.")
    assigned_to_me: int = field("How many reports the reader works on.")
    queues: list[QueueHome] = field("The queues in their order, then what is in none.")


@strawberry.type(description="A record that was looked for.")
class LookupResult:
    kind: str = field("POST, COMMENT, MEMBER, CIRCLE, REPORT, REVIEW_ITEM or MOD_EVENT.")
    id: UUID = field("Its id.")
    record: Node = field("The record.")


@strawberry.type(description="A person who was reported.")
class ReportedMember:
    member: CommunityMember = field("The person.")
    report_count: int = field("Reports of the person and of what the person published.")
    reporter_count: int = field("How many people reported.")
    upheld_count: int = field("How many were upheld.")
    pending_count: int = field("How many wait.")
    strikes: int = field("The person's strikes.")
    last_reported_at: datetime = field("When the last one was made.")


@strawberry.type(description="What a person reported, and what became of it.")
class ReporterStats:
    account_reports: int = field("Reports of people.")
    content_reports: int = field("Reports of posts and comments.")
    reported_accounts: int = field("Different people.")
    reported_contents: int = field("Different posts and comments.")
    removed_contents: int = field("Of them, how many are removed.")
    sanctioned_accounts: int = field("People who were sanctioned for it.")
    upheld: int = field("Reports that were right.")
    rejected: int = field("Reports that were not.")
    accuracy: Decimal = field("What the person's reports count more or less for it.")


@strawberry.type(description="A step of the ladder of strikes.")
class LadderStep:
    strikes: int = field("From how many strikes on.")
    kind: str = field("Which sanction it suggests.")
    days: int | None = field("For how many days; null: for good.")
    missing: int = field("How many strikes are missing.")

    @classmethod
    def of(cls, found: strikes.Step | None) -> LadderStep | None:
        return None if found is None else cls(**vars(found))


@strawberry.type(description="How a member stands: what was counted, and every limit with its reason.")
class AccountStatus:
    trust_level: int = field("The trust level (成长等级), 0 to 4.")
    credit: int = field("The credit (信用分), 100 at most.")
    strikes: int = field("Strikes that count.")
    next_strike_step: LadderStep | None = field("What more strikes lead to.")
    sanctions: list[Sanction] = field("Every limit in force.")


@strawberry.type
class ModerationQuery:
    @query("What waits for the moderator.", who=MODERATES)
    async def moderation_home(self, info: Info) -> ModerationHome:
        found = await home.of(info.context.actor)
        by_queue = {row["queue"]: row for row in found.queues}
        known = await queues.listed() if (await scopes.of(info.context.actor)).sees_all else []
        shown = [(each.id, ModQueue.of(each)) for each in known]
        if rest := [id_ for id_ in by_queue if id_ is not None and id_ not in {each.id for each in known}]:
            shown += [(id_, ModQueue.of(each)) for id_, each in (await queues.by_ids(rest)).items()]
        plain = {name: value for name, value in vars(found).items() if name != "queues"}
        return ModerationHome(
            **plain, queues=[_queue_home(by_queue.get(id_), queue) for id_, queue in [*shown, (None, None)]]
        )

    @query("What waits for a decision, or was decided.", who=MODERATES)
    async def review_items(
        self,
        info: Info,
        filter: Annotated[ReviewFilter | None, arg("Which items; absent: all that wait.")] = None,
        order_by: Annotated[ReviewOrder, arg("Their order.")] = ReviewOrder.SCORE,
        first: First = 20,
        after: After = None,
    ) -> ReviewItems:
        page, wanted = paging.page(first, after), (filter or ReviewFilter()).wanted()
        if wanted.reporter is not None and "reports:identity" not in info.context.actor.scopes:
            raise NotFound()
        info.context.notes["community.desk"] = True
        rows = await reading.listed(info.context.actor, wanted, order_by.value, page)
        found = paging.connection(
            rows,
            page,
            key=lambda row: reading.key(row, order_by.value),
            nodes=[ReviewItem.of(row) for row in rows],
        )
        return ReviewItems(edges=found.edges, nodes=found.nodes, page_info=found.page_info, wanted=wanted)

    @query("One item with all about it.", who=MODERATES)
    async def review_item(self, info: Info, id: Annotated[UUID, arg("The item's id.")]) -> ReviewItem | None:
        info.context.notes["community.desk"] = True
        found = await item_of(info, id)
        if found is None:
            raise NotFound()
        return found

    @query("Records that a text may mean: an id, a link, a member number, an id of an import.", who=MODERATES)
    async def lookup(
        self, info: Info, anything: Annotated[str, arg("What is at hand, at most 500 characters.")]
    ) -> list[LookupResult]:
        loading: dict[str, Any] = {
            "POST": Post, "COMMENT": Comment, "REPORT": Report, "REVIEW_ITEM": ReviewItem, "MOD_EVENT": ModEvent,
            "CIRCLE": Circle,
        }  # fmt: skip
        found = []
        is_desk = info.context.actor.is_staff
        for kind, id_ in await log.find(info.context.actor, anything):
            if kind == "MEMBER":
                record = await subject_of(info, kind, id_) if is_desk else None
            else:
                record = (await loading[kind].load([id_], info.context)).get(id_)
            if record is not None:
                found.append(LookupResult(kind=kind, id=id_, record=record))
        return found

    @query("People who were reported often, most first.", who=MODERATES)
    async def reported_members(
        self,
        info: Info,
        min_reports: Annotated[int, arg("At least so many reports.")],
        since: Annotated[datetime, arg("Since when.")],
    ) -> list[ReportedMember]:
        rows = await home.reported_members(info.context.actor, min_reports, since)
        persons = await people.by_ids([row["person"] for row in rows])
        counts = await strikes.counts([row["person"] for row in rows])
        return [
            ReportedMember(
                member=CommunityMember.of(persons[row["person"]]), report_count=row["reports"],
                reporter_count=row["reporters"], upheld_count=row["upheld"], pending_count=row["pending"],
                strikes=counts.get(row["person"], 0), last_reported_at=row["last_at"],
            )
            for row in rows
        ]  # fmt: skip

    @query("What moderation did, newest first.", who=MODERATES)
    async def mod_events(
        self,
        info: Info,
        filter: Annotated[ModEventFilter | None, arg("Which events; absent: all.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[ModEvent]:
        page = paging.page(first, after)
        rows = await log.listed(info.context.actor, (filter or ModEventFilter()).wanted(), page)
        return paging.connection(
            rows, page, key=lambda row: (row["seq"],), nodes=[ModEvent.of(row) for row in rows]
        )

    @query("What a person reported, and what became of it.", who=can("moderator", "analyst"))
    async def reporter_stats(
        self, info: Info, member_id: Annotated[UUID, arg("The member.")]
    ) -> ReporterStats:
        root = await members.root_of(member_id)
        row, standing = await home.reporter_stats(root), await standings.of(root)
        accuracy = report_rules.accuracy(standing.reports_upheld, standing.reports_rejected)
        return ReporterStats(**dict(row), accuracy=accuracy)

    @query("The policies in their present revisions.", who=can("moderator", "operator"))
    async def policies(self, info: Info) -> list[Policy]:
        return [Policy.of(each) for each in await policies.listed()]

    @query("The queues in the order in which they are asked.", who=can("moderator", "operator"))
    async def mod_queues(self, info: Info) -> list[ModQueue]:
        return [ModQueue.of(each) for each in await queues.listed()]

    @query("What the member reported, newest first.", who=MEMBER)
    async def my_reports(self, info: Info, first: First = 20, after: After = None) -> Connection[Report]:
        page = paging.page(first, after)
        rows = await reading.own_reports(info.context.actor.must_be_member(), page)
        return paging.connection(
            rows, page, key=lambda row: (row["seq"],), nodes=[Report.of(row) for row in rows]
        )

    @query("How the member stands, with every limit and its reason.", who=MEMBER)
    async def account_status(self, info: Info) -> AccountStatus:
        root = await members.root_of(info.context.actor.must_be_member())
        standing = await standings.of(root)
        rows = await sanctions.disclosed(root)
        return AccountStatus(
            trust_level=standing.trust_level,
            credit=standing.credit,
            strikes=await strikes.count(root),
            next_strike_step=LadderStep.of(await strikes.next_step(root)),
            sanctions=[Sanction.of(row) for row in rows],
        )


def _queue_home(row: Any, queue: ModQueue | None) -> QueueHome:
    if row is None:
        return QueueHome(pending=0, overdue=0, claimed=0, oldest_at=None, highest_score=None, queue=queue)
    return QueueHome(
        pending=row["pending"], overdue=row["overdue"], claimed=row["claimed"], oldest_at=row["oldest_at"],
        highest_score=row["highest"], queue=queue,
    )  # fmt: skip
