"""The tables and migrations of events."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from domain.events import tables

APP_CONFIG = AppConfig(
    app_name="events",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[
        tables.Occurrence,
        tables.TicketTier,
        tables.TierPool,
        tables.Registration,
        tables.RegistrationChange,
        tables.Attendee,
        tables.RefundDue,
        tables.MergeDue,
    ],
    migration_dependencies=["domain.capacity.piccolo_app"],
)
