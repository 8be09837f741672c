"""A member is in one household, and has one open invitation to each; finds what was taken in a month."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T08:04:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "keeps one household a member"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    "CREATE UNIQUE INDEX household_member_once ON points.household_member (member) WHERE state = 'JOINED'",
    """CREATE UNIQUE INDEX household_invitation_once ON points.household_member (household, member)
    WHERE state = 'INVITED'""",
    "CREATE INDEX household_draw_time ON points.household_draw (household, created_at, id)",
    "CREATE INDEX household_draw_member ON points.household_draw (member)",
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
