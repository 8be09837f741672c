"""One call that posts the end of many lots, for accounts on which nothing else can fall due."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T11:25:36:437215"
VERSION = "1.38.0"
DESCRIPTION = "expires many lots at once"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # The caller has locked ``accounts``, which hold nothing pending and nothing held, and names all of their lots that
    # are due, in the order of their end, each with the ids of its journal, entry and use.
    """CREATE FUNCTION points.expire(accounts uuid[], lots uuid[], journals uuid[], entries uuid[], uses uuid[],
        moment timestamptz) RETURNS void LANGUAGE sql AS $$
        WITH due AS MATERIALIZED (
            SELECT g.*, l.account, l.remaining AS amount, greatest(l.expires_at, l.occurred_at, l.activates_at) AS at,
                a.pending, a.held, a.debt, a.seq + row_number() OVER w AS seq,
                a.available - (sum(l.remaining) OVER w)::bigint AS available
            FROM unnest(lots, journals, entries, uses) WITH ORDINALITY AS g(lot, journal, entry, use, n)
            JOIN points.lot AS l ON l.id = g.lot JOIN points.account AS a ON a.id = l.account
            WINDOW w AS (PARTITION BY l.account ORDER BY g.n)
        ), posted AS (
            INSERT INTO points.journal (id, kind, source, source_id, leg, is_full, facts, occurred_at, created_at)
            SELECT journal, 'EXPIRE', 'LOT', lot::text, seq::text, false, '{}', at, moment FROM due ORDER BY n
        ), entered AS (
            INSERT INTO points.entry (id, journal, account, seq, source_part, target_part, amount, pending_after,
                available_after, held_after, debt_after, occurred_at, created_at)
            SELECT entry, journal, account, seq, 'AVAILABLE', 'EXPIRED', amount, pending, available, held, debt, at, moment
            FROM due ORDER BY n
        ), used AS (
            INSERT INTO points.lot_use (id, lot, journal, kind, amount)
            SELECT use, lot, journal, 'EXPIRE', amount FROM due ORDER BY n
        ), closed AS (
            UPDATE points.lot AS l SET remaining = 0, state = 'CLOSED' FROM due WHERE l.id = due.lot
        )
        UPDATE points.account AS a SET available = a.available - s.amount, seq = a.seq + s.count,
            next_due = (SELECT min(l.expires_at) FROM points.lot AS l
                WHERE l.account = a.id AND l.remaining > 0 AND l.state = 'ACTIVE' AND l.expires_at > moment)
        FROM (SELECT i AS id, coalesce(sum(due.amount), 0)::bigint AS amount, count(due.lot) AS count
            FROM unnest(accounts) AS i LEFT JOIN due ON due.account = i GROUP BY i) AS s
        WHERE a.id = s.id
    $$""",
)


class Raw(Table):
    """Runs SQL."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="points", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Raw.raw(statement.replace("{", "{{").replace("}", "}}"))

    manager.add_raw(run)
    return manager
