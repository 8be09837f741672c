"""The tables and migrations of owner services."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from domain.services import tables

APP_CONFIG = AppConfig(
    app_name="services",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[
        tables.Store,
        tables.ServiceType,
        tables.StoreServiceType,
        tables.CalendarRule,
        tables.CalendarException,
        tables.Resource,
        tables.ServiceOrder,
        tables.Appointment,
        tables.OrderStep,
        tables.OrderChange,
        tables.Evidence,
    ],
    migration_dependencies=["domain.profile.piccolo_app", "domain.garage.piccolo_app"],
)
