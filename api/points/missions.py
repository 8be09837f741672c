"""Missions (任务) over GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.context import Context
from api.fields import BilingualText, Node, enum, field, mutation, query, result
from api.loaders import load
from api.paging import After, Connection, First
from api.permissions import MEMBER, SIGNED_IN, can
from api.points.mission_inputs import (
    ClaimMissionInput,
    DefineMissionInput,
    GrantMissionItemsInput,
    JoinMissionInput,
    MissionItemKind,
    UseMissionItemInput,
    definition,
)
from api.points.queries import OwnOrOther, root_of
from api.points.types.ledger import PointsJournal, WalletBalance
from api.refusals import MemberSuspended, NotEligible, Refusal, VersionConflict, refusal
from domain import clock
from domain.points import balances, engagement_errors, mission_items, mission_tables, missions
from domain.profile import members

MissionState = enum(
    Enum("MissionState", {each: each for each in ("UPCOMING", "OPEN", "CLOSED")}),  # type: ignore[misc]
    "Whether a mission can be done today.",
    UPCOMING="It has not begun.",
    OPEN="It runs.",
    CLOSED="It is over.",
)
MissionProgressState = enum(
    mission_tables.ProgressState,
    "How a round stands.",
    OPEN="It runs.",
    COMPLETED="The target is reached; there may be something to claim.",
    CLAIMED="Its rewards are claimed.",
    MISSED="Its time was over before the target was reached.",
)


@strawberry.type(description="How a person stands in the newest round of a mission.")
class MissionProgress:
    round: int = field("The number of the round, from 1.")
    count: int = field("How much of the target is done.")
    target: int = field("How much completes the round.")
    streak: int = field("How many days in a row, up to today or yesterday.")
    state: MissionProgressState = field("How the round stands.")  # type: ignore[valid-type]
    ends_at: datetime | None = field("When its time is over; null: never.")
    completed_on: date | None = field("The local day that completed it.")

    @classmethod
    def of(cls, found: missions.Progress) -> MissionProgress:
        return cls(**{**vars(found), "state": mission_tables.ProgressState(found.state)})


@strawberry.type(description="What a person has to keep a streak of a mission.")
class MissionItems:
    freezes: int = field("Freezes that are free.")
    repairs: int = field("Repairs that are free.")
    covered: list[date] = field("Local days without a mark that an item covers, the oldest first.")

    @classmethod
    def of(cls, found: mission_items.Items) -> MissionItems:
        return cls(**vars(found))


@strawberry.type(description="Something to do again and again, for points and badges.")
class Mission(Node):
    root: strawberry.Private[UUID | None]
    code: str = field("Its code.")
    version: int = field("Its present version.")
    programme: str = field("The programme's code.")
    title: BilingualText = field("What it is called.")
    kinds: list[str] = field("The kinds of interactions that mark it.")
    target: int = field("How many counted days (or interactions) complete a round.")
    opens_on: date | None = field("The first local day.")
    closes_on: date | None = field("The first local day after it.")
    badge: str | None = field("The badge of a completed round.")
    needs_joining: bool = field("Whether only what comes after joining counts.")
    state: MissionState = field("Whether it can be done today.")  # type: ignore[valid-type]

    @field("How the member stands in its newest round; null: nothing was done yet, or nobody is asked about.")
    async def progress(self, info: Info) -> MissionProgress | None:
        if self.root is None:
            return None
        found = await load(info, "points.mission_progress", (self.id, self.root), missions.progress_of)
        return MissionProgress.of(found) if found else None

    @field("What the member has to keep a streak of it; null: nobody is asked about.")
    async def items(self, info: Info) -> MissionItems | None:
        if self.root is None:
            return None
        return MissionItems.of(
            await load(info, "points.mission_items", (self.id, self.root), mission_items.of_roots)
        )

    @classmethod
    def of(cls, found: missions.Mission, root: UUID | None) -> Mission:
        said = found.definition
        return cls(
            root=root,
            state=MissionState(found.state(clock.now())),
            **{
                name: getattr(found, name)
                for name in ("id", "code", "version", "programme", "opens_on", "closes_on")
            },
            **{name: said[name] for name in ("title", "kinds", "target", "badge", "needs_joining")},
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, Mission]:
        if not (context.actor.member_id or context.actor.is_staff):
            return {}
        root = await members.root_of(context.actor.member_id) if context.actor.member_id else None
        return {each.id: cls.of(each, root) for each in await missions.by_ids(ids)}


@refusal(engagement_errors.MissionNotOpen)
class MissionNotOpen(Refusal):
    opens_on: date | None = field("The first local day.")
    closes_on: date | None = field("The first local day after it.")


@refusal(engagement_errors.NothingToClaim)
class NothingToClaim(Refusal):
    pass


@refusal(engagement_errors.NoMissionItem)
class NoMissionItem(Refusal):
    kind: MissionItemKind = field("The kind that is wanting.")  # type: ignore[valid-type]


@strawberry.type(description="The mission is defined.")
class DefineMissionSuccess:
    mission: Mission = field("The mission.")


@strawberry.type(description="The member takes part.")
class JoinMissionSuccess:
    mission: Mission = field("The mission.")
    progress: MissionProgress | None = field("How the member stands in it.")


@strawberry.type(description="The rewards are the member's.")
class ClaimMissionSuccess:
    mission: Mission = field("The mission.")
    progress: MissionProgress | None = field("How the member stands in it.")
    journals: list[PointsJournal] = field("The postings.")
    balances: list[WalletBalance] = field("The member's balances.")


@strawberry.type(description="The items are the member's.")
class GrantMissionItemsSuccess:
    mission: Mission = field("The mission.")
    items: MissionItems = field("What the member has now.")


@strawberry.type(description="The day is covered.")
class UseMissionItemSuccess:
    mission: Mission = field("The mission.")
    progress: MissionProgress | None = field("How the member stands in it.")
    items: MissionItems = field("What the member has left.")


GrantMissionItemsResult = result("GrantMissionItems", GrantMissionItemsSuccess)
UseMissionItemResult = result(
    "UseMissionItem", UseMissionItemSuccess, NoMissionItem, MissionNotOpen, MemberSuspended
)
DefineMissionResult = result("DefineMission", DefineMissionSuccess, VersionConflict)
JoinMissionResult = result("JoinMission", JoinMissionSuccess, NotEligible, MissionNotOpen, MemberSuspended)
ClaimMissionResult = result("ClaimMission", ClaimMissionSuccess, NothingToClaim, MemberSuspended)


@strawberry.type
class MissionQuery:
    @query("Missions, newest first, and how the member stands in each.", who=SIGNED_IN)
    async def missions(
        self, info: Info, member_id: OwnOrOther = None, first: First = 20, after: After = None
    ) -> Connection[Mission]:
        actor = info.context.actor
        is_about_nobody = member_id is None and actor.member_id is None
        root = None if is_about_nobody else await root_of(actor, member_id)
        page = paging.page(first, after)
        found = await missions.listed(page)
        return paging.connection(
            found, page, key=lambda m: (m.created_at, m.id), nodes=[Mission.of(each, root) for each in found]
        )


@strawberry.type
class MissionMutation:
    @mutation("Make a mission, or revise one; rounds that have begun keep what it said.", who=can("operator"))
    async def define_mission(self, info: Info, input: DefineMissionInput) -> DefineMissionResult:
        said = await definition(input.mission)
        found = await missions.define(info.context.actor, said, input.expected_version)
        return DefineMissionSuccess(mission=Mission.of(found, None))

    @mutation("Take part in a mission.", who=MEMBER)
    async def join_mission(self, info: Info, input: JoinMissionInput) -> JoinMissionResult:
        actor = info.context.actor
        mission = Mission.of(await missions.join(actor, input.mission_id), await root_of(actor, None))
        return JoinMissionSuccess(mission=mission, progress=await _progress(mission))

    @mutation("Take the rewards of completed rounds.", who=MEMBER)
    async def claim_mission(self, info: Info, input: ClaimMissionInput) -> ClaimMissionResult:
        actor = info.context.actor
        found, journals = await missions.claim(actor, input.mission_id)
        root = await root_of(actor, None)
        shown = await PointsJournal.load(journals, info.context)
        mission = Mission.of(found, root)
        return ClaimMissionSuccess(
            mission=mission,
            progress=await _progress(mission),
            journals=[shown[each] for each in journals],
            balances=[WalletBalance.of(each) for each in await balances.of_member(root)],
        )

    @mutation("Give a member what keeps a streak of a mission.", who=can("operator"))
    async def grant_mission_items(self, info: Info, input: GrantMissionItemsInput) -> GrantMissionItemsResult:
        found, root = await missions.grant_items(
            info.context.actor, input.mission_id, input.member_id, input.kind, input.count, input.reason
        )
        mission = Mission.of(found, root)
        return GrantMissionItemsSuccess(mission=mission, items=await _items(mission))

    @mutation("Cover a day without a mark, so that the streak goes on.", who=MEMBER)
    async def use_mission_item(self, info: Info, input: UseMissionItemInput) -> UseMissionItemResult:
        actor = info.context.actor
        found = await missions.use_item(actor, input.mission_id, input.kind, input.local_date)
        mission = Mission.of(found, await root_of(actor, None))
        return UseMissionItemSuccess(
            mission=mission, progress=await _progress(mission), items=await _items(mission)
        )


async def _items(mission: Mission) -> MissionItems:
    assert mission.root is not None
    key = (mission.id, mission.root)
    return MissionItems.of((await mission_items.of_roots([key]))[key])


async def _progress(mission: Mission) -> MissionProgress | None:
    """As it stands now: what the request read before does not count."""
    assert mission.root is not None
    key = (mission.id, mission.root)
    found = (await missions.progress_of([key])).get(key)
    return MissionProgress.of(found) if found else None
