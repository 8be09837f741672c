"""The one row of the word rules' version, and how screenings and looks back are found."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T11:39:30:000001"
VERSION = "1.38.0"
DESCRIPTION = "orders and guards of screening"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    "INSERT INTO community.word_rule_set (id, version, stamp) VALUES (1, 0, gen_random_uuid())",
    "CREATE INDEX screening_by_target ON community.screening (target, rev DESC) WHERE target IS NOT NULL",
    "CREATE INDEX screening_newest ON community.screening (created_at DESC)",
    "CREATE INDEX word_rescan_due ON community.word_rescan (due_at) WHERE state = 'DUE'",
    # Lists of rules: newest change first.
    "CREATE INDEX word_rule_changed ON community.word_rule (changed_at DESC, id DESC)",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="community", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement)

    manager.add_raw(run)
    return manager
