"""Capacity's tables and migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from domain.capacity import tables

APP_CONFIG = AppConfig(
    app_name="capacity",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[tables.Pool, tables.Hold, tables.HoldLine],
    migration_dependencies=[],
)
