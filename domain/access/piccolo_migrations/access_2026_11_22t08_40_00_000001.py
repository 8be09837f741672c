"""Appends to the audit log in one call, so that the log is locked for as few round trips as possible."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T08:40:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "appends to the audit log in one call"

STATEMENTS = (
    # The caller gives the entry's canonical JSON in two halves, around its number, which is known under the lock.
    """CREATE FUNCTION access.append_audit(entry jsonb, head text, tail text, salt text, words jsonb) RETURNS bigint
    LANGUAGE plpgsql AS $$
    DECLARE
        place bigint;
        prev text;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('access.audit_entry', 0));
        SELECT e.number + 1, e.hash INTO place, prev FROM access.audit_entry AS e ORDER BY e.number DESC LIMIT 1;
        place := coalesce(place, 1);
        IF words IS NOT NULL THEN
            INSERT INTO access.audit_text (entry, salt, text) VALUES (place, append_audit.salt, words);
        END IF;
        INSERT INTO access.audit_entry (number, id, at, actor_kind, actor, roles, action, subject_kind, subject, facts,
            text_hash, hash)
        SELECT place, n.id, n.at, n.actor_kind, n.actor, n.roles, n.action, n.subject_kind, n.subject, n.facts,
            n.text_hash, encode(sha256(convert_to(coalesce(prev, repeat('0', 64)) || head || place || tail, 'UTF8')), 'hex')
        FROM jsonb_to_record(entry) AS n(id uuid, at timestamptz, actor_kind text, actor uuid, roles text[], action text,
            subject_kind text, subject uuid, facts jsonb, text_hash text);
        RETURN place;
    END $$""",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="access", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement)

    manager.add_raw(run)
    return manager
