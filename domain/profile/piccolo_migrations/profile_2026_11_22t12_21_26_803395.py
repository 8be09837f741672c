from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete
from piccolo.columns.base import OnUpdate
from piccolo.columns.column_types import ForeignKey
from piccolo.columns.column_types import Timestamptz
from piccolo.columns.column_types import UUID
from piccolo.columns.indexes import IndexMethod
from piccolo.constraints import Unique
from piccolo.table import Table
from uuid_utils.compat import uuid7


class SharedDevice(Table, tablename="shared_device", schema="profile"):
    id = UUID(
        default=uuid7,
        null=False,
        primary_key=True,
        unique=False,
        index=False,
        index_method=IndexMethod.btree,
        choices=None,
        db_column_name=None,
        secret=False,
    )


ID = "2026-11-22T12:21:26:803395"
VERSION = "1.38.0"
DESCRIPTION = "notes who used shared devices"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="profile", description=DESCRIPTION
    )

    manager.add_table(
        class_name="SharedDeviceUse",
        tablename="shared_device_use",
        schema="profile",
        columns=None,
    )

    manager.add_column(
        table_class_name="SharedDeviceUse",
        tablename="shared_device_use",
        column_name="id",
        db_column_name="id",
        column_class_name="UUID",
        column_class=UUID,
        params={
            "default": uuid7,
            "null": False,
            "primary_key": True,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="profile",
    )

    manager.add_column(
        table_class_name="SharedDeviceUse",
        tablename="shared_device_use",
        column_name="device",
        db_column_name="device",
        column_class_name="ForeignKey",
        column_class=ForeignKey,
        params={
            "references": SharedDevice,
            "on_delete": OnDelete.restrict,
            "on_update": OnUpdate.cascade,
            "target_column": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="profile",
    )

    manager.add_column(
        table_class_name="SharedDeviceUse",
        tablename="shared_device_use",
        column_name="member",
        db_column_name="member",
        column_class_name="UUID",
        column_class=UUID,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": True,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="profile",
    )

    manager.add_column(
        table_class_name="SharedDeviceUse",
        tablename="shared_device_use",
        column_name="seen_at",
        db_column_name="seen_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="profile",
    )

    manager.add_constraint(
        table_class_name="SharedDeviceUse",
        tablename="shared_device_use",
        constraint_name="each_member_once",
        constraint_class=Unique,
        params={"columns": ["device", "member"], "nulls_distinct": True},
        schema="profile",
    )

    return manager
