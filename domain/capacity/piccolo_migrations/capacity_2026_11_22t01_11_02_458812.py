from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete
from piccolo.columns.base import OnUpdate
from piccolo.columns.column_types import Boolean
from piccolo.columns.column_types import ForeignKey
from piccolo.columns.column_types import Integer
from piccolo.columns.column_types import Timestamptz
from piccolo.columns.column_types import UUID
from piccolo.columns.column_types import Varchar
from piccolo.columns.indexes import IndexMethod
from piccolo.constraints import Check
from piccolo.constraints import Unique
from piccolo.table import Table
from uuid_utils.compat import uuid7


class Hold(Table, tablename="hold", schema="capacity"):
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


class Pool(Table, tablename="pool", schema="capacity"):
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


ID = "2026-11-22T01:11:02:458812"
VERSION = "1.38.0"
DESCRIPTION = "makes the pools and holds"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="capacity", description=DESCRIPTION
    )

    manager.add_table(
        class_name="Hold", tablename="hold", schema="capacity", columns=None
    )

    manager.add_table(
        class_name="Pool", tablename="pool", schema="capacity", columns=None
    )

    manager.add_table(
        class_name="HoldLine",
        tablename="hold_line",
        schema="capacity",
        columns=None,
    )

    manager.add_column(
        table_class_name="Hold",
        tablename="hold",
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Hold",
        tablename="hold",
        column_name="member",
        db_column_name="member",
        column_class_name="UUID",
        column_class=UUID,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": True,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Hold",
        tablename="hold",
        column_name="purpose",
        db_column_name="purpose",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 12,
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Hold",
        tablename="hold",
        column_name="subject_kind",
        db_column_name="subject_kind",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 20,
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Hold",
        tablename="hold",
        column_name="subject_id",
        db_column_name="subject_id",
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Hold",
        tablename="hold",
        column_name="state",
        db_column_name="state",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 8,
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Hold",
        tablename="hold",
        column_name="held_at",
        db_column_name="held_at",
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Hold",
        tablename="hold",
        column_name="expires_at",
        db_column_name="expires_at",
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Pool",
        tablename="pool",
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Pool",
        tablename="pool",
        column_name="scope_kind",
        db_column_name="scope_kind",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 10,
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Pool",
        tablename="pool",
        column_name="scope_id",
        db_column_name="scope_id",
        column_class_name="UUID",
        column_class=UUID,
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Pool",
        tablename="pool",
        column_name="starts_at",
        db_column_name="starts_at",
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Pool",
        tablename="pool",
        column_name="size",
        db_column_name="size",
        column_class_name="Integer",
        column_class=Integer,
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Pool",
        tablename="pool",
        column_name="taken",
        db_column_name="taken",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 0,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Pool",
        tablename="pool",
        column_name="pending",
        db_column_name="pending",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 0,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Pool",
        tablename="pool",
        column_name="held",
        db_column_name="held",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 0,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Pool",
        tablename="pool",
        column_name="waiting",
        db_column_name="waiting",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 0,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Pool",
        tablename="pool",
        column_name="closes_when_full",
        db_column_name="closes_when_full",
        column_class_name="Boolean",
        column_class=Boolean,
        params={
            "default": False,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Pool",
        tablename="pool",
        column_name="closed_at",
        db_column_name="closed_at",
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Pool",
        tablename="pool",
        column_name="frees_on_exit",
        db_column_name="frees_on_exit",
        column_class_name="Boolean",
        column_class=Boolean,
        params={
            "default": False,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="capacity",
    )

    manager.add_column(
        table_class_name="Pool",
        tablename="pool",
        column_name="mode",
        db_column_name="mode",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 7,
            "default": "COUNTER",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="capacity",
    )

    manager.add_column(
        table_class_name="HoldLine",
        tablename="hold_line",
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="HoldLine",
        tablename="hold_line",
        column_name="hold",
        db_column_name="hold",
        column_class_name="ForeignKey",
        column_class=ForeignKey,
        params={
            "references": Hold,
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
        schema="capacity",
    )

    manager.add_column(
        table_class_name="HoldLine",
        tablename="hold_line",
        column_name="pool",
        db_column_name="pool",
        column_class_name="ForeignKey",
        column_class=ForeignKey,
        params={
            "references": Pool,
            "on_delete": OnDelete.restrict,
            "on_update": OnUpdate.cascade,
            "target_column": None,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": True,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="capacity",
    )

    manager.add_column(
        table_class_name="HoldLine",
        tablename="hold_line",
        column_name="quantity",
        db_column_name="quantity",
        column_class_name="Integer",
        column_class=Integer,
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
        schema="capacity",
    )

    manager.add_constraint(
        table_class_name="Hold",
        tablename="hold",
        constraint_name="purpose_is_known",
        constraint_class=Check,
        params={
            "condition": "purpose IN ('CHECKOUT', 'OFFER', 'INVITATION', 'REGISTRATION', 'APPOINTMENT')"
        },
        schema="capacity",
    )

    manager.add_constraint(
        table_class_name="Hold",
        tablename="hold",
        constraint_name="state_is_known",
        constraint_class=Check,
        params={
            "condition": "state IN ('HELD', 'PENDING', 'TAKEN', 'RELEASED', 'EXPIRED')"
        },
        schema="capacity",
    )

    manager.add_constraint(
        table_class_name="Pool",
        tablename="pool",
        constraint_name="no_counter_is_negative",
        constraint_class=Check,
        params={
            "condition": "taken >= 0 AND pending >= 0 AND held >= 0 AND waiting >= 0"
        },
        schema="capacity",
    )

    manager.add_constraint(
        table_class_name="Pool",
        tablename="pool",
        constraint_name="no_more_than_its_size",
        constraint_class=Check,
        params={"condition": "size IS NULL OR taken + pending + held <= size"},
        schema="capacity",
    )

    manager.add_constraint(
        table_class_name="Pool",
        tablename="pool",
        constraint_name="scope_kind_is_known",
        constraint_class=Check,
        params={
            "condition": "scope_kind IN ('OCCURRENCE', 'TIER', 'AUDIENCE', 'SLOT', 'DROP')"
        },
        schema="capacity",
    )

    manager.add_constraint(
        table_class_name="Pool",
        tablename="pool",
        constraint_name="mode_is_known",
        constraint_class=Check,
        params={"condition": "mode IN ('COUNTER', 'UNITS')"},
        schema="capacity",
    )

    manager.add_constraint(
        table_class_name="HoldLine",
        tablename="hold_line",
        constraint_name="one_line_a_pool",
        constraint_class=Unique,
        params={"columns": ["hold", "pool"], "nulls_distinct": True},
        schema="capacity",
    )

    manager.add_constraint(
        table_class_name="HoldLine",
        tablename="hold_line",
        constraint_name="quantity_is_positive",
        constraint_class=Check,
        params={"condition": "quantity > 0"},
        schema="capacity",
    )

    return manager
