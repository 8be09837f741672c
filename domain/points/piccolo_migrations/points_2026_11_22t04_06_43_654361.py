from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import JSONB
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T04:06:43:654361"
VERSION = "1.38.0"
DESCRIPTION = "gives wallet policies a window for what expired"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="points", description=DESCRIPTION
    )

    manager.drop_column(
        table_class_name="WalletPolicy",
        tablename="wallet_policy",
        column_name="reinstate_days",
        db_column_name="reinstate_days",
        schema="points",
    )

    manager.add_column(
        table_class_name="WalletPolicy",
        tablename="wallet_policy",
        column_name="reinstate_window",
        db_column_name="reinstate_window",
        column_class_name="JSONB",
        column_class=JSONB,
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
        schema="points",
    )

    return manager
