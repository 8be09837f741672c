"""Moves what refunds took by now to the rows of its person, and what each line earned to its decision."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T11:25:20:486565"
VERSION = "1.38.0"
DESCRIPTION = "moves what refunds took"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    """INSERT INTO points.refund_part (id, purchase, member, wallet, taken, restored, clawed_back, waived, created_at)
    SELECT gen_random_uuid(), p.id, p.member, t.key, t.value::bigint, 0, 0, 0, now()
    FROM points.purchase AS p, jsonb_each_text(p.taken) AS t""",
    """UPDATE points.earn_decision AS d SET lines = j.facts -> 'lines' FROM points.journal AS j
    WHERE j.id = d.journal AND j.kind = 'EARN' AND jsonb_typeof(j.facts -> 'lines') = 'object'""",
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
