"""The first rate limits: enough for a family behind one address, little enough that a script is noticed."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T00:53:33:000002"
VERSION = "1.38.0"
DESCRIPTION = "seeds the rate limits"

FORWARDS = """
SET LOCAL lock_timeout = '5s';
INSERT INTO foundation.rate_limit (id, calls_per_minute)
VALUES ('member', 600), ('device', 600), ('address', 3000);
"""


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="foundation", description=DESCRIPTION)

    async def run() -> None:
        for statement in filter(str.strip, FORWARDS.split(";")):
            await Raw.raw(statement)

    manager.add_raw(run)
    return manager
