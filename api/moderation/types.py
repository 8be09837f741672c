"""Types of moderation. What a list shows beside its rows is read for all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.access.types import StaffName
from api.community.types import Comment, CommunityMember, Post
from api.context import Context
from api.fields import BilingualText, Json, Node, arg, field
from api.loaders import load
from api.moderation.enums import (
    ClaimMode,
    EffectKind,
    ModActorKind,
    ReportCategory,
    ReportOutcome,
    ReportState,
    ReviewActionKind,
    ReviewCause,
    ReviewState,
    SanctionKind,
    SubjectKind,
)
from api.paging import After, Connection, First
from domain import clock
from domain.access import staff
from domain.community import desk_tables as tables
from domain.community import people
from domain.community.desk import actions, changes, log, policies, queues, reading, sanctioning, subjects
from domain.community.desk import scope as scopes
from domain.community.desk.changes import Change

ReviewSubject: TypeAlias = Annotated[
    Post | Comment | CommunityMember,
    strawberry.union("ReviewSubject", description="What is reported or reviewed."),
]

IDENTITY = "reports:identity"


@strawberry.type(description="What an author's strikes come to under a policy.")
class Severity:
    strikes: int = field("What an upheld decision adds, and takes from the credit.")
    first_is_warning: bool = field("Whether the first one adds no strikes.")
    expires_days: int | None = field("After how many days the strikes expire; null: never.")


@strawberry.type(description="A policy: what content is moderated for.")
class Policy(Node):
    code: str = field("Its code.")
    name: BilingualText = field("Its name.")
    severity: Severity = field("What follows from breaking it.")
    is_enabled: bool = field("Whether new acts may name it.")
    version: int = field("The number of this revision: `expectedVersion` of putPolicy.")

    @classmethod
    def of(cls, found: policies.Policy) -> Policy:
        return cls(
            id=found.id,
            code=found.code,
            name=BilingualText({"zh": found.name_zh, "en": found.name_en}),
            severity=Severity(
                strikes=found.strikes,
                first_is_warning=found.first_is_warning,
                expires_days=found.expires_days,
            ),
            is_enabled=found.is_enabled,
            version=found.version,
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Policy]:
        if not context.actor.is_staff:
            return {}
        return {id_: cls.of(found) for id_, found in (await policies.by_ids(ids)).items()}


@strawberry.type(description="What a queue takes; an empty list takes everything.")
class QueueMatch:
    kinds: list[SubjectKind] = field("Kinds of subjects.")
    categories: list[ReportCategory] = field("Categories of reports.")
    circle_ids: list[UUID] = field("Circles.")


@strawberry.type(description="A queue in which reports and items wait.")
class ModQueue(Node):
    name: str = field("Its name.")
    position: int = field("Lower ones are asked first.")
    match: QueueMatch = field("What it takes.")
    sla_minutes: int | None = field("In how many minutes an item is due.")
    claim: ClaimMode = field("Whether items have to be claimed.")
    is_enabled: bool = field("Whether it takes anything now.")
    version: int = field("Rises with every change of the record.")
    moderator_ids: list[UUID] = field("The staff accounts that work it.")

    @classmethod
    def of(cls, found: queues.Queue) -> ModQueue:
        match = QueueMatch(
            kinds=list(found.match.kinds),
            categories=list(found.match.categories),
            circle_ids=list(found.match.circles),
        )
        return cls(
            id=found.id, name=found.name, position=found.position, match=match, sla_minutes=found.sla_minutes,
            claim=found.claim, is_enabled=found.is_enabled, version=found.version,
            moderator_ids=list(found.moderators),
        )  # fmt: skip

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, ModQueue]:
        if not (context.actor.is_staff and context.actor.has("moderator")):
            return {}
        return {id_: cls.of(found) for id_, found in (await queues.by_ids(ids)).items()}


@strawberry.type(description="What was reported, as it was then.")
class ReportEvidence:
    taken_at: datetime = field("When it was kept.")
    title: str | None = field("The title.")
    body: str | None = field("The text.")
    name: str | None = field("Of a person: the name shown.")
    version: int | None = field("The version of the content.")
    media: list[str] = field("The addresses of its media.")

    @classmethod
    def of(cls, kept: dict[str, Any], at: datetime) -> ReportEvidence:
        taken = kept.get("taken_at")
        return cls(
            taken_at=datetime.fromisoformat(taken) if taken else at,
            title=kept.get("title"),
            body=kept.get("body"),
            name=kept.get("name"),
            version=kept.get("version"),
            media=kept.get("media") or [],
        )


@strawberry.type(description="One step, or one note, of a report.")
class ReportActivity:
    id: UUID = field("The activity's id.")
    kind: str = field("What was done: FILED, ROUTED, QUEUED, ASSIGNED, ESCALATED, NOTE, CLOSED, REOPENED ...")
    from_state: ReportState | None = field("The state before.")
    to_state: ReportState | None = field("The state after.")
    internal_note: str | None = field("What moderators read.")
    public_note: str | None = field("What a member was told.")
    at: datetime = field("When.")
    actor_id: strawberry.Private[UUID | None]

    @field("Who did it; null for the system, and for who reported.")
    async def by(self, info: Info) -> StaffName | None:
        return None if self.actor_id is None or self.kind == "FILED" else await moderator(info, self.actor_id)

    @classmethod
    def of(cls, row: Any) -> ReportActivity:
        return cls(
            id=row["id"], kind=row["kind"], from_state=_state(row["from_state"]), to_state=_state(row["to_state"]),
            internal_note=row["internal_note"], public_note=row["public_note"], at=row["at"], actor_id=row["actor"],
        )  # fmt: skip


@strawberry.type(description="A report.")
class Report(Node):
    category: ReportCategory = field("What is said to be wrong.")
    note: str | None = field("What the reporter wrote.")
    evidence: ReportEvidence = field("The subject as it was when it was reported.")
    state: ReportState = field("Where it stands.")
    score: Decimal = field("What it counts, fixed when it was made.")
    outcome: ReportOutcome | None = field("What became of it.")
    created_at: datetime = field("When it was made.")
    closed_at: datetime | None = field("When it was decided.")
    row: strawberry.Private[Any]

    @field("What was reported; null when the reader may not see it (any more).")
    async def subject(self, info: Info) -> ReviewSubject | None:
        return await subject_of(info, self.row["subject_kind"], self.row["subject"])

    @field("Who reported; only for those with the scope `reports:identity`, and for oneself.")
    async def reporter(self, info: Info) -> CommunityMember | None:
        actor, reporter = info.context.actor, self.row["reporter"]
        if reporter is None or (IDENTITY not in actor.scopes and reporter != actor.member_id):
            return None
        return CommunityMember.of(await load(info, "community.people", reporter, people.by_ids))

    @field("The queue in which it waits; for moderators.")
    async def queue(self, info: Info) -> ModQueue | None:
        return await _queue(info, self.row["queue"]) if _is_desk(info) else None

    @field("Who works on it; for moderators.")
    async def assignee(self, info: Info) -> StaffName | None:
        assignee = self.row["assignee"]
        return await moderator(info, assignee) if assignee and _is_desk(info) else None

    @field("What was done with it, oldest first; for moderators.")
    async def activities(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[ReportActivity]:
        page = paging.page(first, after)
        rows: list[Any] = []
        if _is_desk(info) and self.row["reporter"] != info.context.actor.member_id:
            name = f"report.activities {first} {after}"
            rows = await load(info, name, self.id, lambda ids: reading.activities(ids, page), []) or []
        return paging.connection(
            rows, page, key=lambda row: (row["seq"],), nodes=[ReportActivity.of(row) for row in rows]
        )

    @classmethod
    def of(cls, row: Any) -> Report:
        return cls(
            id=row["id"], category=tables.ReportCategory(row["category"]), note=row["note"],
            evidence=ReportEvidence.of(row["evidence"], row["created_at"]), state=tables.ReportState(row["state"]),
            score=row["score"], outcome=row["outcome"] and tables.ReportOutcome(row["outcome"]),
            created_at=row["created_at"], closed_at=row["closed_at"], row=row,
        )  # fmt: skip

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Report]:
        found = await reading.reports_by_ids(context.actor, ids)
        return {id_: cls.of(row) for id_, row in found.items()}


@strawberry.type(description="One part of a score.")
class ScorePart:
    report: Report = field("The report that gives it.")
    base: Decimal = field("1 for every report.")
    trust: Decimal = field("The reporter's trust level; 5 for staff.")
    accuracy: Decimal = field("What became of the reporter's earlier reports.")
    category_bonus: Decimal = field("What the category adds.")
    take_action: Decimal = field("5 when staff asked to act at once.")
    total: Decimal = field("What the report counts; 0 once it was rejected or ignored.")

    @classmethod
    def of(cls, row: Any) -> ScorePart:
        parts, counts = row["parts"], row["outcome"] in (None, "UPHELD")
        return cls(
            report=Report.of(row), base=Decimal(1), trust=Decimal(parts["level"]), accuracy=Decimal(parts["accuracy"]),
            category_bonus=Decimal(parts["category_bonus"]), take_action=Decimal(parts["take_action"]),
            total=row["score"] if counts else Decimal("0.00"),
        )  # fmt: skip


@strawberry.type(description="One fact that changes, or would.")
class Effect:
    kind: EffectKind = field("Which fact.")
    action: ReviewActionKind | None = field(
        "The action that changes it; null: the verdict, or an act by hand."
    )
    before: Json | None = field("Its value before.")
    after: Json | None = field("Its value after; ids of a dry run are not kept.")
    facts: Json = field("What else is to be known of it, such as a sanction's end.")
    record_kind: str = field("What the record is: POST, COMMENT, MEMBER, REPORT, ITEM.")
    record_id: UUID = field("The record's id.")

    @field("The content or person that it concerns.")
    async def subject(self, info: Info) -> ReviewSubject | None:
        member = self.facts.get("member") if isinstance(self.facts, dict) else None
        if member is not None:
            return await subject_of(info, "MEMBER", UUID(str(member)))
        return await subject_of(info, self.record_kind, self.record_id)

    @classmethod
    def of(cls, found: Change, action: actions.ActionKind | None = None) -> Effect:
        return cls(
            kind=found.what, action=action, before=found.before, after=found.after, facts=found.facts,
            record_kind=found.kind, record_id=found.id,
        )  # fmt: skip


@strawberry.type(description="A sanction on a member.")
class Sanction(Node):
    kind: SanctionKind = field("What it limits.")
    circle_id: UUID | None = field("The circle in which it holds; null: on the whole site.")
    starts_at: datetime = field("From when.")
    until: datetime | None = field("Until when; null: for good.")
    cause: str = field("The policy, or why.")
    ended_at: datetime | None = field("When it ended.")

    @classmethod
    def of(cls, row: Any) -> Sanction:
        return cls(
            id=row["id"], kind=tables.SanctionKind(row["kind"]), circle_id=row["circle"], starts_at=row["starts_at"],
            until=row["until"], cause=row["cause"], ended_at=row["ended_at"],
        )  # fmt: skip

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Sanction]:
        scope = await scopes.of(context.actor)
        found = await sanctioning.by_ids(ids)
        mine = context.actor.member_id
        return {
            id_: cls.of(row)
            for id_, row in found.items()
            if scope.sees_all
            or scope.holds(row["circle"])
            or (mine is not None and row["member"] == mine and row["kind"] != "SHADOW")
        }


@strawberry.type(description="An action that can be done now.")
class AvailableAction:
    kind: ReviewActionKind = field("The action.")
    effects: list[Effect] = field("What it would change; SANCTION and MASK depend on what is asked for.")


@strawberry.type(description="What moderation did: one act, never changed.")
class ModEvent(Node):
    kind: str = field("What was done: a verdict, an action's name, SANCTION, HIDE, REVERT, PIN ...")
    actor_kind: ModActorKind = field("Who acted.")
    policy: str | None = field("The policy's code.")
    reason: str | None = field("Why, for moderators.")
    at: datetime = field("When.")
    effects: list[Effect] = field("What it changed.")
    row: strawberry.Private[Any]

    @field("Who did it; null for rules and imports.")
    async def actor(self, info: Info) -> StaffName | None:
        return await moderator(info, self.row["actor"]) if self.row["actor"] else None

    @field("What it was done to.")
    async def subject(self, info: Info) -> ReviewSubject | None:
        return await subject_of(info, self.row["subject_kind"], self.row["subject"])

    @field("The item that it decided or changed.")
    async def item(self, info: Info) -> ReviewItem | None:
        return None if self.row["item"] is None else await item_of(info, self.row["item"])

    @field("The acts of single actions, under a decision.")
    async def children(self, info: Info) -> list[ModEvent]:
        rows = await load(info, "mod_event.children", self.id, log.children, [])
        return [ModEvent.of(row) for row in rows or []]

    @field("The event that this one undid.")
    async def reverts(self, info: Info) -> ModEvent | None:
        return None if self.row["reverts"] is None else await _event(info, self.row["reverts"])

    @field("The event that undid this one.")
    async def reverted_by(self, info: Info) -> ModEvent | None:
        return None if self.row["reverted_by"] is None else await _event(info, self.row["reverted_by"])

    @classmethod
    def of(cls, row: Any) -> ModEvent:
        return cls(
            id=row["id"], kind=row["kind"], actor_kind=ModActorKind(row["actor_kind"]), policy=row["policy"],
            reason=row["reason"], at=row["at"], effects=[Effect.of(one) for one in changes.read(row["payload"])],
            row=row,
        )  # fmt: skip

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, ModEvent]:
        found = await log.by_ids(context.actor, ids)
        return {id_: cls.of(row) for id_, row in found.items()}


@strawberry.type(description="Something that happened around an item.")
class ModerationEntry:
    id: UUID = field("The event's or activity's id.")
    at: datetime = field("When.")
    source: str = field("EVENT, or REPORT for what was done with a report.")
    kind: str = field("What was done.")
    policy: str | None = field("The policy's code.")
    note: str | None = field("Why, or what was noted.")
    actor_id: strawberry.Private[UUID | None]

    @field("Who did it; null for the system, and for who reported.")
    async def by(self, info: Info) -> StaffName | None:
        return None if self.actor_id is None or self.kind == "FILED" else await moderator(info, self.actor_id)

    @classmethod
    def of(cls, row: Any) -> ModerationEntry:
        return cls(
            id=row["id"], at=row["at"], source=row["source"], kind=row["kind"], policy=row["policy"], note=row["note"],
            actor_id=row["actor"],
        )  # fmt: skip


@strawberry.type(description="A subject that waits for a moderator, or that was decided.")
class ReviewItem(Node):
    version: int = field("Rises with every decision and every new cause: `expectedVersion` of decideReview.")
    state: ReviewState = field("Where it stands.")
    cause: ReviewCause = field("Why it came here first.")
    causes: list[ReviewCause] = field("All causes since it was opened.")
    hold_reasons: list[str] = field("Why screening held it.")
    score: Decimal = field("The sum of its pending and upheld reports.")
    force_review: bool = field("Whether it has to be looked at, whatever the score.")
    is_appealed: bool = field("Whether its author appeals.")
    due_at: datetime | None = field("When it is due.")
    opened_at: datetime = field("Since when it waits, or waited.")
    decided_at: datetime | None = field("When it was decided.")
    claimed_until: datetime | None = field("Until when the claim holds; null when nobody holds one.")
    row: strawberry.Private[Any]

    @field("What it is about; null when it is gone.")
    async def subject(self, info: Info) -> ReviewSubject | None:
        return await subject_of(info, self.row["subject_kind"], self.row["subject"])

    @field("The queue in which it waits.")
    async def queue(self, info: Info) -> ModQueue | None:
        return await _queue(info, self.row["queue"])

    @field("Who holds it.")
    async def claimed_by(self, info: Info) -> StaffName | None:
        return None if self.claimed_until is None else await moderator(info, self.row["claimed_by"])

    @field("What the score is made of.")
    async def explain_score(self, info: Info) -> list[ScorePart]:
        return [ScorePart.of(row) for row in await _reports(info, self.id)]

    @field("Its reports, highest score first.")
    async def reports(self, info: Info) -> list[Report]:
        return [Report.of(row) for row in await _reports(info, self.id)]

    @field("Items of the same author, or of the same text.")
    async def similar_items(
        self, info: Info, first: Annotated[int, arg("How many, 1 to 100.")] = 10
    ) -> list[ReviewItem]:
        rows = await reading.similar(info.context.actor, self.row, paging.page(first, None).limit)
        return [ReviewItem.of(row) for row in rows]

    @field("What happened around it, newest first.")
    async def timeline(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[ModerationEntry]:
        page = paging.page(first, after)
        rows = await reading.timeline(self.id, page)
        return paging.connection(
            rows,
            page,
            key=lambda row: (row["at"], row["source"], row["seq"]),
            nodes=[ModerationEntry.of(row) for row in rows],
        )

    @field("What can be done now, with exact effects; nothing once it is decided.")
    async def available_actions(self, info: Info) -> list[AvailableAction]:
        if self.row["state"] != "PENDING":
            return []
        actor = info.context.actor
        found = await subjects.find(self.row["subject"], self.row["subject_kind"])
        return [
            AvailableAction(kind=one.kind, effects=[Effect.of(each, one.kind) for each in one.changes])
            for one in await actions.available(actor, await scopes.of(actor), self.id, found)
        ]

    @field("The sanctions of the author that are in force.")
    async def active_sanctions(self, info: Info) -> list[Sanction]:
        rows = await sanctioning.in_force_of(self.row["subject_kind"], self.row["subject"])
        return [Sanction.of(row) for row in rows]

    @classmethod
    def of(cls, row: Any) -> ReviewItem:
        until = row["claimed_until"]
        return cls(
            id=row["id"], version=row["version"], state=tables.ReviewState(row["state"]),
            cause=tables.ReviewCause(row["cause"]), causes=[tables.ReviewCause(cause) for cause in row["causes"]],
            hold_reasons=row["reasons"], score=row["score"], force_review=row["force_review"],
            is_appealed=row["is_appealed"], due_at=row["due_at"], opened_at=row["opened_at"],
            decided_at=row["decided_at"], claimed_until=until if until and until > clock.now() else None,
            row=row,
        )  # fmt: skip

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, ReviewItem]:
        found = await reading.by_ids(context.actor, ids)
        return {id_: cls.of(row) for id_, row in found.items()}


async def subject_of(info: Info, kind: str, id_: UUID) -> ReviewSubject | None:
    """The subject as the reader may see it."""
    if kind == "POST":
        return await load(info, "post", id_, lambda ids: Post.load(ids, info.context))
    if kind == "COMMENT":
        return await load(info, "comment", id_, lambda ids: Comment.load(ids, info.context))
    if kind == "MEMBER":
        row = await load(info, "community.people", id_, people.by_ids)
        return None if row is None else CommunityMember.of(row)
    return None


async def moderator(info: Info, id_: UUID) -> StaffName | None:
    """A moderator as colleagues see them: of the staff, or a circle's; null once the account is gone."""

    async def names(ids: Sequence[UUID]) -> dict[UUID, str]:
        found = {key: account.name for key, account in (await staff.by_ids(list(ids))).items()}
        missing = [id_ for id_ in ids if id_ not in found]
        persons = await people.by_ids(missing) if missing else {}
        return found | {key: row["author_name"] or "" for key, row in persons.items()}

    name = await load(info, "moderation.names", id_, names)
    return None if name is None else StaffName(id=id_, name=name)


async def item_of(info: Info, id_: UUID) -> ReviewItem | None:
    """The item, if it is the moderator's."""
    return await load(info, "review_item", id_, lambda ids: ReviewItem.load(ids, info.context))


async def _event(info: Info, id_: UUID) -> ModEvent | None:
    return await load(info, "mod_event", id_, lambda ids: ModEvent.load(ids, info.context))


async def _queue(info: Info, id_: UUID | None) -> ModQueue | None:
    if id_ is None:
        return None
    found = await load(info, "mod_queue", id_, queues.by_ids)
    return None if found is None else ModQueue.of(found)


async def _reports(info: Info, item: UUID) -> list[Any]:
    return await load(info, "review_item.reports", item, reading.reports_of_items, []) or []


def _is_desk(info: Info) -> bool:
    return info.context.actor.has("moderator") or "community.desk" in info.context.notes


def _state(value: str | None) -> tables.ReportState | None:
    return None if value is None else tables.ReportState(value)
