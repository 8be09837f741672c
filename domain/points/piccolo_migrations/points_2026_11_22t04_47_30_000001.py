"""Finds the gifts that nobody answered yet, and what somebody gave in a day or month."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T04:47:30:000001"
VERSION = "1.38.0"
DESCRIPTION = "finds open gifts"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    "CREATE INDEX gift_expiring ON points.gift (expires_at) WHERE state = 'OFFERED'",
    "CREATE INDEX gift_given ON points.gift (sender, wallet_type, created_at)",
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
