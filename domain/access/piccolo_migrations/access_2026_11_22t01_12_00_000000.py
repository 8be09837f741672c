"""Sessions of merged members are found by the member that stands for them; few subjects are merged."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T01:12:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Find subjects by the member that stands for them"


class Subject(Table, tablename="subject", schema="access"):
    """Only carries the statements."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="access", description=DESCRIPTION)

    async def run() -> None:
        await Subject.raw("SET LOCAL lock_timeout = '5s'")
        await Subject.raw("CREATE INDEX subject_root ON access.subject (root) WHERE root IS NOT NULL")

    manager.add_raw(run)
    return manager
