"""Finds what is pending by its order, and what waits after a failure, whatever the statistics say."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T12:19:01:340937"
VERSION = "1.38.0"
DESCRIPTION = "finds what is pending"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # Nothing reads the rows of a shard in their order; the drain reads the oldest of all.
    "DROP INDEX profile.pending_order",
    "CREATE INDEX pending_received ON profile.pending (received_at, interaction)",
    "CREATE INDEX pending_waiting ON profile.pending (member, received_at) WHERE next_try_at IS NOT NULL",
    # An outbox that was vacuumed while it was empty counts as empty until the next time. The planner then takes any
    # order for free and would sort the whole table for its oldest rows; here it cannot.
    """CREATE FUNCTION profile.oldest_pending(now timestamptz, most bigint) RETURNS SETOF profile.pending
    LANGUAGE sql STABLE ROWS 500 SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
        SELECT * FROM profile.pending WHERE next_try_at IS NULL OR next_try_at <= now
        ORDER BY received_at, interaction LIMIT most
    $$""",
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
