"""What is published into a circle that is merged away lands in the other one."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T11:58:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "posts follow merged circles"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # A post that waits for the merge of its circle reads the circle again when the merge is done.
    """CREATE FUNCTION community.follow_circle() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.circle := (SELECT coalesce(k.merged_into, k.id) FROM community.circle AS k WHERE k.id = NEW.circle
            FOR KEY SHARE);
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER post_follows_its_circle BEFORE INSERT ON community.post
    FOR EACH ROW WHEN (NEW.circle IS NOT NULL) EXECUTE FUNCTION community.follow_circle()""",
    # Circles whose rule is to be worked off.
    "CREATE INDEX circle_auto_due ON community.circle (auto_due_at) WHERE auto_due_at IS NOT NULL",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="community", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement.replace("{", "{{").replace("}", "}}"))

    manager.add_raw(run)
    return manager
