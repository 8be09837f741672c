"""What Piccolo's tables cannot say of rewards: a code is given once, free codes and a member's trades are found quickly."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T04:42:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "gives each code once"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    "CREATE UNIQUE INDEX reward_code_given_once ON points.reward_code (redemption) WHERE redemption IS NOT NULL",
    "CREATE INDEX reward_code_free ON points.reward_code (reward, created_at, id) WHERE redemption IS NULL",
    "CREATE INDEX redemption_of_member ON points.redemption (member, created_at, id)",
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
