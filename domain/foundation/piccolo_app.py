"""The foundation's tables and migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from domain.foundation import tables

APP_CONFIG = AppConfig(
    app_name="foundation",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[
        tables.IdempotencyKey,
        tables.ClockOffset,
        tables.RecordedSend,
        tables.TrustedDocument,
        tables.RateLimit,
        tables.Heartbeat,
    ],
    migration_dependencies=[],
)
