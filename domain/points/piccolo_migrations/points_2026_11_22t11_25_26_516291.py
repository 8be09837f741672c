from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T11:25:26:516291"
VERSION = "1.38.0"
DESCRIPTION = "drops what was moved"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="points", description=DESCRIPTION
    )

    manager.drop_column(
        table_class_name="Purchase",
        tablename="purchase",
        column_name="taken",
        db_column_name="taken",
        schema="points",
    )

    return manager
