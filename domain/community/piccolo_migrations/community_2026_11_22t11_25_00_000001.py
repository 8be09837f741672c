"""Indexes of drafts, rates, due posts, pending texts and purges."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T11:25:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "indexes of publishing"

#: One statement each: partial indexes, which tables.py cannot say.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # Rates look at what a person sent off lately.
    "CREATE INDEX post_submitted ON community.post (author, submitted_at DESC) WHERE submitted_at IS NOT NULL",
    # What falls due, and what is to be wiped: small however many posts there are.
    """CREATE INDEX post_due ON community.post (scheduled_at)
    WHERE stage = 'SCHEDULED' AND deleted_at IS NULL""",
    """CREATE INDEX post_to_purge ON community.post (deleted_at)
    WHERE deleted_at IS NOT NULL AND purged_at IS NULL""",
    """CREATE INDEX comment_to_purge ON community.comment (deleted_at)
    WHERE deleted_at IS NOT NULL AND purged_at IS NULL""",
    # The last comments of a post, for those in a row.
    "CREATE INDEX comment_latest ON community.comment (post, created_at DESC)",
    # A text waits for one decision at a time.
    "CREATE UNIQUE INDEX one_pending_revision ON community.post_revision (post) WHERE state = 'PENDING'",
    """CREATE UNIQUE INDEX one_pending_comment_revision ON community.comment_revision (comment)
    WHERE state = 'PENDING'""",
    "CREATE INDEX tip_of_month ON community.tip (member, author, created_at)",
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
