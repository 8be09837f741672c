"""The history of traits can be read as of any instant, and is never rewritten."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T01:57:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "never rewrites the history of traits"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # An erasure may also delete rows: the trigger then answers the old row, where NEW is null.
    """CREATE OR REPLACE FUNCTION profile.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('marque.erasing', true) = 'on' THEN
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
    END $$""",
    "CREATE INDEX trait_change_order ON profile.trait_change (member, name, at, message_id)",
    """CREATE TRIGGER trait_change_is_append_only BEFORE UPDATE OR DELETE ON profile.trait_change
    FOR EACH ROW EXECUTE FUNCTION profile.refuse_change()""",
    # What is known already begins the history.
    """INSERT INTO profile.trait_change (id, member, name, value, at, origin, is_timed, is_once, message_id)
    SELECT id, member, name, value, at, origin, is_timed, is_once, message_id FROM profile.trait_value""",
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
