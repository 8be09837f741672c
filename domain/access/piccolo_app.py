"""The tables and migrations of access."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from domain.access.tables import TABLES

APP_CONFIG = AppConfig(
    app_name="access",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=TABLES,
    migration_dependencies=[],
)
