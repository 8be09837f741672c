"""Queries of points."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.fields import arg, field, query, subscription
from api.paging import After, Connection, First
from api.permissions import SIGNED_IN, can
from api.points.types import (
    EarnRuleState,
    EarnRuleVersion,
    LedgerHealth,
    MemberPoints,
    PointsHold,
    PointsJournal,
    WalletBalance,
)
from api.streams import follow
from domain.actor import Actor
from domain.errors import BadInput, NotFound
from domain.points import balances, earn_rules, health, reading
from domain.points.keeping import chain
from domain.profile import members, timeline

OwnOrOther = Annotated[UUID | None, arg("Whose; absent: the signed-in member's own. Another's: staff only.")]

READS_POINTS = can("operator", "approver", "analyst")


@strawberry.input(description="Which rule versions.")
class EarnRuleFilter:
    state: EarnRuleState | None = field("Only those in this state.", default=None)  # type: ignore[valid-type]
    kind: str | None = field("Only those that listen to this kind of interaction.", default=None)


async def root_of(actor: Actor, member_id: UUID | None) -> UUID:
    """Whose points the actor may see."""
    if member_id is None:
        return await members.root_of(actor.must_be_member())
    if not actor.is_staff and actor.member_id is not None:
        own = await members.root_of(actor.member_id)
        if member_id in await members.ids_of(own):
            return own
    actor.must_have("operator", "approver", "analyst")
    return await members.root_of(member_id)


@strawberry.type
class PointsQuery:
    @query("A person's points.", who=SIGNED_IN)
    async def points(self, info: Info, member_id: OwnOrOther = None) -> MemberPoints | None:
        return MemberPoints(root=await root_of(info.context.actor, member_id))

    @query("A posting, by its id or its reference.", who=SIGNED_IN)
    async def points_journal(
        self,
        info: Info,
        id: Annotated[UUID | None, arg("The posting's id.")] = None,
        reference: Annotated[str | None, arg("Its reference.")] = None,
    ) -> PointsJournal | None:
        if (id is None) == (reference is None):
            raise BadInput("Name the id or the reference.")
        found = id if id is not None else await reading.by_reference(str(reference))
        shown = await PointsJournal.load([found], info.context) if found else {}
        if found not in shown:
            raise NotFound()
        return shown[found]

    @query("A hold, by its id.", who=SIGNED_IN)
    async def points_hold(self, info: Info, id: Annotated[UUID, arg("The hold's id.")]) -> PointsHold | None:
        shown = await PointsHold.load([id], info.context)
        if id not in shown:
            raise NotFound()
        return shown[id]

    @query("Earn rules by version, newest first.", who=READS_POINTS)
    async def earn_rules(
        self,
        filter: Annotated[EarnRuleFilter | None, arg("Which; absent: all.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[EarnRuleVersion]:
        page = paging.page(first, after)
        wanted = filter or EarnRuleFilter()
        found = await earn_rules.listed(page, state=wanted.state, kind=wanted.kind)
        return paging.connection(
            found, page, key=lambda v: (v.created_at, v.id), nodes=[EarnRuleVersion.of(v) for v in found]
        )

    @query("Whether the ledger's invariants hold, checked now.", who=can("admin", "analyst"))
    async def ledger_health(
        self, codes: Annotated[list[str] | None, arg("Only these, such as I4; absent: all.")] = None
    ) -> LedgerHealth:
        unknown = sorted(set(codes or []) - set(health.CHECKS))
        if unknown:
            raise BadInput(f"There is no check {', '.join(unknown)}; there are {', '.join(health.CHECKS)}.")
        return LedgerHealth.of(await health.check(codes), await chain.head())


@strawberry.type
class PointsSubscription:
    @subscription("A wallet each time something was posted to it, after the commit.", who=SIGNED_IN)
    async def wallet_changed(
        self, info: Info, member_id: OwnOrOther = None
    ) -> AsyncGenerator[WalletBalance, None]:
        root = await root_of(info.context.actor, member_id)
        async for row in follow(lambda since: timeline.since(root, since)):
            if row["kind"].startswith("points.entry."):
                changed = row["properties"].get("effects", {})
                for balance in await balances.of_member(root):
                    if balance.wallet.code in changed:
                        yield WalletBalance.of(balance)
