"""The tables and migrations of media."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from domain.media.tables import TABLES

APP_CONFIG = AppConfig(
    app_name="media",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=TABLES,
    migration_dependencies=[],
)
