"""The profile's tables and migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from domain.profile import device_tables, plan_tables, privacy_tables, tables

APP_CONFIG = AppConfig(
    app_name="profile",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[
        tables.Member,
        tables.IdentityType,
        tables.IdentityPolicy,
        tables.Identity,
        tables.SharedDevice,
        device_tables.SharedDeviceUse,
        tables.Merge,
        tables.DeadLetter,
        tables.TraitValue,
        tables.TraitChange,
        tables.TraitDefinition,
        tables.TraitDue,
        tables.ConsentPurpose,
        tables.ConsentEntry,
        tables.TagAssignment,
        tables.SegmentMembership,
        tables.StageMembership,
        tables.Relation,
        privacy_tables.ExportJob,
        privacy_tables.Erasure,
        privacy_tables.Suppression,
        plan_tables.TrackingPlan,
        plan_tables.PlanViolation,
    ],
    migration_dependencies=[],
)
