"""What Piccolo's tables cannot say of tiers: a constraint that waits for the commit, partial indexes."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T04:19:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "keeps tiers in order and finds standings that are due"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # A revised scheme may change the order of all its tiers at once.
    "ALTER TABLE points.tier ADD CONSTRAINT one_tier_a_rank UNIQUE (scheme, rank) DEFERRABLE INITIALLY DEFERRED",
    "CREATE INDEX standing_next_due ON points.standing (next_due) WHERE next_due IS NOT NULL",
    "CREATE INDEX standing_change_history ON points.standing_change (member, scheme, at) WHERE undone_at IS NULL",
    "CREATE INDEX standing_fact_merge ON points.standing_fact (merge) WHERE merge IS NOT NULL",
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
