"""The ledger of consents is never rewritten, and is read newest first."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T02:25:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "never rewrites consents"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    "CREATE INDEX consent_newest ON profile.consent_entry (member, purpose, channel, at DESC, id DESC)",
    # The summary of a purpose, and what will expire.
    "CREATE INDEX consent_of_purpose ON profile.consent_entry (purpose, at)",
    """CREATE INDEX consent_expiring ON profile.consent_entry (expires_at)
    WHERE state = 'GRANTED' AND expires_at IS NOT NULL""",
    """CREATE TRIGGER consent_is_append_only BEFORE UPDATE OR DELETE ON profile.consent_entry
    FOR EACH ROW EXECUTE FUNCTION profile.refuse_change()""",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="profile", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement.replace("{", "{{").replace("}", "}}"))

    manager.add_raw(run)
    return manager
