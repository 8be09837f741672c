"""How many events a minute a source may report: an app's whole traffic, but not a loop without end."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T02:00:00:000003"
VERSION = "1.38.0"
DESCRIPTION = "limits the events of a source"


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="foundation", description=DESCRIPTION)

    async def run() -> None:
        await Raw.raw("SET LOCAL lock_timeout = '5s'")
        await Raw.raw(
            "INSERT INTO foundation.rate_limit (id, calls_per_minute) VALUES ('source', 600000) ON CONFLICT DO NOTHING"
        )

    manager.add_raw(run)
    return manager
