"""Finds a person's part in a mission, and what of it falls due."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T05:24:30:000001"
VERSION = "1.38.0"
DESCRIPTION = "finds marks and what falls due of missions"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    "CREATE INDEX mission_mark_member ON points.mission_mark (member, mission, local_date)",
    "CREATE INDEX mission_mark_interaction ON points.mission_mark (interaction)",
    "CREATE INDEX mission_day_member ON points.mission_day (member, mission)",
    "CREATE INDEX mission_progress_member ON points.mission_progress (member, mission)",
    "CREATE INDEX mission_progress_ending ON points.mission_progress (ends_at) WHERE state = 'OPEN'",
    "CREATE INDEX mission_award_member ON points.mission_award (member, mission)",
    "CREATE INDEX mission_award_due ON points.mission_award (due_at) WHERE desired <> posted",
    "CREATE INDEX badge_award_member ON points.badge_award (member)",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="points", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement)

    manager.add_raw(run)
    return manager
