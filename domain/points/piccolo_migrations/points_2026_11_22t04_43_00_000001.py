"""What a chain of hashes needs: the content of a journal as text, and a row for each journal that is not linked yet."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T04:43:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "chains journals"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # The outbox of the chain: written with the journal, taken by the sweep that links it.
    "CREATE TABLE points.chain_due (journal uuid PRIMARY KEY)",
    # Ids, kinds, moments and entries; no free text, which may be erased.
    """CREATE FUNCTION points.journal_content(wanted uuid) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT jsonb_build_array(j.id, j.kind, j.source, j.source_id, j.rule_version, j.leg, j.reverses,
            to_char(j.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
            (SELECT jsonb_agg(jsonb_build_array(e.account, e.seq, e.source_part, e.target_part, e.amount,
                to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')) ORDER BY e.account, e.seq)
                FROM points.entry AS e WHERE e.journal = j.id))::text
        FROM points.journal AS j WHERE j.id = wanted
    $$""",
    """CREATE FUNCTION points.chain_later() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO points.chain_due (journal) SELECT id FROM posted;
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER journal_is_chained AFTER INSERT ON points.journal REFERENCING NEW TABLE AS posted
    FOR EACH STATEMENT EXECUTE FUNCTION points.chain_later()""",
    "INSERT INTO points.chain_due (journal) SELECT id FROM points.journal",
    """CREATE TRIGGER chain_link_is_append_only BEFORE UPDATE OR DELETE ON points.chain_link
    FOR EACH ROW EXECUTE FUNCTION points.refuse_change()""",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="points", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement)

    manager.add_raw(run)
    return manager
