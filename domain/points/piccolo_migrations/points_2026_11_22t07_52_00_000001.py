"""Finds the accounts whose owners are to be told what expires; accounts that have such lots are looked at once."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T07:52:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "finds what is to be announced"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    """CREATE INDEX account_announce_due ON points.account (announce_due)
    WHERE announce_due IS NOT NULL AND NOT is_closed""",
    """UPDATE points.account AS a SET announce_due = now() WHERE NOT is_closed AND EXISTS (SELECT FROM points.lot AS l
        WHERE l.account = a.id AND l.state = 'ACTIVE' AND l.remaining > 0 AND l.expires_at > now())""",
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
