"""Finds the accounts whose lots live on with each earning and spending."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T04:07:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "finds lots that slide and lots that came back"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # Asked with every lock of an account, so it must cost nothing for accounts without such lots.
    """CREATE INDEX lot_sliding ON points.lot (account)
    WHERE state = 'ACTIVE' AND expiry IS NOT NULL AND (remaining > 0 OR held > 0)""",
    "CREATE INDEX lot_parent ON points.lot (parent) WHERE parent IS NOT NULL",
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
