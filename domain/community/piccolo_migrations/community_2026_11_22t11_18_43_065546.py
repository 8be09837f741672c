from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from enum import Enum
from piccolo.columns.base import OnDelete
from piccolo.columns.base import OnUpdate
from piccolo.columns.column_types import ForeignKey
from piccolo.columns.column_types import Integer
from piccolo.columns.column_types import JSONB
from piccolo.columns.column_types import SmallInt
from piccolo.columns.column_types import Text
from piccolo.columns.column_types import Timestamptz
from piccolo.columns.column_types import UUID
from piccolo.columns.column_types import Varchar
from piccolo.columns.indexes import IndexMethod
from piccolo.constraints import Check
from piccolo.constraints import Unique
from piccolo.table import Table
from uuid_utils.compat import uuid7


class Post(Table, tablename="post", schema="community"):
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


ID = "2026-11-22T11:18:43:065546"
VERSION = "1.38.0"
DESCRIPTION = "adds people"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="community", description=DESCRIPTION
    )

    manager.add_table(
        class_name="MemberStanding",
        tablename="member_standing",
        schema="community",
        columns=None,
    )

    manager.add_table(
        class_name="Bookmark",
        tablename="bookmark",
        schema="community",
        columns=None,
    )

    manager.add_table(
        class_name="Follow", tablename="follow", schema="community", columns=None
    )

    manager.add_table(
        class_name="Block", tablename="block", schema="community", columns=None
    )

    manager.add_table(
        class_name="Mute", tablename="mute", schema="community", columns=None
    )

    manager.add_column(
        table_class_name="MemberStanding",
        tablename="member_standing",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="MemberStanding",
        tablename="member_standing",
        column_name="member",
        db_column_name="member",
        column_class_name="UUID",
        column_class=UUID,
        params={
            "default": None,
            "null": False,
            "primary_key": False,
            "unique": True,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="MemberStanding",
        tablename="member_standing",
        column_name="computed_level",
        db_column_name="computed_level",
        column_class_name="SmallInt",
        column_class=SmallInt,
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
        schema="community",
    )

    manager.add_column(
        table_class_name="MemberStanding",
        tablename="member_standing",
        column_name="granted_level",
        db_column_name="granted_level",
        column_class_name="SmallInt",
        column_class=SmallInt,
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
        table_class_name="MemberStanding",
        tablename="member_standing",
        column_name="locked_level",
        db_column_name="locked_level",
        column_class_name="SmallInt",
        column_class=SmallInt,
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
        table_class_name="MemberStanding",
        tablename="member_standing",
        column_name="credit",
        db_column_name="credit",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 100,
            "null": False,
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
        table_class_name="MemberStanding",
        tablename="member_standing",
        column_name="reports_upheld",
        db_column_name="reports_upheld",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="MemberStanding",
        tablename="member_standing",
        column_name="reports_rejected",
        db_column_name="reports_rejected",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="MemberStanding",
        tablename="member_standing",
        column_name="version",
        db_column_name="version",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 1,
            "null": False,
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
        table_class_name="MemberStanding",
        tablename="member_standing",
        column_name="created_at",
        db_column_name="created_at",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="MemberStanding",
        tablename="member_standing",
        column_name="changed_at",
        db_column_name="changed_at",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Bookmark",
        tablename="bookmark",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Bookmark",
        tablename="bookmark",
        column_name="member",
        db_column_name="member",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Bookmark",
        tablename="bookmark",
        column_name="post",
        db_column_name="post",
        column_class_name="ForeignKey",
        column_class=ForeignKey,
        params={
            "references": Post,
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Bookmark",
        tablename="bookmark",
        column_name="folder",
        db_column_name="folder",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 40,
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
        table_class_name="Bookmark",
        tablename="bookmark",
        column_name="voided_by",
        db_column_name="voided_by",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Bookmark",
        tablename="bookmark",
        column_name="source",
        db_column_name="source",
        column_class_name="Text",
        column_class=Text,
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
        table_class_name="Bookmark",
        tablename="bookmark",
        column_name="created_at",
        db_column_name="created_at",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Follow",
        tablename="follow",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Follow",
        tablename="follow",
        column_name="member",
        db_column_name="member",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Follow",
        tablename="follow",
        column_name="followed",
        db_column_name="followed",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Follow",
        tablename="follow",
        column_name="voided_by",
        db_column_name="voided_by",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Follow",
        tablename="follow",
        column_name="source",
        db_column_name="source",
        column_class_name="Text",
        column_class=Text,
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
        table_class_name="Follow",
        tablename="follow",
        column_name="created_at",
        db_column_name="created_at",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Block",
        tablename="block",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Block",
        tablename="block",
        column_name="member",
        db_column_name="member",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Block",
        tablename="block",
        column_name="blocked",
        db_column_name="blocked",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Block",
        tablename="block",
        column_name="source",
        db_column_name="source",
        column_class_name="Text",
        column_class=Text,
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
        table_class_name="Block",
        tablename="block",
        column_name="created_at",
        db_column_name="created_at",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Mute",
        tablename="mute",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Mute",
        tablename="mute",
        column_name="member",
        db_column_name="member",
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Mute",
        tablename="mute",
        column_name="kind",
        db_column_name="kind",
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
            "choices": Enum(
                "MuteKind",
                {
                    "MEMBER": "MEMBER",
                    "CIRCLE": "CIRCLE",
                    "KEYWORD": "KEYWORD",
                    "THREAD": "THREAD",
                },
            ),
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="Mute",
        tablename="mute",
        column_name="value",
        db_column_name="value",
        column_class_name="Text",
        column_class=Text,
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
        schema="community",
    )

    manager.add_column(
        table_class_name="Mute",
        tablename="mute",
        column_name="until",
        db_column_name="until",
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

    manager.add_column(
        table_class_name="Mute",
        tablename="mute",
        column_name="created_at",
        db_column_name="created_at",
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
        schema="community",
    )

    manager.add_constraint(
        table_class_name="MemberStanding",
        tablename="member_standing",
        constraint_name="a_level_is_0_to_4",
        constraint_class=Check,
        params={"condition": "computed_level BETWEEN 0 AND 4"},
        schema="community",
    )

    manager.add_constraint(
        table_class_name="MemberStanding",
        tablename="member_standing",
        constraint_name="a_granted_level_is_0_to_4",
        constraint_class=Check,
        params={"condition": "granted_level BETWEEN 0 AND 4"},
        schema="community",
    )

    manager.add_constraint(
        table_class_name="MemberStanding",
        tablename="member_standing",
        constraint_name="a_locked_level_is_0_to_4",
        constraint_class=Check,
        params={"condition": "locked_level BETWEEN 0 AND 4"},
        schema="community",
    )

    manager.add_constraint(
        table_class_name="Bookmark",
        tablename="bookmark",
        constraint_name="each_bookmark_once",
        constraint_class=Unique,
        params={"columns": ["member", "post"], "nulls_distinct": True},
        schema="community",
    )

    manager.add_constraint(
        table_class_name="Follow",
        tablename="follow",
        constraint_name="each_follow_once",
        constraint_class=Unique,
        params={"columns": ["member", "followed"], "nulls_distinct": True},
        schema="community",
    )

    manager.add_constraint(
        table_class_name="Follow",
        tablename="follow",
        constraint_name="nobody_follows_himself",
        constraint_class=Check,
        params={"condition": "member <> followed"},
        schema="community",
    )

    manager.add_constraint(
        table_class_name="Block",
        tablename="block",
        constraint_name="each_block_once",
        constraint_class=Unique,
        params={"columns": ["member", "blocked"], "nulls_distinct": True},
        schema="community",
    )

    manager.add_constraint(
        table_class_name="Block",
        tablename="block",
        constraint_name="nobody_blocks_himself",
        constraint_class=Check,
        params={"condition": "member <> blocked"},
        schema="community",
    )

    manager.add_constraint(
        table_class_name="Mute",
        tablename="mute",
        constraint_name="each_mute_once",
        constraint_class=Unique,
        params={"columns": ["member", "kind", "value"], "nulls_distinct": True},
        schema="community",
    )

    manager.add_column(
        table_class_name="Circle",
        tablename="circle",
        column_name="approval",
        db_column_name="approval",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 12,
            "default": "NONE",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": Enum(
                "CircleApproval",
                {"NONE": "NONE", "NEW_MEMBERS": "NEW_MEMBERS", "ALL": "ALL"},
            ),
            "db_column_name": None,
            "secret": False,
        },
        schema="community",
    )

    manager.add_column(
        table_class_name="Circle",
        tablename="circle",
        column_name="auto_rule",
        db_column_name="auto_rule",
        column_class_name="JSONB",
        column_class=JSONB,
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

    return manager
