from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import UUID
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table

ID = "2026-11-22T01:10:24:290781"
VERSION = "1.38.0"
DESCRIPTION = "Which member stands for a subject after a merge"


class Subject(Table, tablename="subject", schema="access"):
    """Only carries the statement."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="access", description=DESCRIPTION)

    manager.add_column(
        table_class_name="Subject",
        tablename="subject",
        column_name="root",
        db_column_name="root",
        column_class_name="UUID",
        column_class=UUID,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="access",
    )

    async def wait_briefly_for_locks() -> None:
        await Subject.raw("SET LOCAL lock_timeout = '5s'")

    manager.add_raw(wait_briefly_for_locks)
    return manager
