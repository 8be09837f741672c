"""Timers, append-only histories, and the operators of conditions in SQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T01:30:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "timers and the operators of conditions"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # A composite key: one timer a subject and member. Short-lived rows, so vacuum often.
    """CREATE TABLE operations.timer (
        subject uuid NOT NULL,
        member uuid NOT NULL,
        due_at timestamptz NOT NULL,
        PRIMARY KEY (subject, member)
    ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)""",
    "CREATE INDEX timer_due ON operations.timer (due_at, subject, member)",
    "CREATE INDEX timer_member ON operations.timer (member)",
    "CREATE INDEX segment_change_segment ON operations.segment_change (segment, at DESC, seq DESC)",
    "CREATE INDEX segment_change_member ON operations.segment_change (member, at DESC, seq DESC)",
    "CREATE INDEX segment_recheck ON operations.segment (recheck_at) WHERE recheck_at IS NOT NULL",
    # Conditions look traits up by name over everybody.
    "CREATE INDEX trait_value_name ON profile.trait_value (name, member)",
    """CREATE TRIGGER segment_version_is_append_only BEFORE UPDATE OR DELETE ON operations.segment_version
    FOR EACH ROW EXECUTE FUNCTION profile.refuse_change()""",
    """CREATE TRIGGER segment_change_is_append_only BEFORE UPDATE OR DELETE ON operations.segment_change
    FOR EACH ROW EXECUTE FUNCTION profile.refuse_change()""",
    # domain/conditions.py number(), in SQL.
    """CREATE FUNCTION operations.number(v jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE jsonb_typeof(v) WHEN 'number' THEN (v #>> '{}')::numeric
        WHEN 'string' THEN CASE WHEN (v #>> '{}') ~
            '^[+-]?([0-9]{1,40}(\\.[0-9]{0,40})?|\\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?$'
            THEN (v #>> '{}')::numeric END END
    $$""",
    # domain/conditions.py instant(), in SQL; the text carries its offset, so it depends on no setting.
    """CREATE FUNCTION operations.instant(v jsonb) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE
        t text := v #>> '{}';
    BEGIN
        IF jsonb_typeof(v) IS DISTINCT FROM 'string' OR left(t, 4) = '0000' OR t !~ (
            '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
            || '(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?$')
        THEN RETURN NULL; END IF;
        IF substr(t, 9, 2)::int > extract(day FROM
            make_date(substr(t, 1, 4)::int, substr(t, 6, 2)::int, 1) + interval '1 month - 1 day')
        THEN RETURN NULL; END IF;
        IF length(t) = 10 THEN t := t || 'T00:00Z';
        ELSIF t !~ '(Z|[+-][0-9]{2}:[0-9]{2})$' THEN t := t || 'Z'; END IF;
        RETURN t::timestamptz;
    END $$""",
    # The local day of an instant; a zone that nobody knows is UTC.
    """CREATE FUNCTION operations.local(at timestamptz, zone text) RETURNS timestamp LANGUAGE plpgsql STABLE AS $$
    BEGIN
        RETURN at AT TIME ZONE zone;
    EXCEPTION WHEN invalid_parameter_value THEN RETURN at AT TIME ZONE 'UTC';
    END $$""",
    """CREATE FUNCTION operations.midnight(day date, zone text) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
    BEGIN
        RETURN day::timestamp AT TIME ZONE zone;
    EXCEPTION WHEN invalid_parameter_value THEN RETURN day::timestamp AT TIME ZONE 'UTC';
    END $$""",
    # The next anniversary from today on; of a 29th of February it is the 28th in other years.
    """CREATE FUNCTION operations.anniversary(v jsonb, zone text, now timestamptz) RETURNS date LANGUAGE plpgsql STABLE AS $$
    DECLARE
        at timestamptz := operations.instant(v);
        today date := operations.local(now, zone)::date;
        day date;
        found date;
    BEGIN
        IF at IS NULL THEN RETURN NULL; END IF;
        day := CASE WHEN length(v #>> '{}') = 10 THEN (v #>> '{}')::date ELSE operations.local(at, zone)::date END;
        FOR ahead IN 0..1 LOOP
            found := (make_date(extract(year FROM today)::int + ahead, extract(month FROM day)::int, 1)
                + make_interval(days => least(extract(day FROM day)::int, extract(day FROM make_date(
                    extract(year FROM today)::int + ahead, extract(month FROM day)::int, 1)
                    + interval '1 month - 1 day')::int) - 1))::date;
            IF found >= today THEN RETURN found; END IF;
        END LOOP;
        RETURN found;
    END $$""",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="operations", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement.replace("{", "{{").replace("}", "}}"))

    manager.add_raw(run)
    return manager
