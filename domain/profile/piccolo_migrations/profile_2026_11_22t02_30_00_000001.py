"""What Piccolo's tables cannot say of exports and erasures."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T02:30:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "one running erasure a member, and what erasing may change"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # What the sweeps look for.
    "CREATE INDEX export_job_due ON profile.export_job (due_at) WHERE state IN ('QUEUED', 'RUNNING')",
    "CREATE INDEX erasure_due ON profile.erasure (due_at) WHERE state IN ('REQUESTED', 'ERASED')",
    # Nobody is forgotten twice at once.
    "CREATE UNIQUE INDEX erasure_running_once ON profile.erasure (member) WHERE state IN ('REQUESTED', 'ERASED')",
    # A merge's reason is free text: an erasure may take a person's number out of it.
    """CREATE OR REPLACE FUNCTION profile.merge_is_undone_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND current_setting('marque.erasing', true) = 'on'
           AND (to_jsonb(OLD) - 'reason' - 'undo_reason') = (to_jsonb(NEW) - 'reason' - 'undo_reason')
        THEN RETURN NEW; END IF;
        IF TG_OP = 'UPDATE' AND OLD.undone_at IS NULL
           AND (to_jsonb(OLD) - 'undone_at' - 'undo_reason') = (to_jsonb(NEW) - 'undone_at' - 'undo_reason')
        THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'a merge is only ever undone, once';
    END $$""",
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
