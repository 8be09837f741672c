"""What staff say of a mission, and how it becomes the definition that the domain keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

from api.fields import BilingualText, Input, enum, field
from api.points import definitions
from api.points.inputs import FactConditionInput
from api.points.policies import PeriodInput
from domain.errors import InvalidInput
from domain.points import amounts, mission_items, mission_rules, reading

MissionRecurrence = enum(
    Enum("MissionRecurrence", {each: each for each in mission_rules.RECURRENCES}),  # type: ignore[misc]
    "When a mission begins anew.",
    ONCE="Never.",
    ON_EXPIRY="With the first mark after its time is over.",
    ON_COMPLETION="With the first mark after it was completed.",
)
MissionCounts = enum(
    Enum("MissionCounts", {each: each for each in mission_rules.COUNTS}),  # type: ignore[misc]
    "What counts once.",
    LOCAL_DAY="A local day, whatever is done on it.",
    INTERACTION="Each interaction.",
)


@strawberry.input(description="Points of one wallet.")
class MissionRewardInput:
    wallet: str = field("The wallet's code.")
    points: Decimal = field("How many, above 0.")


@strawberry.input(description="What each counted day (or interaction) gives, on some days.")
class MissionStepInput:
    from_: date | None = field("The first day; absent: any.", default=None, name="from")
    to: date | None = field("The first day after it; absent: without end.", default=None)
    wallet: str = field("The wallet's code.")
    points: Decimal = field("How many, above 0.")


@strawberry.input(description="What days in a row give.")
class MissionStreakInput:
    days: int = field("Each time so many days in a row are full, 2 to 366.")
    rewards: list[MissionRewardInput] = field("What is given then.")


@strawberry.input(description="What a mission says.")
class MissionInput:
    programme: str = field("The programme's code.", default="marque")
    code: str = field("Its code, unique; up to 60 characters.")
    title: BilingualText = field("What it is called, in one language or `{zh, en}`.")
    kinds: list[str] = field("The kinds of interactions that mark it.")
    condition: FactConditionInput | None = field("What must hold for them; absent: nothing.", default=None)
    target: int = field("How many counted days (or interactions) complete a round.")
    period: PeriodInput | None = field(
        "How long a round lasts; absent: until the mission closes.", default=None
    )
    opens_on: date | None = field("The first local day; absent: any.", default=None)
    closes_on: date | None = field("The first local day after it; absent: without end.", default=None)
    counts_per: MissionCounts = field("What counts once.", default=MissionCounts.LOCAL_DAY)  # type: ignore[valid-type]
    steps: list[MissionStepInput] = field("What is given as it counts.", default_factory=list)
    streak: MissionStreakInput | None = field("What days in a row give.", default=None)
    recurrence: MissionRecurrence = field("When it begins anew.", default=MissionRecurrence.ONCE)  # type: ignore[valid-type]
    pays_next_day: bool = field(
        "Whether steps and streaks are given at the next local midnight.", default=False
    )
    is_kept_after_completion: bool = field(
        "Whether a completed round stays, whatever of it is undone.", default=False
    )
    rewards: list[MissionRewardInput] = field(
        "What a completed round gives when its member claims it.", default_factory=list
    )
    badge: str | None = field("The badge of a completed round, up to 60 characters.", default=None)
    needs_joining: bool = field("Whether only what comes after joining counts.", default=False)


@strawberry.input(description="A mission to make, or to revise by its code.")
class DefineMissionInput(Input):
    mission: MissionInput = field("What it says.")
    expected_version: int | None = field("The version that is revised; absent: a new mission.", default=None)


@strawberry.input(description="A mission to take part in.")
class JoinMissionInput(Input):
    mission_id: UUID = field("The mission.")


@strawberry.input(description="A mission whose rewards are taken.")
class ClaimMissionInput(Input):
    mission_id: UUID = field("The mission.")


MissionItemKind = enum(
    mission_items.ItemKind,
    "What covers a day without a mark, so that a streak goes on.",
    FREEZE="Laid on a day beforehand: today, or up to seven days ahead.",
    REPAIR="Laid on a day that was missed, up to seven days back.",
)


@strawberry.input(description="Items for a member.")
class GrantMissionItemsInput(Input):
    member_id: UUID = field("Whose.")
    mission_id: UUID = field("The mission whose streak they keep.")
    kind: MissionItemKind = field("Freezes or repairs.")  # type: ignore[valid-type]
    count: int = field("How many, 1 to 100.", default=1)
    reason: str = field("Why, up to 500 characters.")


@strawberry.input(description="An item to use.")
class UseMissionItemInput(Input):
    mission_id: UUID = field("The mission.")
    kind: MissionItemKind = field("A freeze or a repair.")  # type: ignore[valid-type]
    local_date: date | None = field(
        "The local day to cover; absent: today by a freeze, yesterday by a repair.", default=None
    )


async def definition(said: MissionInput) -> dict[str, Any]:
    """The definition of a mission: snake_case, amounts in minor units; what cannot be kept so is InvalidInput."""
    scales = await reading.scales()
    streak = said.streak
    return {
        "programme": said.programme,
        "code": said.code.strip(),
        "title": said.title,
        "kinds": said.kinds,
        "condition": definitions.condition_of(said.condition, "mission.condition")
        if said.condition
        else None,
        "target": said.target,
        "period": definitions.period_of(said.period),
        "opens_on": _text(said.opens_on),
        "closes_on": _text(said.closes_on),
        "counts_per": said.counts_per.value,
        "steps": [
            {**_amount(step, scales, f"steps.{n}"), "from": _text(step.from_), "to": _text(step.to)}
            for n, step in enumerate(said.steps)
        ],
        "streak": streak
        and {
            "days": streak.days,
            "rewards": [_amount(e, scales, f"streak.rewards.{n}") for n, e in enumerate(streak.rewards)],
        },
        "recurrence": said.recurrence.value,
        "pays_next_day": said.pays_next_day,
        "is_kept_after_completion": said.is_kept_after_completion,
        "rewards": [_amount(each, scales, f"rewards.{n}") for n, each in enumerate(said.rewards)],
        "badge": said.badge,
        "needs_joining": said.needs_joining,
    }


def _amount(
    said: MissionRewardInput | MissionStepInput, scales: Mapping[str, int], path: str
) -> dict[str, Any]:
    if said.wallet not in scales:
        raise InvalidInput.at(f"mission.{path}.wallet", f"There is no wallet {said.wallet}.")
    points = amounts.positive(said.points, scales[said.wallet], f"mission.{path}.points")
    return {"wallet": said.wallet, "points": points}


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
