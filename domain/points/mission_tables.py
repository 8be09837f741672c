"""Tables of missions (schema ``points``). Rows keep the member that they were written with and are read over the root."""

from __future__ import annotations

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids
from domain.points.tables import Programme


class ProgressState(StrEnum):
    OPEN = "OPEN"
    COMPLETED = "COMPLETED"
    CLAIMED = "CLAIMED"
    MISSED = "MISSED"


class Mission(Table, schema="points"):
    """Something to do again and again; what it says stands in its versions."""

    id = UUID(primary_key=True, default=ids.new)
    programme = ForeignKey(Programme, null=False, on_delete=OnDelete.restrict)
    code = Text(null=False, default=None, unique=True)
    version = Integer(null=False, default=1)
    definition = JSONB(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)


class MissionVersion(Table, schema="points"):
    """What a mission said from a version on; a round keeps the one with which it began."""

    id = UUID(primary_key=True, default=ids.new)
    mission = ForeignKey(Mission, null=False, on_delete=OnDelete.restrict)
    version = Integer(null=False, default=None)
    definition = JSONB(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_mission_version_once = Unique(["mission", "version"])


class MissionMark(Table, schema="points"):
    """A fact that counts for a mission, on the local day to which it belongs."""

    id = UUID(primary_key=True, default=ids.new)
    mission = ForeignKey(Mission, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None)
    interaction = UUID(null=False, default=None)
    local_date = Date(null=False, default=None)
    occurred_at = Timestamptz(null=False, default=None)
    counts = Boolean(null=False, default=True)

    each_fact_marks_once = Unique(["mission", "interaction"])


class MissionDay(Table, schema="points"):
    """A local day with a mark; its zone and bounds are those of the first mark of the day."""

    id = UUID(primary_key=True, default=ids.new)
    mission = ForeignKey(Mission, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None)
    local_date = Date(null=False, default=None)
    zone = Text(null=False, default=None)
    starts_at = Timestamptz(null=False, default=None)
    ends_at = Timestamptz(null=False, default=None)

    each_mission_day_once = Unique(["mission", "member", "local_date"])


class MissionProgress(Table, schema="points"):
    """How a person stands in a round: worked out anew from the marks each time something changes."""

    id = UUID(primary_key=True, default=ids.new)
    mission = ForeignKey(Mission, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None)
    round = Integer(null=False, default=None)
    version = Integer(null=False, default=None)
    joined_at = Timestamptz(null=True, default=None)
    starts_on = Date(null=False, default=None)
    ends_at = Timestamptz(null=True, default=None)
    reached = Integer(null=False, default=0)  # of the target
    target = Integer(null=False, default=None)
    streak = Integer(null=False, default=0)
    last_on = Date(null=True, default=None)
    runs_until = Date(null=True, default=None)  # last_on, and the days after it that items cover
    completed_on = Date(null=True, default=None)
    counted = JSONB(null=False, default=None)  # keys of what was counted
    state = Varchar(length=10, null=False, default=ProgressState.OPEN)
    turns = Integer(null=False, default=0)
    created_at = Timestamptz(null=False, default=None)

    each_round_once = Unique(["mission", "member", "round"])
    a_known_progress_state = Check("state IN ('OPEN', 'COMPLETED', 'CLAIMED', 'MISSED')")


class MissionAward(Table, schema="points"):
    """What a day, a streak or a completed round gives (``desired``) and gave (``posted``), minor units by wallet."""

    id = UUID(primary_key=True, default=ids.new)
    mission = ForeignKey(Mission, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None)
    round = Integer(null=False, default=None)
    key = Text(null=False, default=None)
    due_at = Timestamptz(null=False, default=None)
    desired = JSONB(null=False, default=None)
    posted = JSONB(null=False, default=None)
    turns = Integer(null=False, default=0)
    created_at = Timestamptz(null=False, default=None)

    each_award_once = Unique(["mission", "member", "key"])


class MissionItem(Table, schema="points"):
    """Something that covers a day without a mark, so that a streak goes on: a FREEZE beforehand, a REPAIR afterwards.

    While ``covers`` is a day that got a mark after all, the item is free again.
    """

    id = UUID(primary_key=True, default=ids.new)
    mission = ForeignKey(Mission, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None)
    kind = Varchar(length=10, null=False, default=None)
    covers = Date(null=True, default=None)
    used_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    a_known_item = Check("kind IN ('FREEZE', 'REPAIR')")


class BadgeAward(Table, schema="points"):
    """A badge for a completed round; revoked when the round does not stand any more."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None)
    mission = ForeignKey(Mission, null=False, on_delete=OnDelete.restrict)
    round = Integer(null=False, default=None)
    badge = Text(null=False, default=None)
    created_at = Timestamptz(null=False, default=None)
    revoked_at = Timestamptz(null=True, default=None)

    each_badge_once_a_round = Unique(["mission", "member", "round"])
