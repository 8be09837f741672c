"""Backtests and corrections that wait are found, so are a rule's decisions of a time and a correction's postings."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T08:20:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "finds what backtests and corrections look for"

STATEMENTS = (
    "SET LOCAL lock_timeout = '5s'",
    "CREATE INDEX backtest_due ON points.backtest (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX correction_due ON points.correction (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX earn_decision_of_rule ON points.earn_decision (rule, occurred_at)",
    """CREATE INDEX journal_of_correction ON points.journal (split_part(leg, '/', 1), id)
    WHERE kind = 'CORRECT'""",
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
