"""Queries and subscriptions of the profile."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.fields import Json, arg, field, query, subscription
from api.paging import After, Connection, First
from api.permissions import ANYONE, MEMBER, SIGNED_IN, can
from api.profile.enums import MemberKind, MemberOrder, MemberStatus
from api.profile.health import DeadLetter, DeadLetterFilter, ProfileHealth
from api.profile.interactions import Interaction, InteractionKind, Portrait
from api.profile.parts import InteractionCount
from api.profile.types import Member
from api.streams import follow
from domain.access import audit
from domain.errors import NotFound
from domain.profile import catalogue, deadletters, directory, health, members, portrait, timeline

READS_PROFILES = can("analyst", "operator", "advisor", "approver")

MemberId = Annotated[UUID, arg("The member's id; a merged one answers its root.")]


@strawberry.input(description="Which interactions.")
class TimelineFilter:
    kind_prefix: str | None = field("A kind, or the beginning of one (`community.`).", default=None)
    touchpoint: str | None = field("What it was done on.", default=None)
    since: datetime | None = field("From then on (inclusive).", default=None)
    until: datetime | None = field("Until then (exclusive).", default=None)


@strawberry.input(description="A tag that a member carries.")
class TagFilter:
    key: str = field("The tag's key.")
    value: str | None = field("Its value; absent: any.", default=None)


@strawberry.input(description="A trait that has exactly this value.")
class TraitFilter:
    name: str = field("The trait's name.")
    value: Json = field("The value.")


@strawberry.input(description="Which members; all that are given must hold.")
class MemberFilter:
    kind: MemberKind | None = field("Whether they have joined.", default=None)
    status: MemberStatus | None = field("Where they stand.", default=None)
    number: str | None = field("The member number.", default=None)
    name_prefix: str | None = field(
        "The beginning of the display name, without regard to case.", default=None
    )
    joined_since: datetime | None = field("Joined from then on (inclusive).", default=None)
    joined_until: datetime | None = field("Joined until then (exclusive).", default=None)
    last_seen_since: datetime | None = field("Last seen from then on (inclusive).", default=None)
    last_seen_until: datetime | None = field("Last seen until then (exclusive).", default=None)
    tag: TagFilter | None = field("Tagged so.", default=None)
    segment: UUID | None = field("In this segment.", name="segmentId", default=None)
    trait: TraitFilter | None = field("With this value of a trait.", default=None)


Filtered = Annotated[TimelineFilter | None, arg("Which interactions; absent: all.")]


@strawberry.type
class ProfileQuery:
    @query("The signed-in member; null for a visitor.", who=ANYONE)
    async def me(self, info: Info) -> Member | None:
        own = info.context.actor.member_id
        row = await members.by_id(own) if own else None
        return Member.of(row) if row else None

    @query("A member by id, masked.", who=READS_PROFILES)
    async def member(self, id: MemberId) -> Member | None:
        row = await members.by_id(id)
        if row is None:
            raise NotFound()
        return Member.of(row)

    @query("A member by an identity, masked; the value is normalised first.", who=READS_PROFILES)
    async def member_by_identity(
        self,
        type: Annotated[str, arg("The identity's type.")],
        value: Annotated[str, arg("The identity's value.")],
    ) -> Member | None:
        row = await members.by_identity(type, value)
        return Member.of(row) if row else None

    @query("Members.", who=READS_PROFILES)
    async def members(
        self,
        filter: Annotated[MemberFilter | None, arg("Which members; absent: all.")] = None,
        order_by: Annotated[MemberOrder, arg("In which order.")] = directory.MemberOrder.NEWEST,
        first: First = 20,
        after: After = None,
    ) -> Connection[Member]:
        page = paging.page(first, after)
        rows = await directory.listed(page, _wanted(filter), order_by)
        return paging.connection(
            rows,
            page,
            key=lambda row: (order_by.value, row["place"], row["place_id"]),
            nodes=[Member.of(row) for row in rows],
        )

    @query("The portrait of a person.", who=READS_PROFILES)
    async def portrait(self, member_id: MemberId) -> Portrait:
        return Portrait.of(await portrait.of(member_id))

    @query("A person's interactions, newest first.", who=READS_PROFILES)
    async def timeline(
        self, member_id: MemberId, filter: Filtered = None, first: First = 20, after: After = None
    ) -> Connection[Interaction]:
        return await _timeline(await members.root_of(member_id), filter, first, after, is_own=False)

    @query("The signed-in member's own interactions, newest first.", who=MEMBER)
    async def my_timeline(
        self, info: Info, filter: Filtered = None, first: First = 20, after: After = None
    ) -> Connection[Interaction]:
        root = await members.root_of(info.context.actor.must_be_member())
        return await _timeline(root, filter, first, after, is_own=True)

    @query(
        "How often something happened, by kind or by a property; most first.", who=can("analyst", "operator")
    )
    async def interaction_counts(
        self,
        kind_prefix: Annotated[str, arg("A kind, or the beginning of one (`community.`).")],
        by: Annotated[str | None, arg("A property of the facts; absent: the kinds.")] = None,
        since: Annotated[datetime | None, arg("From then on (inclusive).")] = None,
        until: Annotated[datetime | None, arg("Until then (exclusive).")] = None,
        first: First = 20,
    ) -> list[InteractionCount]:
        rows = await timeline.counts(kind_prefix, by, paging.page(first, None).limit, since, until)
        return [InteractionCount(value=row["value"], count=row["n"]) for row in rows]

    @query("The kinds of interactions that are declared.", who=SIGNED_IN)
    async def interaction_kinds(
        self,
        info: Info,
        area: Annotated[str | None, arg("Only this area's; absent: all.")] = None,
    ) -> list[InteractionKind]:
        is_english = info.context.language == "en"
        return [
            InteractionKind(
                name=kind.name,
                title=kind.en if is_english else kind.zh,
                area=kind.area,
                is_personal=kind.is_personal,
                properties_schema=kind.schema,
            )
            for kind in catalogue.listed(area)
        ]

    @query("What was sent and could not be taken, newest first.", who=can("analyst", "operator"))
    async def dead_letters(
        self,
        filter: Annotated[DeadLetterFilter | None, arg("Which; absent: the open ones.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[DeadLetter]:
        page = paging.page(first, after)
        wanted = filter or DeadLetterFilter()
        rows = await deadletters.listed(page, deadletters.Filter(**vars(wanted)))
        return paging.connection(
            rows,
            page,
            key=lambda row: (row["received_at"], row["id"]),
            nodes=[DeadLetter.of(row) for row in rows],
        )

    @query("Whether the profile's invariants hold.", who=can("admin", "analyst"))
    async def profile_health(self) -> ProfileHealth:
        return ProfileHealth(**vars(await health.check()), audit_chain_ok=(await audit.verify()).is_ok)


@strawberry.type
class ProfileSubscription:
    @subscription("Every new interaction of a person.", who=READS_PROFILES)
    async def timeline_appended(self, member_id: MemberId) -> AsyncGenerator[Interaction, None]:
        root = await members.root_of(member_id)
        async for row in follow(lambda since: timeline.since(root, since)):
            yield Interaction.of(row)

    @subscription("Every new interaction of the signed-in member.", who=MEMBER)
    async def my_timeline_appended(self, info: Info) -> AsyncGenerator[Interaction, None]:
        root = await members.root_of(info.context.actor.must_be_member())
        async for row in follow(lambda since: timeline.since(root, since, is_own=True)):
            yield Interaction.of(row)


def _wanted(given: MemberFilter | None) -> directory.Filter:
    if given is None:
        return directory.Filter()
    tag = (given.tag.key, given.tag.value) if given.tag else None
    trait = (given.trait.name, given.trait.value) if given.trait else None
    return directory.Filter(**{**vars(given), "tag": tag, "trait": trait})


async def _timeline(
    root: UUID, wanted: TimelineFilter | None, first: int, after: str | None, *, is_own: bool
) -> Connection[Interaction]:
    page = paging.page(first, after)
    chosen = timeline.Filter(**vars(wanted)) if wanted else None
    rows = await timeline.of_root(root, page, chosen, is_own=is_own)
    return paging.connection(
        rows,
        page,
        key=lambda row: (row["occurred_at"], row["id"]),
        nodes=[Interaction.of(row) for row in rows],
    )
