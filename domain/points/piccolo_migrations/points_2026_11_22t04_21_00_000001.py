"""Finds decisions by what they wait for, by rule and person, and those that are old enough to go."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T04:21:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "finds decisions that wait"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    # What a later fact about the same subject makes available.
    """CREATE INDEX earn_decision_waiting ON points.earn_decision (subject_kind, subject_id)
    WHERE gate = 'WAITING'""",
    # What operators have to release or cancel, oldest first.
    "CREATE INDEX earn_decision_held ON points.earn_decision (created_at, id) WHERE gate = 'HELD'",
    # Cool-downs ask when a rule last gave something to a person.
    """CREATE INDEX earn_decision_given ON points.earn_decision (member, rule, occurred_at)
    WHERE outcome <> 'REFUSED'""",
    "CREATE INDEX earn_decision_journal ON points.earn_decision (journal) WHERE journal IS NOT NULL",
    # Rows that gave nothing and count in no cap are kept for a while only.
    """CREATE INDEX earn_decision_idle ON points.earn_decision (created_at)
    WHERE journal IS NULL AND windows = '[]' AND outcome = 'REFUSED'""",
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
