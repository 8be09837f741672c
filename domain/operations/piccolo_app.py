"""The tables and migrations of operations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from domain.operations import tables

APP_CONFIG = AppConfig(
    app_name="operations",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[tables.Segment, tables.SegmentVersion, tables.SegmentChange, tables.Dependency],
    migration_dependencies=[],
)
