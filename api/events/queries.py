"""Queries of events."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api import paging
from api.events.enums import OccurrenceKind, OccurrenceOrder, OccurrenceState
from api.events.types import (
    HOSTS,
    CancellationPreview,
    CapacityHealth,
    CapacityProblem,
    HostHome,
    Occurrence,
    Registration,
    RegistrationsFiltered,
    registrations_page,
)
from api.fields import arg, field, query
from api.paging import After, Connection, First
from api.permissions import ANYONE, MEMBER, SIGNED_IN, can
from api.refusals import Eligibility, Ineligibility
from domain.capacity import health
from domain.errors import BadInput, NotFound
from domain.events import cancelling, gates, hosting, reads
from domain.profile import members


@strawberry.input(description="Which occurrences.")
class OccurrenceFilter:
    kinds: list[OccurrenceKind] | None = field("Of one of these kinds.", default=None)
    states: list[OccurrenceState] | None = field("In one of these states.", default=None)
    city: str | None = field("An adcode, or the beginning of one (31 is Shanghai).", default=None)
    starts_since: datetime | None = field("Starting then or later.", default=None)
    starts_before: datetime | None = field("Starting before then.", default=None)

    def asked(self) -> reads.Filter:
        return reads.Filter(
            kinds=tuple(self.kinds) if self.kinds is not None else None,
            states=tuple(self.states) if self.states is not None else None,
            city=self.city,
            since=self.starts_since,
            until=self.starts_before,
        )


@strawberry.type
class EventsQuery:
    @query("Occurrences by their start; drafts only for those who run them.", who=ANYONE)
    async def occurrences(
        self,
        info: Info,
        filter: Annotated[OccurrenceFilter | None, arg("Which occurrences; absent: all.")] = None,
        order_by: Annotated[OccurrenceOrder, arg("Their order.")] = OccurrenceOrder.SOONEST,
        first: First = 20,
        after: After = None,
    ) -> Connection[Occurrence]:
        page = paging.page(first, after)
        asked = filter.asked() if filter else reads.Filter()
        rows = await reads.listed(info.context.actor, page, asked, order_by)
        views = await reads.views(rows)
        nodes = [Occurrence.of(view) for view in views]
        return paging.connection(rows, page, key=lambda row: (row["starts_at"], row["id"]), nodes=nodes)

    @query("An occurrence by id.", who=ANYONE)
    async def occurrence(
        self, info: Info, id: Annotated[UUID, arg("The occurrence's id.")]
    ) -> Occurrence | None:
        found = await Occurrence.load([id], info.context)
        if id not in found:
            raise NotFound()
        return found[id]

    @query("A registration by id: one's own, or of an occurrence that one runs.", who=SIGNED_IN)
    async def registration(
        self, info: Info, id: Annotated[UUID, arg("The registration's id.")]
    ) -> Registration | None:
        found = await Registration.load([id], info.context)
        if id not in found:
            raise NotFound()
        return found[id]

    @query("The signed-in member's registrations, the newest first.", who=MEMBER)
    async def my_registrations(
        self, info: Info, filter: RegistrationsFiltered = None, first: First = 20, after: After = None
    ) -> Connection[Registration]:
        root = await members.root_of(info.context.actor.must_be_member())
        page = paging.page(first, after)
        rows = await reads.my_registrations(root, page, filter.states if filter else None)
        return registrations_page(rows, page)

    @query("Whether the signed-in member can register, and if not, why and what would help.", who=MEMBER)
    async def event_eligibility(
        self,
        info: Info,
        occurrence_id: Annotated[UUID, arg("The occurrence.")],
        tier_id: Annotated[UUID, arg("The tier.")],
        party_size: Annotated[int, arg("How many people.")] = 1,
    ) -> Eligibility:
        if not 1 <= party_size <= 100:
            raise BadInput("partySize must be between 1 and 100.")
        reasons = await gates.ask(info.context.actor, occurrence_id, tier_id, party_size)
        found = [Ineligibility.of(reason, info.context.language) for reason in reasons]
        return Eligibility(is_allowed=not found, reasons=found)

    @query("What cancelling a registration now would give back.", who=SIGNED_IN)
    async def cancellation_preview(
        self, info: Info, registration_id: Annotated[UUID, arg("The registration.")]
    ) -> CancellationPreview:
        return CancellationPreview.of(await cancelling.preview(info.context.actor, registration_id))

    @query("What needs the host now: the first screen of whoever runs events.", who=HOSTS)
    async def host_home(self, info: Info) -> HostHome:
        context = info.context
        seen = await hosting.home(context.actor)
        registrations = await Registration.load(seen.pending_reviews, context)
        occurrences = await Occurrence.load([*seen.next_occurrences, *seen.waiting_for_publication], context)
        return HostHome(
            pending_review_count=seen.pending_review_count,
            pending_reviews=[registrations[each] for each in seen.pending_reviews],
            next_occurrences=[occurrences[each] for each in seen.next_occurrences],
            waiting_for_publication=[occurrences[each] for each in seen.waiting_for_publication],
        )

    @query("Whether the counters of all pools are the sums of their holds.", who=can("operator"))
    async def capacity_health(self) -> CapacityHealth:
        found = [CapacityProblem(**vars(problem)) for problem in await health.problems()]
        return CapacityHealth(is_healthy=not found, problems=found)
