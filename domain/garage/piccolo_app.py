"""The garage's tables and migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from domain.garage import tables

APP_CONFIG = AppConfig(
    app_name="garage",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[tables.Vehicle, tables.Wmi, tables.Binding, tables.ClaimAttempt],
    migration_dependencies=["domain.profile.piccolo_app"],
)
