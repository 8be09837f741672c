"""Finds the items that a person has of a mission."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T08:27:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "finds items of missions"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    "CREATE INDEX mission_item_member ON points.mission_item (member, mission)",
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
