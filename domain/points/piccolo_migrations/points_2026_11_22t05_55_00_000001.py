"""A friend has one live referral; finds what falls due and what a fact qualified."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T05:55:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "keeps one live referral a friend"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    """CREATE UNIQUE INDEX referral_live_once ON points.referral (friend)
    WHERE state IN ('SIGNED_UP', 'QUALIFIED', 'REWARDED')""",
    "CREATE INDEX referral_due ON points.referral (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX referral_cause ON points.referral (cause) WHERE cause IS NOT NULL",
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
