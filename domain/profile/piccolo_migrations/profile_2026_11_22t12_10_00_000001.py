"""Tells which facts an import brought without letting rules judge them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T12:10:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "tells unjudged facts"

#: The log is partitioned, so its columns are not in tables.py. A constant default rewrites no row.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    "ALTER TABLE profile.interaction ADD COLUMN is_unjudged boolean NOT NULL DEFAULT false",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="profile", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement)

    manager.add_raw(run)
    return manager
