"""One outcome per (actor, mutation, key)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T00:51:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "one outcome per key"

FORWARDS = """
SET LOCAL lock_timeout = '5s';
CREATE UNIQUE INDEX idempotency_key_once ON foundation.idempotency_key (actor, mutation, key);
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
