"""The indexes of capacity that Piccolo's tables cannot say."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T01:20:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "the indexes of pools and holds"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # One pool a scope and start; pools without a start count as the same.
    """ALTER TABLE capacity.pool ADD CONSTRAINT one_pool_a_scope_and_start
    UNIQUE NULLS NOT DISTINCT (scope_kind, scope_id, starts_at)""",
    # What runs out next: only live holds are looked at.
    "CREATE INDEX hold_running_out ON capacity.hold (expires_at) WHERE state IN ('HELD', 'PENDING')",
    # Counters change all the time: leave room on the page for the new row version.
    "ALTER TABLE capacity.pool SET (fillfactor = 50)",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="capacity", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement.replace("{", "{{").replace("}", "}}"))

    manager.add_raw(run)
    return manager
