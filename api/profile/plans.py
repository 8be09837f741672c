"""Tracking plans: what sources promise to send, and where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import Info

from api.context import Context
from api.fields import Input, Json, Node, arg, enum, field, mutation, query, result
from api.permissions import can
from api.refusals import Refusal, VersionConflict, refusal
from domain.profile import errors, plans
from domain.profile.plan_rules import Planned

PlanMode = enum(
    plans.Mode,
    "What becomes of an event that breaks its schema.",
    name="PlanMode",
    ALLOW="It is stored, and the violation is counted.",
    OMIT="It is stored without the properties that break the schema.",
    BLOCK="It becomes a dead letter `plan_violation`.",
)
UnplannedEvents = enum(
    plans.Unplanned,
    "What becomes of an event that the plan does not name.",
    name="UnplannedEvents",
    ALLOW="It is stored.",
    BLOCK="It becomes a dead letter `plan_violation`.",
)


@refusal(errors.SchemaInvalid)
class SchemaInvalid(Refusal):
    path: str = field("Where, as in `events.0.schema.properties.price.type`.")


@strawberry.type(description="An event of a plan.")
class PlannedEvent:
    event: str = field("The event's name as the app sends it.")
    schema: Json = field("The JSON Schema (2020-12) of its properties.")
    mode: PlanMode = field("What becomes of an event that breaks it.")


@strawberry.type(description="What a source promises to send; each publication is a version.")
class TrackingPlan(Node):
    version: int = field("Rises with every publication.")
    unplanned: UnplannedEvents = field("What becomes of events that are not named.")
    events: list[PlannedEvent] = field("The events that are named.")
    published_at: datetime = field("When this version was put in force.")

    @classmethod
    def of(cls, plan: plans.Plan) -> TrackingPlan:
        return cls(
            id=plan.id,
            version=plan.version,
            unplanned=plans.Unplanned(plan.unplanned),
            events=[
                PlannedEvent(event=each["event"], schema=each["schema"], mode=plans.Mode(each["mode"]))
                for each in plan.events
            ],
            published_at=plan.published_at,
        )

    @classmethod
    async def load(cls, ids: Sequence[UUID], context: Context) -> dict[UUID, TrackingPlan]:
        if not context.actor.has("analyst", "operator"):
            return {}
        return {key: cls.of(plan) for key, plan in (await plans.by_ids(ids)).items()}


@strawberry.type(description="A place where events broke the plan.")
class PlanViolation:
    event: str = field("The event's kind.")
    path: str = field("Where in the event; `event` when the plan does not name it.")
    count: int = field("How often.")
    sample: Json | None = field("What the last of them had there, shortened.")


@strawberry.input(description="An event of a plan.")
class PlannedEventInput:
    event: str = field("The event's name as the app sends it, such as `Order opened` or `identify`.")
    schema: Json = field("A JSON Schema (2020-12) of its properties; references only to its own `$defs`.")
    mode: PlanMode = field("What becomes of an event that breaks it.", default=plans.Mode.ALLOW)


@strawberry.input(description="A plan to put in force.")
class PublishTrackingPlanInput(Input):
    source_id: UUID = field("The source.")
    events: list[PlannedEventInput] = field("All events of the plan, up to 500.")
    unplanned: UnplannedEvents = field(
        "What becomes of events that are not named.", default=plans.Unplanned.ALLOW
    )
    expected_version: int = field("The version that was read; 0 for the first plan.")
    dry_run: bool = field("Only say what would have broken it in the last 7 days.", default=False)


@strawberry.type(description="The plan is in force (dry run: nothing changed).")
class PublishTrackingPlanSuccess:
    plan: TrackingPlan | None = field("The plan in force; null when a dry run found none.")
    would_violate: list[PlanViolation] = field(
        "What would have broken it in the last 7 days, by the newest 20,000 events."
    )


PublishTrackingPlanResult = result(
    "PublishTrackingPlan", PublishTrackingPlanSuccess, SchemaInvalid, VersionConflict
)
READERS = can("analyst", "operator")
SourceId = Annotated[UUID, arg("The source.")]


@strawberry.type
class PlansQuery:
    @query("The tracking plan in force of a source; null when it has none.", who=READERS)
    async def tracking_plan(self, source_id: SourceId) -> TrackingPlan | None:
        plan = await plans.of_source(source_id)
        return TrackingPlan.of(plan) if plan else None

    @query("Where a source's events broke its plan, the most frequent first.", who=READERS)
    async def plan_violations(
        self,
        source_id: SourceId,
        since: Annotated[datetime | None, arg("From when; absent: the last 7 days.")] = None,
    ) -> list[PlanViolation]:
        return [PlanViolation(**vars(each)) for each in await plans.violations(source_id, since)]


@strawberry.type
class PlansMutation:
    @mutation("Put a source's tracking plan in force, or try it on what it sent lately.", who=can("operator"))
    async def publish_tracking_plan(
        self, info: Info, input: PublishTrackingPlanInput
    ) -> PublishTrackingPlanResult:
        plan, broken = await plans.publish(
            info.context.actor,
            input.source_id,
            [Planned(each.event, each.schema, each.mode.value) for each in input.events],
            input.unplanned.value,
            input.expected_version,
            is_dry_run=input.dry_run,
        )
        return PublishTrackingPlanSuccess(
            plan=TrackingPlan.of(plan) if plan else None,
            would_violate=[PlanViolation(**vars(each)) for each in broken],
        )
