"""Messaging's tables and migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from domain.messaging import tables

APP_CONFIG = AppConfig(
    app_name="messaging",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[
        tables.Message,
        tables.InboxItem,
        tables.InboxActor,
        tables.Preference,
        tables.QuietHours,
        tables.PushToken,
        tables.Template,
    ],
    migration_dependencies=[],
)
