"""What the tables of events cannot say themselves."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T01:40:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "one registration that counts, append-only changes, references to capacity"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # A ticket's code carries 32 bits, not a UUID.
    "ALTER TABLE events.occurrence ADD COLUMN number integer GENERATED ALWAYS AS IDENTITY UNIQUE",
    # E3: the last guard; the member's root is locked and looked at before.
    """CREATE UNIQUE INDEX registration_that_counts ON events.registration (occurrence, member)
    WHERE state IN ('PENDING_REVIEW', 'PENDING_PAYMENT', 'CONFIRMED', 'CHECKED_IN', 'ATTENDED')""",
    "CREATE INDEX registration_of_member ON events.registration (member, registered_at DESC, id DESC)",
    # What waits for a host, oldest first; what waits for its payment, by its end.
    """CREATE INDEX registration_to_review ON events.registration (occurrence, registered_at, id)
    WHERE state = 'PENDING_REVIEW'""",
    "CREATE INDEX registration_to_pay ON events.registration (pay_by) WHERE state = 'PENDING_PAYMENT'",
    # What will open or end next.
    "CREATE INDEX occurrence_running ON events.occurrence (starts_at, ends_at) WHERE state IN ('PUBLISHED', 'ONGOING')",
    "CREATE INDEX occurrence_listed ON events.occurrence (starts_at, id) WHERE state <> 'DRAFT'",
    # Capacity's tables are another app's: Piccolo would need them imported by the migration.
    """ALTER TABLE events.tier_pool ADD CONSTRAINT tier_pool_pool_fkey
    FOREIGN KEY (pool) REFERENCES capacity.pool (id) ON DELETE RESTRICT""",
    """ALTER TABLE events.registration ADD CONSTRAINT registration_hold_fkey
    FOREIGN KEY (hold) REFERENCES capacity.hold (id) ON DELETE RESTRICT""",
    """CREATE FUNCTION events.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('marque.erasing', true) = 'on' THEN RETURN NEW; END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
    END $$""",
    """CREATE TRIGGER registration_change_is_append_only BEFORE UPDATE OR DELETE ON events.registration_change
    FOR EACH ROW EXECUTE FUNCTION events.refuse_change()""",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="events", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement.replace("{", "{{").replace("}", "}}"))

    manager.add_raw(run)
    return manager
