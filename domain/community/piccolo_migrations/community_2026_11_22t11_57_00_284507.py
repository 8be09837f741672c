from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from enum import Enum
from piccolo.columns.column_types import Timestamptz
from piccolo.columns.column_types import UUID
from piccolo.columns.column_types import Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T11:57:00:284507"
VERSION = "1.38.0"
DESCRIPTION = "adds when circles judge members"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="community", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="Circle",
        tablename="circle",
        column_name="auto_after",
        db_column_name="auto_after",
        column_class_name="UUID",
        column_class=UUID,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="Circle",
        tablename="circle",
        column_name="auto_due_at",
        db_column_name="auto_due_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.alter_column(
        table_class_name="CircleMember",
        tablename="circle_member",
        column_name="state",
        db_column_name="state",
        params={
            "choices": Enum(
                "MembershipState",
                {
                    "INVITED": "INVITED",
                    "REQUESTED": "REQUESTED",
                    "ACTIVE": "ACTIVE",
                    "REJECTED": "REJECTED",
                    "LEFT": "LEFT",
                },
            )
        },
        old_params={
            "choices": Enum(
                "MembershipState",
                {
                    "REQUESTED": "REQUESTED",
                    "ACTIVE": "ACTIVE",
                    "REJECTED": "REJECTED",
                    "LEFT": "LEFT",
                },
            )
        },
        column_class=Varchar,
        old_column_class=Varchar,
        schema="community",
    )

    manager.alter_column(
        table_class_name="CircleMember",
        tablename="circle_member",
        column_name="source",
        db_column_name="source",
        params={
            "choices": Enum(
                "MembershipSource",
                {
                    "MANUAL": "MANUAL",
                    "AUTO": "AUTO",
                    "INVITE": "INVITE",
                    "MERGE": "MERGE",
                },
            )
        },
        old_params={"choices": None},
        column_class=Varchar,
        old_column_class=Varchar,
        schema="community",
    )

    return manager
