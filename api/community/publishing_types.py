"""What a post holds beside its text: a poll, a vehicle, former texts, and what it lacks to be featured."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from api.fields import enum, field
from api.loaders import load
from api.refusals import Eligibility, Ineligibility
from domain.community import featuring, polls, revisions, tables, viewers
from domain.garage import vehicles


class AiLabel(StrEnum):
    NONE = "NONE"
    DECLARED = "DECLARED"
    SUSPECTED = "SUSPECTED"


enum(
    AiLabel,
    "Whether a text was made by a machine.",
    NONE="Nothing says so.",
    DECLARED="Its author says so.",
    SUSPECTED="A moderator says so.",
)
RevisionState = enum(
    tables.RevisionState,
    "How a text of a post stands.",
    APPLIED="It was, or is, the post's text.",
    PENDING="It waits for a moderator; the last approved text stays public.",
    REJECTED="It was refused, or replaced before anybody decided.",
)
BodyFormat = enum(
    tables.BodyFormat,
    "How a text is written.",
    PLAIN="Plain text.",
    MARKDOWN="Markdown; articles are written in it.",
    HTML="Sanitised HTML of imported content.",
)


@strawberry.type(description="The vehicle that a post is about; nothing in it names the person.")
class PostVehicle:
    make: str | None = field("The make.")
    model_code: str | None = field("The model.")
    model_year: int | None = field("The model year.")


@strawberry.type(description="An option of a poll.")
class PollOption:
    id: UUID = field("The option's id.")
    text: str = field("What may be chosen.")
    vote_count: int = field("How many people chose it.")
    is_mine: bool = field("Whether the reader chose it.")


@strawberry.type(description="A poll (投票).")
class Poll:
    id: UUID = field("The poll's id.")
    options: list[PollOption] = field("What may be chosen, in the author's order.")
    max_choices: int = field("How many options one person may choose.")
    closes_at: datetime | None = field("Until when votes are taken; null: without end.")
    is_closed: bool = field("Whether no more votes are taken.")
    voter_count: int = field("How many people voted.")
    has_voted: bool = field("Whether the reader voted.")

    @classmethod
    def of(cls, found: polls.Poll) -> Poll:
        return cls(
            id=found.id,
            options=[
                PollOption(id=o.id, text=o.text, vote_count=o.votes, is_mine=o.is_mine) for o in found.options
            ],
            max_choices=found.max_choices,
            closes_at=found.closes_at,
            is_closed=found.is_closed,
            voter_count=found.voters,
            has_voted=found.has_voted,
        )


@strawberry.type(description="A text that a post had, or may get.")
class PostRevision:
    number: int = field("The version that it made.")
    title: str | None = field("The title.")
    body: str = field("The text.")
    state: RevisionState = field("How it stands.")
    at: datetime = field("When it was written.")

    @classmethod
    def of(cls, found: revisions.Revision) -> PostRevision:
        return cls(**vars(found))


@strawberry.type
class Published:
    """The fields that posts get from publishing; each is read only where it is asked for."""

    body_format: BodyFormat = field("How the text is written.")
    scheduled_at: datetime | None = field("When it will be published; for its author.")
    ip_region: str | None = field("The region that it was sent from (IP属地), where the brand shows it.")
    ai_label: AiLabel = field("Whether a machine made it.")
    event_id: UUID | None = field("The event that it is about.")
    vehicle_id: strawberry.Private[UUID | None]

    @field("The vehicle that it is about.")
    async def vehicle(self, info: Info) -> PostVehicle | None:
        if self.vehicle_id is None:
            return None
        row = await load(info, "post.vehicle", self.vehicle_id, vehicles.by_ids)
        if row is None:
            return None
        return PostVehicle(make=row["make"], model_code=row["model_code"], model_year=row["model_year"])

    @field("Its poll.")
    async def poll(self, info: Info) -> Poll | None:
        viewer = viewers.of(info.context.actor)
        found = await load(info, "post.poll", self.id, lambda ids: polls.of_posts(viewer, ids))
        return None if found is None else Poll.of(found)

    @field("Its texts after edits that were shown, newest first; empty without any.")
    async def revisions(self, info: Info) -> list[PostRevision]:
        found = await load(info, "post.revisions", self.id, revisions.shown)
        return [PostRevision.of(each) for each in found or ()]

    @field("An edit that waits for a moderator; null for all but its author and moderators.")
    async def pending_revision(self, info: Info) -> PostRevision | None:
        viewer = viewers.of(info.context.actor)
        found = await load(
            info,
            "post.pending",
            self.id,
            lambda ids: revisions.pending(viewer, tables.TargetKind.POST, ids),
        )
        return None if found is None else PostRevision.of(found)

    @field("What a delivery report (提车作业) lacks to be featured; null for other kinds.")
    async def feature_eligibility(self, info: Info) -> Eligibility | None:
        found = await load(info, "post.featuring", self.id, featuring.missing)
        if found is None:
            return None
        reasons = [Ineligibility.of(each, info.context.language) for each in found]
        return Eligibility(is_allowed=not reasons, reasons=reasons)

    @staticmethod
    def facts(row: Any) -> dict[str, Any]:
        """The plain ones, from a row."""
        label = AiLabel.SUSPECTED if row["ai_suspected"] else AiLabel.NONE
        return {
            "body_format": tables.BodyFormat(row["body_format"]),
            "scheduled_at": row["scheduled_at"],
            "ip_region": row["ip_region"],
            "ai_label": AiLabel.DECLARED if row["ai_declared"] else label,
            "event_id": row["event_id"],
            "vehicle_id": row["vehicle"],
        }
