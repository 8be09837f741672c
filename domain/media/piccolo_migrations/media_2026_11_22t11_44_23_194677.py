"""What falls due, found without reading every asset."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T11:44:23:194677"
VERSION = "1.38.0"
DESCRIPTION = "indexes what falls due"

#: One statement each; partial indexes cannot stand in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    "CREATE INDEX asset_to_process ON media.asset (due_at) WHERE state = 'UPLOADED'",
    """CREATE INDEX asset_orphaned ON media.asset (due_at)
    WHERE holder IS NULL AND state IN ('INIT', 'PROCESSED', 'APPROVED', 'REJECTED')""",
    "CREATE INDEX asset_to_remove ON media.asset (due_at) WHERE state = 'PURGED' AND NOT are_objects_gone",
    # The tickets that one person has open.
    "CREATE INDEX asset_open ON media.asset (root, created_at) WHERE state = 'INIT'",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="media", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement.replace("{", "{{").replace("}", "}}"))

    manager.add_raw(run)
    return manager
