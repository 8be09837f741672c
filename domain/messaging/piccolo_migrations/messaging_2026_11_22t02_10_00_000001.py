"""The indexes of messaging that Piccolo's tables cannot say."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T02:10:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "the indexes of messages and inboxes"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # What the worker looks for: only rows that are not finished.
    """CREATE INDEX message_due ON messaging.message (due_at, id)
    WHERE state IN ('QUEUED', 'DEFERRED', 'SENDING')""",
    """CREATE INDEX message_to_take_out ON messaging.message (id)
    WHERE withdrawn_at IS NOT NULL AND inbox_item IS NOT NULL AND channel = 'INBOX'""",
    "CREATE INDEX message_subject ON messaging.message (subject_kind, subject_id)",
    "CREATE INDEX message_target ON messaging.message (target_kind, target_id)",
    "CREATE INDEX message_newest ON messaging.message (requested_at DESC, id DESC)",
    # The inbox's order, and what is unread of it.
    "CREATE INDEX inbox_item_order ON messaging.inbox_item (member, updated_at DESC, id DESC)",
    "CREATE INDEX inbox_item_unread ON messaging.inbox_item (member, type) WHERE read_at IS NULL",
    # One row a member, and one for the brand.
    "ALTER TABLE messaging.quiet_hours ADD CONSTRAINT one_a_member UNIQUE NULLS NOT DISTINCT (member)",
    # Rows are worked through their states: leave room on the page.
    "ALTER TABLE messaging.message SET (fillfactor = 80)",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="messaging", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement.replace("{", "{{").replace("}", "}}"))

    manager.add_raw(run)
    return manager
