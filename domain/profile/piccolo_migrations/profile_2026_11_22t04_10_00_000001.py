"""One version of an identity type is in force."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T04:10:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "one version of an identity type in force"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # Piccolo has no partial unique index.
    "CREATE UNIQUE INDEX identity_type_in_force ON profile.identity_type (name) WHERE valid_to IS NULL",
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
