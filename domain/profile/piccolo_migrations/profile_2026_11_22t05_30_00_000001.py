"""Sums of amounts and counts of property values beside the totals, counted from the log for what is there already."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T05:30:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "sums and counts of values"

#: One statement each; a comment says why it is not in tables.py.
STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # The first of the dotted paths that leads to a number, or to a text that is one; null when none does.
    """CREATE FUNCTION profile.amount(properties jsonb, paths text) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE
        path text;
        found jsonb;
    BEGIN
        FOREACH path IN ARRAY string_to_array(paths, ',') LOOP
            found := properties #> string_to_array(path, '.');
            IF jsonb_typeof(found) IN ('number', 'string') AND found #>> '{}' ~ '^-?[0-9]{1,20}([.][0-9]{1,20})?$' THEN
                RETURN (found #>> '{}')::numeric;
            END IF;
        END LOOP;
        RETURN NULL;
    END $$""",
    # What is worth counting: short scalars that are no id, no instant and not what is summed; 20 a fact, by name.
    """CREATE FUNCTION profile.countable(properties jsonb, paths text) RETURNS TABLE (property text, value text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT e.key, e.value #>> '{}' FROM jsonb_each(properties) AS e
        WHERE jsonb_typeof(e.value) IN ('string', 'number', 'boolean')
        AND length(e.key) <= 100 AND length(e.value #>> '{}') BETWEEN 1 AND 100
        AND e.key !~ '(^|[ _.-])([ug]u)?id$|I[dD]$'
        AND NOT (jsonb_typeof(e.value) = 'number' AND e.key = ANY (string_to_array(paths, ',')))
        AND e.value #>> '{}' !~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$|^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]'
        ORDER BY e.key COLLATE "C" LIMIT 20 $$""",
    "ALTER TABLE profile.total ADD COLUMN sum numeric",
    "ALTER TABLE profile.bucket ADD COLUMN sum numeric",
    # No reference to the member: each row is written with a total, which has one.
    """CREATE TABLE profile.property_total (
        member uuid NOT NULL,
        kind text NOT NULL,
        property text NOT NULL,
        value text NOT NULL,
        count bigint NOT NULL,
        PRIMARY KEY (member, kind, property, value)
    ) WITH (fillfactor = 70)""",
    # The declarations as they are today.
    """CREATE TEMPORARY TABLE counted_already ON COMMIT DROP AS
    SELECT i.member, i.kind, date_trunc('hour', i.occurred_at, 'UTC') AS hour, i.properties, d.paths
    FROM profile.interaction AS i, LATERAL (SELECT CASE
        WHEN starts_with(i.kind, 'app.') THEN 'revenue,value,amount'
        WHEN starts_with(i.kind, 'points.entry.') THEN 'effects.POINTS'
        WHEN i.kind = 'points.purchase.recorded' THEN 'cash_paid.minor_units'
        WHEN i.kind = 'points.purchase.refunded' THEN 'amount.minor_units'
        WHEN i.kind = 'commerce.payment.recorded' THEN 'amount' ELSE '' END AS paths) AS d
    WHERE i.member IS NOT NULL AND i.properties <> '{}' AND profile.counts(i.id)
    AND NOT EXISTS (SELECT FROM profile.pending AS p WHERE p.interaction = i.id)""",
    """UPDATE profile.total AS t SET sum = c.sum FROM (
        SELECT member, kind, sum(profile.amount(properties, paths)) AS sum FROM counted_already GROUP BY 1, 2) AS c
    WHERE t.member = c.member AND t.kind = c.kind AND c.sum IS NOT NULL""",
    """UPDATE profile.bucket AS b SET sum = c.sum FROM (
        SELECT member, kind, hour, sum(profile.amount(properties, paths)) AS sum
        FROM counted_already GROUP BY 1, 2, 3) AS c
    WHERE b.member = c.member AND b.kind = c.kind AND b.hour = c.hour AND c.sum IS NOT NULL""",
    """INSERT INTO profile.property_total (member, kind, property, value, count)
    SELECT c.member, c.kind, v.property, v.value, count(*)
    FROM counted_already AS c, profile.countable(c.properties, c.paths) AS v
    WHERE c.kind <> ALL ('{profile.pin.set,profile.identity.linked,profile.identity.unlinked,profile.traits.set,profile.trait.computed}')
    GROUP BY 1, 2, 3, 4""",
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
